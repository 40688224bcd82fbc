"""Customers: the mode of the function, the list, and bonus points."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..domain.customers_mode import ENABLED, require_customers
from ..domain.entities import change, create_many, get_one, list_all, load, update_many
from ..domain.kinds import CUSTOMERS
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()


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
    if ctx.account.settings["customers_mode"] == "unavailable":
        raise refuse(402, "Payment required")
    mode, is_enabled = ctx.item.data["mode"], ctx.item.data["is_enabled"]
    ctx.account.set_option("customers_mode", mode if is_enabled else "disabled")
    return json_response({"mode": mode, "is_enabled": is_enabled})


@routes("POST", "/api/v4/customers/{id}/bonus_points")
def change_customer_bonus_points(ctx: Context) -> Response:
    """Add or take bonus points and return the balance."""
    if ctx.account.settings["customers_mode"] not in ENABLED:
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
