"""Field values and times in the form of API v2, as webhooks and the old operations give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ..account import Account
from .field_values import ADDRESS

__all__ = ["ELEMENT_TYPES", "shown_fields", "text_time"]

Record = dict[str, Any]

ELEMENT_TYPES = {"contacts": 1, "leads": 2, "companies": 3, "customers": 12}


def shown_fields(account: Account, stored: dict[str, list[Record]]) -> list[Record]:
    """Return stored values in the form that webhooks give them."""
    definitions, shown = account.store.documents("fields"), []
    for key, values in stored.items():
        field = definitions.get(int(key))
        if field is None or not values:
            continue
        options = {item["id"]: item["value"] for item in field.get("enums") or field.get("nested") or ()}
        items: Any = [_value(field["type"], value, options) for value in values]
        if field["type"] == "radiobutton":
            # One object in the place of the list.
            items = items[0]
        shown.append({"id": field["id"], "name": field["name"], "values": items, "code": field["code"]})
    return shown


def _value(kind: str, value: Record, options: dict[int, str]) -> Any:
    enum_id, sent = value.get("enum_id"), value.get("value")
    if kind in ("date", "date_time"):
        return sent
    if kind == "birthday":
        return {
            "value": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=sent or 0)).strftime("%d.%m.%Y")
        }
    if kind == "smart_address" and enum_id:
        return {"value": sent, "subtype": ADDRESS[enum_id - 1]}
    if enum_id is not None:
        return {"value": sent if sent is not None else options.get(enum_id), "enum": enum_id}
    return value if kind == "chained_list" else {"value": sent}


def text_time(moment: int | None, hours: int = 0) -> str | None:
    """Return a moment as text: tasks were seen in UTC, notes in Moscow time (3 hours)."""
    if moment is None:
        return None
    return (datetime.fromtimestamp(moment, UTC) + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")
