"""Building blocks that differ between the two variants, for threads.

``_async/_primitives.py`` has the same names for coroutines. Everything here takes functions. A signal handler that
raises (Ctrl-C) may strike the main thread between any two instructions, also inside a ``with`` of a lock that is
written in Python. Only locks that are written in C are used here, so none of them stays taken.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import AbstractContextManager, closing, suppress
from functools import partial
from types import TracebackType
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from weakref import WeakSet

from amocrm._core.http.exchange import Exchange, Interrupted
from amocrm._core.processes import ForkSafeLock as Lock

from ..errors import ConfigurationError
from .._io.interruptible_threads import INTERRUPTION, Interruption, Task, bind_context, start_thread

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
    "body_parts",
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
#: Seconds between two looks of a waiting thread at things that do not wake it.
_LOOK = 0.1

#: Return type of a function of this variant: the value here, an awaitable in the async one.
Result: TypeAlias = Annotated[T, 0]

#: Type of the object of a ``with`` statement.
Context: TypeAlias = AbstractContextManager[T]


class _Slot:
    """Permission that one thread holds."""

    __slots__ = ("__weakref__",)


class Slots:
    """Semaphore that takes back a slot whose holder was interrupted before it could release it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._guard = threading.Lock()
        self._taken: WeakSet[_Slot] = WeakSet()
        self._released = Wakeup()
        self._waiters = 0

    @property
    def in_use(self) -> int:
        """Number of slots that are taken."""
        return len(self._taken)

    def acquire(self, seconds: float | None) -> object | None:
        """Take a slot, waiting at most ``seconds``; return it, or ``None`` if there was none."""
        slot = _Slot()
        if self._take(slot):
            return slot
        interruption = INTERRUPTION.get()
        deadline = None if seconds is None else time.monotonic() + seconds
        self._waiters += 1
        try:
            while (wait := _LOOK if deadline is None else min(_LOOK, deadline - time.monotonic())) > 0:
                if interruption is not None:
                    interruption.check()
                self._released.pause(wait)
                if self._take(slot):
                    if self._waiters > 1:  # there may be a second one: one wake-up stands for several
                        self._released.wake()
                    return slot
            return None
        finally:
            self._waiters -= 1

    def release(self, slot: object) -> None:
        """Give a slot back."""
        assert isinstance(slot, _Slot)
        self._taken.discard(slot)
        if self._waiters:
            self._released.wake()

    def _take(self, slot: _Slot) -> bool:
        with self._guard:
            if len(self._taken) >= self._count:
                return False
            self._taken.add(slot)
            return True


def sleep(seconds: float) -> None:
    """Wait; return at once for a negative time."""
    interruption = INTERRUPTION.get()
    if interruption is None:
        time.sleep(max(0.0, seconds))
    else:
        Wakeup().wait(max(0.0, seconds))


def to_thread(function: Callable[..., T], /, *args: object, **kwargs: object) -> T:
    """Call the function here: a thread that may wait needs no other one."""
    return function(*args, **kwargs)


class Wakeup:
    """Event with a timeout that any thread may set.

    It is a lock that is taken while nothing has happened. ``SimpleQueue.get`` with a timeout would wait for ever where
    the handler of a signal returns after the timeout has passed: CPython then counts a negative rest as none.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, seconds: float | None) -> None:
        """Return when woken, or after ``seconds``."""
        interruption = INTERRUPTION.get()
        if interruption is None:
            self.pause(seconds)
            return
        interruption.add(self.wake)
        try:
            self.pause(seconds)
        finally:
            interruption.remove(self.wake)
        interruption.check()

    def pause(self, seconds: float | None) -> None:
        """Return when woken, or after ``seconds``, whatever happens to the call; one wait ends all wake-ups before it."""
        self._lock.acquire(timeout=-1 if seconds is None else min(max(0.0, seconds), threading.TIMEOUT_MAX))

    def is_gone(self) -> bool:
        """Return False: a thread that waits takes itself out."""
        return False

    def wake(self) -> None:
        """End the wait; without a waiter the next wait ends at once."""
        with suppress(RuntimeError):  # it is awake already
            self._lock.release()


class Clock:
    """Source of times for the shell; tests pass one that does not wait."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def wall(self) -> float:
        """Return Unix seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        sleep(seconds)

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Wait for a wake-up, at most ``seconds``."""
        wakeup.wait(seconds)


