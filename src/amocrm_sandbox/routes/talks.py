"""Talks and their messages."""

from __future__ import annotations

from typing import Any

from ..domain import access
from ..domain.context import Context, Routes
from ..domain.event_types import PLURALS
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list, as_range
from ..engine.refusals import refuse
from ..messaging.chats import chat_by, close_talk, messages_of, send_to_channel, show_talk

__all__ = ["routes"]

routes = Routes()


def _find(ctx: Context, name: str = "id") -> dict[str, Any]:
    talk = ctx.store.document("talks", ctx.id(name))
    if talk is None:
        raise refuse(404, "Talk not found")
    if not _may_see(ctx, talk):
        raise refuse(403, "Access denied")
    return talk


def _may_see(ctx: Context, talk: dict[str, Any]) -> bool:
    """Return whether the acting user may see the contact of a talk."""
    return talk["contact_id"] is None or access.allows(ctx, "contacts", talk["contact_id"], "view")


@routes("GET", "/api/v4/talks")
def list_talks(ctx: Context) -> Response:
    """List talks, the newest first."""
    asked = ctx.filter
    if "entity_id" in asked and "entity_type" not in asked:
        raise refuse(400, "Filter entity_id works only together with entity_type")
    wanted = {
        column: [as_int(value, -1) for value in as_list(asked.get(name))]
        for name, column in (("talk_id", "id"), ("contact_id", "contact_id"), ("entity_id", "entity_id"))
    }
    kind = PLURALS.get(str(asked.get("entity_type")))
    talks = [
        talk
        for talk in reversed(ctx.store.documents("talks").values())
        if _may_see(ctx, talk)
        and all(talk[column] in values for column, values in wanted.items() if values)
        and ("entity_type" not in asked or talk["kind"] == kind)
        and (asked.get("only_in_work") not in ("1", "true") or talk["status"] != "closed")
    ]
    return ctx.sliced_page("talks", talks, lambda talk: show_talk(ctx, talk))


@routes("GET", "/api/v4/talks/{id}")
def get_talk(ctx: Context) -> Response:
    """Return one talk."""
    return json_response(show_talk(ctx, _find(ctx)))


@routes("POST", "/api/v4/talks/{id}/close")
def close(ctx: Context) -> Response:
    """Close a talk; 202 without a body, 422 when it is closed already."""
    talk = _find(ctx)
    ctx.refuse_bad_items()
    if talk["status"] != "in_work":
        raise refuse(422, "Talk is closed")
    close_talk(ctx, talk, bool(ctx.item.data.get("force_close")))
    return Response(202)


def _show(chat: dict[str, Any], id: str, message: dict[str, Any]) -> dict[str, Any]:
    sent, is_incoming = message["message"], message["is_incoming"]
    shown: dict[str, Any] = {
        "id": id,
        "chat_id": chat["chat_id"],
        "type": "incoming" if is_incoming else "outgoing",
    }
    shown.update(message_type=sent["type"], text=sent.get("text") or "", author=message["author"])
    client = chat["client"]
    shown["recipient"] = None if is_incoming else {"id": client["id"], "name": client["name"]}
    shown.update(created_at=message["timestamp"], origin=chat["origin"])
    shown["delivery_status"] = None if is_incoming else message.get("delivery_status", "sent")
    link = sent.get("media")
    shown["attachment"] = (
        {"type": sent["type"], "link": link, "file_name": sent.get("file_name")} if link else None
    )
    return {**shown, **{key: sent[key] for key in ("location", "contact") if key in sent}}


@routes("GET", "/api/v4/talks/{talk_id}/messages")
def list_talk_messages(ctx: Context) -> Response:
    """List the messages of a talk."""
    ctx.require_scope("list_external_messages")
    talk = _find(ctx, "talk_id")
    chat = chat_by(ctx, chat_id=talk["chat_id"]) or {}
    origin = {**chat, "origin": talk["origin"]}
    low, high = as_range(ctx.filter.get("created_at"))
    messages = [
        (id, message)
        for id, _, message in messages_of(ctx, "talk_id", talk["id"], -1)
        if (low is None or message["timestamp"] >= low) and (high is None or message["timestamp"] <= high)
    ]
    return ctx.sliced_page("messages", messages, lambda message: _show(origin, *message))


@routes("POST", "/api/v4/talks/{talk_id}/send_message")
def send_talk_message(ctx: Context) -> Response:
    """Send a text to the client of a talk, through the channel of the talk."""
    ctx.require_scope("send_external_messages")
    talk = _find(ctx, "talk_id")
    ctx.refuse_bad_items()
    chat = chat_by(ctx, chat_id=talk["chat_id"])
    if talk["status"] == "closed" or chat is None:
        raise refuse(422, "Talk is closed")
    id = send_to_channel(ctx, chat, talk, ctx.item.data["text"])
    ctx.store.put("talks", {**talk, "is_read": True, "updated_at": ctx.now})
    return json_response({"id": id}, 202)
