"""A server that says exactly what a test tells it to, byte by byte."""
# GENERATED from tests/shell_async/_raw.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["Raw", "raw"]


class Raw:
    """What a raw server has seen: requests as they came, the bytes that it got rid of, and
    a semaphore that each connection releases when it was closed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[str] = []
        self.closed = threading.Semaphore(0)
        self.sent = 0


@contextmanager
def raw(pieces: Iterable[bytes], *, times: int = 1) -> Iterator[Raw]:
    """A server that answers each connection with ``pieces`` and closes it."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    ended = threading.Event()
    seen = Raw(f"http://127.0.0.1:{listening.getsockname()[1]}")

    def answer() -> None:
        answered = 0
        while answered < times and not ended.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            with connection, suppress(OSError):
                connection.settimeout(10)
                text = _head(connection)
                if text is None:
                    continue  # somebody who looked in and said nothing
                answered += 1
                seen.requests.append(text)
                for piece in pieces:
                    connection.sendall(piece)
                    seen.sent += len(piece)
            seen.closed.release()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join(15)
        listening.close()


def _head(connection: socket.socket) -> str | None:
    """All up to the blank line, ``None`` if the other side ends before."""
    text = b""
    while b"\r\n\r\n" not in text:
        more = connection.recv(65_536)
        if not more:
            return None
        text += more
    return text.decode("latin-1")
