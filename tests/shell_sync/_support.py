"""What the tests of the two flavours do differently; the async twin has the same names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
from amocrm_sandbox import Sandbox, SandboxTransport

from amocrm._sync._primitives import Clock, Wakeup

__all__ = ["BREAK", "ManualClock", "StoppedClock", "breathe", "cancelled", "in_process", "mock", "pieces", "redis_client", "rerouted", "tampered"]


class ManualClock(Clock):
    """A clock that loses no time: waiting moves it on."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.now = start
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """The time."""
        return self.now

    def wall(self) -> float:
        """The same time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Moves on, or waits for the wake-up when it is the only thing that can end the wait."""
        if seconds is None:
            wakeup.wait(None)
        else:
            self.now += seconds


class StoppedClock(ManualClock):
    """A clock that only the test moves: a wait ends by a wake-up and by nothing else."""

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Waits for the wake-up."""
        wakeup.wait(None)


def in_process(sandbox: Sandbox) -> httpx.BaseTransport:
    """The sandbox without a socket; planted delays are over at once."""
    return SandboxTransport(sandbox, sleep=lambda seconds: None)


def tampered(sandbox: Sandbox, before: Any, after: Any) -> httpx.BaseTransport:
    """The sandbox, with somebody in between: ``before`` and ``after`` may answer in its place, or raise."""
    return _Tampered(sandbox, before, after)


class _Tampered(httpx.BaseTransport):
    def __init__(self, sandbox: Sandbox, before: Any, after: Any) -> None:
        self._inner, self._before, self._after = in_process(sandbox), before, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        early = self._before(request.method, request.url.path, content)
        if early is not None:
            return early
        response = self._inner.handle_request(request)
        late = self._after(request.method, request.url.path)
        return response if late is None else late


#: What breaks off whatever runs: Ctrl-C here, a cancelled task in the async twin.
BREAK: type[BaseException] = KeyboardInterrupt


def rerouted(url: str) -> httpx.BaseTransport:
    """Real connections that all end at the server of ``url``, whatever host a request names."""
    return _Rerouted(httpx.URL(url))


class _Rerouted(httpx.HTTPTransport):
    def __init__(self, url: httpx.URL) -> None:
        super().__init__()
        self._url = url

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return super().handle_request(request)


def mock(handler: Any) -> httpx.BaseTransport:
    """A transport that answers with ``handler(request)``."""
    return httpx.MockTransport(handler)


def pieces(*contents: bytes) -> Iterator[bytes]:
    """A body that is read once."""
    yield from contents


def breathe() -> None:
    """Lets everybody else run for a moment."""
    time.sleep(0.01)


def cancelled(thunk: Any, reached: Any) -> bool:
    """A thread cannot be cancelled: ``thunk`` runs to its end."""
    thunk()
    return True


def redis_client(url: str) -> Any:
    """A client of a Redis server, of this flavour."""
    from redis import Redis

    return Redis.from_url(url)


def of_the_other_flavour() -> tuple[Any, Any]:
    """A limiter and a store that do not fit a client of this flavour."""
    from amocrm import AsyncMemoryLimiter, AsyncMemoryTokenStore

    return AsyncMemoryLimiter(), AsyncMemoryTokenStore()
