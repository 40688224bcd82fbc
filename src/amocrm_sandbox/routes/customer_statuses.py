"""Stages of customers, in the mode of recurring purchases."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..domain.customers_mode import require_mode
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse
from .statuses import COLORS

__all__ = ["routes"]

routes = Routes()

MOST_STATUSES = 30
KIND = "customer_statuses"
_PATH = "/api/v4/customers/statuses"


def _show(ctx: Context, status: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    extra = {} if request_id is None else {"request_id": request_id}
    links = ctx.links(f"customers/statuses/{status['id']}")
    return {**status, "account_id": ctx.account.settings["id"], **extra, "_links": links}


def _find(ctx: Context) -> dict[str, Any]:
    status = ctx.store.document(KIND, ctx.id())
    if status is None:
        raise refuse(404, "Status not found")
    return status


def _answer(ctx: Context, shown: list[dict[str, Any]]) -> Response:
    body = {"_total_items": len(shown), "_links": ctx.links("customers/statuses")}
    return json_response({**body, "_embedded": {"statuses": shown}})


@routes("GET", _PATH)
def list_customer_statuses(ctx: Context) -> Response:
    """List all stages; 422 in another mode."""
    require_mode(ctx, "periodicity")
    every = sorted(ctx.store.documents(KIND).values(), key=lambda status: (status["sort"], status["id"]))
    return _answer(ctx, [_show(ctx, status) for status in every])


@routes("GET", _PATH + "/{id}")
def get_customer_status(ctx: Context) -> Response:
    """Return one stage."""
    require_mode(ctx, "periodicity")
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_customer_statuses(ctx: Context) -> Response:
    """Add stages, up to 30 in all; the answer has ids only."""
    ctx.require_admin()
    require_mode(ctx, "periodicity")
    if len(ctx.store.documents(KIND)) + len(ctx.items) > MOST_STATUSES:
        raise refuse(422, f"Limit {MOST_STATUSES} statuses per account")
    shown = []
    for item in ctx.items:
        color = item.data.get("color", COLORS[0]) if isinstance(item.data, dict) else COLORS[0]
        if not item.errors and color not in COLORS:
            item.error("NotSupportedChoice", "color")
        if item.errors:
            continue
        status = {"id": ctx.store.next_id(KIND), "name": item.data["name"], "sort": item.data["sort"]}
        kept = {**status, "is_default": False, "conditions": [], "color": color, "type": 0}
        ctx.store.put(KIND, kept)
        links = ctx.links(f"customers/statuses/{status['id']}")
        shown.append({"id": status["id"], "request_id": item.request_id, "_links": links})
    ctx.refuse_bad_items()
    return _answer(ctx, shown)


@routes("PATCH", _PATH + "/{id}")
def update_customer_status(ctx: Context) -> Response:
    """Change one stage."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    item = ctx.item
    changes = {key: item.data[key] for key in ("name", "sort", "color") if key in item.data}
    item.needs_one("name", "sort", "color")
    if "color" in changes and changes["color"] not in (*COLORS, _find(ctx)["color"]):
        item.error("NotSupportedChoice", "color")
    ctx.refuse_bad_items()
    status = {**_find(ctx), **changes}
    ctx.store.put(KIND, status)
    return json_response(_show(ctx, status, item.request_id))


@routes("DELETE", _PATH + "/{id}")
def delete_customer_status(ctx: Context) -> Response:
    """Remove a stage that is not a system one; its customers go to the stage of expected purchases."""
    ctx.require_admin()
    status = _find(ctx)
    if status["is_default"]:
        raise refuse(400, "The status cannot be deleted")
    ctx.store.remove(KIND, status["id"])
    other = next(document["id"] for document in ctx.store.documents(KIND).values() if document["type"] == 1)
    ctx.store.execute("UPDATE customers SET status_id=? WHERE status_id=?", (other, status["id"]))
    return Response(204)
