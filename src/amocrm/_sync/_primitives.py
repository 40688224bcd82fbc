"""What the two flavours do differently, for threads. ``_async/_primitives.py`` has the same names for coroutines.

Everything here takes functions. Work beside the caller runs in a small pool of threads that lives no
longer than the block or the call that made it.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from functools import partial
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

from amocrm.errors import ConfigurationError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

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
    "closing",
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

#: What a function of this flavour returns: the value itself here, an awaitable in the async twin.
Result: TypeAlias = Annotated[T, 0]

#: What ``with`` takes.
Context: TypeAlias = AbstractContextManager[T]


def sleep(seconds: float) -> None:
    """Waits; a negative time is no time."""
    time.sleep(max(0.0, seconds))


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
        self._event.wait(seconds)
        self._event.clear()

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


def _here(function: Callable[..., T]) -> Callable[..., T]:
    """The function with the caller's context variables, as a task of the other flavour has them: traces need them."""
    from contextvars import copy_context

    return partial(copy_context().run, function)


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
    with _pool(min(limit, len(listed))) as pool:
        futures = [pool.submit(_here(run), call) for call in listed]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


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

    What has not begun is dropped, what runs is waited for. With ``limit=0`` there are no threads: a
    function runs when its result is asked for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> TaskScope:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def start(self, call: Callable[[], Result[T]]) -> TaskHandle[T]:
        """Starts ``call`` as soon as one of the ``limit`` places is free."""
        if self._limit <= 0:
            return TaskHandle(call, None)
        if self._pool is None:
            self._pool = _pool(self._limit)
        return TaskHandle(call, self._pool.submit(_here(call)))


def shielded(call: Callable[[], Result[T]]) -> T:
    """Runs ``call``: a thread cannot be cancelled from outside."""
    return call()


class SerialExecutor:
    """Functions that run one after another, here: a thread that may wait needs no other one."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()

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
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


def check_handler(function: Callable[..., Any]) -> None:
    """Raise TypeError for a coroutine function, which this flavour cannot run."""
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise TypeError(f"{function!r} is a coroutine function: use AsyncHooks, or write it without async")


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


def redis_client(given: Any, seconds: float) -> Any:
    """A client of Redis: the one given, or of an address, that answers or fails within so many seconds,
    after one attempt more at most.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or what was given is neither an address nor
            a client of this flavour.
    """
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ConfigurationError("Redis needs an extra: pip install 'amocrm-orm[redis]'") from None
    if not isinstance(given, str):
        command = getattr(given, "execute_command", None)
        if command is None or inspect.iscoroutinefunction(command):
            raise ConfigurationError(
                "redis is an address ('redis://localhost:6379/0') or a client of the kind redis.Redis, not "
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
