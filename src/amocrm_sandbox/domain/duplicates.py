"""Duplicate control of complex creations: which stored leads an item repeats, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from . import access
from .context import Context, Item
from .entities import Kind, change, load
from .kinds import COMPANIES, CONTACTS, LEADS
from .relations import links_of

__all__ = ["CONTROL_KIND", "duplicates_of", "merge"]

CONTROL_KIND = "duplicate_control"
# With more duplicates than this nothing is merged.
MOST_DUPLICATES = 3
_LISTS = ("PHONE", "EMAIL")
_decode = msgspec.json.decode

Key = tuple[str | int, str]
Row = dict[str, Any]


def duplicates_of(ctx: Context, data: Row, pipeline_id: int, new_ids: Iterable[int]) -> list[int]:
    """Return the leads that an item is merged into, the newest first; none if it has to be created.

    Args:
        ctx: The request.
        data: The item of the complex creation.
        pipeline_id: Pipeline of the item.
        new_ids: Leads of this request, which are not compared with.
    """
    control = ctx.store.document(CONTROL_KIND, pipeline_id)
    if control is None or not control["is_on"]:
        return []
    partner = ((data.get("_embedded") or {}).get("contacts") or [{}])[0]
    keys = _sent_keys(ctx, control, data.get("custom_fields_values"))
    if partner.get("id") is not None:
        keys |= _stored_keys(ctx, control, CONTACTS, int(partner["id"]))
    keys |= _sent_keys(ctx, control, partner.get("custom_fields_values"))
    if not keys:
        return []
    skipped = set(new_ids)
    lead_ids = [
        id
        for id in _candidates(ctx, control, pipeline_id)
        if id not in skipped and keys & _lead_keys(ctx, control, id)
    ]
    if len(lead_ids) > MOST_DUPLICATES or (len(lead_ids) > 1 and control["on_many"] == "new"):
        return []
    return lead_ids if control["on_many"] == "all" else lead_ids[:1]


def _candidates(ctx: Context, control: Row, pipeline_id: int) -> list[int]:
    sql = "SELECT id FROM leads WHERE pipeline_id=? AND is_deleted=0 ORDER BY created_at DESC, id DESC"
    if control["stages"] is not None:
        stages = msgspec.json.encode(control["stages"]).decode()
        sql = sql.replace(" ORDER", " AND status_id IN (SELECT value FROM json_each(?)) ORDER")
        return [id for (id,) in ctx.store.rows(sql, (pipeline_id, stages))]
    return [id for (id,) in ctx.store.rows(sql, (pipeline_id,))]


def _main_contact(ctx: Context, lead_id: int) -> int | None:
    links = links_of(ctx.store, "leads", [lead_id], "contacts")[lead_id]
    return next((id for _, id, is_main, _ in links if is_main), None)


def _lead_keys(ctx: Context, control: Row, id: int) -> set[Key]:
    """Return the keys of a stored lead: its own fields and those of its main contact."""
    keys = _stored_keys(ctx, control, LEADS, id)
    contact_id = _main_contact(ctx, id)
    return keys | _stored_keys(ctx, control, CONTACTS, contact_id) if contact_id is not None else keys


def _stored_keys(ctx: Context, control: Row, kind: Kind, id: int) -> set[Key]:
    body = ctx.store.value(f"SELECT fields FROM {kind.name} WHERE id=? AND is_deleted=0", (id,))
    stored: dict[str, list[Row]] = _decode(body) if body else {}
    fields = ctx.store.documents("fields")
    pairs = ((fields.get(int(field_id)), values) for field_id, values in stored.items())
    return {key for field, values in pairs if field for key in _keys(control, field, values)}


def _sent_keys(ctx: Context, control: Row, sent: Any) -> set[Key]:
    keys: set[Key] = set()
    for entry in sent or ():
        for field in ctx.store.documents("fields").values():
            is_meant = field["id"] == entry.get("field_id") or (
                entry.get("field_code") is not None and field["code"] == entry["field_code"]
            )
            if is_meant:
                keys.update(_keys(control, field, entry.get("values") or ()))
    return keys


def _keys(control: Row, field: Row, values: Iterable[Row]) -> set[Key]:
    """Return the values of a field that count for the control, in the form in which they are compared."""
    code, texts = field["code"], [str(value.get("value") or "") for value in values]
    if code == "PHONE" and control["phone"]:
        return {("PHONE", _international(text)) for text in texts if any(map(str.isdigit, text))}
    if code == "EMAIL" and control["email"]:
        return {("EMAIL", text.strip().casefold()) for text in texts if text.strip()}
    if field["id"] in control["fields"]:
        return {(field["id"], text) for text in texts if text}
    return set()


def _international(phone: str) -> str:
    digits = "".join(filter(str.isdigit, phone))
    # Eleven digits that begin with 8 are Russia's and Kazakhstan's way to write 7.
    return f"7{digits[1:]}" if len(digits) == 11 and digits[0] == "8" else digits


# ---- merging


def merge(ctx: Context, item: Item, lead_id: int, pipeline_id: int) -> Row | None:
    """Merge an item into a stored lead and return the answer, or None when the item has errors.

    What is sent replaces what is stored, or only fills what is empty, as the control says. Phones and e-mails are added.
    """
    control = ctx.store.documents(CONTROL_KIND)[pipeline_id]
    embedded = item.data.get("_embedded") or {}
    sent = {key: value for key, value in item.data.items() if key not in ("_embedded", "request_id")}
    if embedded.get("tags"):
        sent["tags_to_add"] = [*sent.get("tags_to_add", ()), *embedded["tags"]]
    _change(ctx, item, LEADS, lead_id, sent, control["keep"])
    contact_id = _main_contact(ctx, lead_id)
    companies = links_of(ctx.store, "leads", [lead_id], "companies")[lead_id]
    company_id = companies[0][1] if companies else None
    for kind, id in ((CONTACTS, contact_id), (COMPANIES, company_id)):
        for partner in (embedded.get(kind.name) or ())[:1]:
            if id is not None and "id" not in partner:
                plain = {key: value for key, value in partner.items() if not key.startswith("_")}
                _change(ctx, item, kind, id, plain, control["keep"])
    if item.errors:
        return None
    ids = {"id": lead_id, "contact_id": contact_id, "company_id": company_id}
    return {**ids, "request_id": [item.request_id], "merged": True}


def _change(ctx: Context, item: Item, kind: Kind, id: int, sent: Row, keep: bool) -> None:
    old = load(ctx, kind, id)
    if old is None or not access.may(ctx, kind.name, "edit", old):
        return
    stored: dict[str, list[Row]] = _decode(old["fields"]) if old["fields"] else {}
    data = {key: value for key, value in sent.items() if not keep or not old.get(key) or key == "tags_to_add"}
    values = []
    for entry in sent.get("custom_fields_values") or ():
        field = _field(ctx, kind, entry)
        present = stored.get(str(field["id"]), []) if field else []
        if field and field["code"] in _LISTS:
            present = [{key: value[key] for key in ("value", "enum_id") if key in value} for value in present]
            texts = {str(value["value"]) for value in present}
            added = [value for value in entry.get("values") or () if str(value.get("value")) not in texts]
            values.append({**entry, "values": [*present, *added]})
        elif not keep or not present:
            values.append(entry)
    data["custom_fields_values"] = values
    change(ctx, kind, Item(item.index, data, item.errors), old)


def _field(ctx: Context, kind: Kind, entry: Row) -> Row | None:
    for field in ctx.store.documents("fields").values():
        is_same = field["id"] == entry.get("field_id") or field["code"] == entry.get("field_code", "")
        if field["entity_type"] == kind.name and is_same:
            return field
    return None
