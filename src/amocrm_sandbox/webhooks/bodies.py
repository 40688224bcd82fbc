"""Bodies of webhooks: records with the keys of API v2, every scalar a string, nested keys in PHP brackets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import msgspec

from ..account import Account
from ..domain.relations import links_of, tags_of
from ..domain.v2_field_values import ELEMENT_TYPES, shown_fields, text_time

__all__ = ["encode_form", "hook_item", "place_of"]

Record = dict[str, Any]

_decode = msgspec.json.decode
# Numbers of API v2; types that it did not know are system messages.
_NOTE_NUMBERS = {"common": 4, "attachment": 5, "call_in": 10, "call_out": 11, "sms_in": 102, "sms_out": 103}
_GROUPS = {
    "lead": "leads",
    "contact": "contacts",
    "company": "contacts",
    "customer": "customers",
    "task": "task",
    "talk": "talk",
    "unsorted": "unsorted",
    "message": "message",
    "outgoing_message": "outgoing_message",
    "catalog_element": "catalogs",
}


def encode_form(value: Record) -> bytes:
    """Encode nested values as PHP does: brackets, `1` and `0`, and nothing at all for null and empty lists.

    Example:
        >>> encode_form({"leads": {"add": [{"id": 1, "name": "a b", "price": None}]}})
        b'leads%5Badd%5D%5B0%5D%5Bid%5D=1&leads%5Badd%5D%5B0%5D%5Bname%5D=a+b'
    """
    return "&".join(f"{quote_plus(key)}={quote_plus(text)}" for key, text in _flat(value, "")).encode()


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in pairs:
            yield from _flat(child, f"{path}[{key}]" if path else str(key))
    elif isinstance(value, bool):
        yield path, "1" if value else "0"
    elif value is not None:
        yield path, str(value)


def place_of(code: str) -> tuple[str | None, str]:
    """Return the group and the action under which the delivery of a subscription code lies.

    Example:
        >>> place_of("responsible_contact")
        ('contacts', 'update')
    """
    if code == "add_chat_template_review":
        return None, "add"
    action, _, what = code.partition("_")
    if action == "responsible" and what != "lead":
        action = "update"
    return _GROUPS[what], action


def hook_item(account: Account, code: str, kind: str, id: Any, extra: Record) -> Record | None:
    """Return the record that a delivery carries, as things stand now; None when there is nothing to tell."""
    action = code.partition("_")[0]
    if code.startswith("note_"):
        return _note(account, kind, id)
    if action == "delete" and (kind in ELEMENT_TYPES or kind == "tasks"):
        return _deleted(account, kind, id)
    maker: Callable[[Account, str, Any, Record], Record | None]
    maker = _entity if kind in ELEMENT_TYPES else _task if kind == "tasks" else _ready
    if kind == "unsorted" and action != "delete":
        maker = _unsorted
    return maker(account, kind, id, extra)


def _ready(account: Account, kind: str, id: Any, extra: Record) -> Record | None:
    """Talks, messages, incoming leads and elements come as whole records from the handler that changed them."""
    return extra


def _unsorted(account: Account, kind: str, uid: str, extra: Record) -> Record | None:
    row = account.store.row(
        "SELECT category, pipeline_id, lead_id, created_at, body FROM unsorted WHERE uid=?", (uid,)
    )
    if row is None:
        return None
    category, pipeline_id, lead_id, created_at, body = row
    kept = _decode(body)
    links = links_of(account.store, "leads", [lead_id])[lead_id]
    drafts: dict[str, list[Record]] = {"leads": [_draft(account, "leads", lead_id)]}
    for other, id, _, _ in links:
        if other in ("contacts", "companies"):
            drafts.setdefault(other, []).append(_draft(account, other, id))
    return {
        "uid": uid,
        "source": kept.get("source_name"),
        "source_uid": kept.get("source_uid"),
        "category": category,
        "source_data": kept["metadata"],
        "date_create": created_at,
        "data": drafts,
        "pipeline_id": pipeline_id,
        "account_id": account.settings["id"],
        "lead_id": lead_id,
        "created_at": created_at,
    }


def _draft(account: Account, kind: str, id: int) -> Record:
    """Return an entity of an incoming lead: tags are one text here, and fields have no names."""
    item = _entity(account, kind, id, {}) or {}
    keys = (
        "id",
        "name",
        "status_id",
        "pipeline_id",
        "price",
        "date_create",
        "last_modified",
        "created_user_id",
    )
    kept = {key: item.get(key) for key in (*keys, "modified_user_id")}
    kept["main_user_id"] = item.get("responsible_user_id")
    kept["tags"] = ",".join(tag["name"] for tag in item.get("tags", ()))
    fields = item.get("custom_fields", ())
    return {**kept, "custom_fields": [{"id": field["id"], "values": field["values"]} for field in fields]}


def _deleted(account: Account, kind: str, id: int) -> Record:
    if kind == "leads":
        row = account.store.row("SELECT status_id, pipeline_id FROM leads WHERE id=?", (id,))
        return {"id": id, "status_id": row and row[0], "pipeline_id": row and row[1]}
    if kind in ("customers", "tasks"):
        return {"id": id}
    return {"id": id, "type": "contact" if kind == "contacts" else "company"}


def _entity(account: Account, kind: str, id: int, extra: Record) -> Record | None:
    cursor = account.store.execute(f"SELECT * FROM {kind} WHERE id=?", (id,))
    values = cursor.fetchone()
    if values is None:
        return None
    row = dict(zip((column[0] for column in cursor.description), values, strict=True))
    item: Record = {"id": id, "name": row["name"] or ""}
    if kind == "leads":
        item.update(status_id=row["status_id"], price=row["price"], pipeline_id=row["pipeline_id"])
    elif kind == "customers":
        for key in ("next_price", "next_date", "status_id", "periodicity"):
            item[key] = row[key]
    item["responsible_user_id"] = row["responsible_user_id"]
    item["last_modified"], item["date_create"] = row["updated_at"], row["created_at"]
    item["modified_user_id"], item["created_user_id"] = row["updated_by"], row["created_by"]
    if kind == "contacts":
        item.update(_company(account, id))
    item["account_id"] = account.settings["id"]
    tags = tags_of(account.store, kind, [id])[id]
    item["tags"] = [{"id": tag["id"], "name": tag["name"]} for tag in tags]
    item["custom_fields"] = shown_fields(account, _decode(row["fields"]) if row["fields"] else {})
    if kind in ("contacts", "companies"):
        leads = links_of(account.store, kind, [id], "leads")[id]
        item["linked_leads_id"] = {link[1]: {"ID": link[1]} for link in leads}
    item.update(extra)
    item["created_at"], item["updated_at"] = row["created_at"], row["updated_at"]
    if kind in ("contacts", "companies"):
        item["type"] = "contact" if kind == "contacts" else "company"
    return item


def _company(account: Account, contact_id: int) -> Record:
    links = links_of(account.store, "contacts", [contact_id], "companies")[contact_id]
    if not links:
        return {}
    name = account.store.value("SELECT name FROM companies WHERE id=?", (links[0][1],))
    return {"company_name": name, "linked_company_id": links[0][1]}


def _task(account: Account, kind: str, id: int, extra: Record) -> Record | None:
    names = (
        "entity_id,entity_type,task_type_id,text,is_completed,created_by,responsible_user_id,complete_till,"
        "created_at,updated_at"
    )
    values = account.store.row(f"SELECT {names} FROM tasks WHERE id=?", (id,))
    if values is None:
        return None
    row = dict(zip(names.split(","), values, strict=True))
    return {
        "id": id,
        "element_id": row["entity_id"],
        "element_type": ELEMENT_TYPES.get(row["entity_type"]),
        "task_type": row["task_type_id"],
        "date_create": text_time(row["created_at"]),
        "text": row["text"],
        "status": row["is_completed"],
        "account_id": account.settings["id"],
        "created_user_id": row["created_by"],
        "last_modified": text_time(row["updated_at"]),
        "responsible_user_id": row["responsible_user_id"],
        "complete_till": text_time(row["complete_till"]),
        **extra,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "complete_before": row["complete_till"],
    }


def _note(account: Account, kind: str, id: int) -> Record | None:
    names = "entity_id,note_type,params,created_by,updated_by,responsible_user_id,created_at,updated_at"
    values = account.store.row(f"SELECT {names} FROM notes WHERE id=?", (id,))
    if values is None:
        return None
    row = dict(zip(names.split(","), values, strict=True))
    params = _decode(row["params"])
    text = params.get("text")
    if row["note_type"] in ("call_in", "call_out"):
        text = msgspec.json.encode(params).decode()
    file = ""
    if row["note_type"] == "attachment":
        name = params.get("file_name") or params["file_uuid"]
        file = f"drive/{account.settings['uuid']}/{params['file_uuid']}/{name}"
    author = account.store.document("users", row["created_by"] or 0)
    source = {"id": row["created_by"], "author_name": author["name"] if author else "", "type": 1}
    note = {
        "text": text or "",
        "attachement": file,
        "date_create": text_time(row["created_at"], 3),
        "note_type": _NOTE_NUMBERS.get(row["note_type"], 25),
        "element_type": ELEMENT_TYPES[kind],
        "element_id": row["entity_id"],
        "catalog_id": 0,
        "group_id": 0,
        "timestamp_x": text_time(row["updated_at"], 3),
        "account_id": account.settings["id"],
        "metadata": msgspec.json.encode({"event_source": source}).decode(),
        "created_by": row["created_by"],
        "modified_by": row["updated_by"],
        "main_user_id": row["responsible_user_id"],
        "id": id,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    kinds = {"contacts": "contact", "companies": "company"}
    return {"note": note, **({"type": kinds[kind]} if kind in kinds else {})}
