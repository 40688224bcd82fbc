"""FIFO wait queue for one limit key, shared between processes. Waiters that stop polling are dropped.

Processes cannot wake each other, so each waiter is told when to ask again and is expected then. A waiter more
than 50 ms late is skipped but keeps its place; after 5 s it is removed.

A place in the queue is the time of arrival. So the order holds even if the queue is lost, or replaced by an
older copy: waiters come back with the places that they had, and later arrivals stand behind them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .limiter import Ask, RateGate, Wait

__all__ = ["WaitQueue", "Waiter"]

#: Seconds: how late a waiter may be before others may pass it, and before it is removed.
_GRACE: Final = 0.05
_GONE: Final = 5.0
#: Seconds between two questions of the first waiter while an answer is still to come.
_POLL: Final = 0.01
#: Places per second.
_PLACES: Final = 1_000_000


class Waiter(msgspec.Struct, array_like=True):
    """One waiter: its place and when it will ask again."""

    number: int
    due: float


class WaitQueue(msgspec.Struct, array_like=True):
    """Waiters of one key, in the order in which they came."""

    last: int = 0
    waiting: list[Waiter] = []

    def ask(self, gate: RateGate, now: float, slot: int, number: int | None) -> tuple[int, Ask]:
        """Ask for a slot.

        Args:
            gate: the limits.
            now: the time, in seconds; not negative.
            slot: a number never used before, for the slot.
            number: place that the last question of this waiter returned; ``None`` at the first.

        Returns:
            The waiter's place, and a slot or when to ask again. Unless it is ``Wait`` the waiter has left the
            queue.
        """
        waiter = self._find_or_enqueue(now, number)
        ahead = [each for each in self.waiting if each.number < waiter.number and now <= each.due + _GRACE]
        if ahead:
            # One slot each for those before it, from when the first of them is expected.
            waiter.due = max(now, ahead[0].due) + len(ahead) * gate.gap
            return waiter.number, Wait(waiter.due)
        answer = gate.ask(now, slot)
        if not isinstance(answer, Wait):
            self.leave(waiter.number)
            return waiter.number, answer
        waiter.due = min(answer.until, now + _POLL) if answer.unconfirmed else answer.until
        return waiter.number, Wait(waiter.due, answer.unconfirmed)

    def leave(self, number: int) -> None:
        """Remove a waiter."""
        self.waiting = [each for each in self.waiting if each.number != number]

    def _find_or_enqueue(self, now: float, number: int | None) -> Waiter:
        self.waiting = [each for each in self.waiting if each.number == number or now <= each.due + _GONE]
        for each in self.waiting:
            if each.number == number:
                return each
        if number is None:
            number = max(self.last + 1, int(now * _PLACES))
        self.last = max(self.last, number)
        waiter = Waiter(number, now)
        self.waiting.append(waiter)
        self.waiting.sort(key=lambda each: each.number)
        return waiter
