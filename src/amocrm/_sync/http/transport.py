"""The one module of this variant that sends over HTTP: one request, once.

No redirect is followed, nothing is retried, no answer is read beyond a bound. A request under way is never
cancelled, because the HTTP library loses connections by that: its connection is shut down instead.
"""
# GENERATED from src/amocrm/_async/http/transport.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from amocrm._core.http.attempt import Answer
from amocrm._core.http.exchange import CURRENT, Exchange
from amocrm._core.http.responses import Inflater, decoded, failure_of, redirect_refused, too_large
from amocrm.errors import AmoCRMError, ConfigurationError, NotSentError, TransportError, UnansweredError
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Body, Response, Sink

from ..._io.http_library import httpx, library_of
from .._primitives import Interrupted, abortable, body_parts, to_thread
from .connections import Connections

__all__ = ["BaseTransport", "Transport"]

#: What can be passed in to be used instead of our own connections.
BaseTransport: TypeAlias = httpx.BaseTransport

#: Seconds to wait for a connection of the pool where a place for the request is taken: none is free by then only
#: if the pool has lost some.
_POOL_WAIT = 1.0


class Transport:
    """Sender of single requests.

    Args:
        http: a transport of the HTTP library to use instead of our own connections (a mock, a local
            application, one with special proxies). It is not closed by this object.
        proxy: address of a proxy; ``None`` takes the usual environment variables.
        verify: TLS settings for private certificate authorities; verification is never off by default.
        max_bytes: highest size of an answer after decompression.
        now: seconds that never go back.
    """

    def __init__(
        self,
        http: BaseTransport | None = None,
        *,
        proxy: str | None = None,
        verify: ssl.SSLContext | None = None,
        max_bytes: int = 64 * 1024 * 1024,
        now: Callable[[], float],
    ) -> None:
        self._given = http
        self._library = httpx if http is None else library_of(http)
        self._connections = Connections(proxy, verify)
        self._max = max_bytes
        self._now = now
        self._closed = False

    def send(
        self,
        op: Op,
        url: str,
        headers: Sequence[tuple[bytes, bytes]],
        content: Body | None,
        timeout: dict[str, float | None],
        sink: Sink | None = None,
    ) -> Answer:
        """Send once and return the answer, or the error in its place.

        The error is ``NotSentError`` if there was no connection, ``UnansweredError`` if no whole answer came,
        ``RedirectRefused`` or ``ResponseTooLarge``.

        Args:
            op: names the operation in errors.
            url: whole address, already encoded.
            headers: without ``host``, ``accept-encoding`` and lengths.
            content: body.
            timeout: seconds to ``connect``, ``read``, ``write``, for a free connection (``pool``), and for
                the ``total``.
            sink: takes the parts of a successful answer, which has no content then.

        Raises:
            ConfigurationError: it cannot be written as a request; nothing was sent.
        """
        if self._given is not None:
            request = self._request(op, url, headers, content, timeout)
            exchange = Exchange(self._now, timeout.get("total"), sink)
            return self._exchange(op, request, self._given, exchange)
        self._connections.prepare(url)  # another event loop has places of its own
        slots, seconds = self._connections.slots, timeout.get("pool")
        if (slot := slots.acquire(seconds)) is None:
            problem = f"{op.id} could not be sent: all connections were taken for {seconds or 0:.0f} s"
            return Answer(error=NotSentError(problem, op=op.id))
        try:
            request = self._request(op, url, headers, content, {**timeout, "pool": _POOL_WAIT})
            exchange = Exchange(self._now, timeout.get("total"), sink)
            return abortable(partial(self._over_the_pool, op, url, request, exchange), exchange.abort)
        finally:
            slots.release(slot)

    def prepare(self, url: str) -> None:
        """Make what the first connection needs, unless it is there: a slot of the limiter must not wait for it.

        Raises:
            ConfigurationError: the client is closed, or cannot be used here.
        """
        if self._closed:
            raise ConfigurationError("this client is closed; create a new one (nothing was sent)")
        if self._given is None:
            self._connections.prepare(url)

    def close(self) -> None:
        """Close our own connections; further requests are refused."""
        self._closed = True
        self._connections.close()

    def _over_the_pool(self, op: Op, url: str, request: Any, exchange: Exchange) -> Answer:
        answer = self._in_one_pool(op, url, request, exchange)
        if exchange.sent or exchange.aborted or not isinstance(answer.cause, _LOST):
            return answer
        if not isinstance(request.stream, httpx.ByteStream):
            return answer
        # No connection was free although a place was, or another call was broken off when its connection was ours.
        return self._in_one_pool(op, url, request, exchange)

    def _in_one_pool(self, op: Op, url: str, request: Any, exchange: Exchange) -> Answer:
        pool = self._connections.take(url)
        token = CURRENT.set(exchange)
        try:
            answer = self._exchange(op, request, pool.http, exchange)
            if isinstance(answer.cause, httpx.PoolTimeout):
                self._connections.retire(pool)
            return answer
        except BaseException:
            self._connections.retire(pool)  # Ctrl-C may have come anywhere, also inside the pool
            raise
        finally:
            CURRENT.reset(token)
            self._connections.give_back(pool)

    def _exchange(self, op: Op, request: Any, http: BaseTransport, exchange: Exchange) -> Answer:
        answered_at: float | None = None
        try:
            response: Any = http.handle_request(request)
            answered_at = self._now()
            try:
                body = self._read(op, response, exchange)
            finally:
                response.stream.close()
        except TransportError as error:
            return Answer(error=error, answered_at=answered_at)
        except Interrupted as error:
            if not exchange.aborted:
                raise
            return self._failed(op, request, error, exchange, answered_at)
        except self._library.HTTPError as error:
            return self._failed(op, request, error, exchange, answered_at)
        except Exception as error:
            # A transport of the user's own may raise anything; an assertion in it is meant for a test.
            ours = self._given is None or error is exchange.problem
            if ours or isinstance(error, AmoCRMError | AssertionError):
                raise
            answer = self._failed(op, request, error, exchange, answered_at)
            assert answer.error is not None
            answer.error.__cause__ = error
            return answer
        status = response.status_code
        headers = {
            key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers.raw
        }
        if 300 <= status < 400 and "location" in headers:
            redirect = redirect_refused(op, request.url.host, status, headers["location"])
            return Answer(error=redirect, answered_at=answered_at)
        whole = Response(status=status, headers=headers, content=body)
        return Answer(response=whole, answered_at=answered_at)

    def _failed(
        self, op: Op, request: Any, error: BaseException, exchange: Exchange, answered_at: float | None
    ) -> Answer:
        ours = self._given is None
        if ours and not exchange.sent and isinstance(error, self._library.LocalProtocolError):
            raise ConfigurationError(
                f"{op.id} cannot be written as an HTTP request; check its headers (nothing was sent)"
            ) from None
        unsent = type(error).__name__ in _UNSENT or (ours and not exchange.sent)
        failure = failure_of(op, request.url.host, error, unsent=unsent, late=exchange.is_late())
        return Answer(error=failure, cause=error, interrupted=exchange.aborted, answered_at=answered_at)

    def _read(self, op: Op, response: Any, exchange: Exchange) -> bytes:
        coding = response.headers.get("content-encoding")
        if exchange.sink is not None and response.status_code < 300:
            self._pass_on(op, response, exchange, exchange.sink, coding)
            return b""
        parts: list[bytes] = []
        size = 0
        for part in response.stream:
            size += len(part)
            if size > self._max:
                raise too_large(op, self._max)
            if parts and exchange.is_late():  # most answers come in one part
                raise UnansweredError(
                    f"the answer to {op.id} was not complete within Timeout.total; raise it, or ask for less at once",
                    op=op.id,
                )
            parts.append(part)
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        return body if coding is None or not body else decoded(op, body, coding, self._max)

    def _pass_on(
        self, op: Op, response: Any, exchange: Exchange, sink: Sink, coding: str | None
    ) -> None:
        """Hand the parts of an answer on as they come; its size is bounded by its receiver alone."""
        inflater = Inflater(op, coding)

        def give(call: Callable[[], object]) -> None:
            try:
                to_thread(call)
            except Exception as error:
                exchange.problem = error
                raise

        give(sink.begin)
        for part in response.stream:
            if exchange.is_late():
                raise UnansweredError(f"the answer to {op.id} was not there as a whole in time", op=op.id)
            for piece in inflater.pieces(part):
                give(partial(sink.write, piece))
        inflater.finish()

    def _request(
        self,
        op: Op,
        url: str,
        headers: Sequence[tuple[bytes, bytes]],
        content: Body | None,
        timeout: dict[str, Any],
    ) -> Any:
        library = self._library
        try:
            parsed = library.URL(url)
        except library.InvalidURL:
            raise ConfigurationError(
                f"the address of {op.id} must be a valid URL, got one of {len(url)} characters that is too long or contains "
                "invalid ones; ask for less at once (nothing was sent)"
            ) from None
        sent = [(b"host", parsed.netloc), (b"accept-encoding", b"gzip"), *headers]
        extensions = {"timeout": timeout}
        if content is None or isinstance(content, bytes):
            if content is not None:
                sent.append((b"content-length", b"%d" % len(content)))
            elif op.method not in ("GET", "HEAD", "DELETE"):
                sent.append((b"content-length", b"0"))
            stream = library.ByteStream(content or b"")
            return library.Request(op.method, parsed, headers=sent, stream=stream, extensions=extensions)
        stream = body_parts(content)
        return library.Request(op.method, parsed, headers=sent, content=stream, extensions=extensions)


#: Errors of a connection that was no more, or of a pool without one.
_LOST = (httpx.PoolTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
#: Errors which mean that nothing was sent but, at most, a question to a proxy.
_UNSENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol")
