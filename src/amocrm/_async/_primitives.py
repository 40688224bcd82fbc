"""What the two flavours do differently, for coroutines. ``_sync/_primitives.py`` has the same names for threads.

Everything here takes functions, never coroutines: in the sync twin a call runs where it is written, so
only a function can be handed to somebody else to run.
"""

from __future__ import annotations

import asyncio
import os
import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from amocrm._core.http.exchange import Exchange, Interrupted

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

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
    "aclosing",
    "interruptible",
    "is_cancellation",
    "run_all",
    "shielded",
    "sleep",
    "to_thread",
    "with_timeout",
]

T = TypeVar("T")
#: Seconds that an aborted call may take to end.
_GRACE = 1.0

#: What a function of this flavour returns: an awaitable here, the value itself in the sync twin.
Result: TypeAlias = Awaitable[T]

#: What ``async with`` takes.
Context: TypeAlias = AbstractAsyncContextManager[T]


class Lock:
    """Lock between tasks; it starts anew in another event loop, whose tasks wait for nobody here."""

    __slots__ = ("_lock", "_loop")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock: asyncio.Lock | None = None

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        if self._lock is None or self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        await self._lock.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._lock is not None
        self._lock.release()


class Slots:
    """Places for a number of tasks at once; belongs to one event loop."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)

    async def acquire(self, seconds: float | None) -> bool:
        """Take a place, at most after ``seconds``; return whether there was one."""
        if not self._free.locked():
            return await self._free.acquire()
        try:
            async with asyncio.timeout(seconds):
                return await self._free.acquire()
        except TimeoutError:
            return False

    def release(self) -> None:
        """Give the place back."""
        self._free.release()


async def sleep(seconds: float) -> None:
    """Waits; a negative time is no time."""
    await asyncio.sleep(max(0.0, seconds))


class Wakeup:
    """Somebody waits, at most for a time; another ends the wait, from any thread."""

    __slots__ = ("_event", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def wait(self, seconds: float | None) -> None:
        """Returns when woken or when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()

    def is_gone(self) -> bool:
        """Return whether nothing can wait on it any more, because its event loop has ended."""
        return self._loop.is_closed()

    def wake(self) -> None:
        """Ends the wait; the next wait ends at once if nobody is waiting now."""
        with suppress(RuntimeError):  # its loop was closed: nobody waits there any more
            self._loop.call_soon_threadsafe(self._event.set)


class Clock:
    """The times that the shell works with; tests pass one that does not wait."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wall(self) -> float:
        """Unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await sleep(seconds)

    async def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Waits for a wake-up, at most ``seconds``."""
        await wakeup.wait(seconds)


async def run_all(calls: Iterable[Callable[[], Result[T]]], limit: int) -> list[T | Exception]:
    """Runs the functions, at most ``limit`` at once, and returns values and exceptions in their order.

    When the caller is cancelled, all of them are cancelled and waited for.
    """
    free = asyncio.Semaphore(max(1, limit))

    async def run(call: Callable[[], Result[T]]) -> T | Exception:
        async with free:
            try:
                return await call()
            except Exception as error:
                return error

    tasks = [asyncio.ensure_future(run(call)) for call in calls]
    try:
        return [await task for task in tasks]
    finally:
        await _ended(tasks)


class TaskHandle(Generic[T]):
    """Something started in a scope."""

    __slots__ = ("_call", "_task")

    def __init__(self, call: Callable[[], Result[T]], task: asyncio.Task[T] | None) -> None:
        self._call, self._task = call, task

    async def result(self) -> T:
        """Its value, or its exception raised; waits for it."""
        if self._task is None:
            return await self._call()
        return await asyncio.shield(self._task)


class TaskScope:
    """Runs functions beside the caller, at most ``limit`` at once; leaving the block ends them all.

    With ``limit=0`` nothing runs beside the caller: a function runs when its result is asked for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._free = asyncio.Semaphore(max(1, limit))
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> TaskScope:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks, self._tasks = self._tasks, set()
        await _ended(list(tasks))

    def start(self, call: Callable[[], Result[T]]) -> TaskHandle[T]:
        """Starts ``call`` as soon as one of the ``limit`` places is free."""
        if self._limit <= 0:
            return TaskHandle(call, None)
        task = asyncio.get_running_loop().create_task(self._run(call))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return TaskHandle(call, task)

    async def _run(self, call: Callable[[], Result[T]]) -> T:
        async with self._free:
            return await call()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: a result that nobody asked for is no warning


async def _ended(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancels what still runs and waits for it, even when cancelled meanwhile."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await _join(asyncio.gather(*running, return_exceptions=True))


async def shielded(call: Callable[[], Result[T]]) -> T:
    """Runs ``call`` to its end even if the caller is cancelled, then passes the cancellation on."""
    return await _join(asyncio.ensure_future(call()))


async def abortable(call: Callable[[], Result[T]], abort: Callable[[], None]) -> T:
    """Run ``call`` without ever cancelling it: when the caller is cancelled, ``abort()`` has to make it end.

    The cancellation is passed on once ``call`` has ended. If it does not end within a second it is cancelled.
    """
    return await _join(asyncio.ensure_future(call()), abort)


async def interruptible(call: Callable[[], Result[T]], exchange: Exchange) -> T:
    """Run ``call``, which ends at once when the exchange is aborted meanwhile.

    Raises:
        Interrupted: the exchange was aborted.
    """
    if exchange.aborted:
        raise Interrupted
    task = asyncio.ensure_future(call())
    exchange.on_abort = task.cancel
    try:
        return await task
    except asyncio.CancelledError:
        if exchange.aborted:
            raise Interrupted from None
        raise
    finally:
        exchange.on_abort = None


async def _join(future: asyncio.Future[T], abort: Callable[[], None] | None = None) -> T:
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            if future.cancelled():
                raise
            if cancelled is None and abort is not None:
                abort()
                asyncio.get_running_loop().call_later(_GRACE, future.cancel)
            cancelled = error
        except BaseException:
            break
    if cancelled is not None:
        if not future.cancelled():
            future.exception()
        raise cancelled
    return future.result()


class SerialExecutor:
    """One thread of its own, on which functions run one after another.

    The threads of ``to_thread`` are shared with everybody: what must not wait for others has a lane.
    """

    __slots__ = ("_owner", "_pool")

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._owner = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Runs the function there. Once begun it runs to its end, whoever is cancelled."""
        if self._pool is None or self._owner != os.getpid():  # a forked process has no threads
            # A client that never needs it does not pay for it.
            from concurrent.futures import ThreadPoolExecutor

            self._pool, self._owner = ThreadPoolExecutor(1, "amocrm-lane"), os.getpid()
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    def close(self) -> None:
        """Gives the thread back; the next ``run`` takes another one."""
        pool, self._pool = self._pool, None
        if pool is not None and self._owner == os.getpid():
            pool.shutdown(wait=False)


async def with_timeout(seconds: float | None, call: Callable[[], Result[T]]) -> T:
    """Runs ``call`` for so many seconds at most, then cancels it.

    Raises:
        TimeoutError: it took longer.
    """
    async with asyncio.timeout(seconds):
        return await call()


def is_cancellation(error: BaseException) -> bool:
    """Whether the program or this task is to end: not what a function broke off by itself."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
