"""Calls, found their place by phone number."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.event_types import SINGULARS
from ..domain.phone_lookup import caller
from ..engine.messages import PROBLEM, Response, encode, json_response

__all__ = ["routes"]

routes = Routes()

NOT_FOUND = 263
_PARAMS = ("uniq", "duration", "source", "link", "phone", "call_result", "call_status", "call_responsible")


@routes("POST", "/api/v4/calls")
def create_calls(ctx: Context) -> Response:
    """Add calls; unknown numbers are errors of their items, and a request without any known number is a 400."""
    ctx.refuse_bad_items()
    shown, errors = [], []
    for item in ctx.items:
        entity = caller(ctx, item.data["phone"])
        if entity is None:
            problem = {"title": "Entity not found", "status": NOT_FOUND, "detail": item.data["phone"]}
            errors.append({**problem, "request_id": item.request_id})
            continue
        ctx.check_users(item, item.data, "created_by", "updated_by", "responsible_user_id")
        shown.append(_add(ctx, item, *entity))
    ctx.refuse_bad_items()
    body: dict[str, Any] = {"_total_items": len(shown), "errors": errors}
    if not shown:
        return json_response(body, 400, PROBLEM)
    return json_response({**body, "_embedded": {"calls": shown}})


def _add(ctx: Context, item: Item, kind: str, id: int) -> dict[str, Any]:
    data = item.data
    note_type = "call_in" if data["direction"] == "inbound" else "call_out"
    responsible = data.get("call_responsible")
    author = (
        responsible if responsible in ctx.store.documents("users") else data.get("created_by", ctx.user["id"])
    )
    note_id = ctx.store.next_id("notes")
    note = {
        "id": note_id,
        "entity_type": kind,
        "entity_id": id,
        "note_type": note_type,
        "created_by": author,
        "updated_by": data.get("updated_by", author),
        "created_at": data.get("created_at") or ctx.now,
        "updated_at": data.get("updated_at") or ctx.now,
        "responsible_user_id": data.get("responsible_user_id") or author,
        "params": encode({key: data[key] for key in _PARAMS if key in data}),
    }
    ctx.store.insert("notes", note)
    ctx.changes.noted(kind, id, note_type, note_id)
    answer = {"id": note_id, "entity_id": id, "entity_type": SINGULARS[kind]}
    answer.update(account_id=ctx.account.settings["id"], request_id=item.request_id)
    return {**answer, "_embedded": {"entity": ctx.ref(kind, id)}}
