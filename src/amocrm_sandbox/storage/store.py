"""SQLite underneath: one connection per sandbox, in memory or in a file that can be opened again."""

from __future__ import annotations

import atexit
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from .schema import ENTITY_KINDS, SCHEMA, SEQUENCES, UPGRADES, VERSION

__all__ = ["AccountFileError", "Store", "advice"]

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
# Ids that do not ascend are a permutation within blocks; the step has no factor in common with the block.
_BLOCK = 1024
_STEP = 389


class AccountFileError(ValueError):
    """An account cannot be kept in a file; the message says why and what to do."""


def advice(path: str | Path | None, error: sqlite3.Error) -> str:
    """Return what is wrong with a file, and what its user can do."""
    reason, hint = str(error), "is its folder there, and may you write to it?"
    if "locked" in reason:
        reason, hint = "another process has it open", "stop that one or name another file"
    elif "not a database" in reason or "malformed" in reason:
        hint = "name another file, or delete this one to begin anew"
    return f"cannot keep the account in {path}: {reason}; {hint}"


def _digits(text: str) -> str:
    """Return the digits of each line of a text."""
    return "\n".join("".join(filter(str.isdigit, line)) for line in text.split("\n"))


@cache
def _empty_account() -> sqlite3.Connection:
    """Return the tables in memory, which are copied in a fifth of the time in which they are made."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    atexit.register(connection.close)
    connection.executescript(SCHEMA)
    return connection


class Store:
    """Tables for what there is much of, and a cached directory of documents for what there is little of.

    Leads, contacts, tasks and the like have tables with indexes for everything that is filtered or sorted. Users,
    pipelines, field definitions and other small directories are JSON documents in one table, kept decoded in memory.

    Args:
        path: A file, or None for memory. A file that exists is opened with all that it holds.
        ids_ascend: Whether the next id of an entity is above all that were given out before.

    Raises:
        AccountFileError: The file cannot be opened, is in use, is no account, or was written by a newer version.
    """

    def __init__(self, path: str | Path | None = None, ids_ascend: Callable[[], bool] = lambda: True) -> None:
        self.is_new = False
        self._ids_ascend = ids_ascend
        self._documents: dict[str, dict[int, dict[str, Any]]] = {}
        self._sequences: dict[str, int] = {}
        self._shuffled: dict[str, bool] = {}
        try:
            self.connection = sqlite3.connect(
                str(path) if path else ":memory:",
                check_same_thread=False,
                isolation_level=None,
                cached_statements=512,
                timeout=0.5,
            )
        except sqlite3.Error as error:
            raise AccountFileError(advice(path, error)) from error
        try:
            self._open(path)
        except sqlite3.Error as error:
            self.connection.close()
            raise AccountFileError(advice(path, error)) from error
        except AccountFileError:
            self.connection.close()
            raise
        # An account that is dropped without being closed leaves nothing open.
        weakref.finalize(self, self.connection.close)
        self.execute = self.connection.execute
        self.executemany = self.connection.executemany

    def _open(self, path: str | Path | None) -> None:
        # SQLite folds the case of ASCII only.
        self.connection.create_function("casefold", 1, lambda text: text.casefold(), deterministic=True)
        self.connection.create_function("digits", 1, _digits, deterministic=True)
        execute = self.connection.execute
        # What is cached here would be wrong as soon as another process wrote.
        execute("PRAGMA locking_mode=EXCLUSIVE")
        execute("PRAGMA journal_mode=" + ("WAL" if path else "MEMORY"))
        execute("PRAGMA synchronous=OFF")
        execute("PRAGMA cache_size=-65536")
        version = execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise AccountFileError(
                f"{path} was written by sandbox format {version}, this one knows {VERSION}: update the package"
            )
        if version == 0:
            if execute("SELECT 1 FROM sqlite_master").fetchone():
                raise AccountFileError(
                    f"{path} is a database, but no account of the sandbox: name another file"
                )
            self.is_new = True
            if path:
                self.connection.executescript(SCHEMA)
            else:
                _empty_account().backup(self.connection)
        for older in range(version, VERSION) if version else ():
            self.connection.executescript(UPGRADES[older])
        execute(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in one transaction; any exception takes everything back, caches included."""
        if self.connection.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            self._documents.clear()
            self._sequences.clear()
            self._shuffled.clear()
            raise
        self.connection.commit()

    # ---- rows

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.execute(sql, args).fetchall()

    def row(self, sql: str, args: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None."""
        row: tuple[Any, ...] | None = self.execute(sql, args).fetchone()
        return row

    def value(self, sql: str, args: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        row = self.execute(sql, args).fetchone()
        return row[0] if row else None

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row."""
        names = ",".join(row)
        self.execute(
            f"INSERT INTO {table} ({names}) VALUES ({','.join('?' * len(row))})", tuple(row.values())
        )

    def update(self, table: str, id: int, row: dict[str, Any]) -> None:
        """Change columns of one row."""
        assignments = ",".join(f"{name}=?" for name in row)
        self.execute(f"UPDATE {table} SET {assignments} WHERE id=?", (*row.values(), id))

    # ---- numbers

    def next_id(self, name: str) -> int:
        """Return the next id of a kind. Each kind counts from a base of its own: mixed-up ids are seen."""
        value = self._sequences.get(name)
        if value is None:
            value = self.value("SELECT value FROM sequences WHERE name=?", (name,)) or SEQUENCES.get(name, 0)
        value += 1
        is_shuffled = name in ENTITY_KINDS and not self._ids_ascend()
        if is_shuffled != self._is_shuffled(name):
            # A block of ids is given out in one order only, so no id is given out twice.
            value = (value // _BLOCK + 1) * _BLOCK
            self.set_setting(f"shuffled_{name}", is_shuffled)
            self._shuffled[name] = is_shuffled
        self._sequences[name] = value
        self.execute("INSERT OR REPLACE INTO sequences VALUES (?,?)", (name, value))
        if not is_shuffled:
            return value
        block, offset = divmod(value, _BLOCK)
        return block * _BLOCK + (offset * _STEP + 17) % _BLOCK

    def count_from(self, name: str, value: int) -> None:
        """Let the ids of a kind go on after a value that is in use."""
        self._sequences.pop(name, None)
        base = max(value, SEQUENCES.get(name, 0))
        self.execute(
            "INSERT INTO sequences VALUES (?,?) ON CONFLICT DO UPDATE SET value=max(value, excluded.value)",
            (name, base),
        )

    def _is_shuffled(self, name: str) -> bool:
        if name not in ENTITY_KINDS:
            return False
        if name not in self._shuffled:
            self._shuffled[name] = bool(self.setting(f"shuffled_{name}"))
        return self._shuffled[name]

    # ---- documents

    def documents(self, kind: str) -> dict[int, dict[str, Any]]:
        """Return a directory by id, in the order of the ids. Not to be changed in place: use `put`."""
        result = self._documents.get(kind)
        if result is None:
            rows = self.rows("SELECT id, body FROM documents WHERE kind=? ORDER BY id", (kind,))
            result = self._documents[kind] = {id: _decode(body) for id, body in rows}
        return result

    def document(self, kind: str, id: int) -> dict[str, Any] | None:
        """Return one document of a directory, or None."""
        return self.documents(kind).get(id)

    def put(self, kind: str, document: dict[str, Any]) -> None:
        """Store a document under its `id`, new or changed."""
        self.documents(kind)[document["id"]] = document
        self.execute(
            "INSERT OR REPLACE INTO documents VALUES (?,?,?)", (kind, document["id"], _encode(document))
        )

    def remove(self, kind: str, id: int) -> None:
        """Remove a document."""
        self.documents(kind).pop(id, None)
        self.execute("DELETE FROM documents WHERE kind=? AND id=?", (kind, id))

    # ---- settings

    def setting(self, name: str) -> Any:
        """Return a stored setting, or None."""
        body = self.value("SELECT body FROM settings WHERE name=?", (name,))
        return None if body is None else _decode(body)

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting; any JSON value."""
        self.execute("INSERT OR REPLACE INTO settings VALUES (?,?)", (name, _encode(value)))

    def clear(self, tables: Iterable[str]) -> None:
        """Empty tables and forget what is cached."""
        for table in tables:
            self.execute(f"DELETE FROM {table}")
        self._documents.clear()
        self._sequences.clear()
