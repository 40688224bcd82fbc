"""The sandbox behind an httpx client, without a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from ..app import Sandbox
from ..engine.messages import Request, Response

__all__ = ["AsyncSandboxTransport", "SandboxTransport"]


def _request(request: httpx.Request, body: bytes) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    host = headers.get("host", request.url.host)
    return Request(
        request.method, request.url.raw_path.decode("ascii"), host, headers, body, request.url.scheme
    )


def _patience(request: httpx.Request) -> float | None:
    timeout: dict[str, Any] = request.extensions.get("timeout", {})
    return timeout.get("read")


def _waits(response: Response, timeout: float | None) -> tuple[float, bool]:
    """Return the seconds to wait for the whole answer and whether the client gives up before it has come."""
    transmission = response.transmission
    longest = max(transmission.delay, transmission.chunk_delay)
    if timeout is not None and longest > timeout:
        return timeout, True
    return transmission.delay + (
        transmission.chunk_delay * transmission.chunks if transmission.chunk_delay else 0.0
    ), False


def _answer(request: httpx.Request, response: Response) -> httpx.Response:
    transmission = response.transmission
    if transmission.drop:
        raise httpx.ReadError("the sandbox dropped the connection", request=request)
    if transmission.keep is not None and transmission.keep < len(response.body):
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body (incomplete read)", request=request
        )
    headers = [*response.headers, ("Content-Length", str(len(response.body)))]
    return httpx.Response(response.status, headers=headers, content=response.body, request=request)


class SandboxTransport(httpx.BaseTransport):
    """In-process transport for `httpx.Client`.

    A planted drop raises `httpx.ReadError`, a truncated body `httpx.RemoteProtocolError`, and a delay beyond the
    read timeout `httpx.ReadTimeout`.

    Args:
        sandbox: The account to talk to.
        sleep: Called with the seconds of planted delays; give a fake one to lose no time.

    Example:
        >>> sandbox = Sandbox()
        >>> client = httpx.Client(transport=SandboxTransport(sandbox), base_url=sandbox.url)
        >>> client.get("/api/v4/account").status_code
        401
    """

    def __init__(self, sandbox: Sandbox, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sandbox = sandbox
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        exchange = self.sandbox.begin(_request(request, request.read()))
        if exchange.inbound_delay:
            self._sleep(exchange.inbound_delay)
        response = exchange.finish()
        seconds, gives_up = _waits(response, _patience(request))
        if seconds:
            self._sleep(seconds)
        if gives_up:
            raise httpx.ReadTimeout("the sandbox took too long", request=request)
        return _answer(request, response)


class AsyncSandboxTransport(httpx.AsyncBaseTransport):
    """In-process transport for `httpx.AsyncClient`; the same faults as `SandboxTransport`.

    Args:
        sandbox: The account to talk to.
        sleep: Awaited with the seconds of planted delays.
    """

    def __init__(self, sandbox: Sandbox, sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep) -> None:
        self.sandbox = sandbox
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        exchange = self.sandbox.begin(_request(request, await request.aread()))
        if exchange.inbound_delay:
            await self._sleep(exchange.inbound_delay)
        response = exchange.finish()
        seconds, gives_up = _waits(response, _patience(request))
        if seconds:
            await self._sleep(seconds)
        if gives_up:
            raise httpx.ReadTimeout("the sandbox took too long", request=request)
        return _answer(request, response)
