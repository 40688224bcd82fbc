"""Purchases of customers."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.context import Context, Routes
from ..domain.customers_mode import ENABLED
from ..domain.selection import Selection
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_ALL = "/api/v4/customers/transactions"
_OWN = "/api/v4/customers/{customer_id}/transactions"
_COLUMNS = (
    "id",
    "comment",
    "price",
    "completed_at",
    "customer_id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
)
_SELECT = ",".join((*_COLUMNS, "elements"))


def _own(ctx: Context) -> int | None:
    """Return the customer of the path, if it names one that exists."""
    if ctx.account.settings["customers_mode"] not in ENABLED:
        raise refuse(404, "Transactions not found")
    if "customer_id" not in ctx.params:
        return None
    id = ctx.id("customer_id")
    if not ctx.exists("customers", id):
        raise refuse(404, "Customer not found")
    return id


def _show(ctx: Context, values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip((*_COLUMNS, "elements"), values, strict=True))
    elements = row.pop("elements")
    embedded: dict[str, Any] = {"customer": ctx.ref("customers", row["customer_id"])}
    if elements:
        embedded["catalog_elements"] = msgspec.json.decode(elements)
    links = ctx.links(f"customers/{row['customer_id']}/transactions/{row['id']}")
    account = {"is_deleted": False, "account_id": ctx.account.settings["id"]}
    return {**row, **account, "_links": links, "_embedded": embedded}


def _find(ctx: Context) -> tuple[Any, ...] | None:
    own = _own(ctx)
    row = ctx.store.row(f"SELECT {_SELECT} FROM transactions WHERE id=?", (ctx.id(),))
    return row if row and own in (None, row[4]) else None


@routes("GET", _ALL, _OWN)
def list_transactions(ctx: Context) -> Response:
    """List purchases, of all customers or of one."""
    own, selection = _own(ctx), Selection("transactions")
    if own is not None:
        selection.where("customer_id=?", own)
    selection.ids("id", ctx.filter.get("id"))
    rows, has_next = selection.page(ctx, _SELECT)
    return ctx.page_answer("transactions", [_show(ctx, row) for row in rows], has_next)


@routes("GET", _ALL + "/{id}", _OWN + "/{id}")
def get_transaction(ctx: Context) -> Response:
    """Return one purchase; 204 when there is none."""
    row = _find(ctx)
    return json_response(_show(ctx, row)) if row else Response(204)


@routes("POST", _OWN)
def create_transactions(ctx: Context) -> Response:
    """Add purchases of one customer; they move its sums, and its expectations where those are sent."""
    customer_id, shown = _own(ctx), []
    assert customer_id is not None
    for item in ctx.items:
        if item.errors:
            continue
        data, elements = item.data, (item.data.get("_embedded") or {}).get("catalog_elements") or []
        for index, element in enumerate(elements):
            catalog_id = (element.get("metadata") or {}).get("catalog_id")
            sql = "SELECT 1 FROM catalog_elements WHERE id=? AND catalog_id=? AND is_deleted=0"
            if ctx.store.row(sql, (element["id"], catalog_id)) is None:
                item.error("NotSupportedChoice", f"_embedded.catalog_elements.{index}.id")
        if item.errors:
            continue
        author = data.get("created_by", ctx.user["id"])
        row = {
            "id": ctx.store.next_id("transactions"),
            "comment": data.get("comment"),
            "price": data["price"],
            "completed_at": data.get("completed_at") or ctx.now,
            "customer_id": customer_id,
            "created_by": author,
            "updated_by": author,
            "created_at": ctx.now,
            "updated_at": ctx.now,
            "elements": msgspec.json.encode([_element(element) for element in elements])
            if elements
            else None,
        }
        ctx.store.insert("transactions", row)
        ctx.changes.event(
            "transaction_added", "customers", customer_id, after=[{"transaction": {"id": row["id"]}}]
        )
        expected = {key: data[key] for key in ("next_price", "next_date") if data.get(key) is not None}
        if expected:
            ctx.store.update("customers", customer_id, expected)
        if ctx.query.get("accrue_bonus") in ("true", "1"):
            _accrue(ctx, customer_id, data["price"])
        answer = {key: row[key] for key in ("id", "customer_id", "comment", "price")}
        links = ctx.links(f"customers/{customer_id}/transactions/{row['id']}")
        shown.append({**answer, "request_id": item.request_id, "_links": links})
    ctx.refuse_bad_items()
    _recount(ctx, customer_id)
    path = f"customers/{customer_id}/transactions"
    return json_response({"_links": ctx.links(path), "_embedded": {"transactions": shown}})


def _element(element: dict[str, Any]) -> dict[str, Any]:
    metadata = element["metadata"]
    kept = {"catalog_id": metadata["catalog_id"], "quantity": metadata.get("quantity", 1)}
    return {"id": element["id"], "metadata": kept}


def _accrue(ctx: Context, customer_id: int, price: int) -> None:
    """Add the points of a purchase: the best rate, in per cent, of the customer's segments."""
    ids = ctx.store.rows("SELECT segment_id FROM customer_segments WHERE customer_id=?", (customer_id,))
    segments = [ctx.store.document("segments", id) or {} for (id,) in ids]
    rate = max((segment.get("bonus_points_conversion_rate") or 0 for segment in segments), default=0)
    points = int(price * rate / 100)
    ctx.store.execute("UPDATE customers SET bonus_points=bonus_points+? WHERE id=?", (points, customer_id))


def _recount(ctx: Context, customer_id: int) -> None:
    """Set the customer's sums after its purchases have changed."""
    before = ctx.store.value("SELECT ltv FROM customers WHERE id=?", (customer_id,))
    count, total = ctx.store.rows(
        "SELECT count(*), coalesce(sum(price), 0) FROM transactions WHERE customer_id=?", (customer_id,)
    )[0]
    average = round(total / count) if count else 0
    sums = {"ltv": total, "purchases_count": count, "average_check": average, "updated_at": ctx.now}
    ctx.store.update("customers", customer_id, sums)
    if before != total:
        # The form of these values is printed nowhere; it follows that of the other fields.
        old, new = ([{"ltv_field_value": {"ltv": value}}] for value in (before, total))
        ctx.changes.event("ltv_field_changed", "customers", customer_id, old, new)
    ctx.changes.hook("update_customer", "customers", customer_id)


@routes("DELETE", _ALL + "/{id}", _OWN + "/{id}")
def delete_transaction(ctx: Context) -> Response:
    """Remove one purchase."""
    row = _find(ctx)
    if row is None:
        raise refuse(404, "Transaction not found")
    ctx.store.execute("DELETE FROM transactions WHERE id=?", (row[0],))
    _recount(ctx, row[4])
    return Response(204)
