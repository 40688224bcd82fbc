"""Limiter protocol, and the limiter of one process.

A limiter has ``acquire`` and ``confirm``. ``_core.limits.limiter`` decides; here is the waiting.
"""
# GENERATED from src/amocrm/_async/limits/memory.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import logging
import warnings
from collections import deque
from math import inf
from typing import Protocol

import msgspec

from amocrm._core.arguments import checked
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Blocked, Granted, KeyState, RateGate, RateLimits, SlotOutcome, Window
from amocrm._core.processes import ForkSafeLock, reset_after_fork
from amocrm.errors import CircuitOpen, SplitLimitWarning

from .._primitives import Clock, Wakeup

__all__ = ["Limiter", "MemoryLimiter", "Slot"]

_log = logging.getLogger("amocrm")


class Slot(msgspec.Struct, frozen=True):
    """Permission to send one request.

    Attributes:
        key: the limits that it counts against.
        number: unique in one back end.
        at: when it was granted, on the limiter's clock.
        waited: seconds that the caller waited for it.
    """

    key: LimitKey
    number: int
    at: float
    waited: float


class Limiter(Protocol):
    """Protocol of a limiter. One may serve any number of clients and keys."""

    def acquire(self, key: LimitKey) -> Slot:
        """Wait until one request may be sent now; first come, first served.

        Raises:
            CircuitOpen: the gateway has blocked the API; do not send the request.
        """
        ...

    def confirm(
        self, slot: Slot, outcome: SlotOutcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Report the outcome of a request; every slot must be reported.

        Args:
            slot: what ``acquire`` returned.
            outcome: how the request ended.
            ago: seconds since its answer began to arrive.
            asked: seconds that the server asked to wait.
        """
        ...


class _KeyQueue:
    """State of one key and its FIFO queue of waiters."""

    __slots__ = ("state", "unconfirmed", "waiting")

    def __init__(self, state: KeyState) -> None:
        self.state = state
        self.waiting: deque[Wakeup] = deque()
        self.unconfirmed = False


@checked()
class MemoryLimiter:
    """Rate limiter for the threads and tasks of one process that share this object.

    Args:
        limits: other limits than the platform's.
        clock: for tests.
    """

    def __init__(self, limits: RateLimits | None = None, *, clock: Clock | None = None) -> None:
        self._limits = limits or RateLimits()
        self._clock = clock or Clock()
        self._queues: dict[str, _KeyQueue] = {}
        self._accounts: dict[str, Window] = {}
        self._gates: dict[LimitKey, tuple[_KeyQueue, RateGate]] = {}
        self._numbers = 0
        # Held for arithmetic only, never while waiting.
        self._guard = ForkSafeLock()
        self._is_copy = False
        reset_after_fork(self)

    def acquire(self, key: LimitKey) -> Slot:
        """Wait until one request may be sent now; see ``Limiter``."""
        if self._is_copy:
            self._warn_of_copy()
        asked_at = self._clock.monotonic()
        wakeup: Wakeup | None = None
        try:
            while True:
                with self._guard:
                    queue, gate = self._gates.get(key) or self._gate(key)
                    timeout: float | None = None
                    while queue.waiting and queue.waiting[0].is_gone():
                        queue.waiting.popleft()
                    if not queue.waiting or queue.waiting[0] is wakeup:
                        now = self._clock.monotonic()
                        self._numbers += 1
                        answer = gate.ask(now, self._numbers)
                        if isinstance(answer, Granted):
                            waited = 0.0 if wakeup is None else now - asked_at
                            return Slot(key, self._numbers, now, waited)
                        if isinstance(answer, Blocked):
                            raise circuit_open(key, answer.until - now)
                        timeout, queue.unconfirmed = answer.until - now, answer.unconfirmed
                    if wakeup is None:
                        wakeup = Wakeup()
                        queue.waiting.append(wakeup)
                self._clock.wait(wakeup, timeout)
        finally:
            if wakeup is not None:
                self._leave(key, wakeup)

    def confirm(
        self, slot: Slot, outcome: SlotOutcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Report the outcome of a request; see ``Limiter``."""
        with self._guard:
            queue, gate = self._gates.get(slot.key) or self._gate(slot.key)
            gate.confirm(slot.number, slot.at, self._clock.monotonic() - ago, outcome, asked)
            if queue.waiting and (queue.unconfirmed or outcome is SlotOutcome.BLOCKED):
                queue.waiting[0].wake()

    def after_fork(self) -> None:
        """Drop the waiters of the parent; the requests it sent in the last second still count."""
        for queue in self._queues.values():
            queue.waiting.clear()
        self._is_copy = True

    def _warn_of_copy(self) -> None:
        self._is_copy = False
        text = (
            f"limiter must be shared by all processes, got a forked copy of {type(self).__name__}: together the "
            "processes can exceed the limit of the account; pass FileLimiter(folder) or RedisLimiter(url)"
        )
        _log.warning("%s", text)
        warnings.warn(text, SplitLimitWarning, stacklevel=2)

    def _gate(self, key: LimitKey) -> tuple[_KeyQueue, RateGate]:
        queue = self._queues.get(key.key)
        if queue is None:
            queue = self._queues[key.key] = _KeyQueue(KeyState.new(self._limits))
        account = self._accounts.setdefault(key.account, Window(self._limits.per_account))
        self._gates[key] = queue, RateGate(self._limits, queue.state, account)
        return self._gates[key]

    def _leave(self, key: LimitKey, wakeup: Wakeup) -> None:
        with self._guard:
            waiting = self._queues[key.key].waiting
            if wakeup not in waiting:
                return  # dropped before: its event loop has ended, or this is a forked process
            was_first = waiting[0] is wakeup
            waiting.remove(wakeup)
            if was_first and waiting:
                waiting[0].wake()


def circuit_open(key: LimitKey, retry_in: float) -> CircuitOpen:
    """Return the error for a key that the gateway has blocked."""
    when = f"in {retry_in:.0f} s" if retry_in != inf else "later"
    return CircuitOpen(
        f"requests to {key.account} are paused: the gateway answered 403 with an HTML page, so the API is "
        f"blocked after too many requests; try again {when}. If the block stays, write to "
        "the vendor's support",
        op="",
        retry_in=retry_in,
    )
