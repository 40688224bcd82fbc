"""What connections belong to besides the process: nothing. ``_async/_home.py`` has the same names for event loops."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ._primitives import Result

__all__ = ["HomeEnd", "current_home", "is_home_running"]


def current_home() -> object:
    """Return what connections belong to besides the process: nothing, threads share them."""
    return threading


def is_home_running(home: object) -> bool:
    """Return whether the connections are in use elsewhere: never, threads share them."""
    del home
    return False


class HomeEnd:
    """Closing of something that lives as long as the process.

    Args:
        close: closes it.
    """

    __slots__ = ("_close",)

    def __init__(self, close: Callable[[], Result[None]]) -> None:
        self._close = close

    def close(self) -> None:
        """Close it now."""
        self._close()
