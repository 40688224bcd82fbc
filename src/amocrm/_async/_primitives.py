"""What the two flavours do differently, for coroutines. ``_sync/_primitives.py`` has the same names for threads.

Everything here takes functions, never coroutines: in the sync twin a call runs where it is written, so
only a function can be handed to somebody else to run.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from asyncio import Lock, to_thread
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from amocrm.errors import ConfigurationError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from .._io.handler_threads import HandlerThreads

__all__ = [
    "Clock",
    "Context",
    "TaskHandle",
    "SerialExecutor",
    "Lock",
    "Result",
    "TaskScope",
    "Wakeup",
    "aclosing",
    "is_cancellation",
    "matches_flavour",
    "thread_portal",
    "redis_client",
    "run_all",
    "call_handler",
    "check_handler",
    "shielded",
    "sleep",
    "to_thread",
    "with_timeout",
]

T = TypeVar("T")

#: What a function of this flavour returns: an awaitable here, the value itself in the sync twin.
Result: TypeAlias = Awaitable[T]

#: What ``async with`` takes.
Context: TypeAlias = AbstractAsyncContextManager[T]


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


async def _join(future: asyncio.Future[T]) -> T:
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            if future.cancelled():
                raise
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


def check_handler(function: Callable[..., Any]) -> None:
    """Accept functions of either kind: a plain one runs on a thread of its own."""


async def call_handler(
    threads: HandlerThreads, seconds: float | None, function: Callable[..., Any], *arguments: object
) -> None:
    """Call a handler for so many seconds at most; a plain function that takes longer is left to its thread.

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
    """Whether a function is one of this flavour (with ``coroutine``: whether it is a coroutine function)."""
    del coroutine  # the same question here
    function = inspect.unwrap(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def thread_portal() -> Callable[[Callable[[], Result[T]]], T]:
    """What runs functions of this flavour for other threads: here, in the loop that called ``thread_portal``."""
    loop = asyncio.get_running_loop()

    async def run(call: Callable[[], Result[T]]) -> T:
        return await call()

    return lambda call: asyncio.run_coroutine_threadsafe(run(call), loop).result()


def redis_client(given: Any, seconds: float) -> Any:
    """A client of Redis: the one given, or of an address, that answers or fails within so many seconds,
    after one attempt more at most.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or what was given is neither an address nor
            a client of this flavour.
    """
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise ConfigurationError("Redis needs an extra: pip install 'amocrm-orm[redis]'") from None
    if not isinstance(given, str):
        if not inspect.iscoroutinefunction(getattr(given, "execute_command", None)):
            raise ConfigurationError(
                "redis is an address ('redis://localhost:6379/0') or a client of the kind redis.asyncio.Redis, not "
                f"{type(given).__module__}.{type(given).__name__}"
            )
        return given
    try:
        return Redis.from_url(
            given,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            # The connection may be an old one to a server that was started again since.
            retry=Retry(NoBackoff(), 1),
            max_connections=10_000,
        )
    except (ValueError, TypeError):
        # Its own words would repeat the address, and with it a password.
        raise ConfigurationError("redis is no address; write 'redis://user:password@host:6379/0'") from None
