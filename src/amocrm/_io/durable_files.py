"""Locks and durability of files. None of it waits for the event loop: call it through ``to_thread``.

A file that must survive a power failure is written beside the old one, written through, renamed over it,
and the folder is written through: after each of these steps the disk holds the old content or the new.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from amocrm.errors import ConfigurationError

__all__ = [
    "DRAFT",
    "Disk",
    "folder_of",
    "lock",
    "make_folders",
    "open_private",
    "replace_file",
    "try_lock",
    "unlock",
    "way_out",
]


#: how the name of a file ends while it is written
DRAFT = ".tmp"


_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
#: What a system says that cannot lock files there (network file systems without a lock service).
_NO_LOCKS: Final = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


class Disk:
    """The calls of the operating system that durability rests on, one method each; tests pass another disk."""

    def read(self, path: Path) -> bytes:
        """Return the content of a file."""
        return path.read_bytes()

    def read_draft(self, path: Path) -> bytes:
        """Return the content of a draft; a link is not followed.

        Raises:
            OSError: there is none, or it is a link.
        """
        handle = os.open(path, os.O_RDONLY | _NO_LINK | _BINARY)
        with os.fdopen(handle, "rb") as file:
            return file.read()

    def open(self, path: Path) -> int:
        """Make an empty file to write, for its owner only, in the place of one that exists.

        A file that exists is removed and not emptied: its name may be a link to another one.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
        try:
            return os.open(path, flags, 0o600)
        except FileExistsError:
            path.unlink()
            return os.open(path, flags, 0o600)

    def write(self, handle: int, content: bytes) -> int:
        """Writes as much as the system takes at once; how much that was."""
        return os.write(handle, content)

    def sync(self, handle: int) -> None:
        """Waits until what was written is on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Closes a file."""
        os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Puts a file in the place of another in one step."""
        source.replace(target)

    def make_folder(self, folder: Path) -> bool:
        """Makes a folder for its owner only; whether it was not there."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return False
        return True

    def sync_folder(self, folder: Path) -> None:
        """Waits until the names in a folder are on the disk; some systems cannot open a folder and need not."""
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        """Removes a file."""
        path.unlink()


def folder_of(given: str | os.PathLike[str]) -> Path:
    """A folder as the user wrote it, ``~`` included.

    Raises:
        ConfigurationError: it is empty, which would mean whatever folder the process runs in.
    """
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else ""
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise ConfigurationError(f"{given!r} names no folder; write a path such as '/var/lib/myapp/amocrm'")
    return Path(text).expanduser()


def replace_file(disk: Disk, path: Path, content: bytes) -> None:
    """Puts ``content`` in the place of a file, so that a power failure at any moment leaves the old or the new.

    Raises:
        OSError: it was not replaced.
    """
    # One name for all: whoever writes holds the lock, and the draft of one that died is written over.
    draft = path.with_suffix(DRAFT)
    try:
        handle = disk.open(draft)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[disk.write(handle, bytes(rest)) :]
            disk.sync(handle)
        finally:
            disk.close(handle)
        disk.rename(draft, path)
    except OSError:
        with suppress(OSError):
            disk.remove(draft)
        raise
    disk.sync_folder(path.parent)


def make_folders(disk: Disk, folder: Path) -> None:
    """Makes a folder and those above it, each durable before the next."""
    if folder.is_dir():
        return
    make_folders(disk, folder.parent)
    if disk.make_folder(folder):
        disk.sync_folder(folder.parent)


def open_private(path: str | os.PathLike[str]) -> int:
    """Open a file to read and write, made if need be, for its owner only; a link is not followed."""
    return os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK | _BINARY, 0o600)


def way_out(path: str | os.PathLike[str], error: OSError) -> str:
    """Say what an error of a file means here and what to do about it.

    Args:
        path: the file, or its folder.
        error: raised for it.

    Returns:
        A reason and an advice, to be put behind "could not be read" or the like.
    """
    reason = error.strerror or type(error).__name__
    if error.errno in _NO_LOCKS:
        return f"{reason}): this file system cannot lock files; use a folder on a local disk"
    if error.errno == errno.ELOOP:
        return f"{reason}): it is a symbolic link; remove it"
    owner = _foreign_owner(path)
    if owner is not None and isinstance(error, PermissionError):
        return (
            f"{reason}): it belongs to {owner}, and this process runs as {_user(os.geteuid())}; run it as {owner}, "
            f"or give it to this user (chown)"
        )
    return f"{reason}); the user of this process has to be able to read and write the folder"


def _foreign_owner(path: str | os.PathLike[str]) -> str | None:
    """Return the owner of a file, or of its folder where it is not there; ``None`` if it is this user."""
    if not hasattr(os, "geteuid"):
        return None
    for place in (Path(path), Path(path).parent):
        try:
            owner = place.lstat().st_uid
        except OSError:
            continue
        return None if owner == os.geteuid() else _user(owner)
    return None


def _user(number: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return f"user {number}"


def lock(handle: int) -> None:
    """Waits for the operating system's lock on an open file; it is held for moments only."""
    while not try_lock(handle):
        time.sleep(0.0005)


def try_lock(handle: int) -> bool:
    """Take the operating system's lock on an open file if it is free; a process that dies frees it.

    Free it with ``unlock`` before the file is closed: a process that was forked meanwhile has the file open too.

    Raises:
        OSError: the file system cannot lock files.
    """
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    import fcntl

    _locked.add(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        _locked.discard(handle)
        if isinstance(error, BlockingIOError):
            return False
        raise
    return True


def unlock(handle: int) -> None:
    """Free such a lock; without effect if it is not held."""
    if os.name == "nt":
        import msvcrt

        with suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_UN)
    _locked.discard(handle)


#: Files that are locked now. A lock lasts as long as any process has the file open, forked ones included.
_locked: Final[set[int]] = set()


def _close_locked() -> None:
    """Close, in a forked process, what another thread of its parent has locked."""
    while _locked:
        with suppress(OSError):
            os.close(_locked.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_locked)
