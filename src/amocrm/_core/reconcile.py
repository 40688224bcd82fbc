"""Did a creation without an answer take effect? Compares what was sent with what the server has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET

__all__ = ["pair", "same_content"]

_NOT_COMPARED = frozenset({"request_id", "_embedded", "custom_fields_values", "tags_to_add", "visitor_uid"})


def same_content(body: Mapping[str, Any], item: Any) -> bool:
    """Whether a record holds everything that was sent. What the record does not show is not compared."""
    for key, value in body.items():
        if key in _NOT_COMPARED:
            continue
        stored = getattr(item, key, UNSET)
        if (
            stored is not UNSET
            and stored != value
            and not (isinstance(stored, Mapping) and _holds(stored, value))
        ):
            return False
    return _same_embedded(body.get("_embedded") or {}, item) and all(
        same_field(one, item) for one in body.get("custom_fields_values") or ()
    )


def _holds(stored: Mapping[str, Any], value: Any) -> bool:
    return isinstance(value, Mapping) and all(stored.get(key) == one for key, one in value.items())


def _same_embedded(sent: Mapping[str, Any], item: Any) -> bool:
    embedded = getattr(item, "embedded", UNSET)
    if embedded is UNSET:
        return True
    for key, name in (("tags", "name"), ("contacts", "id"), ("companies", "id")):
        stored = getattr(embedded, key, UNSET)
        if key in sent and stored is not UNSET:
            there = {getattr(one, name) for one in stored or ()}
            if not {one[name] for one in sent[key] if name in one} <= there:
                return False
    return True


def same_field(sent: Mapping[str, Any], item: Any) -> bool:
    """Whether a record holds the values of one custom field. Dates are stored in another form: not compared."""
    stored = getattr(item, "custom_fields_values", UNSET)
    if stored is UNSET or not sent.get("values"):
        return True
    for one in stored or ():
        if sent.get("field_id") == one.field_id or (sent.get("field_code") or UNSET) == one.field_code:
            if one.field_type in ("date", "date_time", "birthday"):
                return True
            have = [str(value.value) for value in one.values or ()] + [
                value.enum_id for value in one.values or ()
            ]
            return all(
                str(value["value"]) in have if "value" in value else value.get("enum_id") in have
                for value in sent["values"]
            )
    return False


def pair(
    bodies: Sequence[Mapping[str, Any]],
    items: Iterable[Any],
    known: set[int],
    key: Any = None,
) -> dict[int, Any]:
    """Which record belongs to which body, by the index of the body. Each record is used once.

    Args:
        bodies: what was sent.
        items: records, newest first.
        known: ids that belong to somebody else.
        key: reference of a custom field that alone decides (a natural key), as ``("id", 5)``.
    """
    free = [item for item in items if item.id not in known]
    found: dict[int, Any] = {}
    for place, body in enumerate(bodies):
        for item in free:
            if _same_key(body, item, key) if key is not None else same_content(body, item):
                found[place] = item
                free.remove(item)
                break
    return found


def _same_key(body: Mapping[str, Any], item: Any, key: tuple[str, Any]) -> bool:
    name = {"id": "field_id", "code": "field_code"}.get(key[0], "field_name")
    sent = [one for one in body.get("custom_fields_values") or () if one.get(name) == key[1]]
    return bool(sent) and same_field(sent[0], item)
