"""Wrappers of a client: one adds parts to every request, one records the last answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .encoding import check_values, encode_json, sendable
from .query import encode_query
from .wire import AsyncClient, Client, Request, Response

__all__ = ["AsyncExtended", "AsyncWatched", "Extended", "Watched"]


class _Extra:
    """What is added to every request.

    Args:
        timeout: seconds to wait for an answer, ``None`` for what the client has.
        query: further query parameters, nested ones in brackets.
        headers: further headers; they replace those of the same name.
        body: further keys of the JSON object that is sent, or of each object of a list.
    """

    def __init__(
        self,
        client: Any,
        *,
        timeout: float | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        check_values(body, "extra_body")
        _check(timeout, {"extra_query": query, "extra_headers": headers, "extra_body": body})
        self._client, self._timeout = client, timeout
        self._query = encode_query([(name, "brackets", value) for name, value in (query or {}).items()])
        self._headers, self._body = dict(headers or {}), sendable(dict(body or {}), "extra_body")

    def _extended(self, request: Request) -> Request:
        changes: dict[str, Any] = {}
        if self._timeout is not None:
            changes["timeout"] = self._timeout
        if self._query:
            changes["query"] = f"{request.query}&{self._query}" if request.query else self._query
        if self._headers:
            names = {name.lower() for name in self._headers}
            kept = {name: value for name, value in request.headers.items() if name.lower() not in names}
            changes["headers"] = {**kept, **self._headers}
        if self._body:
            changes["content"] = self._merged(request)
            changes["content_type"] = request.content_type or "application/json"
        return msgspec.structs.replace(request, **changes)

    def _merged(self, request: Request) -> bytes:
        body: Any = {}
        if request.content is not None:
            is_json = isinstance(request.content, bytes) and request.content_type == "application/json"
            body = msgspec.json.decode(request.content) if is_json else None  # type: ignore[arg-type]
        for item in body if isinstance(body, list) else [body]:
            if not isinstance(item, dict):
                raise ValueError(
                    f"extra_body must go to a JSON object or a list of them, got another body of {request.op.id}; "
                    "leave extra_body out"
                )
            item.update(self._body)
        return encode_json(body, "extra_body")


def _check(timeout: object, parts: Mapping[str, object]) -> None:
    """Refuse what can be no part of a request, before anything is sent."""
    if timeout is not None:
        number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
        if not number or not timeout > 0:  # type: ignore[operator]
            raise ValueError(
                f"timeout must be a number of seconds above 0, got {timeout!r}; write timeout=120"
            )
    for name, part in parts.items():
        if part is not None and not isinstance(part, Mapping):
            raise TypeError(
                f"{name} must be a dict, got {type(part).__name__}; write {name}={{'name': 'value'}}"
            )
    for header, value in dict(parts["extra_headers"] or {}).items():  # type: ignore[call-overload]
        if not isinstance(header, str) or not isinstance(value, str):
            raise TypeError(f"extra_headers must have texts, got {value!r} for {header!r}; write str(value)")


class Extended(_Extra):
    """A client that adds to every request before another client sends it."""

    def send(self, request: Request, /) -> Response:
        """Send the extended request."""
        client: Client = self._client
        return client.send(self._extended(request))


class AsyncExtended(_Extra):
    """The same for coroutines."""

    async def send(self, request: Request, /) -> Response:
        """Send the extended request."""
        client: AsyncClient = self._client
        return await client.send(self._extended(request))


class Watched:
    """A client that keeps the answer it returned last."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.answer: Response | None = None

    def send(self, request: Request, /) -> Response:
        """Send the request."""
        self.answer = self._client.send(request)
        return self.answer


class AsyncWatched:
    """The same for coroutines."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self.answer: Response | None = None

    async def send(self, request: Request, /) -> Response:
        """Send the request."""
        self.answer = await self._client.send(request)
        return self.answer
