"""Moments as fields take them, and the account's calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["day_start", "offset", "parse_moment"]


def parse_moment(value: Any) -> int | None:
    """Return Unix seconds of an integer or of an RFC 3339 text with a time and an offset; None for anything else.

    Example:
        >>> parse_moment("2024-05-01T00:00:00+03:00")
        1714510800
        >>> parse_moment("2024-05-01") is None
        True
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    # A bare day was seen refused; a text without an offset names no moment.
    return int(moment.timestamp()) if moment.tzinfo is not None and "T" in value.upper() else None


def day_start(moment: int, zone: str) -> int:
    """Return the beginning of the day that a moment has in a time zone; that is what date fields keep."""
    try:
        local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
        return int(local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp())
    except (OverflowError, ValueError, OSError):
        return moment


def offset(moment: int, zone: str) -> str:
    """Return a zone's offset at a moment as ``+03:00``."""
    text = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"
