"""The one module of this flavour that knows the HTTP library: sends one request once.

No redirect is followed, nothing is retried, no answer is read beyond a bound. The connections and their
TLS context are made at the first request, because making them costs more than importing everything else.
"""
# GENERATED from src/amocrm/_async/http/transport.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import os
import ssl
import threading
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx

from amocrm._core.http.attempt import Answer
from amocrm._core.http.hosts import host_of
from amocrm.errors import (
    ConfigurationError,
    NotSentError,
    RedirectRefused,
    ResponseTooLarge,
    TransportError,
    UnansweredError,
)
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Body, Response

__all__ = ["BaseTransport", "Transport"]

#: What can be passed in to be used instead of our own connections.
BaseTransport: TypeAlias = httpx.BaseTransport

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_GZIP = 31  # what zlib calls a window of 32 KiB inside a gzip frame
_POOL = httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=5.0)


class Transport:
    """Sends a request once and returns the answer, whatever its status.

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
        self._own = http is None
        self._http = http
        self._proxy, self._verify, self._max = proxy, verify, max_bytes
        self._now = now
        self._making = threading.Lock()

    def send(
        self,
        op: Op,
        url: str,
        headers: Sequence[tuple[bytes, bytes]],
        content: Body | None,
        timeout: dict[str, float | None],
    ) -> Answer:
        """Send once and return the answer, or the error in its place: ``NotSentError`` if there was no
        connection, ``UnansweredError`` if no whole answer came, ``RedirectRefused``, ``ResponseTooLarge``.

        Args:
            op: names the operation in errors.
            url: whole address, already encoded.
            headers: without ``host``, ``accept-encoding`` and lengths.
            content: body.
            timeout: seconds to ``connect``, ``read``, ``write`` and for a free connection (``pool``).
        """
        answered_at: float | None = None
        request = _request(op, url, headers, content, timeout)
        try:
            http = self._http or self._connect(url)
            response = http.handle_request(request)
            answered_at = self._now()
            try:
                body = self._read(op, response, timeout.get("whole"))
            finally:
                response.stream.close()  # type: ignore[union-attr]
        except httpx.HTTPError as error:
            return Answer(error=_failure(op, request, error), answered_at=answered_at)
        except TransportError as error:
            return Answer(error=error, answered_at=answered_at)
        status = response.status_code
        found = {
            key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers.raw
        }
        if 300 <= status < 400 and "location" in found:
            redirect = _redirect(op, request, status, found["location"])
            return Answer(error=redirect, answered_at=answered_at)
        answer = Response(status=status, headers=found, content=body)
        return Answer(response=answer, answered_at=answered_at)

    def prepare(self, url: str) -> None:
        """Makes what the first connection needs, unless it is there: a slot of the limiter must not wait for it."""
        if self._http is None:
            self._connect(url)

    def close(self) -> None:
        """Closes our own connections; the next request makes new ones."""
        if self._own and self._http is not None:
            http, self._http = self._http, None
            http.close()

    def _connect(self, url: str) -> BaseTransport:
        with self._making:  # two threads may come at once
            if self._http is None:
                proxy = self._proxy or _environment_proxy(url)
                verify: ssl.SSLContext | bool = True if self._verify is None else self._verify
                try:
                    self._http = httpx.HTTPTransport(verify=verify, limits=_POOL, proxy=proxy)
                except (ValueError, ImportError, httpx.InvalidURL) as error:
                    # Not its own words: the address of a proxy may hold a password.
                    raise ConfigurationError(
                        f"the proxy cannot be used ({type(error).__name__}); its address is like "
                        "'http://user:password@host:3128' ('socks5://…' needs pip install 'httpx[socks]'), from "
                        "proxy=… or the environment (HTTPS_PROXY, ALL_PROXY)"
                    ) from None
            return self._http

    def _read(self, op: Op, response: httpx.Response, whole: float | None) -> bytes:
        parts: list[bytes] = []
        size = 0
        give_up = None
        for part in response.stream:  # type: ignore[union-attr]
            size += len(part)
            if size > self._max:
                raise _too_large(op, self._max)
            if parts and whole is not None:  # most answers come in one part
                give_up = give_up or self._now() + whole
                if self._now() > give_up:
                    raise UnansweredError(
                        f"the answer to {op.id} was not there as a whole after {whole:.0f} s", op=op.id
                    )
            parts.append(part)
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        coding = response.headers.get("content-encoding")
        return body if coding is None or not body else _inflate(op, body, coding, self._max)


def _request(
    op: Op, url: str, headers: Sequence[tuple[bytes, bytes]], content: Body | None, timeout: dict[str, Any]
) -> httpx.Request:
    parsed = httpx.URL(url)
    sent = [(b"host", parsed.netloc), (b"accept-encoding", b"gzip"), *headers]
    extensions = {"timeout": timeout}
    if content is None or isinstance(content, bytes):
        if content is not None:
            sent.append((b"content-length", b"%d" % len(content)))
        elif op.method not in ("GET", "HEAD", "DELETE"):
            sent.append((b"content-length", b"0"))
        stream = httpx.ByteStream(content or b"")
        return httpx.Request(op.method, parsed, headers=sent, stream=stream, extensions=extensions)
    return httpx.Request(op.method, parsed, headers=sent, content=content, extensions=extensions)


def _inflate(op: Op, body: bytes, coding: str, limit: int) -> bytes:
    coding = coding.strip().lower()
    if coding == "identity":
        return body
    if coding not in ("gzip", "x-gzip"):
        raise UnansweredError(
            f"the answer to {op.id} came in an encoding that was not asked for ({coding[:20]})", op=op.id
        )
    inflater = zlib.decompressobj(_GZIP)
    try:
        whole = inflater.decompress(body, limit)
    except zlib.error:
        raise UnansweredError(f"the answer to {op.id} was damaged on its way", op=op.id) from None
    if inflater.unconsumed_tail:
        raise _too_large(op, limit)
    if not inflater.eof:
        raise UnansweredError(f"the answer to {op.id} was cut short", op=op.id)
    return whole


def _too_large(op: Op, limit: int) -> ResponseTooLarge:
    return ResponseTooLarge(
        f"the answer to {op.id} is larger than {limit} bytes and was cut off; raise max_response_bytes "
        "or ask for less at once",
        op=op.id,
        limit=limit,
    )


def _root(error: BaseException) -> OSError | None:
    """The failure of the operating system below it; the layers between wrap it in two ways."""
    found, seen = None, error.__cause__
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            found = seen
        wrapped = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        seen = seen.__cause__ or wrapped
    return found


def _failure(op: Op, request: httpx.Request, error: httpx.HTTPError) -> NotSentError | UnansweredError:
    # Only the kind and the operating system's words: the library's message may hold the whole address.
    cause = _root(error)
    host = request.url.host
    unsent = isinstance(error, _UNSENT)
    kind = NotSentError if unsent else UnansweredError
    words = _words_of(cause)
    what = f"could not be sent to {host}" if unsent else f"was sent to {host} but not answered"
    hint = "; whether it took effect is unknown" if not unsent and op.safety != "safe" else ""
    failure = kind(f"{op.id} {what} ({type(error).__name__}{words}){hint}", op=op.id)
    failure.__cause__ = cause
    return failure


def _words_of(cause: OSError | None) -> str:
    """What the operating system said, such as ``: Connection refused``."""
    if cause is None or not cause.strerror:
        return ""
    # asyncio puts words of its own, with the address, into the place of the system's.
    number = cause.errno or 0
    return f": {os.strerror(number) if number > 0 else cause.strerror}"


def _redirect(op: Op, request: httpx.Request, status: int, location: str) -> RedirectRefused:
    host = host_of(location)
    return RedirectRefused(
        f"{op.id} was answered by {request.url.host} with a redirect ({status}) to {host or 'itself'}, which is "
        "not followed with credentials; check the subdomain, the account may have been renamed",
        op=op.id,
        status=status,
        location=host,
    )


def _environment_proxy(url: str) -> str | None:
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass  # slow to import and rarely needed

    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
