"""Values of custom fields that are objects: their own schemas, and the files, entities and elements that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .context import Context, Item
from .files import file_reference

__all__ = ["SCHEMAS", "parse_chain", "parse_object"]

# Components of the description by field type.
SCHEMAS = {
    "file": "fields.FileValueWrite",
    "items": "fields.InvoiceItemValueWrite",
    "legal_entity": "fields.LegalEntityValueWrite",
    "linked_entity": "fields.LinkedEntityValueWrite",
    "payer": "fields.PayerValueWrite",
    "supplier": "fields.SupplierValueWrite",
}
LEGAL = ("name", "entity_type", "address", "real_address", "bank_account_number", "director", "vat_id")
LEGAL_RU = (*LEGAL, "tax_registration_reason_code", "kpp", "bank_code", "external_uid")
LEGAL_OTHER = ("unp", "bin", "egrpou", "mfo", "oked")

Value = dict[str, Any]


def parse_object(ctx: Context, item: Item, kind: str, sent: Any, path: str) -> Value | None:
    """Return a value in the form that is kept, or None after adding errors.

    Args:
        ctx: The request.
        item: Where errors go.
        kind: Type of the field, one of `SCHEMAS`.
        sent: What was sent as `value`.
        path: Path of the value in the item, `value` not included.
    """
    errors = ctx.account.description.check(SCHEMAS[kind], sent)
    for error in errors:
        tail = f".{error['path']}" if error["path"] else ""
        item.errors.append({**error, "path": f"{path}.value{tail}"})
    if errors:
        return None
    before = len(item.errors)
    kept = _MAKERS[kind](ctx, item, sent, f"{path}.value")
    return {"value": kept} if len(item.errors) == before else None


def parse_chain(ctx: Context, item: Item, field: dict[str, Any], value: Value, path: str) -> Value | None:
    """Return one link of a `chained_list`: an element of a list that the field's definition names."""
    before = len(item.errors)
    for key in ("catalog_id", "catalog_element_id"):
        if key not in value:
            item.error("FieldMissing", f"{path}.{key}")
        elif not isinstance(value[key], int) or isinstance(value[key], bool):
            item.error("InvalidType", f"{path}.{key}", "integer")
    if len(item.errors) > before:
        return None
    sent = field.get("chained_lists") or ()
    lists = {definition["catalog_id"] for definition in (sent.values() if isinstance(sent, dict) else sent)}
    if value["catalog_id"] not in lists:
        item.error("NotSupportedChoice", f"{path}.catalog_id")
    elif not _element(ctx, value["catalog_element_id"], value["catalog_id"]):
        item.error("NotSupportedChoice", f"{path}.catalog_element_id")
    return value if len(item.errors) == before else None


def _element(ctx: Context, id: int, catalog_id: int) -> bool:
    sql = "SELECT 1 FROM catalog_elements WHERE id=? AND catalog_id=? AND is_deleted=0"
    return ctx.store.row(sql, (id, catalog_id)) is not None


def _plain(ctx: Context, item: Item, sent: Value, path: str) -> Value:
    return sent


def _file(ctx: Context, item: Item, sent: Value, path: str) -> Value:
    """Check that the file is in the drive, and add its version, name and size.

    It may be in the bin: the vendor's SDK writes all values of an entity back, also that of a file deleted since.
    """
    reference = file_reference(ctx, sent["file_uuid"], sent.get("version_uuid"), in_bin=True)
    if reference is None:
        item.error("NotSupportedChoice", f"{path}.file_uuid")
        return {}
    return {**reference, "file_name": sent.get("file_name") or reference["file_name"]}


def _legal_entity(ctx: Context, item: Item, sent: Value, path: str) -> Value:
    for key, value in sent.items():
        # Keys of other countries are refused; the vendor's SDK sends them as nulls, and that passes.
        if key in LEGAL_OTHER and value is not None:
            item.error("FieldNotExpected", f"{path}.{key}")
    if not sent["name"]:
        item.error("FieldMissing", f"{path}.name")
    return {key: sent.get(key) for key in (*LEGAL_RU, *LEGAL_OTHER)}


def _linked_entity(ctx: Context, item: Item, sent: Value, path: str) -> Value:
    """Check that there is a name or an id; an id with its type must exist and gives the missing name."""
    if sent.get("name") is None and sent.get("entity_id") is None:
        item.error("FieldMissing", f"{path}.name")
    name = _name_of(ctx, item, sent, path)
    keys = ("entity_id", "entity_type", "catalog_id")
    return {"name": sent.get("name") or name, **{key: sent.get(key) for key in keys}}


def _payer(ctx: Context, item: Item, sent: Value, path: str) -> Value:
    """Free data or a link; only filled keys are read."""
    name = _name_of(ctx, item, sent, path)
    shown = {key: value for key, value in sent.items() if value is not None}
    return {**({"name": name} if name is not None else {}), **shown}


def _name_of(ctx: Context, item: Item, sent: Value, path: str) -> str | None:
    """Return the name of the entity that a value names by type and id; an unknown one is an error."""
    kind, id = sent.get("entity_type"), sent.get("entity_id")
    if kind is None or id is None:
        return None
    is_known = ctx.exists(kind, id)
    if is_known and kind == "catalog_elements" and sent.get("catalog_id") is not None:
        is_known = _element(ctx, id, sent["catalog_id"])
    if not is_known:
        item.error("NotSupportedChoice", f"{path}.entity_id")
        return None
    return str(ctx.store.value(f"SELECT name FROM {kind} WHERE id=?", (id,)))


def _supplier(ctx: Context, item: Item, sent: Value, path: str) -> Value:
    """Check an element of the account's own legal entities."""
    lists = [
        document["id"]
        for document in ctx.store.documents("catalogs").values()
        if document["type"] == "suppliers"
    ]
    if not any(_element(ctx, sent["entity_id"], id) for id in lists):
        item.error("NotSupportedChoice", f"{path}.entity_id")
    return sent


_MAKERS: dict[str, Callable[[Context, Item, Value, str], Value]] = {
    "file": _file,
    "items": _plain,
    "legal_entity": _legal_entity,
    "linked_entity": _linked_entity,
    "payer": _payer,
    "supplier": _supplier,
}
