"""Elements of lists: writing them, and the values that only invoices compute."""

from __future__ import annotations

from typing import Any

import msgspec

from .context import Context, Item
from .field_values import apply_values, definitions, show_values, stored_text
from .v2_field_values import shown_fields

__all__ = ["SELECT", "change_element", "delete_element", "make_element", "show_element"]

Row = tuple[Any, ...]
_COLUMNS = ("id", "name", "created_by", "updated_by", "created_at", "updated_at", "currency_id", "fields")
SELECT = ",".join(_COLUMNS)

_decode = msgspec.json.decode
_encode = msgspec.json.encode


def show_element(
    ctx: Context, catalog: dict[str, Any], values: Row, request_id: int | str | None = None
) -> dict[str, Any]:
    """Return an element as it is read, or as a write answers it when there is a `request_id`."""
    row = dict(zip(_COLUMNS, values, strict=True))
    stored = _decode(row["fields"]) if row["fields"] else {}
    shown = show_values(ctx.store.documents("fields"), stored)
    for field in shown or ():
        if field["field_type"] == "items":
            field["values"] = [{"value": _position(value["value"])} for value in field["values"]]
        elif field["field_type"] == "supplier" and "supplier_field_values" in ctx.with_:
            field["values"] = [{"value": _supplier(ctx, value["value"])} for value in field["values"]]
    is_write = request_id is not None
    element = {key: row[key] for key in _COLUMNS[:6]}
    element["is_deleted"] = False if is_write else None
    element["custom_fields_values"] = shown if shown or not is_write else []
    element["catalog_id"], element["account_id"] = catalog["id"], ctx.account.settings["id"]
    if row["currency_id"] is not None:
        element["currency_id"] = row["currency_id"]
    if is_write:
        element["request_id"] = request_id
    if is_write or "invoice_link" in ctx.with_:
        is_invoice = catalog["type"] == "invoices"
        element["invoice_link"] = f"{ctx.base}/invoice/{row['id']}" if is_invoice else None
    if catalog["type"] == "invoices":
        element["_embedded"] = {"warning": {"message": None}}
    element["_links"] = ctx.links(f"catalogs/{catalog['id']}/elements/{row['id']}")
    return element


def _position(sent: dict[str, Any]) -> dict[str, Any]:
    """Return a position of an invoice with what the server computes."""
    price, quantity = float(sent.get("unit_price") or 0), float(sent.get("quantity") or 0)
    total, discount = price * quantity, sent.get("discount") or {}
    value = float(discount.get("value") or 0)
    total -= total * value / 100 if discount.get("type") == "percentage" else value
    return {
        "sku": sent.get("sku"),
        "product_id": sent.get("product_id"),
        "description": sent.get("description"),
        "unit_price": price,
        "unit_type": sent.get("unit_type"),
        "quantity": quantity,
        "discount": sent.get("discount"),
        "vat_rate_id": sent.get("vat_rate_id") or 0,
        "vat_rate_value": sent.get("vat_rate_value") or 0,
        "bonus_points_per_purchase": float(sent.get("bonus_points_per_purchase") or 0),
        "external_uid": sent.get("external_uid") or "",
        "metadata": sent.get("metadata") or [],
        "is_discount_recalculated": False,
        "is_total_sum_recalculated": False,
        "total_sum": round(total, 2),
    }


def _supplier(ctx: Context, sent: dict[str, Any]) -> dict[str, Any]:
    supplier = ctx.store.row("SELECT name, fields FROM catalog_elements WHERE id=?", (sent.get("entity_id"),))
    if supplier is None:
        return sent
    stored = _decode(supplier[1]) if supplier[1] else {}
    fields = ctx.store.documents("fields")
    texts = {
        fields[int(key)]["code"]: values[0]["value"] for key, values in stored.items() if int(key) in fields
    }
    codes = {
        "vat_id": "SUPPLIER_VAT_ID",
        "kpp": "SUPPLIER_TAX_REGISTRATION_REASON_CODE",
        "bank_code": "SUPPLIER_BANK_IDENTIFICATION_CODE",
        "address": "SUPPLIER_LEGAL_ADDRESS",
        "bank_account_number": "SUPPLIER_ACCOUNT_NUMBER",
    }
    return {**sent, "name": supplier[0], **{key: texts.get(code) for key, code in codes.items()}}


