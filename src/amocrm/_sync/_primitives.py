"""What the two flavours do differently, for threads. ``_async/_primitives.py`` has the same names for coroutines.

Everything here takes functions. Work beside the caller runs in a small pool of threads that lives no
longer than the block or the call that made it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from contextvars import ContextVar, copy_context
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

from amocrm._core.http.exchange import Exchange, Interrupted
from amocrm._core.processes import ForkSafeLock as Lock

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = [
    "Clock",
    "Context",
    "Interrupted",
    "TaskHandle",
    "SerialExecutor",
    "Lock",
    "Result",
    "Slots",
    "TaskScope",
    "Wakeup",
    "abortable",
    "closing",
    "interruptible",
    "is_cancellation",
    "run_all",
    "shielded",
    "sleep",
    "to_thread",
    "with_timeout",
]

T = TypeVar("T")
#: Seconds that aborted threads may take to end before they are left to themselves.
_GRACE = 0.7
#: Seconds after which a wait that nothing can wake looks whether it was interrupted.
_LOOK = 0.1

#: What a function of this flavour returns: the value itself here, an awaitable in the async twin.
Result: TypeAlias = Annotated[T, 0]

#: What ``with`` takes.
Context: TypeAlias = AbstractContextManager[T]


class _Interruption:
    """Interruption of the threads of one scope: what a cancellation is to the tasks of the other flavour.

    Threads that wait for a time, for a limiter or for an answer stop waiting; others go on until they do.
    """

    def __init__(self) -> None:
        self.happened = False
        self._guard = threading.Lock()
        self._callbacks: set[Callable[[], object]] = set()
        self._parent = _INTERRUPTION.get()
        if self._parent is not None:
            self._parent.add(self.trigger)

    def add(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when it happens, now if it has happened already."""
        with self._guard:
            self._callbacks.add(callback)
            if not self.happened:
                return
        callback()

    def remove(self, callback: Callable[[], object]) -> None:
        """Forget a callback."""
        with self._guard:
            self._callbacks.discard(callback)

    def trigger(self) -> None:
        """Interrupt what waits, and what will want to wait."""
        with self._guard:
            self.happened = True
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def close(self) -> None:
        """Let go of the scope around this one."""
        if self._parent is not None:
            self._parent.remove(self.trigger)

    def check(self) -> None:
        """Raise Interrupted if it has happened."""
        if self.happened:
            raise Interrupted


_INTERRUPTION: ContextVar[_Interruption | None] = ContextVar("amocrm_interruption", default=None)


class Slots:
    """Places for a number of threads at once."""

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    def acquire(self, seconds: float | None) -> bool:
        """Take a place, at most after ``seconds``; return whether there was one."""
        if self._free.acquire(blocking=False):
            return True
        interruption = _INTERRUPTION.get()
        if interruption is None:
            return self._free.acquire(timeout=seconds)
        give_up = None if seconds is None else time.monotonic() + seconds
        while give_up is None or time.monotonic() < give_up:
            interruption.check()
            if self._free.acquire(timeout=_LOOK):
                return True
        return False

    def release(self) -> None:
        """Give the place back."""
        self._free.release()


def sleep(seconds: float) -> None:
    """Waits; a negative time is no time."""
    interruption = _INTERRUPTION.get()
    if interruption is None:
        time.sleep(max(0.0, seconds))
    else:
        Wakeup().wait(max(0.0, seconds))


def to_thread(function: Callable[..., T], /, *args: object, **kwargs: object) -> T:
    """Calls the function: a thread that may wait needs no other one."""
    return function(*args, **kwargs)


class Wakeup:
    """Somebody waits, at most for a time; another ends the wait, from any thread."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, seconds: float | None) -> None:
        """Returns when woken or when the time is over."""
        interruption = _INTERRUPTION.get()
        if interruption is None:
            self._event.wait(seconds)
        else:
            interruption.add(self._event.set)
            try:
                self._event.wait(seconds)
            finally:
                interruption.remove(self._event.set)
            interruption.check()
        self._event.clear()

    def is_gone(self) -> bool:
        """Return whether nothing can wait on it any more: a thread takes itself out."""
        return False

    def wake(self) -> None:
        """Ends the wait; the next wait ends at once if nobody is waiting now."""
        self._event.set()


class Clock:
    """The times that the shell works with; tests pass one that does not wait."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wall(self) -> float:
        """Unix seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        sleep(seconds)

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Waits for a wake-up, at most ``seconds``."""
        wakeup.wait(seconds)


