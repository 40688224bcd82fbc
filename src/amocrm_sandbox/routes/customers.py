"""Customers: the mode of the function, the list, and bonus points."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.customers_mode import ENABLED, require_customers
from ..domain.embedding import embed_links
from ..domain.entities import Kind, Row, change, create_many, get_one, list_all, load, update_many
from ..domain.selection import Selection
from ..engine.messages import Response, encode, json_response
from ..engine.refusals import refuse

__all__ = ["CUSTOMERS", "routes"]

routes = Routes()

_MONEY = ("next_price", "next_date", "status_id", "periodicity", "ltv", "purchases_count", "average_check")


def _prepare(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    mode = ctx.sandbox.account["customers_mode"]
    for key in ("next_price", "next_date", "periodicity"):
        if key in data:
            row[key] = data[key]
    if "status_id" in data:
        row["status_id"] = data["status_id"]
        if ctx.store.document("customer_statuses", data["status_id"]) is None:
            item.error("NotSupportedChoice", "status_id")
    if old is not None:
        return
    if mode == "periodicity" and data.get("next_date") is None:
        item.error("FieldMissing", "next_date")
    row.setdefault("periodicity", 0)
    statuses = ctx.store.documents("customer_statuses").values()
    row.setdefault("status_id", next(status["id"] for status in statuses if status["type"] == 1))


def _attach(ctx: Context, item: Item, id: int, data: Row, prefix: str) -> None:
    """Put a new customer into the segments that it embeds; an update was seen to change nothing there."""
    for index, segment in enumerate((data.get("_embedded") or {}).get("segments") or ()):
        if ctx.store.document("segments", segment["id"]) is None:
            item.error("NotSupportedChoice", f"_embedded.segments.{index}.id")
            continue
        ctx.store.execute("INSERT OR IGNORE INTO customer_segments VALUES (?,?)", (id, segment["id"]))
        ctx.changes.event(
            "entity_segment_attached", "customers", id, after=[{"segment": {"id": segment["id"]}}]
        )


def _show(ctx: Context, row: Row, shown: Row) -> None:
    for key in _MONEY:
        shown[key] = row[key]


def _embed(ctx: Context, ids: list[int], shown: list[Row]) -> None:
    rows = ctx.store.rows(
        "SELECT customer_id, segment_id FROM customer_segments WHERE customer_id IN (SELECT value FROM json_each(?))",
        (encode(ids).decode(),),
    )
    for customer in shown:
        own = [segment for customer_id, segment in rows if customer_id == customer["id"]]
        customer["_embedded"]["segments"] = [ctx.ref("customers/segments", segment) for segment in own]
        if "group_id" not in ctx.with_:
            del customer["group_id"]
    embed_links(ctx, "customers", ids, shown, always=(), asked=("contacts", "companies"))


def _narrow(ctx: Context, selection: Selection) -> None:
    selection.between("next_price", ctx.filter.get("next_price"))
    selection.between("next_date", ctx.filter.get("next_date"))
    selection.ids("status_id", ctx.filter.get("status_id"))


CUSTOMERS = Kind(
    "customers",
    _MONEY,
    frozenset({"updated_at", "id"}),
    prepare=_prepare,
    attach=_attach,
    show=_show,
    embed=_embed,
    narrow=_narrow,
)


@routes("GET", "/api/v4/customers")
def list_customers(ctx: Context) -> Response:
    """List customers."""
    return list_all(ctx, CUSTOMERS)


@routes("GET", "/api/v4/customers/{id}")
def get_customer(ctx: Context) -> Response:
    """Return one customer; 204 when there is none."""
    return get_one(ctx, CUSTOMERS)


@routes("POST", "/api/v4/customers")
def create_customers(ctx: Context) -> Response:
    """Add customers; the function has to be on."""
    require_customers(ctx)
    return create_many(ctx, CUSTOMERS)


@routes("PATCH", "/api/v4/customers")
def update_customers(ctx: Context) -> Response:
    """Change customers."""
    require_customers(ctx)
    return update_many(ctx, CUSTOMERS)


@routes("PATCH", "/api/v4/customers/{id}")
def update_customer(ctx: Context) -> Response:
    """Change one customer; an unknown id is a validation error here, no 404 is documented."""
    require_customers(ctx)
    ctx.refuse_bad_items()
    id = ctx.id()
    old = load(ctx, CUSTOMERS, id)
    if old is None:
        ctx.item.error("EntityNotFound", "id", detail=f"customers with id = {id} not found")
    row = change(ctx, CUSTOMERS, ctx.item, old) if old is not None else None
    ctx.refuse_bad_items()
    answer: dict[str, Any] = {"id": id, "updated_at": (row or {}).get("updated_at")}
    if "request_id" in ctx.item.data:
        answer["request_id"] = ctx.item.request_id
    return json_response({**answer, "_links": ctx.links(f"customers/{id}")})


@routes("PATCH", "/api/v4/customers/mode")
def set_customers_mode(ctx: Context) -> Response:
    """Switch customers on or off; a tariff without them answers 402."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    if ctx.sandbox.account["customers_mode"] == "unavailable":
        raise refuse(402, "Payment required")
    mode, is_enabled = ctx.item.data["mode"], ctx.item.data["is_enabled"]
    ctx.sandbox.set_option("customers_mode", mode if is_enabled else "disabled")
    return json_response({"mode": mode, "is_enabled": is_enabled})


@routes("POST", "/api/v4/customers/{id}/bonus_points")
def change_customer_bonus_points(ctx: Context) -> Response:
    """Add or take bonus points and return the balance."""
    if ctx.sandbox.account["customers_mode"] not in ENABLED:
        raise refuse(403, "Customers disabled")
    item, id = ctx.item, ctx.id()
    data = item.data
    if not item.errors and next(iter(data.values())) < 0:
        item.error("TooLow", next(iter(data)), 0)
    balance = ctx.store.value("SELECT bonus_points FROM customers WHERE id=? AND is_deleted=0", (id,))
    if balance is None:
        item.error("EntityNotFound", "id", detail=f"customers with id = {id} not found")
    ctx.refuse_bad_items()
    balance += data.get("earn", 0) - data.get("redeem", 0)
    if balance < 0:
        item.error("TooHigh", "redeem", balance + data["redeem"])
    ctx.refuse_bad_items()
    ctx.store.update("customers", id, {"bonus_points": balance})
    return json_response({"bonus_points": balance})
