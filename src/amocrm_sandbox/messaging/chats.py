"""Chats, talks and messages, as the chat service and the account's own API see them."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.context import Context
from ..domain.entities import create
from ..domain.kinds import CONTACTS, LEADS
from ..domain.relations import link, links_of
from ..domain.stages import CLOSED, main_pipeline
from ..domain.unsorted import add_unsorted, update_unsorted
from ..engine.hook_delivery import WebhookDelivery
from ..storage.ids import new_uuid
from ..webhooks.chat_signature import hook_signature

__all__ = [
    "add_message",
    "chat_by",
    "close_talk",
    "incoming_talk",
    "make_chat",
    "messages_of",
    "send_to_channel",
    "show_talk",
    "touch_talk",
]

Record = dict[str, Any]
_KINDS = {"leads": "lead", "customers": "customer"}


# ---- chats


def chat_by(ctx: Context, **wanted: Any) -> Record | None:
    """Return the first chat whose properties have these values."""
    for chat in ctx.store.documents("chats").values():
        if all(chat[key] == value for key, value in wanted.items()):
            return chat
    return None


def make_chat(
    ctx: Context, channel: Record, conversation_id: str, person: Record, source: str | None
) -> Record:
    """Add a chat with a client; there is no contact and no talk yet."""
    profile = person.get("profile") or {}
    client = {
        "id": person.get("ref_id") or new_uuid(ctx.account.random),
        "client_id": person.get("id"),
        "name": person.get("name") or "",
        "avatar": person.get("avatar") or "",
        "phone": profile.get("phone") or "",
        "email": profile.get("email") or "",
    }
    chat = {
        "id": ctx.store.next_id("chat_links"),
        "chat_id": new_uuid(ctx.account.random),
        "conversation_id": conversation_id,
        "channel": channel["id"],
        "client": client,
        "contact_id": None,
        "source": source,
        "unsorted": None,
    }
    ctx.store.put("chats", chat)
    return chat


# ---- talks


def show_talk(ctx: Context, talk: Record) -> Record:
    """Return a talk as it is read."""
    embedded: dict[str, list[Any]] = {"contacts": [], "leads": [], "customers": []}
    if talk["contact_id"] is not None:
        embedded["contacts"].append(ctx.ref("contacts", talk["contact_id"]))
    if talk["entity_id"] is not None:
        embedded[talk["kind"]].append(ctx.ref(talk["kind"], talk["entity_id"]))
    keys = ("created_at", "updated_at", "rate", "contact_id", "chat_id", "entity_id")
    return {
        "talk_id": talk["id"],
        **{key: talk[key] for key in keys},
        "entity_type": _KINDS.get(talk["kind"]),
        "status": talk["status"],
        "is_in_work": talk["status"] != "closed",
        "is_read": talk["is_read"],
        "origin": talk["origin"],
        "source_id": talk["source_id"],
        "missed_at": None,
        "account_id": ctx.account.settings["id"],
        "_links": ctx.links(f"talks/{talk['id']}"),
        "_embedded": embedded,
    }


def _hook(ctx: Context, code: str, talk: Record) -> None:
    keys = ("created_at", "updated_at", "rate", "contact_id", "chat_id", "entity_id", "is_read", "origin")
    record = {
        "talk_id": talk["id"],
        **{key: talk[key] for key in keys},
        "entity_type": _KINDS.get(talk["kind"]),
    }
    ctx.changes.hook(code, "talks", talk["id"], **record, is_in_work=talk["status"] != "closed")


def _open_talk(ctx: Context, chat: Record) -> Record | None:
    talks = ctx.store.documents("talks").values()
    return next(
        (talk for talk in talks if talk["chat_id"] == chat["chat_id"] and talk["status"] != "closed"), None
    )


def incoming_talk(ctx: Context, chat: Record, text: str) -> Record:
    """Return the open talk of a chat that a client writes to; where there is none, one is opened.

    A client without a contact gets one, and a contact without an open lead an incoming lead of category `chats`.
    """
    talk = _open_talk(ctx, chat)
    if talk is not None:
        talk = {**talk, "is_read": False, "updated_at": ctx.now}
        ctx.store.put("talks", talk)
        _retell(ctx, chat, text)
        _hook(ctx, "update_talk", talk)
        return talk
    channel = ctx.store.documents("channels")[chat["channel"]]
    contact_id = chat["contact_id"]
    lead_id = _active_lead(ctx, contact_id)
    if lead_id is None:
        contact_id, lead_id, uid = _arrival(ctx, chat, channel, text)
        chat = {**chat, "contact_id": contact_id, "unsorted": uid}
        ctx.store.put("chats", chat)
    source = _source(ctx, chat)
    talk = {
        "id": ctx.store.next_id("talks"),
        "created_at": ctx.now,
        "updated_at": ctx.now,
        "rate": 0,
        "contact_id": contact_id,
        "chat_id": chat["chat_id"],
        "entity_id": lead_id,
        "kind": "leads",
        "status": "in_work",
        "is_read": False,
        "origin": channel["origin"],
        "source_id": source["id"] if source else None,
    }
    ctx.store.put("talks", talk)
    ctx.changes.event("talk_created", "contacts", contact_id, after=[{"talk": {"id": talk["id"]}}])
    _hook(ctx, "add_talk", talk)
    return talk


def _active_lead(ctx: Context, contact_id: int | None) -> int | None:
    if contact_id is None:
        return None
    ids = [link[1] for link in links_of(ctx.store, "contacts", [contact_id], "leads")[contact_id]]
    for id in reversed(ids):
        status = ctx.store.value("SELECT status_id FROM leads WHERE id=? AND is_deleted=0", (id,))
        if status is not None and status not in CLOSED:
            return id
    return None


def _source(ctx: Context, chat: Record) -> Record | None:
    sources = list(ctx.store.documents("sources").values())
    own = next((source for source in sources if source["external_id"] == chat["source"]), None)
    return own or next((source for source in sources if source["default"]), None)


def _arrival(ctx: Context, chat: Record, channel: Record, text: str) -> tuple[int, int, str]:
    """Make the contact and the incoming lead of a client who writes for the first time."""
    from ..domain.context import Item

    client, contact_id = chat["client"], chat["contact_id"]
    item = Item(None, {"name": client["name"], "custom_fields_values": []}, [])
    for code, key in (("PHONE", "phone"), ("EMAIL", "email")):
        if client[key]:
            entry = {"field_code": code, "values": [{"value": client[key], "enum_code": "WORK"}]}
            item.data["custom_fields_values"].append(entry)
    ctx.changes.is_paused = True
    if contact_id is None:
        contact_id = create(ctx, CONTACTS, item, item.data) or 0
        ctx.store.update("contacts", contact_id, {"is_unsorted": 1})
    lead = Item(None, {"name": f"Сделка: {client['name']}"}, [])
    lead_id = create(ctx, LEADS, lead, lead.data) or 0
    link(ctx, ("leads", lead_id), ("contacts", contact_id), True)
    ctx.changes.is_paused = False
    source = _source(ctx, chat)
    if source:
        ctx.store.update("leads", lead_id, {"source_id": source["id"]})
    pipeline_id = source["pipeline_id"] if source else main_pipeline(ctx.store)
    body = _chat_body(ctx, chat, channel, text, source)
    return contact_id, lead_id, add_unsorted(ctx, "chats", lead_id, pipeline_id, body)


def _chat_body(ctx: Context, chat: Record, channel: Record, text: str, source: Record | None) -> Record:
    client = chat["client"]
    metadata = {
        "from": client["name"],
        "to": chat["source"] or channel["channel_id"],
        "received_at": ctx.now,
        "service": channel["origin"],
        "client": {"name": client["name"], "avatar": client["avatar"] or None},
        "origin": {"chat_id": chat["chat_id"], "ref": None, "visitor_uid": None},
        "last_message_text": text,
        "source_name": source["name"] if source else channel["title"],
    }
    uid = f"amojo:{channel['origin']}:{chat['chat_id']}"
    return {"source_uid": uid, "source_name": metadata["source_name"], "metadata": metadata}


def _retell(ctx: Context, chat: Record, text: str) -> None:
    sql = "SELECT body FROM unsorted WHERE uid=? AND state='new'"
    content = ctx.store.value(sql, (chat["unsorted"],)) if chat["unsorted"] else None
    if content is not None:
        body = msgspec.json.decode(content)
        body["metadata"]["last_message_text"] = text
        update_unsorted(ctx, chat["unsorted"], body)


def touch_talk(ctx: Context, talk: Record, **changes: Any) -> Record:
    """Change a talk and tell of it."""
    talk = {**talk, **changes, "updated_at": ctx.now}
    ctx.store.put("talks", talk)
    _hook(ctx, "update_talk", talk)
    return talk


def close_talk(ctx: Context, talk: Record, is_forced: bool) -> None:
    """Close a talk, or start the NPS bot where there is one and it is not skipped."""
    bots = ctx.store.documents("bots").values()
    has_nps = any(bot["type_functionality"] == "nps" and bot["settings"]["active"] for bot in bots)
    if has_nps and not is_forced:
        touch_talk(ctx, talk, status="nps_in_progress")
        return
    talk = touch_talk(ctx, talk, status="closed")
    ctx.changes.event(
        "talk_closed", "contacts", talk["contact_id"] or 0, after=[{"talk": {"id": talk["id"]}}]
    )


# ---- messages


def add_message(ctx: Context, chat: Record, talk: Record | None, message: Record) -> str:
    """Store a message, tell subscribers of it, and return its id.

    Args:
        ctx: The request.
        chat: Where it is written.
        talk: The open talk, if there is one.
        message: `client_id`, `timestamp`, `msec_timestamp`, `is_incoming`, `author` (`id`, `type`, `name`, `user_id`),
            `message` (as sent by the channel), `is_silent`.
    """
    id = new_uuid(ctx.account.random)
    row = {"id": id, "client_id": message.get("client_id"), "chat_id": chat["chat_id"]}
    row.update(talk_id=talk["id"] if talk else None, created_at=message["timestamp"])
    ctx.store.insert("chat_messages", {**row, "body": msgspec.json.encode(message)})
    if not message.get("is_silent"):
        _tell(ctx, chat, talk, id, message)
    return id


def _tell(ctx: Context, chat: Record, talk: Record | None, id: str, message: Record) -> None:
    channel = ctx.store.documents("channels")[chat["channel"]]
    is_incoming, sent = message["is_incoming"], message["message"]
    record: Record = {"id": id, "chat_id": chat["chat_id"], "talk_id": talk and talk["id"]}
    record.update(contact_id=chat["contact_id"], text=sent.get("text") or "", created_at=message["timestamp"])
    record["message_type"] = sent["type"]
    if sent.get("media"):
        record["attachment"] = {
            "type": sent["type"],
            "link": sent["media"],
            "file_name": sent.get("file_name"),
        }
    if talk and talk["entity_id"] is not None:
        number = 2 if talk["kind"] == "leads" else 12
        record.update(element_type=number, entity_type=_KINDS[talk["kind"]])
        record.update(element_id=talk["entity_id"], entity_id=talk["entity_id"])
    record["type"] = "incoming" if is_incoming else "outgoing"
    author = dict(message["author"])
    client = {"id": chat["client"]["id"], "type": "external", "name": chat["client"]["name"]}
    record["author"] = {**author, "avatar_url": chat["client"]["avatar"] or None} if is_incoming else author
    record["origin"] = channel["origin"]
    if not is_incoming:
        record.update(recipient=client, source_id=talk and talk["source_id"])
    ctx.changes.hook("add_message" if is_incoming else "add_outgoing_message", "messages", id, **record)
    if chat["contact_id"] is not None:
        value = {"id": id, "talk_id": talk and talk["id"], "origin": channel["origin"]}
        shown = {"linked_talk_contact_id": chat["contact_id"]} if talk else None
        if shown and talk and talk["entity_id"] is not None:
            shown = {**shown, "kind": talk["kind"], "id": talk["entity_id"]}
        type = "incoming_chat_message" if is_incoming else "outgoing_chat_message"
        ctx.changes.event(type, "contacts", chat["contact_id"], after=[{"message": value}], shown=shown)


def messages_of(
    ctx: Context, column: str, value: Any, limit: int, offset: int = 0
) -> list[tuple[str, str | None, Record]]:
    """Return id, client's id and content of messages, newest first; `column` is `chat_id` or `talk_id`."""
    rows = ctx.store.rows(
        f"SELECT id, client_id, body FROM chat_messages WHERE {column}=? ORDER BY n DESC LIMIT ? OFFSET ?",
        (value, limit, offset),
    )
    return [(id, client_id, msgspec.json.decode(body)) for id, client_id, body in rows]


