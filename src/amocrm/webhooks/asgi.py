"""ASGI application around ``AsyncHooks``: served alone or mounted into Starlette, FastAPI and others.

    hooks = AsyncHooks(secret=...)
    app = asgi_app(hooks)                   # uvicorn myapp:app

Served alone it runs a worker between startup and shutdown. A framework that mounts it does not pass these on.
Then the worker starts with the first request and ends with the process. It does not wait for the deliveries in
progress (they are handled again later), and a warning says so once. To start and stop it in order, enter
``hooks.running()`` in the framework's own lifespan.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Final, Protocol, TypeAlias

from ._parsing.php_forms import Limits
from ._receiving.delivery import Answer, Delivery

__all__ = ["asgi_app"]

_log: Final = logging.getLogger("amocrm.webhooks")

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _Hooks(Protocol):
    @property
    def limits(self) -> Limits: ...

    def refusal(self, path: str, query: str, /) -> Answer | None: ...

    async def accept(self, delivery: Delivery, /) -> Answer: ...

    @property
    def is_working(self) -> bool: ...

    def running(self) -> AbstractAsyncContextManager[Any]: ...


def asgi_app(hooks: _Hooks, *, work: bool = True, largest: int | None = None, patience: float = 10.0) -> App:
    """Return the ASGI application.

    Args:
        hooks: an ``AsyncHooks``.
        work: run a worker in this process.
        largest: longest body in bytes, by default the bound of the receiver; a longer one is answered with 413.
        patience: seconds to wait for the body; the platform sends it at once.

    Raises:
        TypeError: ``hooks`` is not an ``AsyncHooks``.
    """
    if not inspect.iscoroutinefunction(hooks.accept):
        raise TypeError("hooks must be an AsyncHooks, got Hooks; use amocrm.webhooks.wsgi.wsgi_app")
    bound = hooks.limits.bytes if largest is None else largest
    late = _LateWorker(hooks) if work else None

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(hooks if work else None, receive, send)
        elif scope["type"] == "http":
            if late is not None and not hooks.is_working:
                late.start()
            await _answer(await _accept(hooks, scope, receive, bound, patience), send)
        else:
            raise RuntimeError(
                f"the request must be HTTP, got {scope['type']}; route other protocols elsewhere"
            )

    return app


class _LateWorker:
    """Worker of an application that received no startup; it runs in the event loop of the first request."""

    def __init__(self, hooks: _Hooks) -> None:
        self._hooks = hooks
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the worker unless it runs."""
        loop = asyncio.get_running_loop()
        if self._task is not None and not self._task.done() and self._task.get_loop() is loop:
            return
        _log.warning(
            "asgi_app received no startup event, as when it is mounted: its worker starts now, and the process ends "
            "without waiting for it; enter hooks.running() in the lifespan of the outer application, or write "
            "asgi_app(hooks, work=False) if another process runs the worker"
        )
        self._task = loop.create_task(self._work())

    async def _work(self) -> None:
        async with self._hooks.running():
            await asyncio.get_running_loop().create_future()  # until it is cancelled


async def _accept(
    hooks: _Hooks, scope: MutableMapping[str, Any], receive: Receive, largest: int, patience: float
) -> Answer:
    if scope["method"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
    refusal = hooks.refusal(path, query)
    if refusal is not None:
        return refusal  # the body is not read without the secret
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
