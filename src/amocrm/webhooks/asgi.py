"""ASGI application around ``AsyncWebhookReceiver``: served alone or mounted into Starlette, FastAPI and others.

    receiver = AsyncWebhookReceiver(secret=...)
    app = asgi_app(receiver)                   # uvicorn myapp:app

Served alone it runs a worker between startup and shutdown. A framework that mounts it does not pass these on.
Then the worker starts with the first request and ends with the process. It does not wait for the deliveries in
progress (they are handled again later), and a warning says so once. To start and stop it in order, enter
``receiver.running()`` in the framework's own lifespan.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Final, Protocol, TypeAlias

from ._delivery import Answer, Delivery
from ._parsing.php_forms import BodyLimits

__all__ = ["asgi_app"]

_log: Final = logging.getLogger("amocrm.webhooks")

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _Receiver(Protocol):
    @property
    def limits(self) -> BodyLimits: ...

    def check_address(self, path: str, query: str, /) -> Answer | None: ...

    async def accept(self, delivery: Delivery, /) -> Answer: ...

    @property
    def is_working(self) -> bool: ...

    def running(self) -> AbstractAsyncContextManager[Any]: ...


def asgi_app(
    receiver: _Receiver, *, work: bool = True, max_body_bytes: int | None = None, timeout: float = 10.0
) -> App:
    """Return the ASGI application.

    Args:
        receiver: an ``AsyncWebhookReceiver``.
        work: run a worker in this process.
        max_body_bytes: largest body in bytes, by default the bound of the receiver; a longer one is answered with 413.
        timeout: seconds to wait for the body; the platform sends it at once.

    Raises:
        TypeError: ``receiver`` is not an ``AsyncWebhookReceiver``.
    """
    if not inspect.iscoroutinefunction(receiver.accept):
        raise TypeError(
            "receiver must be an AsyncWebhookReceiver, got WebhookReceiver; use amocrm.webhooks.wsgi.wsgi_app"
        )
    bound = receiver.limits.bytes if max_body_bytes is None else max_body_bytes
    late = _LateWorker(receiver) if work else None

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receiver if work else None, receive, send)
        elif scope["type"] == "http":
            if late is not None and not receiver.is_working:
                late.start()
            await _answer(await _accept(receiver, scope, receive, bound, timeout), send)
        else:
            raise RuntimeError(
                f"the request must be HTTP, got {scope['type']}; route other protocols elsewhere"
            )

    return app


class _LateWorker:
    """Worker of an application that received no startup; it runs in the event loop of the first request."""

    def __init__(self, receiver: _Receiver) -> None:
        self._receiver = receiver
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the worker unless it runs."""
        loop = asyncio.get_running_loop()
        if self._task is not None and not self._task.done() and self._task.get_loop() is loop:
            return
        _log.warning(
            "asgi_app received no startup event, as when it is mounted: its worker starts now, and the process ends "
            "without waiting for it; enter receiver.running() in the lifespan of the outer application, or write "
            "asgi_app(receiver, work=False) if another process runs the worker"
        )
        self._task = loop.create_task(self._work())

    async def _work(self) -> None:
        async with self._receiver.running():
            await asyncio.get_running_loop().create_future()  # until it is cancelled


async def _accept(
    receiver: _Receiver,
    scope: MutableMapping[str, Any],
    receive: Receive,
    max_body_bytes: int,
    timeout: float,
) -> Answer:
    if scope["method"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
    refusal = receiver.check_address(path, query)
    if refusal is not None:
        return refusal  # the body is not read without the secret
    try:
        async with asyncio.timeout(timeout):
            body = await _body(receive, max_body_bytes)
    except TimeoutError:
        return Answer(408, "too slow")
    if isinstance(body, Answer):
        return body
    return await receiver.accept(Delivery(body=body, headers=scope["headers"], query=query, path=path))


async def _body(receive: Receive, max_body_bytes: int) -> bytes | Answer:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Answer(499, "gone")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > max_body_bytes:
            return Answer(413, "too large")
    return bytes(body)


async def _answer(answer: Answer, send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(receiver: _Receiver | None, receive: Receive, send: Send) -> None:
    await receive()
    async with AsyncExitStack() as stack:
        if receiver is not None:
            try:
                await stack.enter_async_context(receiver.running())
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
