"""Waiting for a limiter whose state lies outside of this process, so that nobody can wake us: we ask again."""
# GENERATED from src/amocrm/_async/limits/polling.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import secrets
from functools import partial

from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Ask, Blocked, Granted, Outcome

from .._primitives import Clock, shielded
from .memory import Slot, circuit_open

__all__ = ["PollingLimiter", "SlotRequest"]

#: Shorter waits are the back end's own time and no throttling.
_UNNOTICED = 0.001


class SlotRequest:
    """One waiter: what he asks with, and the last answer.

    Attributes:
        key: the limits.
        slot: number of the slot that he asks for; it stays the same, so a question may be put twice.
        number: his place in the line, once he has one.
        alone: his place in the line of this process, once the others are out of reach.
        answer: ``Wait`` and ``Blocked`` in times of our own clock, ``Granted`` in the back end's.
    """

    __slots__ = ("alone", "answer", "key", "number", "slot")

    def __init__(self, key: LimitKey) -> None:
        self.key = key
        self.slot = secrets.randbits(52)  # a script of Redis has no longer integers
        self.number: int | None = None
        self.alone: int | None = None
        self.answer: Ask | None = None


class PollingLimiter:
    """The waiting half of the limiters that keep their state in a file or in Redis.

    A subclass puts the question (``_ask``), takes a waiter out of the line (``_leave``), and confirms.
    """

    _clock: Clock

    def acquire(self, key: LimitKey) -> Slot:
        """Waits for leave to send one request now; see ``Limiter``."""
        asked_at = self._clock.monotonic()
        turn = SlotRequest(key)
        try:
            while True:
                # Shielded: a slot that was granted while the caller was cancelled must be given back.
                shielded(partial(self._ask, turn))
                answer = turn.answer
                if isinstance(answer, Granted):
                    waited = self._clock.monotonic() - asked_at
                    return Slot(key, turn.slot, answer.at, waited if waited > _UNNOTICED else 0.0)
                now = self._clock.monotonic()
                if isinstance(answer, Blocked):
                    raise circuit_open(key, answer.until - now)
                assert answer is not None
                self._pause(answer.until - now)
        except BaseException:
            shielded(partial(self._give_up, turn))
            raise

    def confirm(
        self, slot: Slot, outcome: Outcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Reports what became of the request; see ``Limiter``."""
        raise TypeError("a back end confirms by itself")

    def _ask(self, turn: SlotRequest) -> None:
        """Asks for ``turn.slot`` and notes place and answer in ``turn``."""
        raise TypeError("a back end asks by itself")

    def _leave(self, turn: SlotRequest) -> None:
        """Takes a waiter out of the line."""
        raise TypeError("a back end has its own line")

    def _pause(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def _give_up(self, turn: SlotRequest) -> None:
        if isinstance(turn.answer, Granted):
            self.confirm(Slot(turn.key, turn.slot, turn.answer.at, 0.0), Outcome.NOT_SENT)
        elif not isinstance(turn.answer, Blocked):
            self._leave(turn)
