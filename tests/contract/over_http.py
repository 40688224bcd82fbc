"""The facade's clients over real connections to a served sandbox, with the last answer kept as it came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import httpx

from amocrm._async.client import AsyncAmoCRM
from amocrm._core.http.chat_signing import ChannelSecret
from amocrm._core.http.retry import NEVER
from amocrm._sync.client import AmoCRM
from amocrm_sandbox import Response, SandboxServer
from tests.sandbox.conftest import NOW
from tests.shell_async._support import ManualClock as AsyncManualClock
from tests.shell_sync._support import ManualClock

from .description import Operation

__all__ = ["FLAVOURS", "Kept", "Perform"]


class Kept:
    """The answer that came last, as it stood on the wire."""

    last = Response(0)

    def keep(self, response: httpx.Response, content: bytes) -> httpx.Response:
        """Remember an answer that was read to its end; returns one that can be read again."""
        headers = list(response.headers.items())
        self.last = Response(response.status_code, headers, content)
        return httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(content))


class _Wire(httpx.HTTPTransport):
    def __init__(self, kept: Kept) -> None:
        super().__init__(verify=False)  # plain HTTP: no certificates are read
        self.kept = kept

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        content = b"".join(response.iter_raw())
        response.close()
        return self.kept.keep(response, content)


class _AsyncWire(httpx.AsyncHTTPTransport):
    def __init__(self, kept: Kept) -> None:
        super().__init__(verify=False)  # plain HTTP: no certificates are read
        self.kept = kept

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        content = b"".join([part async for part in response.aiter_raw()])
        await response.aclose()
        return self.kept.keep(response, content)


Perform: TypeAlias = Callable[[SandboxServer, Operation, dict[str, Any], str | None], tuple[Any, Kept]]


def _perform(
    server: SandboxServer, operation: Operation, arguments: dict[str, Any], token: str | None
) -> tuple[Any, Kept]:
    """Call ``sync``; the result (or the error that was raised), and what stood on the wire."""
    kept = Kept()
    # A transport that was passed in belongs to the caller; the client does not close it.
    with _Wire(kept) as wire:
        crm = AmoCRM("demo", http_transport=wire, clock=ManualClock(NOW), **_options(server, token))
        try:
            return operation.function.sync(client=crm, **arguments), kept
        except Exception as error:
            return error, kept


def _perform_async(
    server: SandboxServer, operation: Operation, arguments: dict[str, Any], token: str | None
) -> tuple[Any, Kept]:
    """Call ``asyncio`` likewise, in a loop of its own."""
    kept = Kept()

    async def run() -> Any:
        async with _AsyncWire(kept) as wire:
            clock = AsyncManualClock(NOW)
            crm = AsyncAmoCRM("demo", http_transport=wire, clock=clock, **_options(server, token))
            try:
                return await operation.function.asyncio(client=crm, **arguments)
            except Exception as error:
                return error

    return asyncio.run(run()), kept


def _options(server: SandboxServer, token: str | None) -> dict[str, Any]:
    channel = server.sandbox.channel
    return {
        "base_url": server.url,
        "token": token or server.sandbox.token,
        "chats": ChannelSecret(channel["channel_id"], channel["secret"]),
        "retry": NEVER,
    }


#: The two flavours of a call, by the name of the generated function.
FLAVOURS: dict[str, Perform] = {"sync": _perform, "asyncio": _perform_async}
