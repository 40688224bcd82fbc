"""Locks and durable replacement of files. The calls block: run them on a thread.

A file that must survive a power failure is written beside the old one and synced, then renamed over it, and
the folder is synced: after each of these steps the disk holds the old content or the new.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from amocrm._core.arguments import is_text, shown
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


#: Suffix of a file while it is written.
DRAFT = ".tmp"


_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
#: Errors of systems that cannot lock files (network file systems without a lock service).
_NO_LOCKS: Final = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


class Disk:
    """Calls of the operating system that durability depends on, one method each; tests pass another disk."""

    def read(self, path: Path) -> bytes:
        """Return the content of a file."""
        return path.read_bytes()

    def read_draft(self, path: Path) -> bytes:
        """Return the content of a draft; a link is not followed.

        Raises:
            OSError: the file does not exist, or it is a link.
        """
        handle = os.open(path, os.O_RDONLY | _NO_LINK | _BINARY)
        with os.fdopen(handle, "rb") as file:
            return file.read()

    def open(self, path: Path) -> int:
        """Create an empty file for its owner only, in the place of an existing one.

        An existing file is removed, not truncated: it may be a link to another file.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
        try:
            return os.open(path, flags, 0o600)
        except FileExistsError:
            path.unlink()
            return os.open(path, flags, 0o600)

    def write(self, handle: int, content: bytes) -> int:
        """Write as much as the system accepts at once and return the number of bytes."""
        return os.write(handle, content)

    def sync(self, handle: int) -> None:
        """Wait until the written content is on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close a file."""
        os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file over another in one step."""
        source.replace(target)

    def make_folder(self, folder: Path) -> bool:
        """Create a folder for its owner only and return True, or return False if it exists."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return False
        return True

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on the disk; some systems cannot open a folder and need no sync."""
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()


def folder_of(folder: str | os.PathLike[str]) -> Path:
    """Return a folder as a path, with ``~`` expanded.

    Raises:
        ConfigurationError: ``folder`` is empty, which would mean the current folder of the process.
    """
    text = os.fspath(folder) if isinstance(folder, str | os.PathLike) else ""
    if not isinstance(text, str) or not text.strip() or "\0" in text or not is_text(text):
        raise ConfigurationError(
            f"folder must be the path of a folder, got {shown(folder)}; write for example '/var/lib/myapp/amocrm'"
        )
    return Path(text).expanduser()


def replace_file(disk: Disk, path: Path, content: bytes) -> None:
    """Replace the content of a file; a power failure at any moment leaves the old content or the new.

    Raises:
        OSError: the file was not replaced.
    """
    # One draft per file: the writer holds the lock, and the draft of a dead process is overwritten.
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
    """Create a folder and those above it, each durable before the next."""
    if folder.is_dir():
        return
    make_folders(disk, folder.parent)
    if disk.make_folder(folder):
        disk.sync_folder(folder.parent)


def open_private(path: str | os.PathLike[str]) -> int:
    """Open a file for its owner only to read and write, and create it if needed; a link is not followed."""
    return os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK | _BINARY, 0o600)


def way_out(path: str | os.PathLike[str], error: OSError) -> str:
    """Return what an error of a file means and what to do about it.

    Args:
        path: the file, or its folder.
        error: error that was raised for it.

    Returns:
        A reason and an advice that complete "could not be read (".
    """
    reason = error.strerror or type(error).__name__
    if error.errno in _NO_LOCKS:
        return f"{reason}): this file system cannot lock files; use a folder on a local disk"
    if error.errno == errno.ELOOP:
        return f"{reason}): it is a symbolic link; remove it"
    if error.errno == errno.ENOENT:
        return f"{reason}); create its folder, or choose a path in a folder that this process can write"
    owner = _foreign_owner(path)
    if owner is not None and isinstance(error, PermissionError):
        return (
            f"{reason}): it belongs to {owner}, and this process runs as {_user(os.geteuid())}; run it as {owner}, "
            f"or give it to this user (chown)"
        )
    return f"{reason}); give the user of this process the right to read and write the folder"


def _foreign_owner(path: str | os.PathLike[str]) -> str | None:
    """Return the owner of a file, or of its folder if it does not exist; ``None`` if it is this user."""
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
    """Wait for the operating system's lock on an open file; holders keep it for less than a millisecond."""
    while not try_lock(handle):
        time.sleep(0.0005)


def try_lock(handle: int) -> bool:
    """Take the operating system's lock on an open file if it is free; a process that dies frees it.

    Free it with ``unlock`` before closing the file: a process that was forked meanwhile has the file open too.

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
    """Free a lock that ``try_lock`` took; without effect if it is not held."""
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
    """Close, in a forked process, the files that another thread of its parent has locked."""
    while _locked:
        with suppress(OSError):
            os.close(_locked.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_locked)
