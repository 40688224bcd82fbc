"""What a user gave to a constructor, refused where it is written if it cannot work."""

from __future__ import annotations

from math import isfinite

from amocrm.errors import ConfigurationError

__all__ = ["check_count", "check_part", "check_seconds"]


def check_seconds(*, zero: bool = False, **given: object) -> None:
    """Refuses what is no finite time above zero (or zero, where that means something).

    Raises:
        ConfigurationError: names the argument and what was given.

    Example:
        >>> check_seconds(lease=-1)
        Traceback (most recent call last):
        amocrm.errors.ConfigurationError: lease is a number of seconds above 0, not -1
    """
    for name, value in given.items():
        least = "from 0 on" if zero else "above 0"
        if not _is_number(value) or value < 0 or (value == 0 and not zero):  # type: ignore[operator]
            raise ConfigurationError(f"{name} is a number of seconds {least}, not {value!r}")


def check_count(*, least: int = 1, **given: object) -> None:
    """Refuses what is no whole number from ``least`` on.

    Raises:
        ConfigurationError: names the argument and what was given.
    """
    for name, value in given.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ConfigurationError(f"{name} is a whole number, at least {least}, not {value!r}")


def check_part(**given: object) -> None:
    """Refuses what is no part of a whole: above 0 and up to 1.

    Raises:
        ConfigurationError: names the argument and what was given.
    """
    for name, value in given.items():
        if not _is_number(value) or not 0 < value <= 1:  # type: ignore[operator]
            raise ConfigurationError(f"{name} is a part above 0 and up to 1, not {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
