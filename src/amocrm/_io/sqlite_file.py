"""SQLite file that several processes write, in transactions that wait for each other in fair order.

The calls block: run them on a thread.

A process that closes *any* descriptor of a file loses its POSIX locks on that file, and with them the
protection of its write-ahead log. So only SQLite itself opens the database, and no connection is open while
the process forks.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from .durable_files import Disk, make_folders, open_private, try_lock, unlock, way_out

__all__ = ["SQLiteFile", "SQLiteFileError"]

T = TypeVar("T")

#: Seconds between two looks at a lock.
_POLL: Final = 0.001
#: Seconds for which a fork waits for a transaction that is being written.
_FORK_TIMEOUT: Final = 5.0
#: Bytes of the log that stay on disk when it is not in use.
_LOG_BYTES: Final = 4 * 1024 * 1024
#: Number of pages that one transaction frees: writers wait for it.
_PAGES: Final = 1000
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room",
    sqlite3.SQLITE_IOERR: "the disk cannot be written; make room, or raise the limit on file sizes (ulimit -f)",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only; give this user the right to write",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened; make its folder, and give this user the right to write",
    sqlite3.SQLITE_NOTADB: "the file is not an SQLite database; choose another path, or move the file away",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; move it away, and save its rows with `sqlite3 FILE .recover`",
}


class SQLiteFileError(Exception):
    """Failure to read or write the file; the message says why and what to do."""


class SQLiteFile:
    """Database file, synced to disk with every transaction.

    SQLite's own writers poll with growing pauses, so on a busy machine a writer can miss every gap, and the
    set-up of a file does not wait at all. So the next writer holds a lock file beside the database, and no
    other writer can pass it.

    Args:
        path: path of the file; ``:memory:`` is in this process only.
        schema: statements that set up an empty file.
        version: ``PRAGMA user_version`` of that schema.
    """

    def __init__(self, path: str, schema: Sequence[str], version: int) -> None:
        self.path, self._schema, self._version = path, schema, version
        self._in_memory = path == ":memory:"
        self._connection: sqlite3.Connection | None = None
        self._finalizer: weakref.finalize[..., SQLiteFile] | None = None
        self._inode: tuple[int, int] | None = None
        self._write_lock: int | None = None
        #: connection and lock file of the parent process: a child neither uses nor closes them
        self._inherited: object = None
        #: held during a transaction, and while the process forks
        self._guard = threading.RLock()
        _files.add(self)

    def write(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """Run one transaction that writes.

        Args:
            work: function of the transaction; committed as a whole or not at all.
            deadline: time until which to wait for other processes, by ``time.monotonic``.

        Raises:
            SQLiteFileError: nothing was written.
        """
        with self._guard, self._errors_explained():
            with self._next_to_write(deadline):
                sql = self._retry_busy(partial(self._begin, "BEGIN IMMEDIATE"), deadline)
            return self._transaction(sql, work)

    def read(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """Run one transaction that only reads; writers do not wait for it.

        Raises:
            SQLiteFileError: the file could not be read.
        """
        with self._guard, self._errors_explained():
            return self._retry_busy(lambda: self._transaction(self._begin("BEGIN"), work), deadline)

    def shrink(self, deadline: Callable[[], float]) -> None:
        """Give free pages back to the file system.

        Args:
            deadline: function that returns the deadline of each transaction.

        Raises:
            SQLiteFileError: pages remain; no data is lost.
        """
        while self.write(_free_pages, deadline()):
            pass
        with self._guard, self._errors_explained(), suppress(sqlite3.OperationalError):
            # A reader keeps the log as it is; the next call shrinks it.
            self._open_connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; the next transaction opens it again."""
        with self._guard:
            self._connection = self._inode = None
            if self._finalizer is not None:
                self._finalizer()
                self._finalizer = None
            write_lock, self._write_lock = self._write_lock, None
            if write_lock is not None:
                os.close(write_lock)

    @contextmanager
    def _next_to_write(self, deadline: float) -> Iterator[None]:
        if self._in_memory:
            yield
            return
        self._close_if_replaced()
        write_lock = self._open_write_lock()
        while not try_lock(write_lock):
            self._wait(deadline)
        try:
            yield
        finally:
            unlock(write_lock)

    def _open_write_lock(self) -> int:
        if self._write_lock is None:
            make_folders(Disk(), Path(self.path).absolute().parent)
            self._write_lock = open_private(self.path + _LOCK_SUFFIX)
        return self._write_lock

    def _retry_busy(self, step: Callable[[], T], deadline: float) -> T:
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
                f"the inbox {self.path} has been locked by other processes for too long; keep it on a fast local "
                "disk, or use an inbox in Redis"
            )
        time.sleep(_POLL)

    def _begin(self, begin: str) -> sqlite3.Connection:
        sql = self._open_connection()
        sql.execute(begin)
        return sql

    def _transaction(self, sql: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            result = work(sql)
            sql.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                sql.execute("ROLLBACK")
            raise
        return result

    def _close_if_replaced(self) -> None:
        """Close the connection if the file was removed or replaced meanwhile."""
        if self._inode is not None and self._inode != self._current_inode():
            self.close()

    def _current_inode(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _open_connection(self) -> sqlite3.Connection:
        if not self._in_memory:
            self._close_if_replaced()
        if self._connection is not None:
            return self._connection
        sql = sqlite3.connect(
            self._uri(), uri=not self._in_memory, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._set_up(sql)
        except BaseException:
            sql.close()
            raise
        self._connection, self._inode = sql, None if self._in_memory else self._current_inode()
        # Closes the connection of an object that is dropped without ``close``.
        self._finalizer = weakref.finalize(self, _close, sql)
        return sql

    def _uri(self) -> str:
        if self._in_memory:
            return self.path
        address = Path(self.path).absolute().as_uri()
        if os.path.exists(self.path):
            return address
        self._open_write_lock()
        # SQLite creates the file with the mode of the lock file: for its owner only.
        return f"{address}?modeof={quote(os.path.abspath(self.path + _LOCK_SUFFIX))}"

    def _set_up(self, sql: sqlite3.Connection) -> None:
        sql.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has an effect on an empty file only
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("PRAGMA foreign_keys = ON")
        if self._version_of(sql) == self._version:
            return
        sql.execute("BEGIN IMMEDIATE")
        self._transaction(sql, self._create_schema)

    def _create_schema(self, sql: sqlite3.Connection) -> None:
        if self._version_of(sql) == self._version:
            return  # another process was faster
        if self._version_of(sql) or sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise SQLiteFileError(
                f"the inbox must be a file of this version, got {self.path} of another program or version; choose "
                "another path"
            )
        for statement in self._schema:
            sql.execute(statement)

    @staticmethod
    def _version_of(sql: sqlite3.Connection) -> int:
        return int(sql.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        """Turn errors of SQLite and of the disk into messages that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if not self._in_memory:
                self.close()  # opening the file again may help
            advice = _ADVICE.get(code, "nothing was changed")
            raise SQLiteFileError(f"the inbox {self.path} failed ({error}): {advice}") from error
        except OSError as error:
            raise SQLiteFileError(
                f"the inbox {self.path} cannot be opened ({way_out(self.path, error)}"
            ) from error

    def _before_fork(self) -> bool:
        """Close the connection, which a child must not inherit, and hold the lock; return whether it is held."""
        held = self._guard.acquire(timeout=_FORK_TIMEOUT)
        if held and not self._in_memory:
            self.close()
        return held


#: Suffix of the lock file.
_LOCK_SUFFIX: Final = ".turn"
_files: weakref.WeakSet[SQLiteFile] = weakref.WeakSet()


class _Fork:
    """Handlers of a fork, which hold all files meanwhile.

    SQLite records its locks in memory. A child inherits the record but not the locks, and would work without
    them. The fork waits at most five seconds for a file that is in use.
    """

    def __init__(self) -> None:
        self._held: list[SQLiteFile] = []

    def before(self) -> None:
        """Close and hold all files."""
        self._held = [file for file in list(_files) if file._before_fork()]

    def after(self) -> None:
        """Release the files, in parent and child alike."""
        held, self._held = self._held, []
        for file in held:
            file._guard.release()

    def in_child(self) -> None:
        """Release the files, and drop the unfinished transactions of other threads of the parent."""
        held = self._held
        self.after()
        for file in list(_files):
            if file not in held:
                file._guard = threading.RLock()
                if file._finalizer is not None:
                    file._finalizer.detach()
                    file._finalizer = None
                file._inherited = (file._connection, file._write_lock)
                file._connection = file._inode = file._write_lock = None


if hasattr(os, "register_at_fork"):
    _fork = _Fork()
    os.register_at_fork(before=_fork.before, after_in_parent=_fork.after, after_in_child=_fork.in_child)


def _free_pages(sql: sqlite3.Connection) -> bool:
    """Free some pages; return whether there are more."""
    free = int(sql.execute("PRAGMA freelist_count").fetchone()[0])
    if not free or not int(sql.execute("PRAGMA auto_vacuum").fetchone()[0]):
        return False
    for _ in range(min(free, _PAGES)):
        sql.execute("PRAGMA incremental_vacuum(1)")  # the module steps once, for any number
    return free > _PAGES


def _close(sql: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        sql.close()
