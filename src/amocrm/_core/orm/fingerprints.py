"""What was sent and what is stored, in one form in which they can be compared.

A value that cannot be compared makes a record *changed* and never *different*: a wrong "different" would
create an object twice.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from .times import day_of

__all__ = [
    "Print",
    "Vocabulary",
    "is_sure",
    "print_of_body",
    "print_of_record",
    "sure_part",
    "whole_body",
]

#: A form of content: pairs of what it is and its value, for all that can be compared both ways.
Print: TypeAlias = frozenset[tuple[Hashable, Hashable]]

_DAYS: Final = frozenset({"date", "birthday"})
_NUMBERS: Final = frozenset({"numeric", "price", "monetary"})
_OPTIONS: Final = frozenset({"select", "multiselect", "radiobutton", "category"})
_PLAIN: Final = frozenset({"text", "textarea", "url", "streetaddress", "tracking_data"})
#: Types whose values a server keeps as they were sent.
_SURE: Final = _DAYS | _NUMBERS | _OPTIONS | _PLAIN | {"date_time", "checkbox"}
#: Properties that are compared in both directions.
_TEXTS: Final = ("name", "text", "note_type")
#: Properties that are compared where they were sent: the server has defaults for them.
_SENT_ONLY: Final = (
    *("status_id", "pipeline_id", "responsible_user_id", "loss_reason_id", "closed_at", "complete_till"),
    *("task_type_id", "duration", "is_completed", "entity_id", "entity_type", "source_id"),
)


class Vocabulary:
    """Ids and types of the account's fields and options, as records and definitions show them.

    Args:
        zone: time zone of the account.
        definitions: definitions of the kind, if they were loaded.
        whole_prices: whether the account keeps whole prices.
    """

    __slots__ = ("_ids", "_options", "_types", "whole_prices", "zone")

    def __init__(
        self, zone: tzinfo | None = None, definitions: Any = None, *, whole_prices: bool = False
    ) -> None:
        self.zone = zone
        self.whole_prices = whole_prices
        self._ids: dict[tuple[str, Any], int] = {}
        self._types: dict[int, str] = {}
        self._options: dict[tuple[int, str], int] = {}
        for definition in definitions or ():
            self._learn(definition.id, definition.code, definition.name, definition.type)
            for option in getattr(definition, "enums", None) or ():
                for text in (option.value, getattr(option, "code", None)):
                    if isinstance(text, str) and isinstance(option.id, int):
                        self._options[(definition.id, text)] = option.id

    def learn(self, records: Iterable[Any]) -> None:
        """Learn from the fields of records."""
        for record in records:
            for field in _fields_of(record):
                self._learn(field.field_id, field.field_code, field.field_name, field.field_type)
                for value in field.values or ():
                    if isinstance(value.enum_id, int):
                        for text in (value.value, getattr(value, "enum_code", None)):
                            if isinstance(text, str):
                                self._options[(field.field_id, text)] = value.enum_id

    def _learn(self, key: Any, code: Any, name: Any, kind: Any) -> None:
        if isinstance(code, str):
            self._ids[("code", code)] = key
        if isinstance(name, str):
            self._ids[("name", name)] = key
        if isinstance(kind, str):
            self._types[key] = kind

    def type_of(self, key: Any) -> str:
        """Return the type of a field, empty where it is not known."""
        return self._types.get(key, "") if isinstance(key, int) else ""

    def field(self, sent: Mapping[str, Any]) -> tuple[Hashable, str]:
        """Return the id of a field that was sent, and its type where it is known."""
        for ref in ("id", "code", "name"):
            value = sent.get(f"field_{ref}")
            if value is not None:
                key = value if ref == "id" else self._ids.get((ref, value), (ref, value))
                return key, self.type_of(key)
        return None, ""

    def option(self, key: Hashable, text: Any) -> Any:
        """Return the id of an option, the text itself where it is not known."""
        return self._options.get((key, text), text) if isinstance(key, int) else text


def _fields_of(record: Any) -> Iterable[Any]:
    fields = getattr(record, "custom_fields_values", UNSET)
    return () if fields is UNSET or not fields else fields


def _text(value: Any) -> str:
    return " ".join(str(value).split())


def _number(value: Any, *, whole: bool = False) -> Hashable:
    try:
        number = Decimal(str(value)).normalize()
    except (InvalidOperation, ValueError):
        return _text(value)
    return int(number) if whole or number == number.to_integral_value() else number


def _day(value: Any, zone: tzinfo | None) -> Hashable:
    if isinstance(value, int) and not isinstance(value, bool):
        return day_of(value, zone)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return _text(value)
    return (moment if moment.tzinfo is None or zone is None else moment.astimezone(zone)).date()


def _second(value: Any) -> Hashable:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(datetime.fromisoformat(str(value)).timestamp())
    except ValueError:
        return _text(value)


def _contact(value: Any) -> str:
    """Return a phone by its digits or a mail address in lower case."""
    text = str(value)
    if "@" in text:
        return text.strip().lower()
    digits = "".join(letter for letter in text if letter.isdecimal())
    if len(digits) == 11 and digits[0] == "8":
        digits = "7" + digits[1:]
    return digits or _text(text)


def _value(kind: str, key: Hashable, words: Vocabulary, value: Any, enum_id: Any, enum_code: Any) -> Hashable:
    if kind in _DAYS:
        return _day(value, words.zone)
    if kind == "date_time":
        return _second(value)
    if kind in _NUMBERS:
        return _number(value)
    if kind == "checkbox":
        return bool(value)
    if kind in _OPTIONS:
        if isinstance(enum_id, int):
            return enum_id
        option: Hashable = words.option(key, value if isinstance(value, str) else enum_code)
        return option
    if kind == "multitext":
        if isinstance(enum_code, str):
            enum_id = words.option(key, enum_code)
        return _contact(value), enum_id if isinstance(enum_id, int) else None
    if isinstance(value, Mapping) or not isinstance(value, str | int | float | bool | Decimal | type(None)):
        return "?"  # never compared: the record counts as changed, unless all else tells it apart
    if value is None:
        option = words.option(key, enum_code)
        return enum_id if isinstance(enum_id, int) else option
    return _text(value)


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def print_of_body(body: Mapping[str, Any], words: Vocabulary) -> Print:
    """Return the form of a body as it was sent."""
    parts: set[tuple[Hashable, Hashable]] = set()
    for name in _TEXTS:
        if body.get(name):
            parts.add((name, _text(body[name])))
    if not body.get("name") and (body.get("first_name") or body.get("last_name")):
        parts.add(("name", _text(f"{body.get('first_name') or ''} {body.get('last_name') or ''}")))
    if isinstance(params := body.get("params"), Mapping):
        parts |= {
            ((("params", key)), _text(value)) for key, value in params.items() if isinstance(value, str | int)
        }
    if body.get("price"):
        parts.add(("price", _number(body["price"], whole=words.whole_prices)))
    for field in body.get("custom_fields_values") or ():
        key, kind = words.field(field)
        for entry in field.get("values") or ():
            value = _value(kind, key, words, entry.get("value"), entry.get("enum_id"), entry.get("enum_code"))
            parts.add((("field", key), value))
    embedded = body.get("_embedded") or {}
    parts |= {
        ("tag", tag["name"]) for tag in [*(embedded.get("tags") or ()), *(body.get("tags_to_add") or ())]
    }
    for key in ("contacts", "companies"):
        parts |= {(key, item["id"]) for item in embedded.get(key) or ()}
    return frozenset(parts)


def print_of_record(record: Any, words: Vocabulary) -> Print:
    """Return the form of a stored record."""
    parts: set[tuple[Hashable, Hashable]] = set()
    for name in _TEXTS:
        value = getattr(record, name, UNSET)
        if isinstance(value, str) and value:
            parts.add((name, _text(value)))
    params = getattr(record, "params", UNSET)
    if isinstance(params, Mapping):
        parts |= {
            ((("params", key)), _text(value)) for key, value in params.items() if isinstance(value, str | int)
        }
    price = getattr(record, "price", UNSET)
    if price is not UNSET and price:
        parts.add(("price", _number(price, whole=words.whole_prices)))
    for field in _fields_of(record):
        key = field.field_id
        kind = field.field_type if isinstance(field.field_type, str) else ""
        for entry in field.values or ():
            code = getattr(entry, "enum_code", None)
            parts.add(
                (("field", key), _value(kind, key, words, entry.value, _given(entry.enum_id), _given(code)))
            )
    embedded = getattr(record, "embedded", UNSET)
    if embedded is not UNSET:
        for key in ("tags", "contacts", "companies"):
            items = getattr(embedded, key, UNSET)
            for item in () if items is UNSET else items or ():
                parts.add(("tag", item.name) if key == "tags" else (key, item.id))
    return frozenset(parts)


def whole_body(body: Mapping[str, Any], record: Any) -> bool:
    """Return whether a record has what was sent of properties for which the server has defaults."""
    for name in _SENT_ONLY:
        sent = body.get(name, UNSET)
        stored = getattr(record, name, UNSET)
        if sent is UNSET or sent is None or stored is UNSET:
            continue
        if sent != stored:
            return False
    return True


def sure_part(form: Print, keys: frozenset[Hashable], words: Vocabulary) -> Print:
    """Return the part of a form that a server keeps as it was sent, as far as these keys go."""
    return frozenset((key, value) for key, value in form if key in keys and is_sure(key, value, words))


def is_sure(key: Hashable, value: Hashable, words: Vocabulary) -> bool:
    """Return whether a server keeps a value of this key as it was sent."""
    if isinstance(key, tuple) and key[0] == "field":
        return words.type_of(key[1]) in _SURE and value != "?"
    return key in ("name", "text", "note_type", "price", "tag")
