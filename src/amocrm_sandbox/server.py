"""The sandbox over HTTP/1.1: asyncio and h11, so that every planted fault is under full control."""

from __future__ import annotations

import asyncio
import threading
import traceback
from types import TracebackType
from typing import Any

import h11

from .app import Sandbox
from .exchange import Exchange
from .messages import Request, Response, problem

__all__ = ["SandboxServer", "serve"]


def _finish(exchange: Exchange) -> Response:
    try:
        return exchange.finish()
    except Exception:
        # A bug of the sandbox: the client must see a server that fails, the developer the reason.
        traceback.print_exc()
        return problem(500, "An unknown error occurred.")


class _Connection(asyncio.Protocol):
    """One client connection: requests in order, each answered as its delivery says."""

    def __init__(self, sandbox: Sandbox, open_connections: set[_Connection]) -> None:
        self._sandbox = sandbox
        self._open = open_connections
        self._http = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport | None = None
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._busy: asyncio.Task[None] | None = None

    # ---- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; an answer that is on its way is given up."""
        self._open.discard(self)
        self._transport = None
        if self._busy is not None:
            self._busy.cancel()

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        self._http.receive_data(data)
        self._pump()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    # ---- requests

    def _pump(self) -> None:
        while self._busy is None and self._transport is not None:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self.close()
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._head = event
                self._body.clear()
                if self._http.they_are_waiting_for_100_continue:
                    self._send(h11.InformationalResponse(status_code=100, headers=[]))
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._answer()
            else:
                self.close()
                return

    def _answer(self) -> None:
        head = self._head
        assert head is not None
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(
            head.method.decode(),
            head.target.decode("latin-1"),
            headers.get("host", "localhost"),
            headers,
            bytes(self._body),
            "http",
        )
        exchange = self._sandbox.begin(request)
        if exchange.inbound_delay:
            self._busy = asyncio.get_running_loop().create_task(self._answer_later(exchange, request.method))
            return
        response = _finish(exchange)
        delivery = response.delivery
        if delivery.delay or delivery.chunk_delay:
            self._busy = asyncio.get_running_loop().create_task(self._deliver_later(response, request.method))
        else:
            self._deliver(response, request.method)

    async def _answer_later(self, exchange: Exchange, method: str) -> None:
        await asyncio.sleep(exchange.inbound_delay)
        await self._deliver_later(_finish(exchange), method)

    async def _deliver_later(self, response: Response, method: str) -> None:
        delivery = response.delivery
        if delivery.delay:
            await asyncio.sleep(delivery.delay)
        if not delivery.chunk_delay or delivery.drop:
            self._busy = None
            self._deliver(response, method)
        else:
            self._start(response)
            size = max(1, -(-len(response.body) // delivery.chunks))
            for start in range(0, len(response.body), size):
                await asyncio.sleep(delivery.chunk_delay)
                self._send(h11.Data(data=response.body[start : start + size]))
            self._busy = None
            self._end()
        self._pump()

    # ---- answers

    def _deliver(self, response: Response, method: str) -> None:
        delivery = response.delivery
        if delivery.drop:
            if self._transport is not None:
                self._transport.abort()
            return
        if delivery.keep is not None and delivery.keep < len(response.body):
            self._start(response)
            if delivery.keep:
                self._send(h11.Data(data=response.body[: delivery.keep]))
            self.close()
            return
        parts = self._http.send(self._response(response)) or b""
        if response.body and method != "HEAD":
            parts += self._http.send(h11.Data(data=response.body)) or b""
        parts += self._http.send(h11.EndOfMessage()) or b""
        if self._transport is not None:
            self._transport.write(parts)
        self._next()

    def _response(self, response: Response) -> h11.Response:
        headers: list[Any] = list(response.headers)
        if response.status != 204:
            headers.append(("Content-Length", str(len(response.body))))
        return h11.Response(status_code=response.status, headers=headers)

    def _start(self, response: Response) -> None:
        self._send(self._response(response))

    def _end(self) -> None:
        self._send(h11.EndOfMessage())
        self._next()

    def _next(self) -> None:
        if self._http.our_state is h11.MUST_CLOSE or self._http.their_state is h11.MUST_CLOSE:
            self.close()
        else:
            self._http.start_next_cycle()

    def _send(self, event: Any) -> None:
        data = self._http.send(event)
        if data and self._transport is not None:
            self._transport.write(data)


async def serve(
    sandbox: Sandbox, stop: asyncio.Event, host: str = "127.0.0.1", port: int = 0, ready: Any = None
) -> None:
    """Serve a sandbox until an event is set.

    Args:
        sandbox: The account to serve.
        stop: Ends the server; open connections are closed.
        host: Address to listen on.
        port: Port, 0 for a free one.
        ready: Called with the port once connections are taken.
    """
    connections: set[_Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(sandbox, connections), host, port, backlog=512)
    try:
        if ready is not None:
            ready(server.sockets[0].getsockname()[1])
        await stop.wait()
    finally:
        server.close()
        for connection in list(connections):
            connection.close()


class SandboxServer:
    """A sandbox over real sockets, in a thread of its own.

    Args:
        sandbox: The account to serve; None makes one from the options.
        host: Address to listen on.
        port: Port, 0 for a free one.
        **options: Arguments of `Sandbox`.

    Example:
        >>> with SandboxServer(limits=False) as server:
        ...     print(server.url.startswith("http://127.0.0.1:"))
        True
    """

    def __init__(
        self, sandbox: Sandbox | None = None, host: str = "127.0.0.1", port: int = 0, **options: Any
    ) -> None:
        self.sandbox = sandbox or Sandbox(**options)
        self._owns = sandbox is None
        self._host, self._asked_port = host, port
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Address of the account, without a trailing slash."""
        return f"http://{self._host}:{self.port}"

    def start(self) -> SandboxServer:
        """Start the thread and wait until connections are taken.

        Raises:
            OSError: The port is taken.
        """
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="amocrm-sandbox", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop the server; a sandbox that was made here is closed."""
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = None
        if self._owns:
            self.sandbox.close()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: threading.Event) -> None:
        async def main() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

            def opened(port: int) -> None:
                self.port = port
                ready.set()

            await serve(self.sandbox, self._stop, self._host, self._asked_port, opened)

        try:
            asyncio.run(main())
        except BaseException as error:
            self._failure = error
        finally:
            ready.set()
