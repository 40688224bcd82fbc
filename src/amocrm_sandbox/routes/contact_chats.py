"""Links between chats and contacts."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list
from ..engine.refusals import refuse
from ..messaging.chats import chat_by

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/contacts/chats"


def _answer(shown: list[dict[str, Any]]) -> Response:
    return json_response({"_total_items": len(shown), "_embedded": {"chats": shown}})


@routes("GET", _PATH)
def list_contact_chats(ctx: Context) -> Response:
    """Return the chats of contacts, or the contacts of chats: exactly one of the two is asked for."""
    ctx.require_admin()
    if ("contact_id" in ctx.query) == ("chat_id" in ctx.query):
        raise refuse(400, "Exactly one of contact_id and chat_id is required")
    contacts = [as_int(value, -1) for value in as_list(ctx.query.get("contact_id"))]
    chats = as_list(ctx.query.get("chat_id"))
    shown = [
        {"chat_id": chat["chat_id"], "contact_id": chat["contact_id"], "id": chat["id"]}
        for chat in ctx.store.documents("chats").values()
        if chat["contact_id"] is not None and (chat["contact_id"] in contacts or chat["chat_id"] in chats)
    ]
    return _answer(shown) if shown else Response(204)


@routes("POST", _PATH)
def link_contact_chats(ctx: Context) -> Response:
    """Bind chats to contacts; a chat has one contact, so binding it again moves it and its link gets a new id."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        contact_id, chat = item.data["contact_id"], chat_by(ctx, chat_id=item.data["chat_id"])
        if not ctx.exists("contacts", contact_id):
            item.error("NotSupportedChoice", "contact_id")
        if chat is None:
            item.error("NotSupportedChoice", "chat_id")
        if item.errors or chat is None:
            continue
        ctx.store.remove("chats", chat["id"])
        moved = {**chat, "id": ctx.store.next_id("chat_links"), "contact_id": contact_id}
        ctx.store.put("chats", moved)
        answer = {"chat_id": chat["chat_id"], "contact_id": contact_id, "id": moved["id"]}
        shown.append({**answer, "request_id": item.request_id})
    ctx.refuse_bad_items()
    return _answer(shown)
