"""A small HTTP server of the standard library on the loopback address, for development and tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from ..webhooks._receiving.delivery import Answer, Delivery

__all__ = ["LocalServer"]


class LocalServer:
    """Hands every request to a function and answers what it returns. Not for the open net.

    Args:
        take: called on a thread of the server.
        port: 0 for a free one.
        largest: bytes of a body beyond which it is answered with 413 unread.

    Example:
        >>> with LocalServer(hooks.accept) as server:
        ...     print(server.url)
        http://127.0.0.1:...
    """

    def __init__(
        self, take: Callable[[Delivery], Answer], *, port: int = 0, largest: int = 4 * 1024 * 1024
    ) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(take, largest))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its address without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _handler(take: Callable[[Delivery], Answer], largest: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        # Head and body in one packet: two of them cost the sender's delayed acknowledgement, 40 ms.
        wbufsize = 64 * 1024

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isdecimal():
                return self._answer(Answer(411, "length required"))
            if len(length) > 18 or int(length) > largest:
                return self._answer(Answer(413, "too large"))
            return self._take(self.rfile.read(int(length)))

        def do_GET(self) -> None:
            self._take(b"")

        def _take(self, body: bytes) -> None:
            address = urlsplit(self.path)
            delivery = Delivery(
                body=body, headers=self.headers.items(), query=address.query, path=address.path
            )
            self._answer(take(delivery))

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.status >= 400:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing: the address holds the secret."""

    return Handler
