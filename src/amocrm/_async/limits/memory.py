"""Who may send now: the limiter's waiting half, in process.

A limiter is anything with ``acquire`` and ``confirm``. The decisions are in ``_core.limiter``.
"""

from __future__ import annotations

import logging
import warnings
from collections import deque
from math import inf
from typing import Protocol

import msgspec

from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Blocked, Granted, KeyState, Limits, Outcome, RateGate, Window
from amocrm._core.processes import ForkSafeLock, reset_after_fork
from amocrm.errors import CircuitOpen, SplitLimitWarning

from .._primitives import Clock, Wakeup

__all__ = ["AsyncLimiter", "AsyncMemoryLimiter", "Slot"]

_log = logging.getLogger("amocrm")


class Slot(msgspec.Struct, frozen=True):
    """Leave to send one request.

    Attributes:
        key: the limits that it counts against.
        number: never used twice by one back end.
        at: when it was granted, on the limiter's clock.
        waited: seconds that the caller waited for it.
    """

    key: LimitKey
    number: int
    at: float
    waited: float


class AsyncLimiter(Protocol):
    """Hands out slots. One limiter may serve any number of clients and keys."""

    async def acquire(self, key: LimitKey) -> Slot:
        """Waits for leave to send one request now; first come, first served.

        Raises:
            CircuitOpen: the gateway has blocked the API; nothing is to be sent.
        """
        ...

    async def confirm(
        self, slot: Slot, outcome: Outcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Reports what became of the request; every slot must be reported.

        Args:
            slot: what ``acquire`` returned.
            outcome: what became of the request.
            ago: seconds since its answer began to arrive.
            asked: seconds that the server asked to wait.
        """
        ...


class _KeyQueue:
    """What is known about one key, and those who wait for it, first come first served."""

    __slots__ = ("state", "unconfirmed", "waiting")

    def __init__(self, state: KeyState) -> None:
        self.state = state
        self.waiting: deque[Wakeup] = deque()
        self.unconfirmed = False


class AsyncMemoryLimiter:
    """The limiter of one process: its threads and tasks share it if they share this object.

    Args:
        limits: other limits than the platform's.
        clock: for tests.
    """

    def __init__(self, limits: Limits | None = None, *, clock: Clock | None = None) -> None:
        self._limits = limits or Limits()
        self._clock = clock or Clock()
        self._lines: dict[str, _KeyQueue] = {}
        self._accounts: dict[str, Window] = {}
        self._gates: dict[LimitKey, tuple[_KeyQueue, RateGate]] = {}
        self._numbers = 0
        # Held for arithmetic only, never while waiting.
        self._guard = ForkSafeLock()
        self._is_copy = False
        reset_after_fork(self)

    async def acquire(self, key: LimitKey) -> Slot:
        """Waits for leave to send one request now; see ``AsyncLimiter``."""
        if self._is_copy:
            self._warn_of_copy()
        asked_at = self._clock.monotonic()
        wakeup: Wakeup | None = None
        try:
            while True:
                with self._guard:
                    line, gate = self._gates.get(key) or self._gate(key)
                    patience: float | None = None
                    while line.waiting and line.waiting[0].is_gone():
                        line.waiting.popleft()
                    if not line.waiting or line.waiting[0] is wakeup:
                        now = self._clock.monotonic()
                        self._numbers += 1
                        answer = gate.ask(now, self._numbers)
                        if isinstance(answer, Granted):
                            waited = 0.0 if wakeup is None else now - asked_at
                            return Slot(key, self._numbers, now, waited)
                        if isinstance(answer, Blocked):
                            raise circuit_open(key, answer.until - now)
                        patience, line.unconfirmed = answer.until - now, answer.unconfirmed
                    if wakeup is None:
                        wakeup = Wakeup()
                        line.waiting.append(wakeup)
                await self._clock.wait(wakeup, patience)
        finally:
            if wakeup is not None:
                self._leave(key, wakeup)

    async def confirm(
        self, slot: Slot, outcome: Outcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Reports what became of the request; see ``AsyncLimiter``."""
        with self._guard:
            line, gate = self._gates.get(slot.key) or self._gate(slot.key)
            gate.confirm(slot.number, slot.at, self._clock.monotonic() - ago, outcome, asked)
            if line.waiting and (line.unconfirmed or outcome is Outcome.BLOCKED):
                line.waiting[0].wake()

    def after_fork(self) -> None:
        """Forget the waiters of the parent; what it has sent in the last second still counts."""
        for line in self._lines.values():
            line.waiting.clear()
        self._is_copy = True

    def _warn_of_copy(self) -> None:
        self._is_copy = False
        text = (
            f"this process was forked and its {type(self).__name__} counts its own requests only: together the "
            "processes can exceed the limit of the account; share one with FileLimiter(folder) or RedisLimiter(url)"
        )
        _log.warning("%s", text)
        warnings.warn(text, SplitLimitWarning, stacklevel=2)

    def _gate(self, key: LimitKey) -> tuple[_KeyQueue, RateGate]:
        line = self._lines.get(key.key)
        if line is None:
            line = self._lines[key.key] = _KeyQueue(KeyState.new(self._limits))
        account = self._accounts.setdefault(key.account, Window(self._limits.per_account))
        self._gates[key] = line, RateGate(self._limits, line.state, account)
        return self._gates[key]

    def _leave(self, key: LimitKey, wakeup: Wakeup) -> None:
        with self._guard:
            waiting = self._lines[key.key].waiting
            if wakeup not in waiting:
                return  # forgotten: its event loop had ended, or this is a forked process
            first = waiting[0] is wakeup
            waiting.remove(wakeup)
            if first and waiting:
                waiting[0].wake()


def circuit_open(key: LimitKey, retry_in: float) -> CircuitOpen:
    """The error of a key that the gateway has blocked."""
    when = f"{retry_in:.0f} s" if retry_in != inf else "an unknown time"
    return CircuitOpen(
        f"nothing is sent for {key.account}: the gateway answered 403 with a page, which means that the API is "
        f"blocked after too many requests; one request may try again in {when}. If the block stays, write to "
        "the vendor's support",
        op="",
        retry_in=retry_in,
    )