def send_to_channel(ctx: Context, chat: Record, talk: Record, text: str) -> str:
    """Send a user's text to the client: the channel gets a signed hook, and the id of the message comes back."""
    channel = ctx.store.documents("channels")[chat["channel"]]
    user = ctx.user
    author = {"id": user["amojo_id"], "type": "internal", "name": user["name"], "user_id": user["id"]}
    sent = {"type": "text", "text": text}
    message = {"timestamp": ctx.now, "msec_timestamp": ctx.now * 1000, "is_incoming": False}
    id = add_message(ctx, chat, talk, {**message, "author": author, "message": sent})
    if channel["hook_url"] and channel["connection"]:
        _deliver(ctx, channel, chat, author, id, text)
    return id


def _deliver(ctx: Context, channel: Record, chat: Record, author: Record, id: str, text: str) -> None:
    client = chat["client"]
    receiver = {
        key: client[key] for key in ("id", "client_id", "name", "phone", "email") if client[key] is not None
    }
    empty = dict.fromkeys(("tag", "media", "thumbnail", "file_name"), "")
    data: Record = {
        "account_id": ctx.account.settings["amojo_id"],
        "time": ctx.now,
        "message": {
            "conversation": {"id": chat["chat_id"], "client_id": chat["conversation_id"]},
            **({"source": {"external_id": chat["source"]}} if chat["source"] else {}),
            "sender": {"id": author["id"], "name": author["name"]},
            "receiver": receiver,
            "timestamp": ctx.now,
            "msec_timestamp": ctx.now * 1000,
            "message": {"id": id, "type": "text", "text": text, **empty, "file_size": 0},
        },
    }
    body = msgspec.json.encode(data)
    headers = {"Content-Type": "application/json", "X-Signature": hook_signature(channel["secret"], body)}
    destination = channel["hook_url"].replace(":scope_id", channel["connection"]["scope_id"])
    # Sent once, never repeated; the channel has five seconds.
    ctx.changes.deliver(WebhookDelivery(None, "chat_message", destination, headers, body, data, 5.0, False))
