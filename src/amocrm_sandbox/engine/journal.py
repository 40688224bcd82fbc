"""Journal of requests: the last ones, and counters over all of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from .messages import Request, Response

__all__ = ["JournalEntry", "Journal"]

HEAD = 4096
KEPT = 64 * 1024
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request as it arrived, and its answer.

    Nothing is masked here; what leaves through the control endpoint and the web page is.

    Attributes:
        number: Count from 1.
        at: Monotonic seconds of the arrival.
        operation: Operation id, or method and path of something that is not described.
        response_body: The answer's body, its first 64 KiB at most.
        response_size: Bytes of the whole body.
        dropped: Whether a fault kept the answer from the client.
        time: Unix seconds of the arrival on the sandbox's calendar.
        seconds: What carrying it out took, planted delays aside.
    """

    number: int
    at: float
    method: str
    target: str
    path: str
    operation: str
    client_id: str
    status: int
    request_headers: Mapping[str, str]
    request_body: bytes
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    response_size: int
    dropped: bool
    time: int
    seconds: float

    @property
    def response_head(self) -> bytes:
        """The first 4 KiB of the answer's body."""
        return self.response_body[:HEAD]

    def json(self) -> Any:
        """Return the decoded request body, or None."""
        return msgspec.json.decode(self.request_body) if self.request_body else None


class Journal:
    """The last requests, newest last, and counters that never forget until a reset.

    Args:
        size: Number of requests kept with their bodies, as long as the bodies stay below 64 MiB.

    Attributes:
        generation: Grows with every reset; tells readers that follow the numbers that these begin anew.
    """

    def __init__(self, size: int) -> None:
        self.generation = 0
        self._entries: deque[JournalEntry] = deque(maxlen=size)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.generation += 1
        self._entries.clear()
        self._bytes = 0
        self.total = 0
        self.operations: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    def add(
        self,
        request: Request,
        path: str,
        operation: str,
        client_id: str,
        at: float,
        response: Response,
        time: int = 0,
        seconds: float = 0.0,
    ) -> None:
        """Note one request."""
        self.total += 1
        self.operations[operation] += 1
        self.statuses[response.status] += 1
        body = response.body
        entry = JournalEntry(
            self.total,
            at,
            request.method,
            request.target,
            path,
            operation,
            client_id,
            response.status,
            request.headers,
            request.body,
            response.headers,
            body if len(body) <= KEPT else body[:KEPT],
            len(body),
            response.transmission.drop,
            time,
            seconds,
        )
        if len(self._entries) == self._entries.maxlen:
            self._forget()
        self._entries.append(entry)
        self._bytes += _weight(entry)
        while self._bytes > MOST_BYTES and len(self._entries) > 1:
            self._forget()

    def _forget(self) -> None:
        self._bytes -= _weight(self._entries.popleft())

    def after(self, number: int, most: int) -> list[JournalEntry]:
        """Return the newest of the requests that came after one with this number, oldest first.

        Args:
            number: Number of the last request that the reader knows; 0 for none.
            most: Greatest number of entries to return.
        """
        count = max(0, min(self.total - number, len(self._entries), most))
        return list(islice(self._entries, len(self._entries) - count, None))

    def numbered(self, number: int) -> JournalEntry | None:
        """Return the request with this number, or None when it is forgotten or never came."""
        index = number - self.total - 1
        return self._entries[index] if -len(self._entries) <= index < 0 else None

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> JournalEntry:
        return self._entries[index]

    def find(
        self, method: str | None = None, path: str | None = None, operation: str | None = None
    ) -> list[JournalEntry]:
        """Return the remembered requests with this method, exact path and operation, oldest first."""
        return [
            entry
            for entry in self._entries
            if (method is None or entry.method == method)
            and (path is None or entry.path == path)
            and (operation is None or entry.operation == operation)
        ]


def _weight(entry: JournalEntry) -> int:
    return len(entry.request_body) + len(entry.response_body)
