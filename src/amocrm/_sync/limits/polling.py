"""Waiting half of the limiters whose state is outside of this process.

No other process can wake a waiter, so it polls at the time that the last answer named.
"""
# GENERATED from src/amocrm/_async/limits/polling.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import secrets
from functools import partial

from amocrm._core.arguments import checked
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Ask, Blocked, Granted, SlotOutcome

from .._primitives import Clock, shielded
from .memory import Slot, circuit_open

__all__ = ["PollingLimiter", "SlotRequest"]

#: Seconds. Shorter waits are the duration of the question itself, not throttling.
_MIN_WAIT = 0.001


class SlotRequest:
    """Waiter for one slot, with the last answer that it got.

    Attributes:
        key: the limits.
        slot: number of the slot. It stays the same, so a question may be repeated.
        number: place in the shared queue, ``None`` before the first answer.
        local_number: place in the local queue while Redis is unreachable.
        answer: ``Wait`` and ``Blocked`` with times of the local clock, ``Granted`` with those of the back end.
    """

    __slots__ = ("answer", "key", "local_number", "number", "slot")

    def __init__(self, key: LimitKey) -> None:
        self.key = key
        self.slot = secrets.randbits(52)  # integers in a Redis script have 52 bits
        self.number: int | None = None
        self.local_number: int | None = None
        self.answer: Ask | None = None


@checked()
class PollingLimiter:
    """Base of the limiters that keep their state in files or in Redis.

    A subclass asks for a slot (``_ask``), removes a waiter from the queue (``_leave``), and confirms.
    """

    _clock: Clock

    def acquire(self, key: LimitKey) -> Slot:
        """Wait until one request may be sent now; see ``Limiter``."""
        asked_at = self._clock.monotonic()
        request = SlotRequest(key)
        try:
            while True:
                # Shielded: a slot that was granted while the caller was cancelled must be given back.
                shielded(partial(self._ask, request))
                answer = request.answer
                if isinstance(answer, Granted):
                    waited = self._clock.monotonic() - asked_at
                    return Slot(key, request.slot, answer.at, waited if waited > _MIN_WAIT else 0.0)
                now = self._clock.monotonic()
                if isinstance(answer, Blocked):
                    raise circuit_open(key, answer.until - now)
                assert answer is not None
                self._pause(answer.until - now)
        except BaseException:
            shielded(partial(self._give_up, request))
            raise

    def confirm(
        self, slot: Slot, outcome: SlotOutcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Report the outcome of a request; see ``Limiter``."""
        raise NotImplementedError

    def _ask(self, request: SlotRequest) -> None:
        """Ask for ``request.slot`` and store place and answer in ``request``."""
        raise NotImplementedError

    def _leave(self, request: SlotRequest) -> None:
        """Remove a waiter from the queue."""
        raise NotImplementedError

    def _pause(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def _give_up(self, request: SlotRequest) -> None:
        if isinstance(request.answer, Granted):
            self.confirm(Slot(request.key, request.slot, request.answer.at, 0.0), SlotOutcome.NOT_SENT)
        elif not isinstance(request.answer, Blocked):
            self._leave(request)
