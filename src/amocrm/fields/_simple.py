"""Fields with one plain value: texts, numbers, flags, dates.

A stored value that does not fit its type reads as ``None`` with a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import UNSET

from .._core.arguments import as_bool, shown_value
from .._core.orm.times import day_of, day_range, moment, seconds
from ._base import Equality, Field, Ordering
from ._state import Item

__all__ = [
    "Birthday",
    "Checkbox",
    "Date",
    "DateTime",
    "Monetary",
    "Numeric",
    "Price",
    "Raw",
    "StreetAddress",
    "Text",
    "Textarea",
    "TrackingData",
    "Url",
]


#: Upper bound of digits: ``1e999999`` would otherwise be written out in megabytes.
_DIGITS = 100


def _first(items: Sequence[Any]) -> Any:
    """Return the value of the first item, ``None`` if there is none."""
    if not items:
        return None
    value = items[0].value
    return None if value is UNSET else value


class _Words(Equality[str | None, str | None]):
    """Field with a text of any kind."""

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> str | None:
        value = _first(items)
        return value if value is None or isinstance(value, str) else str(value)

    def encode(self, value: str | None) -> tuple[Item, ...]:
        if value is None:
            return ()
        if not isinstance(value, str):
            raise TypeError(f"{self!r} must be a text, got {shown_value(value)}")
        return (Item(value=value),)


class Text(_Words):
    """Field with one line of text; the API rejects more than 256 characters.

    Example:
        >>> class Deal(Lead):
        ...     origin = fields.Text(field_id=101)
        ...
    """

    wire_type = "text"


class Textarea(_Words):
    """Field with text of several lines."""

    wire_type = "textarea"


class Url(_Words):
    """Field with a full URL."""

    wire_type = "url"


class StreetAddress(_Words):
    """Field with an address in one line; for one in parts see ``SmartAddress``."""

    wire_type = "streetaddress"


class TrackingData(_Words):
    """Field of web analytics, such as ``utm_source``."""

    wire_type = "tracking_data"


class _Amount(
    Ordering[Decimal | None, Decimal | int | float | str | None],
    Equality[Decimal | None, Decimal | int | float | str | None],
):
    """Field with a decimal number; the API stores it as text, so nothing is rounded."""

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> Decimal | None:
        value = _first(items)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
        except (InvalidOperation, ValueError):
            number = Decimal("NaN")
        if number.is_finite():
            return number
        self._unreadable(value)
        return None

    def encode(self, value: Decimal | int | float | str | None) -> tuple[Item, ...]:
        if value is None:
            return ()
        if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
            raise TypeError(f"{self!r} must be a number, got {shown_value(value)}")
        try:
            number = Decimal(str(value))
        except (InvalidOperation, ValueError):  # ValueError: an integer of more than 4300 digits
            raise ValueError(
                f"{self!r} must be a number, got a text that is none; write digits with a point, such as '12.5'"
            ) from None
        if not number.is_finite() or abs(number.adjusted()) > _DIGITS:
            got = "one with more digits" if number.is_finite() else "infinity or NaN"
            raise ValueError(f"{self!r} must be a finite number of at most {_DIGITS} digits, got {got}")
        return (Item(value=number),)

    def _sent(self, low: Any, high: Any) -> tuple[Any, Any]:
        return tuple(None if end is None else format(end, "f") for end in (low, high))  # type: ignore[return-value]


class Numeric(_Amount):
    """Field with a number, read as ``Decimal``."""

    wire_type = "numeric"


class Monetary(_Amount):
    """Field with an amount of money, read as ``Decimal``; the currency is part of the definition."""

    wire_type = "monetary"


class Price(_Amount):
    """Field with the price of an element of a list, read as ``Decimal``."""

    wire_type = "price"


class Checkbox(Equality[bool | None, bool | None]):
    """Field with a flag: true, false, or ``None`` if it was never set."""

    wire_type = "checkbox"

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> bool | None:
        value = _first(items)
        return None if value is None else value not in (False, 0, "0", "", "false")

    def encode(self, value: bool | None) -> tuple[Item, ...]:
        return () if value is None else (Item(value=as_bool(self, value)),)

    def _wanted(self, value: Any) -> Any:
        return int(as_bool(self, value))


class Date(Ordering[date | None, date | None]):
    """Field with a day; the server stores midnight in the account's zone, you read and write a ``date``."""

    wire_type = "date"

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> date | None:
        value = _first(items)
        if isinstance(value, date):
            return value
        stamp = _stamp(value)
        day = None if stamp is None else day_of(stamp, zone)
        if day is None:
            self._unreadable(value)
        return day

    def encode(self, value: date | None) -> tuple[Item, ...]:
        if value is None:
            return ()
        if isinstance(value, datetime) or not isinstance(value, date):
            raise TypeError(f"{self!r} must be a datetime.date, got {shown_value(value)}; use value.date()")
        return (Item(value=value),)

    def _sent(self, low: Any, high: Any) -> tuple[Any, Any]:
        return day_range(low, high)


class Birthday(Date):
    """Field with a day that amoCRM reminds of every year."""

    wire_type = "birthday"

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> date | None:
        value = _first(items)
        # Webhooks carry it as text, dd.mm.yyyy.
        return _written(value) if isinstance(value, str) and "." in value else super().decode(items, zone)


class DateTime(Ordering[datetime | None, datetime | None]):
    """Field with a date and time, aware, in the account's zone (in UTC until the account was read)."""

    wire_type = "date_time"

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> datetime | None:
        value = _first(items)
        if isinstance(value, datetime):
            try:
                return value.astimezone(zone or UTC).replace(microsecond=0)
            except OverflowError:  # another zone would need the year 0 or 10,000
                return value.replace(microsecond=0)
        stamp = _stamp(value)
        when = None if stamp is None else moment(stamp, zone)
        if when is None:
            self._unreadable(value)
        return when

    def encode(self, value: datetime | None) -> tuple[Item, ...]:
        if value is None:
            return ()
        if not isinstance(value, datetime):
            raise TypeError(
                f"{self!r} must be an aware datetime, got {shown_value(value)}; write datetime(2030, 1, 31, 12, tzinfo=crm.zone)"
            )
        seconds(value)  # raises for a naive one at the assignment, not at the commit
        return (Item(value=value),)

    def _sent(self, low: Any, high: Any) -> tuple[Any, Any]:
        return None if low is None else seconds(low, up=True), None if high is None else seconds(high)


def _written(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y").date()
    except ValueError:
        return None


def _stamp(value: Any) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        return int(text) if len(text) < 20 and text.removeprefix("-").isdecimal() else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
        return None
    return int(value)


_KEYS = Item.__struct_fields__


def is_item(value: Any) -> bool:
    return isinstance(value, dict) and all(key in _KEYS for key in value)


class Raw(Field[list[dict[str, Any]], list[dict[str, Any]] | None]):
    """Field with the items as the API has them, for types that this library does not know.

    Example:
        >>> deal.parts
        [{'value': {'sku': 'A-1', 'quantity': 2}}]
    """

    wire_type = ""
    many = True

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> list[dict[str, Any]]:
        return [
            {key: value for key in _KEYS if (value := getattr(item, key)) is not UNSET and value is not None}
            for item in items
        ]

    def encode(self, value: list[dict[str, Any]] | None) -> tuple[Item, ...]:
        items = () if value is None else value
        if not isinstance(items, list | tuple) or not all(map(is_item, items)):
            raise TypeError(
                f"{self!r} must be a list of mappings with the keys {', '.join(_KEYS)}, got {shown_value(value)}"
            )
        return tuple(Item(**item) for item in items)
