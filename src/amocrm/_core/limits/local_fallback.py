"""Rate limiter used by a process while Redis is unreachable. It enforces this process's share of the rate."""

from __future__ import annotations

from math import inf

from ..http.hosts import LimitKey
from ..processes import ForkSafeLock
from .limiter import Ask, KeyState, Limits, Outcome, RateGate, Window
from .wait_queue import WaitQueue

__all__ = ["LocalFallbackLimiter"]


class LocalFallbackLimiter:
    """Decides like a shared limiter, for this process only. Used from any thread; nothing here waits.

    Args:
        limits: those of everybody together.

    Attributes:
        quiet_until: nothing leaves before; what others granted last is over then.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._keys: dict[str, tuple[KeyState, WaitQueue]] = {}
        self._accounts: dict[str, Window] = {}
        self._guard = ForkSafeLock()
        self.quiet_until = -inf

    def ask(self, key: LimitKey, now: float, slot: int, number: int | None, part: float) -> tuple[int, Ask]:
        """Asks for a slot; see ``WaitQueue.ask``.

        Args:
            part: share of the rate, above 0 and up to 1; one request a second is granted at least.
        """
        with self._guard:
            state, line, account = self._of(key)
            state.window.limit = max(1, int(self._limits.per_key * part))
            account.limit = max(1, int(self._limits.per_account * part))
            state.window.next_at = max(state.window.next_at, self.quiet_until)
            return line.ask(RateGate(self._limits, state, account), now, slot, number)

    def confirm(
        self, key: LimitKey, slot: int, sent_at: float, now: float, outcome: Outcome, asked: float | None
    ) -> None:
        """Reports what became of a slot; of one that was granted elsewhere only what it teaches is kept."""
        with self._guard:
            state, _, account = self._of(key)
            RateGate(self._limits, state, account).confirm(slot, sent_at, now, outcome, asked)

    def close(self, key: LimitKey, until: float) -> None:
        """Others say that the gateway blocks this key until then."""
        with self._guard:
            block = self._of(key)[0].block
            block.strikes, block.until = max(1, block.strikes), max(block.until, until)

    def leave(self, key: LimitKey, number: int) -> None:
        """Takes a waiter out of the line."""
        with self._guard:
            self._of(key)[1].leave(number)

    def _of(self, key: LimitKey) -> tuple[KeyState, WaitQueue, Window]:
        if key.key not in self._keys:
            self._keys[key.key] = KeyState.new(self._limits), WaitQueue()
        state, line = self._keys[key.key]
        return state, line, self._accounts.setdefault(key.account, Window(self._limits.per_account))
