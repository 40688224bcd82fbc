"""SQLite file that several processes write, in transactions that wait for each other in fair order.

Nothing here waits for the event loop: call it on a thread that may wait.

A process that closes *any* descriptor of a file loses its POSIX locks on that file, and with them goes the
protection of what SQLite has not yet moved from its log. So nothing here opens the database except SQLite
itself, and no connection is open while the process forks.
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
_FORK_PATIENCE: Final = 5.0
#: Bytes of the log that stay on disk when it is not in use.
_LOG_BYTES: Final = 4 * 1024 * 1024
#: Pages that one transaction gives back: writers wait for it.
_PAGES: Final = 1000
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
    """Database file, written through to the disk with every transaction.

    SQLite lets writers wait by looking again, ever more rarely, and serves the one that looks at the right
    moment; on a busy machine a writer can miss every gap, and the set-up of a file does not wait at all. So the
    next writer holds a lock file beside the database, and no other can pass it.

    Args:
        path: of the file; ``:memory:`` is in this process only.
        schema: statements that set up an empty file.
        version: ``PRAGMA user_version`` of that schema.
    """

    def __init__(self, path: str, schema: Sequence[str], version: int) -> None:
        self.path, self._schema, self._version = path, schema, version
        self._in_memory = path == ":memory:"
        self._connection: sqlite3.Connection | None = None
        self._finalizer: weakref.finalize[..., SQLiteFile] | None = None
        self._inode: tuple[int, int] | None = None
        self._turn: int | None = None
        #: connection and lock file of a parent process, which a child neither uses nor closes
        self._inherited: object = None
        #: held during a transaction, and while the process forks
        self._guard = threading.RLock()
        _files.add(self)

    def write(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """Run one transaction that writes.

        Args:
            work: what to do; done as a whole or not at all.
            deadline: until when to wait for other processes, by ``time.monotonic``.

        Raises:
            SQLiteFileError: it was not done.
        """
        with self._guard, self._explained():
            with self._next_to_write(deadline):
                sql = self._patiently(partial(self._begun, "BEGIN IMMEDIATE"), deadline)
            return self._ended(sql, work)

    def read(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """Run one transaction that only reads; writers do not wait for it.

        Raises:
            SQLiteFileError: it could not be read.
        """
        with self._guard, self._explained():
            return self._patiently(lambda: self._ended(self._begun("BEGIN"), work), deadline)

    def shrink(self, deadline: Callable[[], float]) -> None:
        """Give free pages back to the file system.

        Args:
            deadline: makes the deadline of each transaction.

        Raises:
            SQLiteFileError: it was not done; nothing is lost.
        """
        while self.write(_free_pages, deadline()):
            pass
        with self._guard, self._explained(), suppress(sqlite3.OperationalError):
            # A reader keeps the log as it is; the next time will do.
            self._opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; the next transaction opens it again."""
        with self._guard:
            self._connection = self._inode = None
            if self._finalizer is not None:
                self._finalizer()
                self._finalizer = None
            turn, self._turn = self._turn, None
            if turn is not None:
                os.close(turn)

    @contextmanager
    def _next_to_write(self, deadline: float) -> Iterator[None]:
        if self._in_memory:
            yield
            return
        self._forget_replaced()
        turn = self._opened_turn()
        while not try_lock(turn):
            self._wait(deadline)
        try:
            yield
        finally:
            unlock(turn)

    def _opened_turn(self) -> int:
        if self._turn is None:
            make_folders(Disk(), Path(self.path).absolute().parent)
            self._turn = open_private(self.path + _TURN)
        return self._turn

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

    def _forget_replaced(self) -> None:
        """Close a file that was removed or replaced meanwhile."""
        if self._inode is not None and self._inode != self._found():
            self.close()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _opened(self) -> sqlite3.Connection:
        if not self._in_memory:
            self._forget_replaced()
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
        self._connection, self._inode = sql, None if self._in_memory else self._found()
        # A file that is dropped without being closed leaves nothing open.
        self._finalizer = weakref.finalize(self, _close, sql)
        return sql

    def _uri(self) -> str:
        if self._in_memory:
            return self.path
        address = Path(self.path).absolute().as_uri()
        if os.path.exists(self.path):
            return address
        self._opened_turn()
        # SQLite makes the file with the mode of the lock file: for its owner only.
        return f"{address}?modeof={quote(os.path.abspath(self.path + _TURN))}"

    def _set_up(self, sql: sqlite3.Connection) -> None:
        sql.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has an effect on an empty file only
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
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
        """Turn errors of SQLite and of the disk into sentences that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if not self._in_memory:
                self.close()  # what was seen may be over when the file is opened again
            advice = _ADVICE.get(code, "nothing was changed")
            raise SQLiteFileError(f"the inbox {self.path} failed ({error}): {advice}") from error
        except OSError as error:
            raise SQLiteFileError(
                f"the inbox {self.path} cannot be opened ({way_out(self.path, error)}"
            ) from error

    def _before_fork(self) -> bool:
        """Close what a child must not inherit, and hold the file until the fork is over; whether it is held."""
        held = self._guard.acquire(timeout=_FORK_PATIENCE)
        if held and not self._in_memory:
            self.close()
        return held


#: Suffix of the lock file.
_TURN: Final = ".turn"
_files: weakref.WeakSet[SQLiteFile] = weakref.WeakSet()


class _Fork:
    """Files that are held while the process forks.

    SQLite keeps account of its locks in memory, a child inherits the account but not the locks, and would
    work without them. A file that is in use for longer than five seconds is not waited for.
    """

    def __init__(self) -> None:
        self._held: list[SQLiteFile] = []

    def before(self) -> None:
        """Close and hold all files."""
        self._held = [file for file in list(_files) if file._before_fork()]

    def after(self) -> None:
        """Let go of them, in parent and child alike."""
        held, self._held = self._held, []
        for file in held:
            file._guard.release()

    def in_child(self) -> None:
        """Let go of them, and give up what another thread of the parent was in the middle of."""
        held = self._held
        self.after()
        for file in list(_files):
            if file not in held:
                file._guard = threading.RLock()
                if file._finalizer is not None:
                    file._finalizer.detach()
                    file._finalizer = None
                file._inherited = (file._connection, file._turn)
                file._connection = file._inode = file._turn = None


if hasattr(os, "register_at_fork"):
    _fork = _Fork()
    os.register_at_fork(before=_fork.before, after_in_parent=_fork.after, after_in_child=_fork.in_child)


def _free_pages(sql: sqlite3.Connection) -> bool:
    """Give back some pages; whether there are more."""
    free = int(sql.execute("PRAGMA freelist_count").fetchone()[0])
    if not free or not int(sql.execute("PRAGMA auto_vacuum").fetchone()[0]):
        return False
    for _ in range(min(free, _PAGES)):
        sql.execute("PRAGMA incremental_vacuum(1)")  # the module steps once, whatever number it is given
    return free > _PAGES


def _close(sql: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        sql.close()
