"""Records as they were created: what events tell of later changes is put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from types import SimpleNamespace
from typing import Any, Final

from msgspec import UNSET

from .evidence import History
from .fingerprints import Vocabulary

__all__ = ["SINGULAR", "histories_of"]

#: Kind to its name in events; notes have none.
SINGULAR: Final = {
    "leads": "lead",
    "contacts": "contact",
    "companies": "company",
    "customers": "customer",
    "tasks": "task",
}
#: Events that change nothing of what a creation sends.
_HARMLESS: Final = (
    "note_added",
    "note_deleted",
    "_call",
    "_message",
    "_sms",
    "talk_",
    "_mail",
    "visit",
    "task_added",
)
#: Author of what robots do.
_ROBOT: Final = 0
#: Types of fields whose values stand in an event as they stand in a record.
_READABLE: Final = frozenset(
    {"text", "textarea", "url", "numeric", "streetaddress", "select", "radiobutton", "price"}
)


def histories_of(
    kind: str, records: Iterable[Any], events: Iterable[Any], words: Vocabulary
) -> dict[int, History]:
    """Return what the events of some records tell of their creation.

    A record whose creation is not among the events is left out: they may be late or switched off.

    Args:
        kind: kind of the records.
        records: the records as they are now.
        events: all events of these records.
        words: fields of the account.
    """
    by_id: dict[Any, list[Any]] = {}
    for event in events:
        by_id.setdefault(event.entity_id, []).append(event)
    result = {}
    for record in records:
        own = by_id.get(record.id, [])
        creation = next((event for event in own if event.type == f"{SINGULAR[kind]}_added"), None)
        if creation is not None:
            result[record.id] = _history(kind, record, own, creation, words)
    return result


def _history(kind: str, record: Any, events: Sequence[Any], creation: Any, words: Vocabulary) -> History:
    changes = [event for event in events if not _is_harmless(kind, event.type)]
    changes.sort(key=lambda event: (event.created_at, event.id), reverse=True)
    if not changes:
        untouched = record.updated_at == record.created_at or record.updated_at is UNSET
        return History(record if untouched else None)
    if any(_may_be_of_creation(event, creation) for event in changes):
        return History()
    if changes[0].created_at != record.updated_at:
        return History()  # something changed it later and left no event
    if not _is_chain(changes):
        return History()
    original = copy(record)
    for event in changes:
        if not _put_back(original, event, words):
            return History()
    return History(original)


def _is_chain(changes: Sequence[Any]) -> bool:
    """Return whether the changes of each value follow from each other: none is missing or out of order."""
    last: dict[Any, Any] = {}
    for event in changes:
        if "tag" in event.type or not event.value_after:
            continue
        part = event.value_after[0]
        field = part.get("custom_field_value") if isinstance(part, Mapping) else None
        key = (event.type, field.get("field_id") if isinstance(field, Mapping) else None)
        newer = last.get(key)
        if newer is not None and (
            newer.created_at == event.created_at or newer.value_before != event.value_after
        ):
            return False
        last[key] = event
    return True


def _may_be_of_creation(event: Any, creation: Any) -> bool:
    """Return whether an event may tell of what the creation sent: tags of a new lead have an event of their own.

    Time and author of the creation may be those that were sent, so they prove nothing; a robot tells by its id.
    """
    by_robot = event.created_by == _ROBOT != creation.created_by
    return not event.value_before and not by_robot


def _is_harmless(kind: str, type_: str) -> bool:
    return type_ == f"{SINGULAR[kind]}_added" or any(part in type_ for part in _HARMLESS)


def _put_back(record: Any, event: Any, words: Vocabulary) -> bool:
    before = event.value_before if isinstance(event.value_before, list) else []
    after = event.value_after if isinstance(event.value_after, list) else []
    if event.type == "name_field_changed":
        return _set(record, "name", before, "name_field_value", "name")
    if event.type == "sale_field_changed":
        return _set(record, "price", before, "sale_field_value", "sale")
    if event.type == "entity_responsible_changed":
        return _set(record, "responsible_user_id", before, "responsible_user", "id")
    if event.type == "task_text_changed":
        return _set(record, "text", before, "task", "text")
    if event.type == "task_deadline_changed":
        return _set(record, "complete_till", before, "task_deadline", "timestamp")
    if event.type == "lead_status_changed":
        return _set(record, "status_id", before, "lead_status", "id") and _set(
            record, "pipeline_id", before, "lead_status", "pipeline_id"
        )
    if event.type in ("entity_tag_added", "entity_tag_deleted"):
        return _put_back_tags(record, before, after)
    if event.type.endswith("value_changed"):
        return _put_back_field(record, before, after, words)
    return False


def _part(values: Sequence[Any], name: str) -> Mapping[str, Any]:
    first = values[0] if values else {}
    part = first.get(name) if isinstance(first, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _set(record: Any, attribute: str, values: Sequence[Any], name: str, key: str) -> bool:
    part = _part(values, name)
    if key not in part:
        return False
    setattr(record, attribute, part[key])
    return True


def _put_back_tags(record: Any, before: Sequence[Any], after: Sequence[Any]) -> bool:
    embedded = getattr(record, "embedded", UNSET)
    if embedded is UNSET or embedded.tags is UNSET:
        return False
    added = {
        item["tag"].get("name")
        for item in after
        if isinstance(item, Mapping) and isinstance(item.get("tag"), Mapping)
    }
    lost = [
        item["tag"] for item in before if isinstance(item, Mapping) and isinstance(item.get("tag"), Mapping)
    ]
    tags = [tag for tag in embedded.tags or () if tag.name not in added]
    record.embedded = copy(embedded)
    record.embedded.tags = [*tags, *(SimpleNamespace(id=tag.get("id"), name=tag.get("name")) for tag in lost)]
    return True


def _put_back_field(record: Any, before: Sequence[Any], after: Sequence[Any], words: Vocabulary) -> bool:
    parts = [
        item["custom_field_value"]
        for item in (*before, *after)
        if isinstance(item, Mapping) and isinstance(item.get("custom_field_value"), Mapping)
    ]
    keys = {part.get("field_id") for part in parts}
    if len(keys) != 1:
        return False
    (key,) = keys
    fields = getattr(record, "custom_fields_values", UNSET)
    if fields is UNSET or words.type_of(key) not in _READABLE:
        return False
    kept = [field for field in fields or () if field.field_id != key]
    values = [
        SimpleNamespace(value=part.get("text"), enum_id=part.get("enum_id"), enum_code=None)
        for part in parts[: len(before)]
        if part.get("text") not in (None, "")
    ]
    if values:
        field = next((field for field in fields or () if field.field_id == key), None)
        kept.append(
            SimpleNamespace(
                field_id=key,
                field_code=None if field is None else field.field_code,
                field_name=None if field is None else field.field_name,
                field_type=words.type_of(key),
                values=values,
            )
        )
    record.custom_fields_values = kept
    return True
