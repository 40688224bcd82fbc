# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""Where accepted deliveries wait for their handlers: durable before the answer, until somebody is done with them.

An inbox promises: what ``put`` has taken survives a kill of the process; an entry is leased to one worker at
a time and comes back when the lease is over (at least once); a delivery whose key is known is not taken
again (`amocrm.webhooks.Event.key` makes the effect happen once).
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from amocrm.webhooks.delivery import Delivery
from amocrm.webhooks.stored import Entry, State

from ._primitives import to_thread

__all__ = ["AsyncInbox", "AsyncSQLiteInbox"]

T = TypeVar("T")


class AsyncInbox(Protocol):
    """Keeps accepted deliveries. All times are Unix seconds and come from the caller."""

    async def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Takes a delivery durably before it returns.

        Args:
            delivery: storable, with its key.
            now: the time.
            dead: why it cannot be handled; it waits for a decision at once.

        Returns:
            Whether it is new; ``False`` when a delivery of this key was taken before.
        """
        ...

    async def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[Entry]:
        """Takes up to ``limit`` entries that are due, the oldest first, for so many seconds."""
        ...

    async def extend(self, entry: Entry, *, until: float) -> bool:
        """Keeps a lease for longer; whether it was still held."""
        ...

    async def mark(self, entry: Entry, name: str) -> None:
        """Notes that a handler is done with an event, so that a later attempt leaves it out."""
        ...

    async def finish(self, entry: Entry, *, now: float) -> None:
        """All handlers are done. Has no effect for a lease that somebody else holds by now, as the next two."""
        ...

    async def retry(self, entry: Entry, *, due: float, error: str) -> None:
        """It failed and is to be taken up again at ``due``."""
        ...

    async def bury(self, entry: Entry, *, now: float, error: str) -> None:
        """It is given up until somebody replays it."""
        ...

    async def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[Entry]:
        """What is there, the oldest first."""
        ...

    async def counts(self) -> dict[State, int]:
        """How many entries are in each state."""
        ...

    async def replay(self, ids: Iterable[str], *, now: float) -> int:
        """Makes dead or done entries ready again, as if they were new; how many."""
        ...

    async def drop(self, ids: Iterable[str]) -> int:
        """Removes entries, their keys included; how many."""
        ...

    async def purge(self, *, before: float) -> int:
        """Removes entries that were done before this time; how many. Their keys are forgotten."""
        ...

    async def close(self) -> None:
        """Gives back connections."""
        ...


_SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    headers TEXT NOT NULL,
    query TEXT NOT NULL,
    received REAL NOT NULL,
    state TEXT NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease TEXT NOT NULL DEFAULT '',
    error TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due, id);
CREATE TABLE IF NOT EXISTS marks (
    delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (delivery, name)
) WITHOUT ROWID;
"""
_COLUMNS = "id, key, body, headers, query, received, state, due, attempts, lease, error"
_HELD = "id = ? AND lease = ? AND state = 'ready'"


