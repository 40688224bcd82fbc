"""One SQLite file that several processes write, in transactions that wait for each other fairly.

None of it waits for the event loop: call it on a thread that may wait, from one thread at a time.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from .durable_files import Disk, make_folders, open_private, try_lock, unlock

__all__ = ["SQLiteFile", "SQLiteFileError"]

T = TypeVar("T")

#: Seconds between two looks at a lock.
_POLL = 0.001
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_IOERR: "the disk refuses to be written: is it full, or is there a limit on the size of files?",
    sqlite3.SQLITE_READONLY: "the file or its folder may only be read: give this user the right to write",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: its folder must exist and be writable",
    sqlite3.SQLITE_NOTADB: "this is no SQLite file: name another place, or move it away",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: move it away, and save what is left with `sqlite3 FILE .recover`",
}


class SQLiteFileError(Exception):
    """The file could not be read or written; the message says why and what to do."""


class SQLiteFile:
    """A file, written through to the disk with every transaction.

    SQLite lets writers wait by looking again, ever more rarely, and whoever comes at the right moment is
    served first; on a busy machine one of them can miss every gap, and the set-up of a file does not wait at
    all. So whoever is to write next holds a turn, a lock file beside the database, and nobody can pass him.

    Args:
        path: of the file; ``:memory:`` is in this process only.
        schema: statements that set up an empty file.
        version: ``PRAGMA user_version`` of that schema.
    """

    def __init__(self, path: str, schema: Sequence[str], version: int) -> None:
        self.path, self._schema, self._version = path, schema, version
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[object] = []
        self._owner = 0
        self._file: tuple[int, int] | None = None
        self._turn: int | None = None

    def write(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """One transaction that writes.

        Args:
            work: what to do; done as a whole or not at all.
            deadline: until when to wait for other processes, by ``time.monotonic``.

        Raises:
            SQLiteFileError: it was not done.
        """
        with self._explained():
            with self._next_to_write(deadline):
                sql = self._patiently(partial(self._begun, "BEGIN IMMEDIATE"), deadline)
            return self._ended(sql, work)

    def read(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """One transaction that only reads; writers do not wait for it.

        Raises:
            SQLiteFileError: it could not be read.
        """
        with self._explained():
            return self._patiently(lambda: self._ended(self._begun("BEGIN"), work), deadline)

    def close(self) -> None:
        """Closes the file; the next transaction opens it again."""
        mine = self._owner == os.getpid()
        sql, self._connection = self._connection, None
        turn, self._turn = self._turn, None
        if not mine:
            # A forked process neither uses nor closes what its parent has open.
            self._inherited += [sql, turn]
            return
        if sql is not None:
            _close(sql, self._owner)
        if turn is not None:
            os.close(turn)

    @contextmanager
    def _next_to_write(self, deadline: float) -> Iterator[None]:
        if self.path == ":memory:":
            yield
            return
        self._fresh()
        if self._turn is None:
            make_folders(Disk(), Path(self.path).absolute().parent)
            self._turn, self._owner = open_private(self.path + ".turn"), os.getpid()
        turn = self._turn
        while not try_lock(turn):
            self._wait(deadline)
        try:
            yield
        finally:
            unlock(turn)

    def _patiently(self, step: Callable[[], T], deadline: float) -> T:
        while True:
            try:
                return step()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _BUSY:
                    raise
            self._wait(deadline)

    def _wait(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            raise SQLiteFileError(
                f"other processes have been writing {self.path} for too long: keep it on a local disk that is "
                "fast enough, or use an inbox in Redis"
            )
        time.sleep(_POLL)

    def _begun(self, begin: str) -> sqlite3.Connection:
        sql = self._opened()
        sql.execute(begin)
        return sql

    def _ended(self, sql: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            result = work(sql)
            sql.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                sql.execute("ROLLBACK")
            raise
        return result

    def _fresh(self) -> None:
        """Forgets what belongs to a parent process, or to a file that was removed or replaced meanwhile."""
        if self._connection is None and self._turn is None:
            return
        if self._owner != os.getpid() or (self._file is not None and self._file != self._found()):
            self.close()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _opened(self) -> sqlite3.Connection:
        if self.path != ":memory:":
            self._fresh()
        if self._connection is not None:
            return self._connection
        if self.path != ":memory:":
            make_folders(Disk(), Path(self.path).absolute().parent)
            os.close(open_private(self.path))
        sql = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._set_up(sql)
        except BaseException:
            sql.close()
            raise
        self._connection, self._owner, self._file = sql, os.getpid(), self._found()
        # Whoever drops an inbox without closing it leaves nothing open.
        weakref.finalize(self, _close, sql, self._owner)
        return sql

    def _set_up(self, sql: sqlite3.Connection) -> None:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("PRAGMA foreign_keys = ON")
        if self._version_of(sql) == self._version:
            return
        sql.execute("BEGIN IMMEDIATE")
        self._ended(sql, self._made)

    def _made(self, sql: sqlite3.Connection) -> None:
        if self._version_of(sql) == self._version:
            return  # another process was faster
        if self._version_of(sql) or sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise SQLiteFileError(
                f"{self.path} is the database of another program, or of another version of this one: "
                "name another file for the inbox"
            )
        for statement in self._schema:
            sql.execute(statement)

    @staticmethod
    def _version_of(sql: sqlite3.Connection) -> int:
        return int(sql.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of SQLite and of the disk as sentences that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if self.path != ":memory:":
                self.close()  # what was seen may be over when the file is opened again
            advice = _ADVICE.get(code, "nothing was changed")
            raise SQLiteFileError(f"the inbox {self.path} failed ({error}): {advice}") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise SQLiteFileError(
                f"the inbox {self.path} cannot be opened ({reason}): its folder must be writable"
            ) from error


def _close(sql: sqlite3.Connection, owner: int) -> None:
    # A forked process leaves alone what its parent has open.
    if owner == os.getpid():
        with suppress(sqlite3.Error):
            sql.close()