def run_all(calls: Iterable[Callable[[], Result[T]]], limit: int) -> list[T | Exception]:
    """Run the functions, at most ``limit`` at once, and return values and exceptions in their order.

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
    """Function that was started in a scope."""

    __slots__ = ("_call", "_task")

    def __init__(self, call: Callable[[], Result[T]], task: Task[T] | None) -> None:
        self._call, self._task = call, task

    def result(self) -> T:
        """Wait for the end; return the value or raise the exception."""
        return self._call() if self._task is None else self._task.result()


class TaskScope:
    """Runs functions beside the caller, at most ``limit`` at once; leaving the block ends them all.

    Functions that have not begun are dropped, those that run are waited for. When the block is left by an
    exception (also Ctrl-C, or a ``break`` of the loop that reads from it), waits for an answer or a time are
    interrupted as well. Threads end when nothing is left to run. With ``limit=0`` there are no threads: a
    function runs when its result is asked for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._guard = threading.Lock()
        self._queue: deque[Task[Any]] = deque()
        self._running: set[Task[Any]] = set()
        self._threads = 0
        self._interruption: Interruption | None = None

    def __enter__(self) -> TaskScope:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interruption = self._interruption
        if interruption is None:
            return
        try:
            running = self._drop_queue()
            if kind is None:
                for task in running:
                    task.wait(None)
        except BaseException:
            kind = BaseException
            raise
        finally:
            if kind is not None:
                self._interrupt(interruption)
            interruption.close()

    def start(self, call: Callable[[], Result[T]]) -> TaskHandle[T]:
        """Start ``call`` as soon as fewer than ``limit`` functions run."""
        if self._limit <= 0:
            return TaskHandle(call, None)
        if self._interruption is None:
            self._interruption = Interruption()
        task, alone = Task(bind_context(call, self._interruption)), False
        with self._guard:
            self._queue.append(task)
            needs_thread = self._threads < self._limit
            self._threads += needs_thread
        if needs_thread:
            try:
                start_thread(self._work)
            except RuntimeError:  # the process can start no more: those that run go on, or the caller does it alone
                with self._guard:
                    self._threads -= 1
                    if alone := not self._threads and task in self._queue:
                        self._queue.remove(task)
        return TaskHandle(call, None if alone else task)

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._queue:
                    self._threads -= 1
                    return
                task = self._queue.popleft()
                self._running.add(task)
            task.run()
            with self._guard:
                self._running.discard(task)

    def _drop_queue(self) -> list[Task[Any]]:
        """Drop the functions that have not begun; return those that run."""
        with self._guard:
            dropped = list(self._queue)
            self._queue.clear()
            running = list(self._running)
        for task in dropped:
            task.drop()
        return running

    def _interrupt(self, interruption: Interruption) -> None:
        running = self._drop_queue()
        interruption.trigger()
        deadline = time.monotonic() + _GRACE
        for task in running:
            task.wait(deadline - time.monotonic())


def shielded(call: Callable[[], Result[T]]) -> T:
    """Run ``call``: a thread cannot be cancelled from outside."""
    return call()


def abortable(call: Callable[[], Result[T]], abort: Callable[[], None]) -> T:
    """Run ``call``; ``abort()`` has to make it end when the scope of this thread is interrupted.

    Raises:
        Interrupted: it was interrupted before.
    """
    interruption = INTERRUPTION.get()
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
    """Executor of one function after another, on the threads of its callers."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()

    def run(self, function: Callable[[], T]) -> T:
        """Run the function when those before it have ended."""
        with self._lock:
            return function()

    def close(self) -> None:
        """Do nothing: there is no thread."""


def with_timeout(seconds: float | None, call: Callable[[], Result[T]]) -> T:
    """Run ``call`` for as long as it takes: a thread cannot be stopped from outside."""
    return call()


def is_cancellation(error: BaseException) -> bool:
    """Return whether the program is about to end."""
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | Interrupted)


def body_parts(content: Iterable[bytes] | AsyncIterable[bytes]) -> Iterable[bytes]:
    """Return a body that is sent part by part.

    Raises:
        ConfigurationError: only coroutines can read it.
    """
    if isinstance(content, AsyncIterable):
        raise ConfigurationError(
            f"content must be bytes or an iterable of bytes, got {type(content).__name__}; send it with the "
            "asynchronous client; nothing was sent"
        )
    return content
