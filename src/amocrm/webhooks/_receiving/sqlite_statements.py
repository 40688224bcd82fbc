"""Statements of the inbox in SQLite. Run each function inside one transaction.

A delivery is in exactly one of three indexes: new ones, in the order of arrival (not by the clock, which may be
set back); those that wait for their next attempt or are in progress, by its time; dead and done ones, by time.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from .._delivery import Delivery
from .inbox_entry import InboxEntry, State

__all__ = [
    "SCHEMA",
    "VERSION",
    "counts",
    "dead_ids",
    "drop",
    "entries",
    "extend",
    "lease",
    "mark",
    "numbers",
    "purge",
    "put",
    "replay",
    "settle",
]

#: ``PRAGMA user_version`` of a file with this schema.
VERSION: Final = 1
SCHEMA: Final = (
    """
    CREATE TABLE deliveries (
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
    )
    """,
    "CREATE INDEX deliveries_fresh ON deliveries (id) WHERE state = 'ready' AND attempts = 0",
    "CREATE INDEX deliveries_again ON deliveries (due, id) WHERE state = 'ready' AND attempts > 0",
    "CREATE INDEX deliveries_settled ON deliveries (state, due, id) WHERE state <> 'ready'",
    """
    CREATE TABLE marks (
        delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        PRIMARY KEY (delivery, name)
    ) WITHOUT ROWID
    """,
    f"PRAGMA user_version = {VERSION}",
)
_COLUMNS: Final = "id, key, body, headers, query, received, state, due, attempts, lease, error"
_HELD: Final = "id = ? AND lease = ? AND state = 'ready'"
#: Each part has its index; a scan of the table would read all bodies.
_COUNTS: Final = """
    SELECT state, sum(number) FROM (
        SELECT 'ready' AS state, count(*) AS number FROM deliveries WHERE state = 'ready' AND attempts = 0
        UNION ALL
        SELECT 'ready', count(*) FROM deliveries WHERE state = 'ready' AND attempts > 0
        UNION ALL
        SELECT state, count(*) FROM deliveries WHERE state <> 'ready' GROUP BY state
    )
    GROUP BY state
"""
_DUE: Final = """
    SELECT id FROM (
        SELECT * FROM (
            SELECT id, due FROM deliveries WHERE state = 'ready' AND attempts = 0 ORDER BY id LIMIT :limit
        )
        UNION ALL
        SELECT * FROM (
            SELECT id, due FROM deliveries WHERE state = 'ready' AND attempts > 0 AND due <= :now
            ORDER BY due, id LIMIT :limit
        )
    )
    ORDER BY due, id LIMIT :limit