def make_element(ctx: Context, item: Item, catalog: dict[str, Any], data: dict[str, Any]) -> int | None:
    """Write one new element and return its id, or None when it has errors."""
    owner, user_id = f"catalogs:{catalog['id']}", ctx.user["id"]
    stored: dict[str, Any] = {}
    ctx.check_users(item, data, "created_by", "updated_by")
    apply_values(ctx, item, owner, stored)
    if catalog["type"] == "invoices" and not item.errors:
        status = next(
            (definition for definition in definitions(ctx, owner) if definition["code"] == "BILL_STATUS"),
            None,
        )
        if status is not None and str(status["id"]) not in stored:
            item.error("FieldMissing", "custom_fields_values")
    if item.errors:
        return None
    id = ctx.store.next_id("catalog_elements")
    row = {
        "id": id,
        "catalog_id": catalog["id"],
        "name": data["name"],
        "created_by": data.get("created_by", user_id),
        "updated_by": data.get("updated_by", user_id),
        "created_at": data.get("created_at") or ctx.now,
        "updated_at": data.get("updated_at") or ctx.now,
        "currency_id": data.get("currency_id"),
    }
    ctx.store.insert("catalog_elements", {**row, **_texts(ctx, data["name"], stored)})
    if catalog["type"] == "invoices":
        ctx.changes.event("invoice_created", f"catalog_{catalog['id']}", id)
    ctx.changes.hook("add_catalog_element", "catalog_elements", id, **_record(ctx, row, stored))
    return id


def change_element(
    ctx: Context, item: Item, catalog: dict[str, Any], values: Row, data: dict[str, Any]
) -> None:
    """Write the changes of one element; errors go to the item."""
    old = dict(zip(_COLUMNS, values, strict=True))
    stored = _decode(old["fields"]) if old["fields"] else {}
    before = dict(stored)
    ctx.check_users(item, data, "created_by", "updated_by")
    touched = apply_values(ctx, item, f"catalogs:{catalog['id']}", stored)
    if item.errors:
        return
    row = {key: data[key] for key in ("name", "currency_id") if data.get(key) is not None}
    row["updated_by"] = data.get("updated_by", ctx.user["id"])
    row["updated_at"] = data.get("updated_at") or ctx.now
    new = {**old, **row, "catalog_id": catalog["id"]}
    ctx.store.update("catalog_elements", old["id"], {**row, **_texts(ctx, new["name"], stored)})
    kind, id = f"catalog_{catalog['id']}", old["id"]
    if new["name"] != old["name"]:
        before_name, name = ([{"name_field_value": {"name": name}}] for name in (old["name"], new["name"]))
        ctx.changes.event("name_field_changed", kind, id, before_name, name)
    ctx.changes.fields_changed(kind, id, touched, before, stored)
    ctx.changes.hook("update_catalog_element", "catalog_elements", id, **_record(ctx, new, stored))


def delete_element(ctx: Context, catalog_id: int, id: int) -> None:
    """Remove an element with its links; only the old API can."""
    ctx.store.update("catalog_elements", id, {"is_deleted": 1, "updated_at": ctx.now})
    ctx.store.execute("DELETE FROM links WHERE b_type='catalog_elements' AND b_id=?", (id,))
    record = {"id": id, "catalog_id": catalog_id, "type": "catalog"}
    ctx.changes.hook("delete_catalog_element", "catalog_elements", id, **record)


def _texts(ctx: Context, name: str, stored: dict[str, Any]) -> dict[str, Any]:
    search = f"{name}\n".casefold() + stored_text(ctx.store.documents("fields"), stored)
    return {"fields": _encode(stored) if stored else None, "search": search}


def _record(ctx: Context, row: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "date_create": row["created_at"],
        "date_modify": row["updated_at"],
        "created_by": row["created_by"],
        "modified_by": row["updated_by"],
        "catalog_id": row["catalog_id"],
        "name": row["name"],
        "deleted": 0,
        "custom_fields": shown_fields(ctx.account, stored),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "type": "catalog",
    }
