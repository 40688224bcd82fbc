"""Loss reasons."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

KIND = "loss_reasons"
_PATH = "/api/v4/leads/loss_reasons"


def _show(ctx: Context, reason: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    extra = {} if request_id is None else {"request_id": request_id}
    return {**reason, **extra, "_links": ctx.links(f"leads/loss_reasons/{reason['id']}")}


def _find(ctx: Context) -> dict[str, Any]:
    reason = ctx.store.document(KIND, ctx.id())
    if reason is None:
        raise refuse(404, "Loss reason not found")
    return reason


@routes("GET", _PATH)
def list_loss_reasons(ctx: Context) -> Response:
    """List all loss reasons; 204 when there are none."""
    every = sorted(ctx.store.documents(KIND).values(), key=lambda reason: (reason["sort"], reason["id"]))
    if not every:
        return Response(204)
    shown = [_show(ctx, reason) for reason in every]
    return json_response({"_total_items": len(shown), "_embedded": {KIND: shown}})


@routes("GET", _PATH + "/{id}")
def get_loss_reason(ctx: Context) -> Response:
    """Return one loss reason; 404 when there is none, unlike leads."""
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_loss_reasons(ctx: Context) -> Response:
    """Add loss reasons."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    shown = []
    for item in ctx.items:
        stamps = {"created_at": ctx.now, "updated_at": ctx.now}
        sort = item.data.get("sort") or len(ctx.store.documents(KIND)) + 1
        reason = {"id": ctx.store.next_id(KIND), "name": item.data["name"], "sort": sort, **stamps}
        ctx.store.put(KIND, reason)
        shown.append(_show(ctx, reason, item.request_id))
    return ctx.written(KIND, shown)


@routes("PATCH", _PATH + "/{id}")
def update_loss_reason(ctx: Context) -> Response:
    """Change one loss reason."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    changes = {key: ctx.item.data[key] for key in ("name", "sort") if ctx.item.data.get(key) is not None}
    reason = {**_find(ctx), **changes, "updated_at": ctx.now}
    ctx.store.put(KIND, reason)
    return json_response(_show(ctx, reason, ctx.item.request_id))


@routes("DELETE", _PATH + "/{id}")
def delete_loss_reason(ctx: Context) -> Response:
    """Remove one loss reason."""
    ctx.require_admin()
    ctx.store.remove(KIND, _find(ctx)["id"])
    return Response(204)
