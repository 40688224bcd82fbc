"""Event loop as the owner of connections. ``_sync/_home.py`` has the same names for threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

from ._primitives import Result

__all__ = ["HomeEnd", "current_home", "is_home_running"]


def current_home() -> object:
    """Return the event loop that is running: connections and locks belong to one."""
    return asyncio.get_running_loop()


def is_home_running(home: object) -> bool:
    """Return whether an event loop runs; a loop other than the current one runs in another thread."""
    return isinstance(home, asyncio.AbstractEventLoop) and home.is_running()


class HomeEnd:
    """Finalizer of an object that belongs to the running event loop: runs at its end, or when closed or dropped.

    Args:
        close: closes it.
    """

    __slots__ = ("_watch",)

    def __init__(self, close: Callable[[], Result[None]]) -> None:
        # A loop ends the generators that were begun in it before it closes; nothing else tells of its end.
        self._watch = _until_the_end(close)
        with suppress(StopIteration):
            self._watch.__anext__().__await__().send(None)

    async def aclose(self) -> None:
        """Close it now."""
        await self._watch.aclose()


async def _until_the_end(close: Callable[[], Result[None]]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await close()
