"""What the server has seen: the last requests and counters over all of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from .messages import Request, Response

__all__ = ["Entry", "Journal"]

HEAD = 4096
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """One request as it arrived and the status of its answer.

    Attributes:
        number: Count from 1.
        at: Monotonic seconds of the arrival.
        operation: Operation id, or method and path of something that is not described.
        response_head: The first 4 KiB of the answer's body.
        dropped: Whether a fault kept the answer from the client.
    """

    number: int
    at: float
    method: str
    target: str
    path: str
    operation: str
    client_id: str
    status: int
    request_body: bytes
    response_head: bytes
    dropped: bool

    def json(self) -> Any:
        """Return the decoded request body, or None."""
        return msgspec.json.decode(self.request_body) if self.request_body else None


class Journal:
    """The last requests, newest last, and counters that never forget until a reset.

    Args:
        size: Number of requests kept with their bodies, as long as the bodies stay below 64 MiB.
    """

    def __init__(self, size: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0
        self.total = 0
        self.operations: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    def add(
        self, request: Request, path: str, operation: str, client_id: str, at: float, response: Response
    ) -> None:
        """Note one request."""
        self.total += 1
        self.operations[operation] += 1
        self.statuses[response.status] += 1
        entry = Entry(
            self.total,
            at,
            request.method,
            request.target,
            path,
            operation,
            client_id,
            response.status,
            request.body,
            response.body[:HEAD],
            response.delivery.drop,
        )
        if len(self._entries) == self._entries.maxlen:
            self._forget()
        self._entries.append(entry)
        self._bytes += len(entry.request_body)
        while self._bytes > MOST_BYTES and len(self._entries) > 1:
            self._forget()

    def _forget(self) -> None:
        self._bytes -= len(self._entries.popleft().request_body)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def find(
        self, method: str | None = None, path: str | None = None, operation: str | None = None
    ) -> list[Entry]:
        """Return the remembered requests with this method, exact path and operation, oldest first."""
        return [
            entry
            for entry in self._entries
            if (method is None or entry.method == method)
            and (path is None or entry.path == path)
            and (operation is None or entry.operation == operation)
        ]
