"""Token stores: the protocol, and those in memory and in files.

A store of your own needs three methods (``TokenStore``). Its lock makes a refresh happen once, so it must
exclude every other thread, task and process that uses the same store and key.
"""
# GENERATED from src/amocrm/_async/auth/token_stores.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from amocrm._core.arguments import checked
from amocrm._core.auth.token import Token
from amocrm.errors import TokenStoreError

from ..._io.durable_files import (
    DRAFT,
    Disk,
    folder_of,
    make_folders,
    open_private,
    replace_file,
    try_lock,
    unlock,
    way_out,
)
from .._primitives import Clock, Context, Lock, to_thread

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["FileTokenStore", "MemoryTokenStore", "TokenStore"]

_POLL = 0.02


class TokenStore(Protocol):
    """Protocol of a store with one token per key. The key names account and integration and is not a secret.

    Failures are raised as ``TokenStoreError``. ``amocrm.testing.check_token_store`` checks a store of your own
    against everything that is said here; ``docs/tokens.md`` has ready ones for SQLAlchemy and Django.
    """

    def load(self, key: str) -> Token | None:
        """Return the stored token, ``None`` if there is none."""
        ...

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token durably before returning.

        Args:
            key: key whose lock is held.
            token: token to store.
            fence: number that ``lock`` returned. A store whose locks can expire refuses an intent
                (``token.intent``) and a login (``replaces`` is ``None``) under a number that is not the newest.
                It accepts a refreshed pair under any number: only one pair replaces the stored token.
            replaces: fingerprint of the refresh token that must be stored now; ``None`` for any.

        Returns:
            True if it was stored; ``False`` if the store holds another token by now.
        """
        ...

    def lock(self, key: str) -> Context[int]:
        """Exclude every other thread, task and process from this key; the lock is freed when its holder dies.

        Yields the fencing number for ``save``. It grows with each holder if the lock can expire while it is
        held (a lease); any number will do otherwise (a lock of the operating system).
        """
        ...


@checked()
class MemoryTokenStore:
    """Token store in memory, for tests and for tokens that are kept elsewhere."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, Lock] = {}
        self._fences = 0

    def load(self, key: str) -> Token | None:
        """Return the stored token, ``None`` if there is none."""
        return self._tokens.get(key)

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token unless another one is stored than the one it replaces."""
        if not _may_replace(self._tokens.get(key), replaces):
            return False
        self._tokens[key] = token
        return True

    @contextmanager
    def lock(self, key: str) -> Generator[int]:
        """Exclude the other threads or tasks."""
        with self._locks.setdefault(key, Lock()):
            self._fences += 1
            yield self._fences


@checked(folder="write a path such as '/var/lib/myapp/amocrm'")
class FileTokenStore:
    """Token store in a folder, one file per account and integration, readable by its owner only.

    A file is replaced as a whole and written through to the disk: a crash or a power failure leaves either
    the old token or the new one. Processes of one machine may share the folder; the
    operating system frees the lock of a process that dies.

    Args:
        folder: is made if it does not exist.
        lock_timeout: seconds to wait for another process that holds the lock.
        clock, disk: for tests.

    Raises:
        ConfigurationError: ``folder`` is empty.

    Example:
        >>> store = FileTokenStore("~/.config/myapp/amocrm")
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        lock_timeout: float = 120.0,
        clock: Clock | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._folder, self._disk = folder_of(folder), disk or Disk()
        self._timeout, self._clock = lock_timeout, clock or Clock()

    def load(self, key: str) -> Token | None:
        """Return the stored token, ``None`` if there is none.

        Raises:
            TokenStoreError: the file is damaged or cannot be read.
        """
        return to_thread(self._load, key)

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token durably.

        Raises:
            TokenStoreError: the file cannot be written.
        """
        return to_thread(self._save, key, token, replaces)

    @contextmanager
    def lock(self, key: str) -> Generator[int]:
        """Exclude every other user of this folder on this machine.

        Raises:
            TokenStoreError: another process held the lock for longer than ``lock_timeout``, or the file cannot be
                locked.
        """
        handle = self._open_lock(key)
        try:
            give_up = self._clock.monotonic() + self._timeout
            # Polled: a call that waits in a thread could not be cancelled.
            while not self._try_lock(handle, key):
                if self._clock.monotonic() > give_up:
                    raise TokenStoreError(
                        f"another process has held the lock on {self._path(key)} for {self._timeout:g} s; raise "
                        "lock_timeout, or stop the process that hangs",
                        account=key,
                    )
                self._clock.sleep(_POLL)
            yield 0
        finally:
            with suppress(OSError):
                unlock(handle)
            os.close(handle)

    def _path(self, key: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9.-]+", "_", key)[:80]
        return self._folder / f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.json"

    def _open_lock(self, key: str) -> int:
        try:
            make_folders(self._disk, self._folder)
            return open_private(self._lock_path(key))
        except OSError as error:
            raise _failed("locked", self._lock_path(key), key, error) from error

    def _try_lock(self, handle: int, key: str) -> bool:
        try:
            return try_lock(handle)
        except OSError as error:
            raise _failed("locked", self._lock_path(key), key, error) from error

    def _lock_path(self, key: str) -> Path:
        return self._path(key).with_suffix(".lock")

    def _load(self, key: str) -> Token | None:
        stored = self._stored(key)
        if stored is not None and stored.intent is None:
            return stored
        # A refresh began and its pair is not in place: it may be in the draft of the process that died.
        return self._draft(key, stored) or stored

    def _draft(self, key: str, stored: Token | None) -> Token | None:
        try:
            draft = Token.load(self._disk.read_draft(self._path(key).with_suffix(DRAFT)))
        except (OSError, ValueError):
            return None
        is_stored = stored is not None and draft.refresh == stored.refresh
        return None if is_stored or draft.intent is not None else draft

    def _stored(self, key: str) -> Token | None:
        path = self._path(key)
        try:
            content = self._disk.read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed("read", path, key, error) from None
        try:
            return Token.load(content)
        except ValueError:
            raise TokenStoreError(
                f"the token file {path} is damaged; restore a copy of it, or log in again",
                account=key,
            ) from None

    def _save(self, key: str, token: Token, replaces: str | None) -> bool:
        path = self._path(key)
        # A login replaces any content, also a damaged file.
        if replaces is not None and not _may_replace(self._load(key), replaces):
            return False
        try:
            make_folders(self._disk, self._folder)
            replace_file(self._disk, path, token.dump())
        except OSError as error:
            raise _failed("written", path, key, error) from error
        return True


def _may_replace(stored: Token | None, replaces: str | None) -> bool:
    return replaces is None or (stored is not None and stored.mark == replaces)


def _failed(what: str, path: Path, key: str, error: OSError) -> TokenStoreError:
    return TokenStoreError(f"the token file {path} could not be {what} ({way_out(path, error)}", account=key)