def _pool(threads: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # a client that never needs it does not pay for it

    return ThreadPoolExecutor(threads, "amocrm")


def _here(function: Callable[..., T], interruption: _Interruption) -> Callable[..., T]:
    """The function with the caller's context variables, as a task of the other flavour has them: traces need them."""
    context = copy_context()
    context.run(_INTERRUPTION.set, interruption)
    return partial(context.run, function)


def run_all(calls: Iterable[Callable[[], Result[T]]], limit: int) -> list[T | Exception]:
    """Runs the functions, at most ``limit`` at once, and returns values and exceptions in their order.

    With ``limit`` up to 1, or with one function, everything runs on the caller's thread.
    """

    def run(call: Callable[[], T]) -> T | Exception:
        try:
            return call()
        except Exception as error:
            return error

    listed = list(calls)
    if limit <= 1 or len(listed) <= 1:
        return [run(call) for call in listed]
    with TaskScope(min(limit, len(listed))) as scope:
        handles = [scope.start(partial(run, call)) for call in listed]
        return [handle.result() for handle in handles]


class TaskHandle(Generic[T]):
    """Something started in a scope."""

    __slots__ = ("_future", "_call")

    def __init__(self, call: Callable[[], Result[T]], future: Future[T] | None) -> None:
        self._call, self._future = call, future

    def result(self) -> T:
        """Its value, or its exception raised; waits for it."""
        if self._future is None:
            return self._call()
        return self._future.result()


class TaskScope:
    """Runs functions beside the caller, at most ``limit`` at once; leaving the block ends them all.

    What has not begun is dropped, what runs is waited for. When the block is left by an exception (a
    ``break`` of whoever reads from it, Ctrl-C), what waits for an answer or a time is interrupted as well.
    With ``limit=0`` there are no threads: a function runs when its result is asked for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pool: ThreadPoolExecutor | None = None
        self._running: set[Future[Any]] = set()
        self._interruption: _Interruption | None = None

    def __enter__(self) -> TaskScope:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, self._pool = self._pool, None
        if pool is None or self._interruption is None:
            return
        try:
            if kind is None:
                pool.shutdown(wait=True, cancel_futures=True)
        except BaseException:
            kind = BaseException
            raise
        finally:
            if kind is not None:
                self._interrupt(pool, self._interruption)
            self._interruption.close()

    def _interrupt(self, pool: ThreadPoolExecutor, interruption: _Interruption) -> None:
        from concurrent.futures import wait

        pool.shutdown(wait=False, cancel_futures=True)
        interruption.trigger()
        wait(list(self._running), timeout=_GRACE)

    def start(self, call: Callable[[], Result[T]]) -> TaskHandle[T]:
        """Starts ``call`` as soon as one of the ``limit`` places is free."""
        if self._limit <= 0:
            return TaskHandle(call, None)
        if self._pool is None or self._interruption is None:
            self._pool, self._interruption = _pool(self._limit), _Interruption()
        future = self._pool.submit(_here(call, self._interruption))
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return TaskHandle(call, future)


def shielded(call: Callable[[], Result[T]]) -> T:
    """Runs ``call``: a thread cannot be cancelled from outside."""
    return call()


def abortable(call: Callable[[], Result[T]], abort: Callable[[], None]) -> T:
    """Run ``call``; ``abort()`` has to make it end when the scope of this thread is interrupted.

    Raises:
        Interrupted: it was interrupted before.
    """
    interruption = _INTERRUPTION.get()
    if interruption is None:
        return call()
    interruption.check()
    interruption.add(abort)
    try:
        return call()
    finally:
        interruption.remove(abort)


def interruptible(call: Callable[[], Result[T]], exchange: Exchange) -> T:
    """Run ``call``, unless the exchange is aborted already: a thread that connects cannot be woken.

    Raises:
        Interrupted: the exchange was aborted before.
    """
    if exchange.aborted:
        raise Interrupted
    return call()


class SerialExecutor:
    """Functions that run one after another, here: a thread that may wait needs no other one."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()

    def run(self, function: Callable[[], T]) -> T:
        """Runs the function when those before it have ended."""
        with self._lock:
            return function()

    def close(self) -> None:
        """Does nothing: there is no thread."""


def with_timeout(seconds: float | None, call: Callable[[], Result[T]]) -> T:
    """Runs ``call``: a thread cannot be broken off from outside, so it takes the time that it takes."""
    return call()


def is_cancellation(error: BaseException) -> bool:
    """Whether the program is to end."""
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | Interrupted)
