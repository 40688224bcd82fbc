"""Rate limiter for all processes of one machine, with its state in files of one folder.

The files of a key and its account are read, decided on and written under their locks.
"""

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

from amocrm._core.arguments import checked
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Ask, KeyState, RateGate, RateLimits, SlotOutcome, Window
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
    queue: WaitQueue


class _AccountFile(msgspec.Struct, array_like=True):
    boot: str
    window: Window


# Built at import: two threads that build the decoder of one type at the same moment crash msgspec.
_key_decoder = msgspec.msgpack.Decoder(_KeyFile)
_account_decoder = msgspec.msgpack.Decoder(_AccountFile)


@checked(folder="write a path such as '/var/lib/myapp/amocrm'")
class AsyncFileLimiter(AsyncPollingLimiter):
    """Rate limiter for all processes of this machine, with their tasks and threads.

    It keeps one file per key and one per account, each locked for some microseconds per request. Times are
    those of the machine's monotonic clock, which all its processes share. A process that dies while it waits
    delays no other; one that dies with a request in flight delays them for the lease at most.

    Args:
        folder: path on a local disk, the same for all processes; created if it does not exist.
        limits: other limits than the platform's; the same for all processes.
        clock: for tests.

    Raises:
        ConfigurationError: ``folder`` is empty; later, at a request, it cannot be used.

    Example:
        >>> limiter = AsyncFileLimiter("/run/myapp/amocrm")  # doctest: +SKIP
    """

    def __init__(
        self, folder: str | os.PathLike[str], limits: RateLimits | None = None, *, clock: Clock | None = None
    ) -> None:
        self._folder = folder_of(folder)
        self._limits = limits or RateLimits()
        self._clock = clock or Clock()
        #: files that had content: one that is empty again was removed meanwhile
        self._written: set[Path] = set()

    async def confirm(
        self, slot: Slot, outcome: SlotOutcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Report the outcome of a request; see ``AsyncLimiter``."""
        at = self._clock.monotonic() - ago
        await to_thread(self._confirm, slot, at, outcome, asked)

    async def _ask(self, request: SlotRequest) -> None:
        request.number, request.answer = await to_thread(self._ask_files, request)

    async def _leave(self, request: SlotRequest) -> None:
        await to_thread(self._leave_files, request)

    def _ask_files(self, request: SlotRequest) -> tuple[int, Ask]:
        try:
            with self._locked_state(request.key) as (queue, gate):
                return queue.ask(gate, self._clock.monotonic(), request.slot, request.number)
        except OSError as error:
            raise ConfigurationError(
                f"folder must be one that this process can write, got {str(self._folder)!r} "
                f"({way_out(self._folder, error)}"
            ) from error

    def _confirm(self, slot: Slot, at: float, outcome: SlotOutcome, asked: float | None) -> None:
        # An unconfirmed slot counts as arrived when its lease ends: slower, never too fast.
        with suppress(OSError), self._locked_state(slot.key) as (_, gate):
            gate.confirm(slot.number, slot.at, at, outcome, asked)

    def _leave_files(self, request: SlotRequest) -> None:
        if request.number is not None:
            # If removal fails, the waiter expires after 5 s.
            with suppress(OSError), self._locked_state(request.key) as (queue, _):
                queue.leave(request.number)

    @contextmanager
    def _locked_state(self, key: LimitKey) -> Iterator[tuple[WaitQueue, RateGate]]:
        """Yield the state of a key under its locks and write it at the end of the block."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = {"key": self._path("key", key.key), "account": self._path("account", key.account)}
        handles = {name: open_private(path) for name, path in paths.items()}
        try:
            # In one order for all processes: otherwise two of them could deadlock.
            for name in sorted(paths, key=lambda each: paths[each]):
                lock(handles[name])
            now, limits, boot = self._clock.monotonic(), self._limits, boot_id()
            key_file = _read(handles["key"], _key_decoder)
            if key_file is None or not _is_current(key_file.boot, boot, key_file.state.window, now):
                key_file = _KeyFile(boot, KeyState.new(limits), WaitQueue())
                key_file.state.window.next_at = self._first_send(paths["key"], handles["key"], now)
            account_file = _read(handles["account"], _account_decoder)
            if account_file is None or not _is_current(account_file.boot, boot, account_file.window, now):
                account_file = _AccountFile(boot, Window(limits.per_account))
                account_file.window.next_at = self._first_send(paths["account"], handles["account"], now)
            key_file.state.window.limit, account_file.window.limit = limits.per_key, limits.per_account
            yield key_file.queue, RateGate(limits, key_file.state, account_file.window)
            _write(handles["key"], key_file)
            _write(handles["account"], account_file)
            self._written.update(paths.values())
        finally:
            for handle in handles.values():
                unlock(handle)
                os.close(handle)

    def _first_send(self, path: Path, handle: int, now: float) -> float:
        """Return when to send first if the file was lost: its last request may be less than a second old."""
        return now + 1.0 if path in self._written or os.fstat(handle).st_size else -inf

    def _path(self, kind: str, name: str) -> Path:
        return self._folder / f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.limit"


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Return the id of this boot; monotonic times of another boot have no meaning."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _is_current(written: str, boot: str, window: Window, now: float) -> bool:
    # Without a boot id, a last request in the future shows that the file is old.
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
