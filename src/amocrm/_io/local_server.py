"""HTTP server of the standard library on the loopback address, for a login, development and tests.

It answers each request on a thread of its own. It is not meant for an open network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import attrs

__all__ = ["LocalRequest", "LocalResponse", "LocalServer"]

#: Seconds for which a connection may stay silent.
_IDLE_TIMEOUT: Final = 30.0
_SHUTDOWN_POLL: Final = 0.05
_LAST_RESPONSES: Final = 0.5


@attrs.frozen(kw_only=True, repr=False)
class LocalRequest:
    """Request that arrived. It may hold a secret, so it has no ``repr`` of its content.

    Attributes:
        target: path and query as they were sent.
        headers: name and value pairs.
        body: bytes, empty for a ``GET``.
        method: in upper case.
    """

    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    method: str = "POST"

    @property
    def path(self) -> str:
        """Path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        """Query without the question mark."""
        return urlsplit(self.target).query


@attrs.frozen
class LocalResponse:
    """Response to send."""

    status: int
    body: bytes
    content_type: str = "text/plain"
    headers: Mapping[str, str] = attrs.field(factory=dict)


class LocalServer:
    """Server that hands each request to a function.

    Args:
        handle: called on a thread of the server.
        host: loopback address to listen at.
        port: 0 for a free one.
        max_body_bytes: a longer body is answered with 413 unread.
        methods: HTTP methods that are taken; any other one is answered with 501.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        handle: Callable[[LocalRequest], LocalResponse],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        max_body_bytes: int = 4 * 1024 * 1024,
        methods: Sequence[str] = ("GET", "POST"),
    ) -> None:
        self._responses = _Responses()
        self._server = ThreadingHTTPServer(
            (host, port), _handler_class(handle, max_body_bytes, self._responses, methods)
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_SHUTDOWN_POLL,), daemon=True
        )

    @property
    def url(self) -> str:
        """Address without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; responses that are being made get half a second to leave."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._responses.wait(_LAST_RESPONSES)
        self._server.server_close()


class _Responses:
    """Count of responses that are being made."""

    def __init__(self) -> None:
        self._count, self._changed = 0, threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until there is none, for so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)


def _handler_class(
    handle: Callable[[LocalRequest], LocalResponse],
    max_body_bytes: int,
    responses: _Responses,
    methods: Sequence[str],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE_TIMEOUT
        # Head and body in one packet: two of them cost the sender's delayed acknowledgement, 40 ms.
        wbufsize = 64 * 1024

        def answer_method(self) -> None:
            length = self.headers.get("content-length", "" if self.command == "POST" else "0")
            if not length.isdecimal():
                return self._answer(LocalResponse(411, b"length required"))
            if len(length) > 18 or int(length) > max_body_bytes:
                return self._answer(LocalResponse(413, b"too large"))
            return self._handle(self.rfile.read(int(length)))

        def _handle(self, body: bytes) -> None:
            with responses:
                request = LocalRequest(
                    target=self.path, headers=self.headers.items(), body=body, method=self.command
                )
                self._answer(handle(request))
                self.wfile.flush()

        def _answer(self, response: LocalResponse) -> None:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.status >= 400:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing: the request line holds a secret or a code."""

    for method in methods:
        setattr(Handler, f"do_{method}", Handler.answer_method)
    return Handler
