"""A plain ASGI application around a router: to be served alone or mounted into Starlette, FastAPI and others.

    hooks = AsyncHooks(secret=...)
    app = asgi_app(hooks)                   # uvicorn myapp:app

Served alone it runs a worker between startup and shutdown. A framework into which it is mounted does not
pass these on: enter ``hooks.running()`` in the framework's own lifespan, or work in another process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

from .delivery import Answer, Delivery

__all__ = ["asgi_app"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _Hooks(Protocol):
    async def accept(self, delivery: Delivery, /) -> Answer: ...

    def running(self) -> AbstractAsyncContextManager[Any]: ...


def asgi_app(hooks: _Hooks, *, work: bool = True, largest: int = 4 * 1024 * 1024) -> App:
    """The application.

    Args:
        hooks: an ``AsyncHooks``.
        work: run a worker in this process, when the server has a lifespan.
        largest: bytes of a body beyond which the connection is answered with 413 unread.
    """

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(hooks if work else None, receive, send)
        elif scope["type"] == "http":
            await _answer(await _taken(hooks, scope, receive, largest), send)
        else:
            raise RuntimeError(f"webhooks come over HTTP, not over {scope['type']}")

    return app


async def _taken(hooks: _Hooks, scope: MutableMapping[str, Any], receive: Receive, largest: int) -> Answer:
    if scope["method"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Answer(499, "gone")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > largest:
            return Answer(413, "too large")
    delivery = Delivery(
        body=bytes(body),
        headers=scope["headers"],
        query=scope.get("query_string", b"").decode("latin-1"),
        path=scope["path"],
    )
    return await hooks.accept(delivery)


async def _answer(answer: Answer, send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(hooks: _Hooks | None, receive: Receive, send: Send) -> None:
    await receive()
    if hooks is None:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    else:
        async with hooks.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
    await send({"type": "lifespan.shutdown.complete"})
