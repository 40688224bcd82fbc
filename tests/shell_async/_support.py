"""What the tests of the two flavours do differently; the sync twin has the same names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from amocrm._async._primitives import Clock, Wakeup
from amocrm_sandbox import AsyncSandboxTransport, Sandbox

__all__ = [
    "BREAK",
    "ManualClock",
    "StoppedClock",
    "breathe",
    "cancelled",
    "in_process",
    "mock",
    "of_the_other_flavour",
    "pieces",
    "redis_client",
    "rerouted",
    "tampered",
]


class ManualClock(Clock):
    """A clock that loses no time: waiting moves it on and lets the others run."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.now = start
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """The time."""
        return self.now

    def wall(self) -> float:
        """The same time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    async def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Moves on, or waits for the wake-up when it is the only thing that can end the wait."""
        if seconds is None:
            await wakeup.wait(None)
        else:
            self.now += seconds
            await asyncio.sleep(0)


class StoppedClock(ManualClock):
    """A clock that only the test moves: a wait ends by a wake-up and by nothing else."""

    async def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Waits for the wake-up."""
        await wakeup.wait(None)


def in_process(sandbox: Sandbox) -> httpx.AsyncBaseTransport:
    """The sandbox without a socket; planted delays are over at once."""
    return AsyncSandboxTransport(sandbox, sleep=_no_time)


def tampered(sandbox: Sandbox, before: Any, after: Any) -> httpx.AsyncBaseTransport:
    """The sandbox, with somebody in between: ``before`` and ``after`` may answer in its place, or raise."""
    return _Tampered(sandbox, before, after)


class _Tampered(httpx.AsyncBaseTransport):
    def __init__(self, sandbox: Sandbox, before: Any, after: Any) -> None:
        self._inner, self._before, self._after = in_process(sandbox), before, after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        early = self._before(request.method, request.url.path, content)
        if early is not None:
            return early
        response = await self._inner.handle_async_request(request)
        late = self._after(request.method, request.url.path)
        return response if late is None else late


#: What breaks off whatever runs: a cancelled task here, Ctrl-C in the sync twin.
BREAK: type[BaseException] = asyncio.CancelledError


def rerouted(url: str) -> httpx.AsyncBaseTransport:
    """Real connections that all end at the server of ``url``, whatever host a request names."""
    return _Rerouted(httpx.URL(url))


class _Rerouted(httpx.AsyncHTTPTransport):
    def __init__(self, url: httpx.URL) -> None:
        super().__init__()
        self._url = url

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return await super().handle_async_request(request)


def mock(handler: Any) -> httpx.AsyncBaseTransport:
    """A transport that answers with ``handler(request)``."""
    return httpx.MockTransport(handler)


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    """A body that is read once."""
    for content in contents:
        yield content


async def breathe() -> None:
    """Lets everybody else run for a moment."""
    await asyncio.sleep(0.01)


async def cancelled(thunk: Any, reached: Any) -> bool:
    """Starts ``thunk``, cancels it once ``reached()``; whether it ended cancelled."""
    task = asyncio.ensure_future(thunk())
    while not reached():
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def _no_time(seconds: float) -> None:
    await asyncio.sleep(0)


def redis_client(url: str) -> Any:
    """A client of a Redis server, of this flavour."""
    from redis.asyncio import Redis

    return Redis.from_url(url)


def of_the_other_flavour() -> tuple[Any, Any]:
    """A limiter and a store that do not fit a client of this flavour."""
    from amocrm import MemoryLimiter, MemoryTokenStore

    return MemoryLimiter(), MemoryTokenStore()
