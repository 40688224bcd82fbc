"""`custom_fields_values`: what each field type takes, keeps and shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .context import Context, Item
from .dates import day_start, parse_moment
from .object_field_values import parse_chain, parse_object

__all__ = ["apply_values", "definitions", "index_values", "show_values", "stored_text"]

# The server answers a UUID, not a word, when neither field_id nor field_code is given.
NO_FIELD_CODE = "d1e6b5a0-5f0c-4b9e-8c56-0c3a2a3a9f11"

STRINGS = frozenset({"text", "textarea", "streetaddress", "url", "tracking_data"})
NUMBERS = frozenset({"numeric", "price", "monetary"})
DATES = frozenset({"date", "date_time", "birthday"})
LISTS = frozenset({"select", "multiselect", "radiobutton", "category"})
SEVERAL = frozenset({"multitext", "multiselect", "smart_address", "legal_entity", "items", "chained_list"})
ADDRESS = ("address_line_1", "address_line_2", "city", "state", "zip", "country")
TEXT_LIMIT = 256
# Lists in the chain of one field.
MOST_LINKS = 5
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)

Values = list[dict[str, Any]]


def definitions(ctx: Context, owner: str) -> list[dict[str, Any]]:
    """Return the field definitions of an owner, by sort and id."""
    every = [field for field in ctx.store.documents("fields").values() if field["entity_type"] == owner]
    return sorted(every, key=lambda field: (field["sort"], field["id"]))


def apply_values(
    ctx: Context, item: Item, owner: str, stored: dict[str, Values], prefix: str = ""
) -> set[int]:
    """Put the sent `custom_fields_values` of an item into the stored ones; errors go to the item.

    Args:
        ctx: The request.
        item: The item whose errors collect; `item.data` is read unless a prefix names a part of it.
        owner: Entity type of the fields.
        stored: Values by field id as text; changed in place.
        prefix: Path of the object that holds the values, with its trailing dot.

    Returns:
        The ids of the fields that were named.
    """
    data = item.data
    for part in prefix.split(".")[:-1]:
        data = data[int(part)] if isinstance(data, list) else data[part]
    touched: set[int] = set()
    for index, entry in enumerate(data.get("custom_fields_values") or ()):
        path = f"{prefix}custom_fields_values.{index}"
        field = _field(ctx, item, owner, entry, path)
        if field is None:
            continue
        values = entry.get("values")
        key = str(field["id"])
        if values is None or (field["type"] == "file" and values == [{"value": None}]):
            stored.pop(key, None)
        elif values:
            if field["type"] == "org_legal_name":
                item.error("FieldNotExpected", f"{path}.values")
                continue
            most = MOST_LINKS if field["type"] == "chained_list" else 1
            if len(values) > most and (field["type"] not in SEVERAL or most > 1):
                item.error("TooMany", f"{path}.values", most)
                continue
            parsed = [
                _parse(ctx, item, field, value, f"{path}.values.{at}")
                for at, value in enumerate(values)
                if value.get("value", "") is not None or len(value) > 1
            ]
            kept = [value for value in parsed if value is not None]
            if kept:
                stored[key] = kept
        touched.add(field["id"])
    return touched


def _field(ctx: Context, item: Item, owner: str, entry: dict[str, Any], path: str) -> dict[str, Any] | None:
    id, code = entry.get("field_id"), entry.get("field_code")
    if id is None and code is None:
        item.error(NO_FIELD_CODE, path, detail="One of the fields field_id, field_code should be filled.")
        return None
    fields = ctx.store.documents("fields")
    if id is not None:
        result = fields.get(id)
        if result is not None and result["entity_type"] == owner:
            return result
        item.error("NotSupportedChoice", f"{path}.field_id")
        return None
    for field in fields.values():
        if field["entity_type"] == owner and field["code"] == code:
            return field
    item.error("NotSupportedChoice", f"{path}.field_code")
    return None


def _parse(
    ctx: Context, item: Item, field: dict[str, Any], value: dict[str, Any], path: str
) -> dict[str, Any] | None:
    """Return one value in the form that is kept, or None after adding an error."""
    kind = field["type"]
    if kind == "chained_list":
        keys = ("catalog_id", "catalog_element_id")
        return parse_chain(ctx, item, field, value, path) if _only(item, value, path, keys) else None
    if kind in LISTS or kind in ("multitext", "smart_address"):
        return _choice(item, field, value, path)
    if _only(item, value, path, ("value",), required=True) is None:
        return None
    sent = value["value"]
    if kind in STRINGS:
        return _text(item, sent, path, TEXT_LIMIT if kind == "text" else None)
    if kind in NUMBERS:
        return _number(item, sent, path)
    if kind == "checkbox":
        if isinstance(sent, bool):
            return {"value": sent}
        item.error("InvalidType", f"{path}.value", "bool")
        return None
    if kind in DATES:
        moment = parse_moment(sent)
        if moment is None:
            item.error("InvalidType", f"{path}.value", "timestamp or RFC 3339 date")
            return None
        zone = ctx.account.settings["timezone"]
        return {"value": moment if kind == "date_time" else day_start(moment, zone)}
    return parse_object(ctx, item, kind, sent, path)


def _only(
    item: Item, value: dict[str, Any], path: str, keys: tuple[str, ...], required: bool = False
) -> dict[str, Any] | None:
    # A key that the type does not know is refused even when it is null.
    before = len(item.errors)
    for key in value:
        if key not in keys:
            item.error("FieldNotExpected", f"{path}.{key}")
    for key in keys if required else ():
        if key not in value:
            item.error("FieldMissing", f"{path}.{key}")
    return value if len(item.errors) == before else None


def _text(item: Item, sent: Any, path: str, limit: int | None) -> dict[str, Any] | None:
    if not isinstance(sent, str):
        item.error("InvalidType", f"{path}.value", "string")
        return None
    if limit is not None and len(sent) > limit:
        item.error("TooLong", f"{path}.value", limit)
        return None
    return {"value": sent}


def _number(item: Item, sent: Any, path: str) -> dict[str, Any] | None:
    text = str(sent).strip()
    if isinstance(sent, bool) or not isinstance(sent, str | int | float) or not _NUMBER.fullmatch(text):
        item.error("InvalidType", f"{path}.value", "numeric")
        return None
    return {"value": text}


def _choice(item: Item, field: dict[str, Any], value: dict[str, Any], path: str) -> dict[str, Any] | None:
    kind = field["type"]
    has_text = kind in ("multitext", "smart_address")
    keys = ("value", "enum_id") if kind in ("multiselect", "category") else ("value", "enum_id", "enum_code")
    if _only(item, value, path, keys) is None:
        return None
    text, id, code = value.get("value"), value.get("enum_id"), value.get("enum_code")
    if has_text and not isinstance(text, str):
        item.error("InvalidType" if "value" in value else "FieldMissing", f"{path}.value", "string")
        return None
    options = field.get("enums") or field.get("nested") or ()
    if kind == "smart_address":
        options = [{"id": at, "value": part, "code": part} for at, part in enumerate(ADDRESS, start=1)]
    choice = None
    if id is not None:
        choice, wrong = next((option for option in options if option["id"] == id), None), "enum_id"
    elif code is not None:
        word = "value" if has_text else "code"
        choice, wrong = next((option for option in options if option.get(word) == code), None), "enum_code"
    elif kind == "multitext":
        choice, wrong = (options[0] if options else None), "enum_id"
    elif kind == "smart_address":
        item.error("FieldMissing", f"{path}.enum_id")
        return None
    else:
        choice, wrong = next((option for option in options if option["value"] == text), None), "value"
    if choice is None:
        item.error("NotSupportedChoice", f"{path}.{wrong}")
        return None
    return {"enum_id": choice["id"], "value": text} if has_text else {"enum_id": choice["id"]}


def show_values(fields: dict[int, dict[str, Any]], stored: dict[str, Values]) -> list[dict[str, Any]] | None:
    """Return the values as they are read: named and typed by today's definitions, or null when there are none."""
    shown = []
    for key, values in stored.items():
        field = fields.get(int(key))
        if field is None:
            continue
        kind = field["type"]
        if kind in LISTS:
            values = [_option(field, value) for value in values if _find(field, value["enum_id"])]
        elif kind == "multitext":
            values = [{**value, "enum_code": _find(field, value["enum_id"])["value"]} for value in values]
        elif kind == "smart_address":
            values = [{**value, "enum_code": ADDRESS[value["enum_id"] - 1]} for value in values]
        if values:
            head = {"field_id": field["id"], "field_name": field["name"], "field_code": field["code"]}
            shown.append({**head, "field_type": kind, "values": values})
    return shown or None


