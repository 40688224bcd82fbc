"""How a program's own functions are called, for threads. ``_async/_handlers.py`` has the same names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._primitives import Result

if TYPE_CHECKING:
    from .._io.handler_threads import HandlerThreads

__all__ = ["call_handler", "check_handler", "matches_flavour", "thread_portal"]

T = TypeVar("T")


def check_handler(function: Callable[..., Any]) -> None:
    """Raise TypeError for a coroutine function, which this flavour cannot run."""
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise TypeError(f"{function!r} is a coroutine function: use AsyncWebhookReceiver, or write it without async")


def call_handler(
    threads: HandlerThreads, seconds: float | None, function: Callable[..., Any], *arguments: object
) -> None:
    """Call a handler for so many seconds at most; a function that takes longer is left to its thread.

    Without a time it runs on the caller's thread.

    Raises:
        TimeoutError: it took longer, or an earlier call that took longer has not ended.
    """
    if seconds is None:
        function(*arguments)
        return
    future = threads.start(function, arguments)
    try:
        future.result(seconds)
    except TimeoutError:
        if not future.done():
            threads.abandon(function, future)
        raise


def matches_flavour(function: Any, *, coroutine: bool = False) -> bool:
    """Whether a function is one of this flavour (with ``coroutine``: whether it is a coroutine function)."""
    function = inspect.unwrap(function)
    waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    return waits is coroutine


def thread_portal() -> Callable[[Callable[[], Result[T]]], T]:
    """What runs functions of this flavour for other threads: on the thread that asks."""
    return lambda call: call()
