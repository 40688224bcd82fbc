"""Did a creation without an answer take effect? Compares what was sent with what the server has.

A wrong "no" makes a duplicate, so that only a clear one counts: a record that looks like what was sent and
differs in something that the server or a robot of the account may have changed since is *similar*, and
somebody has to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET

__all__ = ["pair", "same_content", "similar"]

_NOT_COMPARED = frozenset({"request_id", "_embedded", "custom_fields_values", "tags_to_add", "visitor_uid"})
#: What people and robots seldom change: it tells which record is meant.
_TELLING = ("name", "first_name", "last_name", "text", "params", "entity_id", "entity_type")


def same_content(body: Mapping[str, Any], item: Any) -> bool:
    """Whether a record holds everything that was sent. What the record does not show is not compared."""
    return (
        all(
            _equal(value, getattr(item, key, UNSET))
            for key, value in body.items()
            if key not in _NOT_COMPARED
        )
        and _same_embedded(body.get("_embedded") or {}, item)
        and all(same_field(one, item) for one in body.get("custom_fields_values") or ())
    )


def similar(body: Mapping[str, Any], item: Any) -> bool:
    """Whether a record may be what was sent, changed since: it has the same name, or text and entity."""
    telling = [key for key in _TELLING if body.get(key)]
    return bool(telling) and all(_equal(body[key], getattr(item, key, UNSET)) for key in telling)


def _equal(sent: Any, stored: Any) -> bool:
    """Whether a stored value can be what became of the one that was sent."""
    if sent is None or stored is UNSET:
        return True  # the server has put its default there, or does not show it
    if isinstance(sent, str) and isinstance(stored, str):
        return sent.split() == stored.split()
    if isinstance(sent, float) and isinstance(stored, int | float):
        return abs(sent - stored) < 1  # amoCRM may cut a fraction off
    if isinstance(sent, Mapping) and isinstance(stored, Mapping):
        return all(_equal(one, stored.get(key, UNSET)) for key, one in sent.items())
    return bool(sent == stored)


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
        code = sent.get("field_code")
        if sent.get("field_id") == one.field_id or (code is not None and code == one.field_code):
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
) -> tuple[dict[int, Any], dict[int, Any]]:
    """Which record belongs to which body, by the index of the body. Each record is used once.

    Args:
        bodies: what was sent.
        items: records, newest first.
        known: ids that belong to somebody else.
        key: reference of a custom field that alone decides (a natural key), as ``("id", 5)``.

    Returns:
        What was found, and of the rest those for which a record is similar.
    """
    free = [item for item in items if item.id not in known]
    found: dict[int, Any] = {}
    # Whoever says more chooses first: a body with a contact fits fewer records than the same without one.
    for place, body in sorted(enumerate(bodies), key=lambda one: -_weight(one[1])):
        for item in free:
            if _same_key(body, item, key) if key is not None else same_content(body, item):
                found[place] = item
                free.remove(item)
                break
    doubtful: dict[int, Any] = {}
    for place, body in enumerate(bodies if key is None else ()):
        if place not in found and (near := next((item for item in free if similar(body, item)), None)):
            doubtful[place] = near
    return found, doubtful


def _weight(body: Mapping[str, Any]) -> int:
    linked = sum(len(ones) for ones in (body.get("_embedded") or {}).values())
    return len(body) + linked + len(body.get("custom_fields_values") or ())


def _same_key(body: Mapping[str, Any], item: Any, key: tuple[str, Any]) -> bool:
    name = {"id": "field_id", "code": "field_code"}.get(key[0], "field_name")
    sent = [one for one in body.get("custom_fields_values") or () if one.get(name) == key[1]]
    return bool(sent) and same_field(sent[0], item)
