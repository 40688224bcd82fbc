"""Building blocks that differ between the two variants, for coroutines.

``_sync/_primitives.py`` has the same names for threads. Everything here takes functions and never coroutines: in
the sync variant a call runs where it is written, so only a function can be passed on to run elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, TypeVar

from amocrm._core.http.exchange import Exchange, Interrupted
from amocrm.errors import ConfigurationError

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
    "body_parts",
    "interruptible",
    "is_cancellation",
    "run_all",
    "shielded",
    "sleep",
    "to_thread",
    "with_timeout",
]

T = TypeVar("T")
P = ParamSpec("P")
#: Seconds that an aborted call may take to end.
_GRACE = 1.0

#: Return type of a function of this variant: an awaitable here, the value in the sync one.
Result: TypeAlias = Awaitable[T]

#: Type of the object of an ``async with`` statement.
Context: TypeAlias = AbstractAsyncContextManager[T]


class Lock:
    """Lock between tasks; in another event loop it starts anew."""

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
    """Semaphore of one event loop."""

    def __init__(self, count: int) -> None:
        self.in_use = 0
        self._free = asyncio.Semaphore(count)

    async def acquire(self, seconds: float | None) -> object | None:
        """Take a slot, waiting at most ``seconds``; return it, or ``None`` if there was none."""
        if self._free.locked():
            try:
                async with asyncio.timeout(seconds):
                    await self._free.acquire()
            except TimeoutError:
                return None
        else:
            await self._free.acquire()
        self.in_use += 1
        return self

    def release(self, slot: object) -> None:
        """Give a slot back."""
        self.in_use -= 1
        self._free.release()


async def sleep(seconds: float) -> None:
    """Wait; return at once for a negative time."""
    await asyncio.sleep(max(0.0, seconds))


class Wakeup:
    """Event with a timeout that any thread may set."""

    __slots__ = ("_event", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def wait(self, seconds: float | None) -> None:
        """Return when woken, or after ``seconds``."""
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
        """End the wait; without a waiter the next wait ends at once."""
        with suppress(RuntimeError):  # its loop was closed, so nothing waits there
            self._loop.call_soon_threadsafe(self._event.set)


class Clock:
    """Source of times for the shell; tests pass one that does not wait."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def wall(self) -> float:
        """Return Unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await sleep(seconds)

    async def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Wait for a wake-up, at most ``seconds``."""
        await wakeup.wait(seconds)


async def run_all(calls: Iterable[Callable[[], Result[T]]], limit: int) -> list[T | Exception]:
    """Run the functions, at most ``limit`` at once, and return values and exceptions in their order.

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
        await _cancel_all(tasks)


class TaskHandle(Generic[T]):
    """Function that was started in a scope."""

    __slots__ = ("_call", "_task")

    def __init__(self, call: Callable[[], Result[T]], task: asyncio.Task[T] | None) -> None:
        self._call, self._task = call, task

    async def result(self) -> T:
        """Wait for the end; return the value or raise the exception."""
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
        await _cancel_all(list(tasks))

    def start(self, call: Callable[[], Result[T]]) -> TaskHandle[T]:
        """Start ``call`` as soon as fewer than ``limit`` functions run."""
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
            task.exception()  # retrieved, so asyncio does not warn about it


async def _cancel_all(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel the tasks that still run and wait for them, even when cancelled meanwhile."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await _join(asyncio.gather(*running, return_exceptions=True))


async def shielded(call: Callable[[], Result[T]]) -> T:
    """Run ``call`` to its end even if the caller is cancelled, then pass the cancellation on."""
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


async def to_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the function on a thread.

    Raises:
        ConfigurationError: the process can start no more threads.
    """
    with _thread_needed():
        return await asyncio.to_thread(function, *args, **kwargs)


@contextmanager
def _thread_needed() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if "start new thread" not in str(error):
            raise
        raise ConfigurationError(
            "this process must be able to start a thread, got a refusal of the system; raise its limit of threads "
            "(ulimit -u, pids.max of the container)"
        ) from error


class SerialExecutor:
    """Executor of one function after another, on a thread of its own.

    The threads of ``to_thread`` are shared by the whole program, so a call there may wait for others.
    """

    __slots__ = ("_owner", "_pool")

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._owner = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Run the function there; once begun it runs to its end, also if the caller is cancelled."""
        if self._pool is None or self._owner != os.getpid():  # a forked process has no threads
            # A client that never needs it does not pay for it.
            from concurrent.futures import ThreadPoolExecutor

            self._pool, self._owner = ThreadPoolExecutor(1, "amocrm-serial"), os.getpid()
        with _thread_needed():
            return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    def close(self) -> None:
        """End the thread; the next ``run`` starts another one."""
        pool, self._pool = self._pool, None
        if pool is not None and self._owner == os.getpid():
            pool.shutdown(wait=False)


async def with_timeout(seconds: float | None, call: Callable[[], Result[T]]) -> T:
    """Run ``call`` for at most ``seconds``, then cancel it.

    Raises:
        TimeoutError: it took longer.
    """
    async with asyncio.timeout(seconds):
        return await call()


def is_cancellation(error: BaseException) -> bool:
    """Return whether the program or this task is about to end, not only a task inside it."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


def body_parts(content: Iterable[bytes] | AsyncIterable[bytes]) -> AsyncIterable[bytes]:
    """Return a body that is sent part by part; a plain iterable is read on another thread."""
    return content if isinstance(content, AsyncIterable) else _read(iter(content))


async def _read(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await to_thread(next, parts, None)) is not None:
        yield part
