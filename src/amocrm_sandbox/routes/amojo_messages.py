"""Messages of chats: sending, importing, editing, their delivery, reactions, and the history."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.context import Context, Routes
from ..engine.messages import JSON, Response, json_response
from ..engine.php_query import as_int
from ..messaging.chats import add_message, chat_by, incoming_talk, make_chat, messages_of
from .amojo import amojo_error, channel_of, read_body

__all__ = ["routes"]

routes = Routes()

MOST_MESSAGES = 50
_PATH = "/v2/origin/custom/{scope_id}"
_MEDIA = frozenset({"file", "video", "picture", "voice", "audio"})
_NAMED = frozenset({"file", "video", "picture"})
_STATUSES = {1: "delivered", 2: "read", -1: "error"}
Record = dict[str, Any]


def _check(message: Record, strict: bool) -> None:
    kind = message["type"]
    needed = ["text"] if kind == "text" else []
    needed += ["media"] if kind in _MEDIA else []
    # uncertain: the documentation says so; a client in use sends pictures and videos without either.
    needed += ["file_name", "file_size"] if kind in _NAMED and strict else []
    needed += [kind] if kind in ("location", "contact") else []
    for key in needed:
        if key not in message:
            raise amojo_error(400, f"payload.message.{key}: This field is missing.")


def _find(
    ctx: Context, channel: Record, id: str | None, client_id: str | None
) -> tuple[str, Record, Record] | None:
    """Return id, chat and content of a message of a channel, found by either id."""
    rows = ctx.store.rows(
        "SELECT id, chat_id, body FROM chat_messages WHERE id=? OR client_id=? ORDER BY n", (id, client_id)
    )
    for message_id, chat_id, body in rows:
        chat = chat_by(ctx, chat_id=chat_id)
        if chat is not None and chat["channel"] == channel["id"]:
            return message_id, chat, msgspec.json.decode(body)
    return None


@routes("POST", _PATH)
def send_message(ctx: Context) -> Response:
    """Take a message from or to a client, import one, or change one."""
    channel = channel_of(ctx)
    data = read_body(ctx)
    payload = data["payload"]
    if data["event_type"] == "edit_message":
        return _edit(ctx, channel, payload)
    if "sender" not in payload:
        raise amojo_error(400, "payload.sender: This field is missing.")
    _check(payload["message"], ctx.account.behaviour.strict)
    if _find(ctx, channel, None, payload["msgid"]) is not None:
        raise amojo_error(400, "payload.msgid: This value is already used.", "ORIGIN_DUPLICATE_MESSAGE")
    is_incoming = "receiver" not in payload
    person = payload["sender"] if is_incoming else payload["receiver"]
    chat = _chat(ctx, channel, payload, person)
    is_silent = bool(payload.get("silent"))
    text = payload["message"].get("text") or ""
    talk = incoming_talk(ctx, chat, text) if is_incoming and not is_silent else None
    chat = chat_by(ctx, chat_id=chat["chat_id"]) or chat
    author = _author(ctx, channel, chat, payload["sender"], is_incoming)
    message = {
        "client_id": payload["msgid"],
        "timestamp": payload["timestamp"],
        "msec_timestamp": payload["msec_timestamp"],
        "is_incoming": is_incoming,
        "is_silent": is_silent,
        "author": author,
        "message": payload["message"],
    }
    id = add_message(ctx, chat, talk, message)
    answer = {
        "msgid": id,
        "ref_id": payload["msgid"],
        "conversation_id": chat["chat_id"],
        "sender_id": author["id"],
    }
    if not is_incoming:
        answer["receiver_id"] = chat["client"]["id"]
    return json_response({"new_message": answer}, content_type=JSON)


def _chat(ctx: Context, channel: Record, payload: Record, person: Record) -> Record:
    reference = payload.get("conversation_ref_id")
    chat = chat_by(ctx, channel=channel["id"], conversation_id=payload["conversation_id"])
    if chat is None and reference is not None:
        chat = chat_by(ctx, channel=channel["id"], chat_id=reference)
    if chat is None:
        source = (payload.get("source") or {}).get("external_id")
        return make_chat(ctx, channel, payload["conversation_id"], person, source)
    return chat


def _author(ctx: Context, channel: Record, chat: Record, sender: Record, is_incoming: bool) -> Record:
    if is_incoming:
        return {"id": chat["client"]["id"], "type": "external", "name": sender["name"]}
    reference = sender.get("ref_id")
    if reference == channel["bot_id"]:
        return {"id": reference, "type": "bot", "name": sender["name"]}
    users = ctx.store.documents("users").values()
    user = next((item for item in users if item["amojo_id"] == reference), None)
    if user is None:
        raise amojo_error(400, "payload.sender.ref_id: there is no such user or bot")
    return {"id": user["amojo_id"], "type": "internal", "name": user["name"], "user_id": user["id"]}


def _edit(ctx: Context, channel: Record, payload: Record) -> Response:
    row = _find(ctx, channel, payload.get("id"), payload["msgid"])
    if row is None:
        raise amojo_error(400, "payload.msgid: there is no such message")
    id, chat, message = row
    sent = dict(payload["message"])
    status = sent.pop("delivery_status", None)
    message["message"] = {**message["message"], **sent}
    if status:
        message["delivery_status"] = _STATUSES[status["status_code"]]
    _keep(ctx, id, message, payload["msgid"])
    answer = {"msgid": id, "ref_id": payload["msgid"], "conversation_id": chat["chat_id"]}
    return json_response({"new_message": answer}, content_type=JSON)


def _keep(ctx: Context, id: str, message: Record, client_id: str | None = None) -> None:
    ctx.store.execute(
        "UPDATE chat_messages SET body=?, client_id=coalesce(?, client_id) WHERE id=?",
        (msgspec.json.encode(message), client_id, id),
    )


@routes("POST", _PATH + "/{msg_id}/delivery_status")
def update_delivery_status(ctx: Context) -> Response:
    """Set what became of an outgoing message; 200 without a body."""
    channel = channel_of(ctx)
    data = read_body(ctx)
    row = _find(ctx, channel, ctx.params["msg_id"], None)
    if row is None:
        raise amojo_error(404, "NOT_FOUND", "MESSAGE_NOT_FOUND")
    status = data.get("status_code", data.get("delivery_status"))
    if status is None:
        raise amojo_error(400, "status_code: This field is missing.")
    if status == -1 and data.get("error_code") is None:
        raise amojo_error(400, "error_code: This field is missing.")
    errors: Record = {key: data[key] for key in ("error_code", "error") if data.get(key) is not None}
    _keep(ctx, row[0], {**row[2], "delivery_status": _STATUSES[status], **errors})
    return Response(200)


@routes("POST", _PATH + "/react")
def react(ctx: Context) -> Response:
    """Put a reaction to a message, or take it back; 200 without a body."""
    channel = channel_of(ctx)
    data = read_body(ctx)
    if not data.get("conversation_id") and not data.get("conversation_ref_id"):
        raise amojo_error(400, "conversation_id: This field is missing.")
    row = _find(ctx, channel, data.get("id"), data.get("msgid"))
    if row is None:
        raise amojo_error(404, "NOT_FOUND", "MESSAGE_NOT_FOUND")
    reactions = {**row[2].get("reactions", {}), data["user"]["id"]: data.get("emoji")}
    if data["type"] == "unreact":
        del reactions[data["user"]["id"]]
    _keep(ctx, row[0], {**row[2], "reactions": reactions})
    return Response(200)


@routes("GET", _PATH + "/chats/{conversation_id}/history")
def list_messages(ctx: Context) -> Response:
    """Return the messages of a chat, newest first; 204 for an unknown or empty one."""
    channel = channel_of(ctx)
    limit, offset = as_int(ctx.query.get("limit"), MOST_MESSAGES), as_int(ctx.query.get("offset"), 0)
    if limit is None or not 1 <= limit <= MOST_MESSAGES or offset is None or offset < 0:
        raise amojo_error(400, f"limit: This value should be between 1 and {MOST_MESSAGES}.")
    chat = chat_by(ctx, channel=channel["id"], chat_id=ctx.params["conversation_id"])
    rows = messages_of(ctx, "chat_id", chat["chat_id"], limit, offset) if chat else []
    if chat is None or not rows:
        return Response(204)
    shown = [_show(chat, id, client_id, message) for id, client_id, message in rows]
    return json_response({"messages": shown}, content_type=JSON)


def _show(chat: Record, id: str, client_id: str | None, message: Record) -> Record:
    client = {key: value for key, value in chat["client"].items() if value}
    author = {"id": message["author"]["id"], "name": message["author"]["name"]}
    sides = {"sender": client} if message["is_incoming"] else {"sender": author, "receiver": client}
    sent = message["message"]
    content = {
        "id": id,
        "type": sent["type"],
        "text": sent.get("text") or "",
        "media": sent.get("media") or "",
    }
    content.update(thumbnail="", file_name=sent.get("file_name") or "", file_size=sent.get("file_size") or 0)
    if client_id is not None:
        content["client_id"] = client_id
    content.update({key: sent[key] for key in ("location", "contact") if key in sent})
    stamps = {"timestamp": message["timestamp"], "msec_timestamp": message["msec_timestamp"]}
    return {**stamps, **sides, "message": content}
