"""Calls of a program's own functions, for coroutines. ``_sync/_handlers.py`` has the same names."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._primitives import Result

if TYPE_CHECKING:
    from .._io.handler_threads import HandlerThreads

__all__ = ["call_handler", "check_handler", "matches_flavour", "thread_portal"]

T = TypeVar("T")


def check_handler(function: Callable[..., Any]) -> None:
    """Accept functions of either kind: a plain one runs on a thread of its own."""


async def call_handler(
    threads: HandlerThreads, seconds: float | None, function: Callable[..., Any], *arguments: object
) -> None:
    """Call a handler for at most ``seconds``; a plain function that takes longer is left to its thread.

    Raises:
        TimeoutError: it took longer, or an earlier call that took longer has not ended.
    """
    async with asyncio.timeout(seconds):
        if matches_flavour(function):
            await function(*arguments)
            return
        future = threads.start(function, arguments)
        try:
            result = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            threads.abandon(function, future)
            raise
        if inspect.isawaitable(result):
            await result


def matches_flavour(function: Any, *, coroutine: bool = True) -> bool:
    """Return whether a function is one of this variant (with ``coroutine``: whether it is a coroutine function)."""
    del coroutine  # the same question here
    function = inspect.unwrap(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def thread_portal() -> Callable[[Callable[[], Result[T]]], T]:
    """Return a function that runs a callable in the current event loop, from any thread."""
    loop = asyncio.get_running_loop()

    async def run(call: Callable[[], Result[T]]) -> T:
        return await call()

    return lambda call: asyncio.run_coroutine_threadsafe(run(call), loop).result()
