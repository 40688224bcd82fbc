"""The limiter of all processes of one machine that share a folder."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import TypeVar

import msgspec

from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Ask, KeyState, Limits, Outcome, RateGate, Window
from amocrm._core.limits.wait_queue import WaitQueue
from amocrm.errors import ConfigurationError

from ..._io.durable_files import folder_of, lock, open_private, unlock, way_out
from .._primitives import Clock, to_thread
from .memory import Slot
from .polling import AsyncPollingLimiter, SlotRequest

__all__ = ["AsyncFileLimiter"]

T = TypeVar("T")


class _KeyFile(msgspec.Struct, array_like=True):
    boot: str
    state: KeyState
    line: WaitQueue


class _AccountFile(msgspec.Struct, array_like=True):
    boot: str
    window: Window


# Made here and once: two threads that meet a type for the first time at the same moment crash msgspec.
_key_file = msgspec.msgpack.Decoder(_KeyFile)
_account_file = msgspec.msgpack.Decoder(_AccountFile)


class AsyncFileLimiter(AsyncPollingLimiter):
    """Keeps one limit over all processes of this machine (and their tasks and threads).

    One file per key and one per account, locked for some microseconds at each question. The times are
    those of the machine's monotonic clock, which all its processes share. A process that dies while it
    waits holds nobody up; one that dies with a request on its way does so no longer than the lease.

    Args:
        folder: is made if it does not exist; the same for all processes, on a local disk.
        limits: other limits than the platform's; the same for all processes.
        clock: for tests.

    Raises:
        ConfigurationError: ``folder`` is empty; later, at a request, it cannot be used.

    Example:
        >>> limiter = AsyncFileLimiter("/run/myapp/amocrm")  # doctest: +SKIP
    """

    def __init__(
        self, folder: str | os.PathLike[str], limits: Limits | None = None, *, clock: Clock | None = None
    ) -> None:
        self._folder = folder_of(folder)
        self._limits = limits or Limits()
        self._clock = clock or Clock()
        #: names of files that were there: one that is empty again was taken away meanwhile
        self._known: set[Path] = set()

    async def confirm(
        self, slot: Slot, outcome: Outcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Reports what became of the request; see ``AsyncLimiter``."""
        at = self._clock.monotonic() - ago
        await to_thread(self._confirm, slot, at, outcome, asked)

    async def _ask(self, turn: SlotRequest) -> None:
        turn.number, turn.answer = await to_thread(self._asked, turn)

    async def _leave(self, turn: SlotRequest) -> None:
        await to_thread(self._left, turn)

    def _asked(self, turn: SlotRequest) -> tuple[int, Ask]:
        try:
            with self._opened(turn.key) as (line, gate):
                return line.ask(gate, self._clock.monotonic(), turn.slot, turn.number)
        except OSError as error:
            raise ConfigurationError(
                f"the folder {self._folder} of the limiter cannot be used ({way_out(self._folder, error)}"
            ) from error

    def _confirm(self, slot: Slot, at: float, outcome: Outcome, asked: float | None) -> None:
        # A slot that is not confirmed counts as arrived when its lease is over: slower, and never too fast.
        with suppress(OSError), self._opened(slot.key) as (_, gate):
            gate.confirm(slot.number, slot.at, at, outcome, asked)

    def _left(self, turn: SlotRequest) -> None:
        if turn.number is not None:
            # Who cannot take himself out is forgotten after some seconds.
            with suppress(OSError), self._opened(turn.key) as (line, _):
                line.leave(turn.number)

    @contextmanager
    def _opened(self, key: LimitKey) -> Iterator[tuple[WaitQueue, RateGate]]:
        """The state of a key under its locks, written back at the end of the block."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = {"key": self._path("key", key.key), "account": self._path("account", key.account)}
        handles = {name: open_private(path) for name, path in paths.items()}
        try:
            # Always in one order, or two keys that share an account on two sides could wait for each other.
            for name in sorted(paths, key=lambda each: paths[each]):
                lock(handles[name])
            now, limits, boot = self._clock.monotonic(), self._limits, boot_id()
            mine = _read(handles["key"], _key_file)
            if mine is None or not _is_current(mine.boot, boot, mine.state.window, now):
                mine = _KeyFile(boot, KeyState.new(limits), WaitQueue())
                mine.state.window.next_at = self._careful(paths["key"], handles["key"], now)
            ours = _read(handles["account"], _account_file)
            if ours is None or not _is_current(ours.boot, boot, ours.window, now):
                ours = _AccountFile(boot, Window(limits.per_account))
                ours.window.next_at = self._careful(paths["account"], handles["account"], now)
            mine.state.window.limit, ours.window.limit = limits.per_key, limits.per_account
            yield mine.line, RateGate(limits, mine.state, ours.window)
            _write(handles["key"], mine)
            _write(handles["account"], ours)
            self._known.update(paths.values())
        finally:
            for handle in handles.values():
                unlock(handle)
                os.close(handle)

    def _careful(self, path: Path, handle: int, now: float) -> float:
        """What a process that died while writing knew, or a file that was removed, may be less than a second old."""
        return now + 1.0 if path in self._known or os.fstat(handle).st_size else -inf

    def _path(self, kind: str, name: str) -> Path:
        return self._folder / f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.limit"


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Names this start of the machine: monotonic times of another start mean nothing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _is_current(written: str, boot: str, window: Window, now: float) -> bool:
    # Where starts have no name, a last request that lies in the future gives an old file away.
    return written == boot and (not window.sent or window.sent[-1].at <= now + 1.0)


def _read(handle: int, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
    os.lseek(handle, 0, os.SEEK_SET)
    content = os.read(handle, 1 << 20)
    try:
        return decoder.decode(content)
    except msgspec.DecodeError:
        return None


def _write(handle: int, state: msgspec.Struct) -> None:
    content = msgspec.msgpack.encode(state)
    os.lseek(handle, 0, os.SEEK_SET)
    if os.write(handle, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.ftruncate(handle, len(content))
