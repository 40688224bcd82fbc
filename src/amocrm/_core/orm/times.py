"""Between the API's Unix seconds and Python's dates, without guessing zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

__all__ = ["day_of", "day_range", "day_text", "moment", "seconds"]

_DAY: Final = 86_400
#: Unix seconds of the years 1 to 9999.
_FIRST, _END = -62_135_596_800, 253_402_300_800
_EPOCH: Final = date(1970, 1, 1).toordinal()


def seconds(value: datetime | int, *, up: bool = False) -> int:
    """Unix seconds of an aware datetime; parts of a second are cut off, or rounded ``up``.

    Raises:
        ValueError: the datetime has no time zone, or the number is outside the years that a datetime has.
        TypeError: it is no datetime and no number.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not _FIRST <= value < _END:
            raise ValueError(
                "a moment must be Unix seconds of the years 1 to 9999, got another number; "
                "divide milliseconds by 1000"
            )
        return int(value)
    if not isinstance(value, datetime):
        raise TypeError(
            f"a moment is an aware datetime or Unix seconds, not {type(value).__name__}; "
            "of a day make one: datetime.combine(day, time(12), tzinfo=crm.zone)"
        )
    if value.tzinfo is None:
        raise ValueError(
            f"{value!r} has no time zone, so the moment is not known: "
            "use datetime.now(UTC), .astimezone() or the account's zone, datetime(..., tzinfo=crm.zone)"
        )
    whole = int(value.timestamp() // 1)
    return whole + 1 if up and value.microsecond else whole


def moment(stamp: int, zone: tzinfo | None) -> datetime | None:
    """An aware datetime, in the account's zone when it is known and in UTC otherwise; ``None`` beyond year 9999."""
    try:
        return datetime.fromtimestamp(stamp, zone or UTC)
    except (ValueError, OverflowError, OSError):
        return None


def day_of(stamp: int, zone: tzinfo | None) -> date | None:
    """The day of a date field, ``None`` beyond the years that a date has.

    The server stores the midnight of the account's zone (facts on ``date`` fields). Without the zone the
    nearest midnight of UTC names the same day for every offset from 11 hours behind to 12 hours ahead.
    """
    try:
        if zone is not None:
            return datetime.fromtimestamp(stamp, zone).date()
        return date.fromordinal(_EPOCH + (stamp + _DAY // 2) // _DAY)
    except (ValueError, OverflowError, OSError):
        return None


def day_text(day: date, zone: tzinfo | None) -> str:
    """A day as the API takes it: midnight of the account's zone as RFC 3339.

    Without the zone it is 11:00 UTC, which falls on the same day for every offset from 11 hours behind to
    12 hours ahead; the server keeps the day only.
    """
    if zone is not None:
        return datetime.combine(day, time(), zone).isoformat()
    return datetime.combine(day, time(11), UTC).isoformat()


def day_range(low: date | None, high: date | None) -> tuple[int | None, int | None]:
    """The range of stamps that hold the midnights of these days in any zone."""

    def noon_before(day: date) -> int:
        return (day.toordinal() - _EPOCH) * _DAY - _DAY // 2

    return (
        None if low is None else noon_before(low),
        None if high is None else noon_before(high) + _DAY - 1,
    )
