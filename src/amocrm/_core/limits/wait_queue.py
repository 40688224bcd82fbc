"""Those who wait for one key in different processes, first come first served, the dead left out.

Processes cannot wake each other, so each is told when to ask again and is expected then. Whoever is
late lets the next one pass and keeps his place; whoever stays away is forgotten.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .limiter import Ask, RateGate, Wait

__all__ = ["WaitQueue", "Waiter"]

#: Seconds: how late a waiter may be before the next one may pass him, and before he is forgotten.
_GRACE: Final = 0.05
_GONE: Final = 5.0
#: Seconds between two questions of the first in the line while an answer is still to come.
_POLL: Final = 0.01


class Waiter(msgspec.Struct, array_like=True):
    """One waiter: his number and when he will ask again."""

    number: int
    due: float


class WaitQueue(msgspec.Struct, array_like=True):
    """The waiters of one key, in the order in which they came."""

    last: int = 0
    waiting: list[Waiter] = []

    def ask(self, gate: RateGate, now: float, slot: int, number: int | None) -> tuple[int, Ask]:
        """Asks for a slot.

        Args:
            gate: the limits that rule.
            now: the time.
            slot: a number never used before, for the slot.
            number: what the last question of this waiter returned; ``None`` at the first.

        Returns:
            The waiter's number, and a slot or when to ask again. Unless it is ``Wait`` he has left the line.
        """
        mine = self._find_or_enqueue(now, number)
        ahead = [each for each in self.waiting if each.number < mine.number and now <= each.due + _GRACE]
        if ahead:
            # One slot each for those before him, from when the first of them is expected.
            mine.due = max(now, ahead[0].due) + len(ahead) * gate.gap
            return mine.number, Wait(mine.due)
        answer = gate.ask(now, slot)
        if not isinstance(answer, Wait):
            self.leave(mine.number)
            return mine.number, answer
        mine.due = min(answer.until, now + _POLL) if answer.unconfirmed else answer.until
        return mine.number, Wait(mine.due, answer.unconfirmed)

    def leave(self, number: int) -> None:
        """Takes a waiter out."""
        self.waiting = [each for each in self.waiting if each.number != number]

    def _find_or_enqueue(self, now: float, number: int | None) -> Waiter:
        self.waiting = [each for each in self.waiting if each.number == number or now <= each.due + _GONE]
        for each in self.waiting:
            if each.number == number:
                return each
        if number is None:
            self.last = number = self.last + 1
        mine = Waiter(number, now)
        self.waiting.append(mine)
        self.waiting.sort(key=lambda each: each.number)
        return mine
