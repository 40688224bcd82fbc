"""Between the API's Unix seconds and Python's dates, without guessing zones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from ..arguments import shown_value

__all__ = ["day_of", "day_range", "day_text", "http_date", "moment", "rfc3339", "seconds", "zone_of"]

_DAY: Final = 86_400
#: Unix seconds of the years 1 to 9999.
_FIRST, _END = -62_135_596_800, 253_402_300_800
_EPOCH: Final = date(1970, 1, 1).toordinal()
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")


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
            f"a moment must be an aware datetime or Unix seconds, got {shown_value(value)}; "
            "for a day write datetime.combine(day, time(12), tzinfo=crm.zone)"
        )
    if value.tzinfo is None:
        raise ValueError(
            f"a moment must have a time zone, got {value!r}; write datetime.now(UTC), .astimezone(), or the zone of the "
            "account: datetime(..., tzinfo=crm.zone)"
        )
    whole = int(value.replace(microsecond=0).timestamp())
    return whole + 1 if up and value.microsecond else whole


def moment(stamp: int, zone: tzinfo | None) -> datetime | None:
    """Return an aware datetime, in the account's zone when it is known and in UTC otherwise; ``None`` beyond year 9999."""
    try:
        return datetime.fromtimestamp(stamp, zone or UTC)
    except (ValueError, OverflowError, OSError):
        return None


def day_of(stamp: int, zone: tzinfo | None) -> date | None:
    """Return the day of a date field, ``None`` beyond the years that a date has.

    The server stores the midnight of the account's zone (facts on ``date`` fields). Without the zone the
    nearest midnight of UTC names the same day for every offset from 11 hours behind to 12 hours ahead.
    """
    try:
        if zone is not None:
            # The nearest midnight, should the zone be a fixed offset or know another summer time than the server.
            return datetime.fromtimestamp(stamp + _DAY // 2, zone).date()
        return date.fromordinal(_EPOCH + (stamp + _DAY // 2) // _DAY)
    except (ValueError, OverflowError, OSError):
        return None


def day_text(day: date, zone: tzinfo | None) -> str:
    """Return a day as the API takes it: midnight of the account's zone as RFC 3339.

    Without the zone it is 11:00 UTC, which falls on the same day for every offset from 11 hours behind to
    12 hours ahead; the server keeps the day only.
    """
    midnight = datetime.combine(day, time(), zone or UTC)
    if zone is not None and _has_whole_minutes(midnight):
        return midnight.isoformat()
    return datetime.combine(day, time(11), UTC).isoformat()


def rfc3339(value: datetime) -> str:
    """Return an aware datetime as the API takes it, without parts of a second.

    Offsets with seconds, which zones had before clocks were set by treaties, have no form in RFC 3339: such a
    moment is given in UTC.
    """
    value = value.replace(microsecond=0)
    return (value if _has_whole_minutes(value) else value.astimezone(UTC)).isoformat()


def zone_of(name: object, offset: object) -> tuple[tzinfo | None, bool]:
    """Return the time zone of an account, and whether it knows that zone's summer times.

    Args:
        name: of the zone, such as ``Europe/Berlin``, if the account has one.
        offset: such as ``+03:00``, which holds now.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if isinstance(name, str):
        try:
            return ZoneInfo(name), True
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    parts = _OFFSET.fullmatch(offset) if isinstance(offset, str) else None
    if parts is None:
        return None, True
    ahead = timedelta(hours=int(parts[2]), minutes=int(parts[3]))
    if ahead >= timedelta(days=1):
        return None, True
    return timezone(ahead if parts[1] == "+" else -ahead), not isinstance(name, str)


def _has_whole_minutes(value: datetime) -> bool:
    offset = value.utcoffset()
    return offset is not None and offset % timedelta(minutes=1) == timedelta()


def day_range(low: date | None, high: date | None) -> tuple[int | None, int | None]:
    """Return the range of stamps that hold the midnights of these days in any zone."""

    def noon_before(day: date) -> int:
        return (day.toordinal() - _EPOCH) * _DAY - _DAY // 2

    return (
        None if low is None else noon_before(low),
        None if high is None else noon_before(high) + _DAY - 1,
    )


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(text: str) -> float | None:
    """Return the Unix seconds of a ``Date`` header, None if it is none.

    Example:
        >>> http_date("Thu, 01 Jan 1970 00:00:10 GMT")
        10.0
    """
    parts = text.split()
    try:
        _, day, month, year, clock, zone = parts
        hour, minute, second = (int(part) for part in clock.split(":"))
        at = datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return at.timestamp() if zone == "GMT" else None
