"""Plain client: base address and token, one request at a time.

It has no limits, no retries and no token refresh; use ``amocrm.AmoCRM`` for those. Use it if you have a transport
policy of your own and need the typed operations only. This is the one module of ``amocrm_gen`` that imports an
HTTP library.
"""

from __future__ import annotations

import time
from asyncio import to_thread
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Any, Final

import httpx

from .chat_signing import signed_headers
from .errors import NotSentError, UnansweredError
from .op import Host
from .wire import Request, Response

__all__ = ["AsyncClient", "Client"]

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


_WHERE: Final[Mapping[str, str]] = {
    "drive": "its address is drive_url of the account: https://drive-b.amocrm.ru",
    "amojo": "its address is https://amojo.amocrm.ru or https://amojo.kommo.com",
    "portal": "its address is https://www.amocrm.ru or https://www.kommo.com",
    "shared": "its address is api_domain of the token: https://api-b.amocrm.ru",
}


class _Addresses:
    """Where requests go and what proves who sends them."""

    def __init__(
        self, base_url: str, token: str | None, hosts: Mapping[Host, str] | None, chat_secret: str | None
    ) -> None:
        self._hosts: dict[Host, str] = {"account": base_url, **(hosts or {})}
        self._token, self._chat_secret = token, chat_secret

    def arguments(self, request: Request) -> dict[str, Any]:
        """Make the arguments of httpx for a request, or refuse one that has no address."""
        op = request.op
        if op.host not in self._hosts:
            raise _refusal(
                request, f"hosts must name {op.host!r}, got {sorted(self._hosts)}; {_WHERE[op.host]}"
            )
        headers = {"user-agent": "amocrm-orm"}
        if request.content_type is not None:
            headers["content-type"] = request.content_type
        if op.auth and self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        if op.host == "amojo":
            headers.update(self._signed(request))
        url = self._hosts[op.host].rstrip("/") + request.target
        arguments: dict[str, Any] = {
            "method": op.method,
            "url": url,
            "headers": {**headers, **request.headers},
        }
        if request.timeout is not None:
            arguments["timeout"] = request.timeout
        return {**arguments, "content": request.content}

    def _signed(self, request: Request) -> dict[str, str]:
        if self._chat_secret is None:
            raise _refusal(
                request, "chat_secret must be the secret of a channel, got None; it signs each request"
            )
        content = b"" if request.content is None else request.content
        if not isinstance(content, bytes):
            raise _refusal(
                request, "content must be bytes, got a stream; the signature is over the whole body"
            )
        return signed_headers(self._chat_secret, request.op.method, request.path, content, time.time())


def _refusal(request: Request, why: str) -> NotSentError:
    return NotSentError(f"{request.op.id} was not sent: {why}", op=request.op.id)


def _response(answer: httpx.Response) -> Response:
    return Response(status=answer.status_code, headers=dict(answer.headers), content=answer.content)


def _failure(request: Request, error: httpx.HTTPError) -> NotSentError | UnansweredError:
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    kind = NotSentError if unsent else UnansweredError
    state = "could not be sent" if unsent else "was sent but not answered"
    return kind(f"{request.op.id} {state}: {type(error).__name__}", op=request.op.id)


class Client:
    """A plain client for the generated operations.

    Args:
        base_url: address of the account, such as ``https://example.amocrm.ru``.
        token: bearer token; left out on operations that take none.
        hosts: addresses of the services beside the account (``drive``, ``amojo``, ``portal``, ``shared``); an
            operation of one that is not named is refused before anything is sent.
        chat_secret: secret of a chat channel; it signs the operations of ``amojo``.
        http: an ``httpx.Client`` of your own; it is not closed by this object.

    Example:
        Client("https://example.amocrm.ru", token, hosts={"drive": "https://drive-b.amocrm.ru"})
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        hosts: Mapping[Host, str] | None = None,
        chat_secret: str | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._addresses = _Addresses(base_url, token, hosts, chat_secret)
        self._own = http is None
        self._http = http or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def send(self, request: Request, /) -> Response:
        """Send once.

        Raises:
            NotSentError: no connection, or an address or a secret that is not known. UnansweredError: sent, but no whole answer.
        """
        try:
            with self._http.stream(**self._addresses.arguments(request)) as answer:
                if request.sink is None or not answer.is_success:
                    answer.read()
                    return _response(answer)
                request.sink.begin()
                for part in answer.iter_bytes():
                    request.sink.write(part)
                return Response(status=answer.status_code, headers=dict(answer.headers))
        except httpx.HTTPError as error:
            raise _failure(request, error) from error

    def close(self) -> None:
        """Close the connections, unless they were passed in."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def _read(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await to_thread(next, parts, None)) is not None:
        yield part


class AsyncClient:
    """The same for coroutines; see ``Client``."""

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        hosts: Mapping[Host, str] | None = None,
        chat_secret: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._addresses = _Addresses(base_url, token, hosts, chat_secret)
        self._own = http is None
        self._http = http or httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)

    async def send(self, request: Request, /) -> Response:
        """Send once; see ``Client.send``."""
        try:
            arguments = self._addresses.arguments(request)
            content = arguments["content"]
            if content is not None and not isinstance(content, bytes | AsyncIterable):
                arguments["content"] = _read(iter(content))
            async with self._http.stream(**arguments) as answer:
                if request.sink is None or not answer.is_success:
                    await answer.aread()
                    return _response(answer)
                await to_thread(request.sink.begin)
                async for part in answer.aiter_bytes():
                    await to_thread(request.sink.write, part)
                return Response(status=answer.status_code, headers=dict(answer.headers))
        except httpx.HTTPError as error:
            raise _failure(request, error) from error

    async def close(self) -> None:
        """Close the connections, unless they were passed in."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