"""


def put(sql: sqlite3.Connection, delivery: Delivery, now: float, dead: str | None) -> bool:
    """Store a delivery; return whether its key is new."""
    headers = msgspec.json.encode(dict(delivery.headers)).decode()
    state: State = "dead" if dead else "ready"
    insert = (
        "INSERT INTO deliveries (key, body, headers, query, received, state, due, error) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
    )
    values = (delivery.key, delivery.body, headers, delivery.query, now, state, now, dead)
    return sql.execute(insert, values).rowcount == 1


def lease(sql: sqlite3.Connection, limit: int, now: float, until: float) -> list[InboxEntry]:
    """Lease the entries that are due."""
    change = "UPDATE deliveries SET lease = ?, due = ?, attempts = attempts + 1 WHERE id = ?"
    leased = []
    for (number,) in sql.execute(_DUE, {"limit": limit, "now": now}).fetchall():
        sql.execute(change, (secrets.token_hex(8), until, number))
        row = sql.execute(f"SELECT {_COLUMNS} FROM deliveries WHERE id = ?", (number,)).fetchone()
        leased.append(_entry(sql, row))
    return leased


def extend(sql: sqlite3.Connection, entry: InboxEntry, until: float) -> bool:
    """Extend a lease; return whether it was still held."""
    change = f"UPDATE deliveries SET due = ? WHERE {_HELD}"
    return sql.execute(change, (until, int(entry.id), entry.lease)).rowcount == 1


def mark(sql: sqlite3.Connection, entry: InboxEntry, name: str) -> None:
    """Mark a handler of an entry as done."""
    insert = "INSERT OR IGNORE INTO marks SELECT id, ? FROM deliveries WHERE id = ?"
    sql.execute(insert, (name, int(entry.id)))


def settle(sql: sqlite3.Connection, entry: InboxEntry, state: State, due: float, error: str | None) -> None:
    """End a lease that is still held."""
    change = f"UPDATE deliveries SET state = ?, due = ?, error = ?, lease = '' WHERE {_HELD}"
    sql.execute(change, (state, due, error, int(entry.id), entry.lease))


def entries(sql: sqlite3.Connection, state: State | None, limit: int) -> list[InboxEntry]:
    """Return entries, the oldest first."""
    where, values = ("WHERE state = ? ", [state]) if state else ("", [])
    query = f"SELECT {_COLUMNS} FROM deliveries {where}ORDER BY id LIMIT ?"
    return [_entry(sql, row) for row in sql.execute(query, [*values, limit])]


def counts(sql: sqlite3.Connection) -> dict[State, int]:
    """Return the number of entries in each state."""
    numbers: dict[str, int] = dict(sql.execute(_COUNTS).fetchall())
    return {"ready": numbers.get("ready", 0), "dead": numbers.get("dead", 0), "done": numbers.get("done", 0)}


def dead_ids(sql: sqlite3.Connection) -> list[int]:
    """Return the ids of dead entries."""
    query = "SELECT id FROM deliveries WHERE state = 'dead' AND state <> 'ready' ORDER BY due, id"
    return [number for (number,) in sql.execute(query)]


def replay(sql: sqlite3.Connection, ids: Iterable[int], now: float) -> int:
    """Start dead or done entries anew, and make waiting ones due; return their number."""
    renew = (
        "UPDATE deliveries SET state = 'ready', attempts = 0, due = ?, error = NULL, lease = '' "
        "WHERE id = ? AND state <> 'ready'"
    )
    hasten = "UPDATE deliveries SET due = ? WHERE id = ? AND state = 'ready' AND lease = '' AND due > ?"
    count = 0
    for number in ids:
        if sql.execute(renew, (now, number)).rowcount:
            sql.execute("DELETE FROM marks WHERE delivery = ?", (number,))
            count += 1
        else:
            count += sql.execute(hasten, (now, number, now)).rowcount
    return count


def drop(sql: sqlite3.Connection, ids: Iterable[int]) -> int:
    """Remove entries; return their number."""
    delete = "DELETE FROM deliveries WHERE id = ?"
    return sum(sql.execute(delete, (number,)).rowcount for number in ids)


def purge(sql: sqlite3.Connection, before: float, limit: int) -> int:
    """Remove up to ``limit`` entries that were done before this time; return their number."""
    delete = (
        "DELETE FROM deliveries WHERE id IN "
        "(SELECT id FROM deliveries WHERE state = 'done' AND due < ? AND state <> 'ready' LIMIT ?)"
    )
    return sql.execute(delete, (before, limit)).rowcount


def numbers(ids: Iterable[str]) -> list[int]:
    """Return ids as numbers, without texts that cannot be ids."""
    return [int(number) for number in ids if number.isdecimal() and len(number) < 19]


def _entry(sql: sqlite3.Connection, row: Sequence[Any]) -> InboxEntry:
    number, key, body, headers, query, received, state, due, attempts, held, error = row
    marks = sql.execute("SELECT name FROM marks WHERE delivery = ?", (number,))
    delivery = Delivery(
        body=body, headers=msgspec.json.decode(headers), query=query, received_at=received, key=key
    )
    return InboxEntry(
        id=str(number),
        delivery=delivery,
        state=state,
        attempts=attempts,
        received_at=received,
        due=due,
        error=error,
        marks=frozenset(name for (name,) in marks),
        lease=held,
    )
