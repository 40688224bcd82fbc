"""A plain ASGI application around a router: to be served alone or mounted into Starlette, FastAPI and others.

    hooks = AsyncHooks(secret=...)
    app = asgi_app(hooks)                   # uvicorn myapp:app

Served alone it runs a worker between startup and shutdown. A framework into which it is mounted does not
pass these on: enter ``hooks.running()`` in the framework's own lifespan, or work in another process.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Protocol, TypeAlias

from ._parsing.php_forms import Limits
from ._receiving.delivery import Answer, Delivery

__all__ = ["asgi_app"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _Hooks(Protocol):
    @property
    def limits(self) -> Limits: ...

    def refusal(self, path: str, query: str, /) -> Answer | None: ...

    async def accept(self, delivery: Delivery, /) -> Answer: ...

    def running(self) -> AbstractAsyncContextManager[Any]: ...


def asgi_app(hooks: _Hooks, *, work: bool = True, largest: int | None = None, patience: float = 10.0) -> App:
    """The application.

    Args:
        hooks: an ``AsyncHooks``.
        work: run a worker in this process, when the server has a lifespan.
        largest: bytes of a body beyond which it is answered with 413 unread; by default the bound of the router.
        patience: seconds for which the body is waited for; the platform sends it at once.
    """
    if not inspect.iscoroutinefunction(hooks.accept):
        raise TypeError("asgi_app takes an AsyncHooks; for Hooks there is amocrm.webhooks.wsgi.wsgi_app")
    bound = hooks.limits.bytes if largest is None else largest

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(hooks if work else None, receive, send)
        elif scope["type"] == "http":
            await _answer(await _taken(hooks, scope, receive, bound, patience), send)
        else:
            raise RuntimeError(f"webhooks come over HTTP, not over {scope['type']}")

    return app


async def _taken(
    hooks: _Hooks, scope: MutableMapping[str, Any], receive: Receive, largest: int, patience: float
) -> Answer:
    if scope["method"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
    refusal = hooks.refusal(path, query)
    if refusal is not None:
        return refusal  # nothing is read of what a stranger sends
    try:
        async with asyncio.timeout(patience):
            body = await _body(receive, largest)
    except TimeoutError:
        return Answer(408, "too slow")
    if isinstance(body, Answer):
        return body
    return await hooks.accept(Delivery(body=body, headers=scope["headers"], query=query, path=path))


async def _body(receive: Receive, largest: int) -> bytes | Answer:
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
    return bytes(body)


async def _answer(answer: Answer, send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(hooks: _Hooks | None, receive: Receive, send: Send) -> None:
    await receive()
    async with AsyncExitStack() as stack:
        if hooks is not None:
            try:
                await stack.enter_async_context(hooks.running())
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
