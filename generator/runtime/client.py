"""The optional plain client: base address and token, one request at a time.

It has no limits, no retries and no token refresh; use ``amocrm.AmoCRM`` for those. It exists for those
who bring their own transport policy and want the typed operations only. This is the one module of
``amocrm_gen`` that imports an HTTP library.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import httpx

from .errors import NotSentError, UnansweredError
from .wire import Request, Response

__all__ = ["AsyncClient", "Client"]

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


def _arguments(base_url: str, token: str | None, request: Request) -> dict[str, Any]:
    headers = {"user-agent": "amocrm-orm", **request.headers}
    if request.content_type is not None:
        headers["content-type"] = request.content_type
    if request.op.auth and token is not None:
        headers["authorization"] = f"Bearer {token}"
    url = base_url.rstrip("/") + request.target
    return {"method": request.op.method, "url": url, "headers": headers, "content": request.content}


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
        base_url: address of the host, such as ``https://example.amocrm.ru``.
        token: bearer token; left out on operations that take none.
        http: an ``httpx.Client`` of your own; it is not closed by this object.
    """

    def __init__(self, base_url: str, token: str | None = None, *, http: httpx.Client | None = None) -> None:
        self._base_url, self._token = base_url, token
        self._own = http is None
        self._http = http or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def send(self, request: Request, /) -> Response:
        """Sends once.

        Raises:
            NotSentError: no connection. UnansweredError: sent, but no whole answer.
        """
        try:
            return _response(self._http.request(**_arguments(self._base_url, self._token, request)))
        except httpx.HTTPError as error:
            raise _failure(request, error) from error

    def close(self) -> None:
        """Closes the connections, unless they were passed in."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient:
    """The same for coroutines; see ``Client``."""

    def __init__(
        self, base_url: str, token: str | None = None, *, http: httpx.AsyncClient | None = None
    ) -> None:
        self._base_url, self._token = base_url, token
        self._own = http is None
        self._http = http or httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)

    async def send(self, request: Request, /) -> Response:
        """Sends once; see ``Client.send``."""
        try:
            return _response(await self._http.request(**_arguments(self._base_url, self._token, request)))
        except httpx.HTTPError as error:
            raise _failure(request, error) from error

    async def close(self) -> None:
        """Closes the connections, unless they were passed in."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
