"""Inbox in one SQLite file. Every change is one transaction that is synced to disk."""
# GENERATED from src/amocrm/_async/webhooks/sqlite_inbox.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from amocrm._core.arguments import checked
from amocrm.webhooks._delivery import Delivery
from amocrm.webhooks._receiving import sqlite_statements as steps
from amocrm.webhooks._receiving.inbox_entry import InboxEntry, State
from amocrm.webhooks.errors import InboxError

from ..._io.sqlite_file import SQLiteFile, SQLiteFileError
from .._primitives import SerialExecutor

__all__ = ["SQLiteInbox"]

T = TypeVar("T")

#: Number of entries that one transaction replays or removes: writers wait for it.
_BATCH = 500


@checked()
class SQLiteInbox:
    """Inbox in one SQLite file, for the processes of one machine; needs no server.

    Every change is synced to disk before it counts. The file contains personal data and only its owner can
    read it. Beside it are the files of SQLite and an empty one, ``….turn``, the lock of the writers. The file
    must be on a local disk.

    Args:
        path: path of the file; ``:memory:`` keeps everything in this process (for tests).
        lock_timeout: seconds to wait for other processes that write. The platform waits two seconds for an
            answer.

    Example:
        >>> inbox = SQLiteInbox("/var/lib/myapp/webhooks.sqlite3")
    """

    def __init__(self, path: str | os.PathLike[str], *, lock_timeout: float = 1.5) -> None:
        self.path = os.fspath(path)
        self._timeout = lock_timeout
        self._file = SQLiteFile(self.path, steps.SCHEMA, steps.VERSION)
        # A thread of its own: handlers that block the shared ones must not delay deliveries.
        self._executor = SerialExecutor()

    def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Store a delivery durably; see ``Inbox``."""
        return self._write(lambda sql: steps.put(sql, delivery, now, dead))

    def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[InboxEntry]:
        """Lease entries that are due."""
        return self._write(lambda sql: steps.lease(sql, limit, now, now + seconds))

    def extend(self, entry: InboxEntry, *, until: float) -> bool:
        """Extend a lease."""
        return self._write(lambda sql: steps.extend(sql, entry, until))

    def mark(self, entry: InboxEntry, name: str) -> None:
        """Mark a handler of an entry as done."""
        self._write(lambda sql: steps.mark(sql, entry, name))

    def finish(self, entry: InboxEntry, *, now: float) -> None:
        """Record that all handlers are done."""
        self._write(lambda sql: steps.settle(sql, entry, "done", now, None))

    def retry(self, entry: InboxEntry, *, due: float, error: str) -> None:
        """Release an entry that failed, until ``due``."""
        self._write(lambda sql: steps.settle(sql, entry, "ready", due, error))

    def bury(self, entry: InboxEntry, *, now: float, error: str) -> None:
        """Record that an entry is dead."""
        self._write(lambda sql: steps.settle(sql, entry, "dead", now, error))

    def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[InboxEntry]:
        """Return entries, the oldest first."""
        return self._read(lambda sql: steps.entries(sql, state, limit))

    def counts(self) -> dict[State, int]:
        """Return the number of entries in each state."""
        return self._read(steps.counts)

    def replay(self, ids: Iterable[str] | None = None, *, now: float) -> int:
        """Make dead or done entries ready again, and waiting ones due."""
        return self._in_batches(ids, lambda sql, batch: steps.replay(sql, batch, now))

    def drop(self, ids: Iterable[str] | None = None) -> int:
        """Remove entries."""
        total = self._in_batches(ids, steps.drop)
        self._shrink(total)
        return total

    def purge(self, *, before: float) -> int:
        """Remove entries that were done before this time."""
        total = 0
        while count := self._write(lambda sql: steps.purge(sql, before, _BATCH)):
            total += count
        self._shrink(total)
        return total

    def close(self) -> None:
        """Close the file."""
        self._executor.run(self._file.close)
        self._executor.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    def _in_batches(
        self, ids: Iterable[str] | None, step: Callable[[sqlite3.Connection, Iterable[int]], int]
    ) -> int:
        """Run a step for these entries, or without ids for the dead ones."""
        numbers = self._read(steps.dead_ids) if ids is None else steps.numbers(ids)
        total = 0
        for start in range(0, len(numbers), _BATCH):
            batch = numbers[start : start + _BATCH]
            total += self._write(partial(_with, step, batch))
        return total

    def _shrink(self, removed: int) -> None:
        if removed:
            # A file that is in use shrinks after a later removal.
            with suppress(SQLiteFileError):
                self._executor.run(partial(self._file.shrink, lambda: time.monotonic() + self._timeout))

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._run(self._file.write, work)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._run(self._file.read, work)

    def _run(
        self,
        transaction: Callable[[Callable[[sqlite3.Connection], T], float], T],
        work: Callable[[sqlite3.Connection], T],
    ) -> T:
        deadline = time.monotonic() + self._timeout
        try:
            return self._executor.run(partial(transaction, work, deadline))
        except SQLiteFileError as error:
            raise InboxError(str(error)) from error


def _with(
    step: Callable[[sqlite3.Connection, Iterable[int]], int], batch: list[int], sql: sqlite3.Connection
) -> int:
    return step(sql, batch)