def _find(field: dict[str, Any], id: int) -> dict[str, Any]:
    options = field.get("enums") or field.get("nested") or ()
    return next((option for option in options if option["id"] == id), {})


def _option(field: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    option = _find(field, value["enum_id"])
    if field["type"] == "category":
        return {"value": option["value"], "enum_id": option["id"]}
    return {"value": option["value"], "enum_id": option["id"], "enum_code": option.get("code")}


def index_values(values: Values) -> Iterable[tuple[int, Any]]:
    """Return what filters compare: position and option id, number, or text."""
    for position, value in enumerate(values):
        sent = value.get("value")
        if "enum_id" in value and sent is None:
            yield position, value["enum_id"]
        elif isinstance(sent, bool | int | float):
            yield position, int(sent) if isinstance(sent, bool) else sent
        elif isinstance(sent, str):
            try:
                yield position, float(sent)
            except ValueError:
                yield position, sent


def stored_text(fields: dict[int, dict[str, Any]], stored: dict[str, Values]) -> str:
    """Return the text that a full-text `query` searches, case folded."""
    words: list[str] = []
    for key, values in stored.items():
        field = fields.get(int(key))
        for value in values if field else ():
            text = value.get("value")
            if text is None and "enum_id" in value:
                text = _find(field or {}, value["enum_id"]).get("value")
            if isinstance(text, str):
                words.append(text)
    return "\n".join(words).casefold()
