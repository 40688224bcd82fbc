"""Rate limiter used by a process while Redis is unreachable. It enforces this process's share of the rate."""

from __future__ import annotations

from math import inf

from ..http.hosts import LimitKey
from ..processes import ForkSafeLock
from .limiter import Ask, KeyState, RateGate, RateLimits, SlotOutcome, Window
from .wait_queue import WaitQueue

__all__ = ["LocalFallbackLimiter"]


class LocalFallbackLimiter:
    """Limiter state of this process alone. Any thread may use it; nothing here waits.

    Args:
        limits: limits of all processes together.

    Attributes:
        quiet_until: no request leaves before this time; the last slots of Redis have expired then.
    """

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._keys: dict[str, tuple[KeyState, WaitQueue]] = {}
        self._accounts: dict[str, Window] = {}
        self._guard = ForkSafeLock()
        self.quiet_until = -inf

    def ask(self, key: LimitKey, now: float, slot: int, number: int | None, share: float) -> tuple[int, Ask]:
        """Ask for a slot; see ``WaitQueue.ask``.

        Args:
            key: key and account.
            now: the time, in seconds.
            slot: a number never used before.
            number: place that the last question returned; ``None`` at the first.
            share: part of the rate, above 0 and up to 1; at least one request per second is granted.
        """
        with self._guard:
            state, queue, account = self._state_of(key)
            state.window.limit = max(1, int(self._limits.per_key * share))
            account.limit = max(1, int(self._limits.per_account * share))
            state.window.next_at = max(state.window.next_at, self.quiet_until)
            return queue.ask(RateGate(self._limits, state, account), now, slot, number)

    def confirm(
        self, key: LimitKey, slot: int, sent_at: float, now: float, outcome: SlotOutcome, asked: float | None
    ) -> None:
        """Record the outcome of a slot; of one that Redis granted, only the round trip and pauses are recorded."""
        with self._guard:
            state, _, account = self._state_of(key)
            RateGate(self._limits, state, account).confirm(slot, sent_at, now, outcome, asked)

    def close(self, key: LimitKey, until: float) -> None:
        """Record that the gateway blocks this key until then, as Redis has told."""
        with self._guard:
            block = self._state_of(key)[0].block
            block.strikes, block.until = max(1, block.strikes), max(block.until, until)

    def leave(self, key: LimitKey, number: int) -> None:
        """Remove a waiter from the queue."""
        with self._guard:
            self._state_of(key)[1].leave(number)

    def _state_of(self, key: LimitKey) -> tuple[KeyState, WaitQueue, Window]:
        if key.key not in self._keys:
            self._keys[key.key] = KeyState.new(self._limits), WaitQueue()
        state, queue = self._keys[key.key]
        return state, queue, self._accounts.setdefault(key.account, Window(self._limits.per_account))
