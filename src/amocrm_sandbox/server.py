"""The sandbox over HTTP/1.1: asyncio and h11, so that every planted fault is under full control."""

from __future__ import annotations

import asyncio
import ssl
import threading
import traceback
from types import TracebackType
from typing import Any

import h11

from .app import Sandbox
from .certificate import NAMES, Certificate
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

    def __init__(
        self,
        sandbox: Sandbox,
        open_connections: set[_Connection],
        tls: ssl.SSLContext | None = None,
        scheme: str = "http",
    ) -> None:
        self._sandbox = sandbox
        self._open = open_connections
        self._tls = tls
        self._scheme = scheme
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
        # Behind a tunnel the first request may have come with the end of the handshake.
        self._pump()

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
        if head.method == b"CONNECT":
            self._tunnel(head.target.decode("latin-1"))
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(
            head.method.decode(),
            head.target.decode("latin-1"),
            headers.get("host", "localhost"),
            headers,
            bytes(self._body),
            self._scheme,
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

    # ---- names

    def _tunnel(self, target: str) -> None:
        """Answer CONNECT, as a proxy does: names of the vendor lead to this sandbox, all others nowhere."""
        transport, context = self._transport, self._tls
        if transport is None:
            return
        host = target.rpartition(":")[0].lower()
        if context is None or not any(_covers(name, host) for name in NAMES):
            transport.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.close()
            return
        transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._busy = asyncio.get_running_loop().create_task(self._secure(transport, context))

    async def _secure(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        inner = _Connection(self._sandbox, self._open, context, "https")
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, inner, context, server_side=True)
        except OSError:
            # The client does not trust the certificate, or went away.
            transport.abort()
            return
        self._open.discard(self)
        if secured is not None:
            inner.connection_made(secured)

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


def _covers(name: str, host: str) -> bool:
    """Tell whether a name of the certificate, perhaps with a wildcard for its first label, covers a host."""
    return host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:])


async def serve(
    sandbox: Sandbox,
    stop: asyncio.Event,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Any = None,
    certificate: Certificate | None = None,
    tls_port: int = 0,
) -> None:
    """Serve a sandbox until an event is set; its webhooks are posted meanwhile.

    Args:
        sandbox: The account to serve.
        stop: Ends the server; open connections are closed.
        host: Address to listen on.
        port: Port, 0 for a free one.
        ready: Called with both ports once connections are taken; the second is None without a certificate.
        certificate: Makes the sandbox listen with TLS as well, on a port of its own, and turns the plain port into a
            proxy that leads the vendor's names (`https://demo.amocrm.ru`) here.
        tls_port: Port of TLS, 0 for a free one.
    """
    connections: set[_Connection] = set()
    loop = asyncio.get_running_loop()
    context = certificate.context() if certificate else None
    plain = await loop.create_server(
        lambda: _Connection(sandbox, connections, context), host, port, backlog=512
    )
    servers = [plain]
    sandbox.webhooks.start()
    try:
        if context is not None:
            servers.append(
                await loop.create_server(
                    lambda: _Connection(sandbox, connections, context, "https"),
                    host,
                    tls_port,
                    ssl=context,
                    backlog=512,
                )
            )
        if ready is not None:
            ports = [server.sockets[0].getsockname()[1] for server in servers]
            ready(ports[0], ports[1] if context is not None else None)
        await stop.wait()
    finally:
        await asyncio.to_thread(sandbox.webhooks.stop)
        for server in servers:
            server.close()
        for connection in list(connections):
            connection.close()


class SandboxServer:
    """A sandbox over real sockets, in a thread of its own.

    Args:
        sandbox: The account to serve; None makes one from the options.
        host: Address to listen on.
        port: Port, 0 for a free one.
        certificate: Serves the account with TLS as well (see `serve`): at `tls_url`, and under the vendor's names for
            clients that take `url` for their HTTPS proxy.
        **options: Arguments of `Sandbox`.

    Example:
        >>> with SandboxServer(limits=False) as server:
        ...     print(server.url.startswith("http://127.0.0.1:"))
        True
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        **options: Any,
    ) -> None:
        self.sandbox = sandbox or Sandbox(**options)
        self._owns = sandbox is None
        self._host, self._asked_port = host, port
        self.certificate = certificate
        self.port = 0
        self.tls_port: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Address of the account, without a trailing slash."""
        return f"http://{self._host}:{self.port}"

    @property
    def tls_url(self) -> str | None:
        """Address of the account with TLS, or None when there is no certificate."""
        return f"https://{self._host}:{self.tls_port}" if self.tls_port else None

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

            def opened(port: int, tls_port: int | None) -> None:
                self.port, self.tls_port = port, tls_port
                ready.set()

            await serve(self.sandbox, self._stop, self._host, self._asked_port, opened, self.certificate)

        try:
            asyncio.run(main())
        except BaseException as error:
            self._failure = error
        finally:
            ready.set()
