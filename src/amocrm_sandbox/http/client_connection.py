"""One client connection of the server, HTTP/1.1 by h11: it controls every byte of a planted fault."""

from __future__ import annotations

import asyncio
import ssl
import time
import traceback
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import h11

from ..app import Sandbox
from ..engine.messages import TITLES, Request, Response, html_page, problem
from ..exchange import HttpExchange
from .certificate import NAMES

__all__ = ["Connection", "Pool"]

# As of the front of the real service, as far as it is known, or of its kind: nginx with its defaults.
LONGEST_HEAD = 32 * 2**10
LARGEST_BODY = 32 * 2**20
PATIENCE = 60.0
# An answer with one of these ends with its head.
_WITHOUT_BODY = frozenset({204, 304})


class Pool:
    """The open connections of a server, so many at most; of those that wait for a request the first makes room.

    Args:
        most: Greatest number of connections.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, float] = {}

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, connection: Connection) -> bool:
        """Take a connection in; return False if there is no room and no idle connection to close."""
        if len(self._open) >= self.most:
            if not self._waiting:
                return False
            idle = next(iter(self._waiting))
            idle.close()
            self.closed(idle)
        self._open.add(connection)
        self.waits(connection)
        return True

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def waits(self, connection: Connection) -> None:
        """Note that a connection waits for bytes of its client from now on."""
        if connection in self._open:
            self._waiting.pop(connection, None)
            self._waiting[connection] = time.monotonic()

    def works(self, connection: Connection) -> None:
        """Note that a connection is about to answer."""
        self._waiting.pop(connection, None)

    def sweep(self, timeout: float = PATIENCE) -> None:
        """Close the connections whose clients have sent nothing for so many seconds."""
        oldest = time.monotonic() - timeout
        for connection in [connection for connection, since in self._waiting.items() if since <= oldest]:
            connection.close()
            self.closed(connection)

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._open):
            connection.close()


def _finish(exchange: HttpExchange) -> Response:
    try:
        return exchange.finish()
    except Exception:
        # A bug of the sandbox: the client must see a server that fails, the developer the reason.
        traceback.print_exc()
        return problem(500, "An unknown error occurred.")


class Connection(asyncio.Protocol):
    """One client connection: requests in order, each answered as its delivery says."""

    def __init__(
        self,
        sandbox: Sandbox,
        pool: Pool,
        tls: ssl.SSLContext | None = None,
        scheme: str = "http",
    ) -> None:
        self._sandbox = sandbox
        self._pool = pool
        self._tls = tls
        self._scheme = scheme
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self._transport: asyncio.Transport | None = None
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._busy: asyncio.Task[None] | None = None
        self._is_stuck = False

    # ---- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._pool.opened(self):
            self._refuse(503)
            return
        # Behind a tunnel the first request may have come with the end of the handshake.
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; an answer that is on its way is given up."""
        self._pool.closed(self)
        self._transport = None
        if self._busy is not None:
            self._busy.cancel()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of a client that does not wait for its answers are left in the socket."""
        self._http.receive_data(data)
        self._pump()
        if self._busy is not None and self._transport is not None:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """Pause answering, because the client does not read."""
        self._is_stuck = True

    def resume_writing(self) -> None:
        """Go on answering, because the client reads again."""
        self._is_stuck = False
        self._pump()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    # ---- requests

    def _pump(self) -> None:
        while self._busy is None and not self._is_stuck and self._transport is not None:
            self._transport.resume_reading()
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                self._refuse(error.error_status_hint)
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                self._pool.waits(self)
                return
            if isinstance(event, h11.Request):
                self._head = event
                self._body.clear()
                if self._http.they_are_waiting_for_100_continue:
                    self._send(h11.InformationalResponse(status_code=100, headers=[]))
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > LARGEST_BODY:
                    self._refuse(413)
                    return
            elif isinstance(event, h11.EndOfMessage):
                self._pool.works(self)
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
        transmission = response.transmission
        if transmission.delay or transmission.chunk_delay:
            self._busy = asyncio.get_running_loop().create_task(self._deliver_later(response, request.method))
        else:
            self._deliver(response, request.method)

    async def _answer_later(self, exchange: HttpExchange, method: str) -> None:
        await asyncio.sleep(exchange.inbound_delay)
        await self._deliver_later(_finish(exchange), method)

    async def _deliver_later(self, response: Response, method: str) -> None:
        transmission = response.transmission
        if transmission.delay:
            await asyncio.sleep(transmission.delay)
        if not transmission.chunk_delay or transmission.drop:
            self._busy = None
            self._deliver(response, method)
        else:
            self._start(response)
            body = b"" if method == "HEAD" else response.body
            size = max(1, -(-len(body) // transmission.chunks))
            for start in range(0, len(body), size):
                await asyncio.sleep(transmission.chunk_delay)
                self._send(h11.Data(data=body[start : start + size]))
            self._busy = None
            self._end()
        self._pump()

    def _refuse(self, status: int) -> None:
        """Answer a malformed or oversized request with the page of a gateway, and close."""
        if self._transport is None:
            return
        page = html_page(status)
        head = f"HTTP/1.1 {status} {TITLES.get(status, 'Error')}\r\nContent-Type: text/html\r\n"
        head += f"Date: {formatdate(self._sandbox.clock.now(), usegmt=True)}\r\n"
        head += f"Content-Length: {len(page.body)}\r\nConnection: close\r\n\r\n"
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._transport.write(head.encode() + page.body)
        self.close()

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
        inner = Connection(self._sandbox, self._pool, context, "https")
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, inner, context, server_side=True)
        except OSError:
            # The client does not trust the certificate, or went away.
            transport.abort()
            return
        self._pool.closed(self)
        if secured is not None:
            inner.connection_made(secured)

    # ---- answers

    def _deliver(self, response: Response, method: str) -> None:
        if response.status in _WITHOUT_BODY:
            response = replace(response, body=b"")
        transmission = response.transmission
        if transmission.drop:
            if self._transport is not None:
                self._transport.abort()
            return
        if transmission.keep is not None and transmission.keep < len(response.body):
            self._start(response)
            if transmission.keep:
                self._send(h11.Data(data=response.body[: transmission.keep]))
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
        if response.status not in _WITHOUT_BODY:
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
