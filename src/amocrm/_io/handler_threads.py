"""Threads for plain webhook handlers, separate from those of the event loop and of other libraries.

A thread cannot be stopped from outside. A call that times out is abandoned: it keeps its thread, and the same
handler is refused until the call has ended. So a handler that hangs takes no more threads than the concurrency
of the worker.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from typing import Any, Final

from amocrm._core.processes import ForkSafeLock, reset_after_fork

__all__ = ["HandlerHangs", "HandlerThreads"]

#: Number of idle threads that are kept for the next calls.
_IDLE: Final = 16


class HandlerHangs(TimeoutError):
    """Refusal to call a handler while an abandoned call of it is still running."""


class HandlerThreads:
    """Pool of daemon threads. Threads are reused, which keeps the thread-local connections of handlers."""

    def __init__(self) -> None:
        self._guard = ForkSafeLock()
        self._idle: list[queue.SimpleQueue[Callable[[], None] | None]] = []
        self._abandoned: dict[int, int] = {}
        reset_after_fork(self)

    def start(self, function: Callable[..., Any], arguments: Sequence[object]) -> Future[Any]:
        """Call a function on a thread of its own.

        Raises:
            HandlerHangs: an abandoned call of the function is still running.
        """
        future: Future[Any] = Future()
        call = partial(_settle, future, partial(copy_context().run, function, *arguments))
        with self._guard:
            if self._abandoned.get(id(function)):
                raise HandlerHangs(
                    "an earlier call of this handler timed out and is still running; give its calls a timeout of their own"
                )
            tasks = self._idle.pop() if self._idle else None
        if tasks is None:
            tasks = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(tasks,), name="amocrm-handler", daemon=True).start()
        tasks.put(call)
        return future

    def abandon(self, function: Callable[..., Any], future: Future[Any]) -> None:
        """Refuse further calls of a function until this call has ended."""
        with self._guard:
            self._abandoned[id(function)] = self._abandoned.get(id(function), 0) + 1
        future.add_done_callback(lambda _: self._ended(id(function)))

    def close(self) -> None:
        """End the idle threads; busy ones end with their calls."""
        with self._guard:
            idle, self._idle = self._idle, []
        for tasks in idle:
            tasks.put(None)

    def _ended(self, key: int) -> None:
        with self._guard:
            self._abandoned[key] = self._abandoned.get(key, 1) - 1

    def _work(self, tasks: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (call := tasks.get()) is not None:
            call()
            del call
            with self._guard:
                if len(self._idle) >= _IDLE:
                    return
                self._idle.append(tasks)

    def after_fork(self) -> None:
        """Start with an empty pool: a forked process has none of the threads."""
        self._idle, self._abandoned = [], {}


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except StopIteration as error:
        # A future of asyncio cannot hold it, and its waiter would never wake.
        wrapped = RuntimeError("the handler raised StopIteration")
        wrapped.__cause__ = error
        future.set_exception(wrapped)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
