"""Validation of arguments and names, early and with a message that says what to pass instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from amocrm.errors import ConfigurationError

from .arguments import is_number, shown

__all__ = ["check_count", "check_fraction", "check_seconds", "did_you_mean"]


def check_seconds(*, allow_zero: bool = False, **arguments: object) -> None:
    """Raise ConfigurationError unless each value is a finite number of seconds above zero.

    Args:
        allow_zero: accept zero too.
        arguments: values by the names of the arguments.

    Raises:
        ConfigurationError: a value is out of range; the message names the argument and the value.

    Example:
        >>> check_seconds(lease=-1)
        Traceback (most recent call last):
        amocrm.errors.ConfigurationError: lease must be a number of seconds > 0, got -1
    """
    for name, value in arguments.items():
        rule = ">= 0" if allow_zero else "> 0"
        if not is_number(value) or value < 0 or (value == 0 and not allow_zero):  # type: ignore[operator]
            raise ConfigurationError(f"{name} must be a number of seconds {rule}, got {shown(value)}")


def check_count(*, minimum: int = 1, **arguments: object) -> None:
    """Raise ConfigurationError unless each value is an integer >= ``minimum``.

    Args:
        minimum: smallest value that is accepted.
        arguments: values by the names of the arguments.

    Raises:
        ConfigurationError: a value is out of range; the message names the argument and the value.
    """
    for name, value in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value < 2**63:
            raise ConfigurationError(f"{name} must be an integer >= {minimum}, got {shown(value)}")


def check_fraction(**arguments: object) -> None:
    """Raise ConfigurationError unless 0 < value <= 1 for each value.

    Args:
        arguments: values by the names of the arguments.

    Raises:
        ConfigurationError: a value is out of range; the message names the argument and the value.
    """
    for name, value in arguments.items():
        if not is_number(value) or not 0 < value <= 1:  # type: ignore[operator]
            raise ConfigurationError(f"{name} must be a number > 0 and <= 1, got {shown(value)}")


def did_you_mean(name: object, names: Iterable[str], most: int = 1, shown: Callable[[str], str] = str) -> str:
    """Return the nearest names as the end of a message, empty if none is near.

    Args:
        name: what was written.
        names: what there is.
        most: highest number of names to offer.
        shown: how a name is written; ``repr`` for texts of the account.

    Example:
        >>> did_you_mean("nam", ["name", "price"])
        '; did you mean name?'
    """
    from difflib import get_close_matches

    near = get_close_matches(str(name), list(names), most)
    return f"; did you mean {' or '.join(map(shown, near))}?" if near else ""