class AsyncSQLiteInbox:
    """An inbox in one SQLite file: nothing to install, for the processes of one machine.

    Every change is written through to the disk before it counts. The file holds personal data and is
    readable by its owner only.

    Args:
        path: of the file; ``:memory:`` keeps everything in this process (for tests).
        patience: seconds to wait for another process that writes. The platform waits two seconds for an
            answer.

    Example:
        >>> inbox = AsyncSQLiteInbox("/var/lib/myapp/webhooks.sqlite3")
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float = 1.5) -> None:
        self.path = os.fspath(path)
        self._patience = patience
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._owner = 0

    async def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Takes a delivery durably; see ``AsyncInbox``."""
        headers = msgspec.json.encode(dict(delivery.headers)).decode()
        values = (
            delivery.key,
            delivery.body,
            headers,
            delivery.query,
            now,
            "dead" if dead else "ready",
            now,
            dead,
        )
        insert = (
            "INSERT INTO deliveries (key, body, headers, query, received, state, due, error) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
        )
        return await self._do(lambda sql: sql.execute(insert, values).rowcount == 1)

    async def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[Entry]:
        """Takes up entries that are due."""
        return await self._do(partial(self._lease, limit, now, now + seconds))

    async def extend(self, entry: Entry, *, until: float) -> bool:
        """Keeps a lease for longer."""
        change = f"UPDATE deliveries SET due = ? WHERE {_HELD}"
        return await self._do(
            lambda sql: sql.execute(change, (until, int(entry.id), entry.lease)).rowcount == 1
        )

    async def mark(self, entry: Entry, name: str) -> None:
        """Notes that a handler is done with an event."""
        insert = "INSERT OR IGNORE INTO marks SELECT id, ? FROM deliveries WHERE id = ?"
        await self._do(lambda sql: sql.execute(insert, (name, int(entry.id))))

    async def finish(self, entry: Entry, *, now: float) -> None:
        """All handlers are done."""
        await self._settle(entry, "done", now, None)

    async def retry(self, entry: Entry, *, due: float, error: str) -> None:
        """It failed and is to be taken up again."""
        await self._settle(entry, "ready", due, error)

    async def bury(self, entry: Entry, *, now: float, error: str) -> None:
        """It is given up."""
        await self._settle(entry, "dead", now, error)

    async def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[Entry]:
        """What is there, the oldest first."""
        where, values = ("WHERE state = ? ", [state]) if state else ("", [])
        query = f"SELECT {_COLUMNS} FROM deliveries {where}ORDER BY id LIMIT ?"
        return await self._do(lambda sql: [_entry(sql, row) for row in sql.execute(query, [*values, limit])])

    async def counts(self) -> dict[State, int]:
        """How many entries are in each state."""
        query = "SELECT state, count(*) FROM deliveries GROUP BY state"
        found = await self._do(lambda sql: dict(sql.execute(query).fetchall()))
        return {"ready": found.get("ready", 0), "dead": found.get("dead", 0), "done": found.get("done", 0)}

    async def replay(self, ids: Iterable[str], *, now: float) -> int:
        """Makes dead or done entries ready again."""
        change = (
            "UPDATE deliveries SET state = 'ready', attempts = 0, due = ?, error = NULL, lease = '' "
            "WHERE id = ? AND state <> 'ready'"
        )

        def work(sql: sqlite3.Connection) -> int:
            count = 0
            for number in _numbers(ids):
                if sql.execute(change, (now, number)).rowcount:
                    sql.execute("DELETE FROM marks WHERE delivery = ?", (number,))
                    count += 1
            return count

        return await self._do(work)

    async def drop(self, ids: Iterable[str]) -> int:
        """Removes entries."""
        delete = "DELETE FROM deliveries WHERE id = ?"
        return await self._do(
            lambda sql: sum(sql.execute(delete, (number,)).rowcount for number in _numbers(ids))
        )

    async def purge(self, *, before: float) -> int:
        """Removes entries that were done before this time."""
        delete = "DELETE FROM deliveries WHERE state = 'done' AND due < ?"
        return await self._do(lambda sql: sql.execute(delete, (before,)).rowcount)

    async def close(self) -> None:
        """Closes the file."""
        await to_thread(self._close)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    async def _settle(self, entry: Entry, state: State, due: float, error: str | None) -> None:
        change = f"UPDATE deliveries SET state = ?, due = ?, error = ?, lease = '' WHERE {_HELD}"
        values = (state, due, error, int(entry.id), entry.lease)
        await self._do(lambda sql: sql.execute(change, values))

    def _lease(self, limit: int, now: float, until: float, sql: sqlite3.Connection) -> list[Entry]:
        query = "SELECT id FROM deliveries WHERE state = 'ready' AND due <= ? ORDER BY due, id LIMIT ?"
        found = []
        for (number,) in sql.execute(query, (now, limit)).fetchall():
            change = "UPDATE deliveries SET lease = ?, due = ?, attempts = attempts + 1 WHERE id = ?"
            sql.execute(change, (secrets.token_hex(8), until, number))
            row = sql.execute(f"SELECT {_COLUMNS} FROM deliveries WHERE id = ?", (number,)).fetchone()
            found.append(_entry(sql, row))
        return found

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction on a thread that may wait."""
        return await to_thread(partial(self._transaction, work))

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            sql = self._open()
            sql.execute("BEGIN IMMEDIATE")
            try:
                result = work(sql)
                sql.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    sql.execute("ROLLBACK")
                raise
            return result

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._owner == os.getpid():
                return self._connection
            # A forked process neither uses nor closes the connection of its parent.
            self._inherited.append(self._connection)
        if self.path != ":memory:":
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        sql = sqlite3.connect(
            self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("PRAGMA foreign_keys = ON")
        sql.executescript(_SCHEMA)
        self._connection, self._owner = sql, os.getpid()
        return sql

    def _close(self) -> None:
        with self._lock:
            sql, self._connection = self._connection, None
            if sql is not None and self._owner == os.getpid():
                sql.close()


def _entry(sql: sqlite3.Connection, row: Sequence[Any]) -> Entry:
    number, key, body, headers, query, received, state, due, attempts, lease, error = row
    marks = sql.execute("SELECT name FROM marks WHERE delivery = ?", (number,))
    delivery = Delivery(
        body=body, headers=msgspec.json.decode(headers), query=query, received_at=received, key=key
    )
    return Entry(
        id=str(number),
        delivery=delivery,
        state=state,
        attempts=attempts,
        received_at=received,
        due=due,
        error=error,
        marks=frozenset(name for (name,) in marks),
        lease=lease,
    )


def _numbers(ids: Iterable[str]) -> list[int]:
    return [int(number) for number in ids if number.isdecimal()]
