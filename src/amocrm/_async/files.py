# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""Locks and durability of files. None of it waits for the event loop: call it through ``to_thread``."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["lock", "open_private", "sync_folder", "try_lock"]


def open_private(path: str | os.PathLike[str]) -> int:
    """Opens a file to read and write, made if need be, for its owner only."""
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)


def lock(handle: int) -> None:
    """Waits for the operating system's lock on an open file; it is held for moments only."""
    while not try_lock(handle):
        time.sleep(0.0005)


def sync_folder(folder: Path) -> None:
    """Makes a rename survive a power failure; some systems cannot open a folder and need not."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Takes the operating system's lock on an open file if it is free; a process that dies frees it."""
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
