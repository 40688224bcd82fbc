"""Rate limiter: when the next request may leave, so the server never counts an eighth in one second.

The server counts arrivals, a client controls departures: requests that leave 1/7 s apart may arrive closer
together. So request *k + 7* leaves no earlier than one second after the **answer** to request *k*, which
cannot have arrived later than that. This alone costs one round trip per second. So up to 0.9 of the smallest
round trip is deducted, less the jitter of the network (``RoundTripStats.deductible``; ``strict`` deducts
nothing).

Everything here is arithmetic on times that are passed in. The back ends (memory, file, Redis) keep the
state and wait: ``ask`` either grants a slot or says when to ask again.
"""

from __future__ import annotations

from enum import Enum
from math import inf
from typing import Final, TypeAlias

import msgspec

from ..validation import check_count, check_seconds

__all__ = [
    "Ask",
    "Blocked",
    "RateGate",
    "Granted",
    "KeyState",
    "RateLimits",
    "SlotOutcome",
    "ServerPause",
    "RoundTripStats",
    "Wait",
    "Window",
]

_SECOND: Final = 1.0
_DEDUCTED: Final = 0.9
#: Round trips are compared over the last one to two spans of this many.
_SPAN: Final = 500
#: Round trips in the average, and the seconds by which one may exceed the smallest.
_MEMORY: Final = 100
_EXCESS: Final = 0.2


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the platform and how they are kept.

    Attributes:
        per_key: requests in any sliding second of one integration in one account (on Kommo: of one machine).
        per_account: requests in any sliding second of one account. It covers your own requests only, not
            those of other integrations.
        lease: seconds after which an unanswered request counts as arrived.
        strict: never deduct the round trip: slower by it, and correct on any network.
        warm_up: number of answers before the first deduction.
        first_pause: seconds to pause after a 429 without ``Retry-After``; doubles with each further one.
        max_pause: longest pause after a 429, in seconds.
        first_block, max_block: seconds without requests after a block by the gateway; doubles likewise.

    Raises:
        ConfigurationError: a value is out of range; the message names it.
    """

    per_key: int = 7
    per_account: int = 50
    lease: float = 2.0
    strict: bool = False
    warm_up: int = 14
    first_pause: float = 1.0
    max_pause: float = 60.0
    first_block: float = 60.0
    max_block: float = 3600.0

    def __post_init__(self) -> None:
        check_count(per_key=self.per_key, per_account=self.per_account)
        check_count(minimum=0, warm_up=self.warm_up)
        check_seconds(lease=self.lease)
        check_seconds(allow_zero=True, first_pause=self.first_pause, max_pause=self.max_pause)
        check_seconds(allow_zero=True, first_block=self.first_block, max_block=self.max_block)


class SlotOutcome(Enum):
    """How a request that was granted a slot ended."""

    ANSWERED = "answered"
    NOT_SENT = "not sent"
    UNANSWERED = "unanswered"
    THROTTLED = "throttled"
    BLOCKED = "blocked"


class Granted(msgspec.Struct, frozen=True):
    """Permission to send now, at ``at``."""

    at: float


class Wait(msgspec.Struct, frozen=True):
    """Advice to ask again at ``until``, or sooner if ``unconfirmed`` and an answer arrives."""

    until: float
    unconfirmed: bool = False


class Blocked(msgspec.Struct, frozen=True):
    """Refusal to send before ``until``: the gateway has blocked the API."""

    until: float


Ask: TypeAlias = Granted | Wait | Blocked


class _Sent(msgspec.Struct, array_like=True):
    slot: int
    at: float
    arrived_by: float | None = None


class Window(msgspec.Struct, array_like=True):
    """Sliding window: the last ``limit`` requests under one limit, which no second may exceed."""

    limit: int
    next_at: float = -inf
    sent: list[_Sent] = []

    def earliest(self, lease: float, deducted: float) -> Wait:
        """Return when this window allows the next request."""
        if len(self.sent) < self.limit:
            return Wait(self.next_at)
        first = self.sent[-self.limit]
        if first.arrived_by is None:
            return Wait(max(self.next_at, first.at + lease + _SECOND), unconfirmed=True)
        return Wait(max(self.next_at, first.arrived_by + _SECOND - deducted))

    def grant(self, slot: int, now: float, due: float) -> None:
        """Record a request at ``now``. It was allowed from ``due`` on; later ones do not inherit the delay."""
        gap = _SECOND / self.limit
        self.next_at = (due if now - due < gap else now) + gap
        self.sent.append(_Sent(slot, now))
        del self.sent[: -self.limit]

    def confirm(self, slot: int, arrived_by: float) -> None:
        """Record that the request of ``slot`` arrived no later than ``arrived_by``."""
        for entry in reversed(self.sent):
            if entry.slot == slot:
                entry.arrived_by = arrived_by
                return


class RoundTripStats(msgspec.Struct, array_like=True):
    """Smallest and average round trip of the last answers, in seconds."""

    seen: int = 0
    now: float = inf
    before: float = inf
    usual: float = 0.0

    @property
    def smallest(self) -> float:
        """Smallest round trip in seconds; infinite before the first answer."""
        return min(self.now, self.before)

    @property
    def deductible(self) -> float:
        """Seconds that the way to the server and back takes at least.

        The way there of one request and the way back of another can together be shorter than every measured
        round trip, and more so with jitter. So the average excess over the smallest is subtracted. The
        remainder is large only where the distance dominates, and there it is safe.
        """
        smallest = self.smallest
        return max(0.0, _DEDUCTED * smallest - (self.usual - smallest))

    def add(self, seconds: float) -> None:
        """Record a round trip."""
        seconds = max(0.0, seconds)
        if self.seen % _SPAN == 0:
            self.before, self.now = self.now, inf
        self.seen += 1
        self.now = min(self.now, seconds)
        # A slow operation says nothing about the network: the excess is capped.
        seconds = min(seconds, self.smallest + _EXCESS)
        self.usual = max(self.smallest, self.usual + (seconds - self.usual) / min(self.seen, _MEMORY))


class ServerPause(msgspec.Struct, array_like=True):
    """Pause that the server asked for: it doubles with each violation and ends with the next good answer."""

    until: float = -inf
    strikes: int = 0
    struck_at: float = -inf

    def record_violation(
        self, now: float, sent_at: float, first: float, longest: float, asked: float | None
    ) -> None:
        """Record an answer that asks for a pause; requests in flight at the same time count once."""
        if sent_at >= self.struck_at:
            self.strikes += 1
            self.struck_at = now
        wait = first * 2.0 ** min(self.strikes - 1, 32) if asked is None else asked
        self.until = max(self.until, now + min(wait, longest))

    def reset(self, sent_at: float) -> None:
        """Record a good answer to a request that left at ``sent_at``."""
        if sent_at >= self.struck_at:
            self.strikes = 0


class KeyState(msgspec.Struct, array_like=True):
    """State of one key, as plain values that any back end can store."""

    window: Window
    trips: RoundTripStats
    pause: ServerPause
    block: ServerPause
    probe_until: float = -inf

    @classmethod
    def new(cls, limits: RateLimits) -> KeyState:
        """Return the state before the first request."""
        return cls(Window(limits.per_key), RoundTripStats(), ServerPause(), ServerPause())


class RateGate:
    """Decision for one key: its two limits, the pauses that the server asked for, and the circuit breaker."""

    __slots__ = ("_account", "_key", "_limits")

    def __init__(self, limits: RateLimits, key: KeyState, account: Window) -> None:
        self._limits, self._key, self._account = limits, key, account

    @property
    def gap(self) -> float:
        """Seconds between two requests of the key."""
        return _SECOND / self._key.window.limit

    def ask(self, now: float, slot: int) -> Ask:
        """Grant ``slot``, a number never used before, or say when to ask again."""
        key, limits = self._key, self._limits
        if key.block.strikes:
            # After the pause, one request probes whether the block is over.
            closed = max(key.block.until, key.probe_until)
            if now < closed:
                return Blocked(closed)
        deducted = 0.0
        if not limits.strict and key.trips.seen >= limits.warm_up:
            deducted = key.trips.deductible
        by_key = key.window.earliest(limits.lease, deducted)
        by_account = self._account.earliest(limits.lease, deducted)
        due = max(by_key.until, by_account.until, key.pause.until)
        if now < due:
            return Wait(due, any(each.unconfirmed and each.until == due for each in (by_key, by_account)))
        if key.block.strikes:
            key.probe_until = now + limits.lease
        key.window.grant(slot, now, due)
        self._account.grant(slot, now, due)
        return Granted(now)

    def confirm(
        self, slot: int, sent_at: float, now: float, outcome: SlotOutcome, asked: float | None = None
    ) -> None:
        """Record the outcome of a slot.

        Args:
            slot: number that was passed to ``ask``.
            sent_at: when it was granted.
            now: when the answer began to arrive.
            outcome: how the request ended.
            asked: seconds that the server asked to wait.
        """
        key, limits = self._key, self._limits
        arrived_by = sent_at if outcome is SlotOutcome.NOT_SENT else min(now, sent_at + limits.lease)
        key.window.confirm(slot, arrived_by)
        self._account.confirm(slot, arrived_by)
        if outcome in (SlotOutcome.NOT_SENT, SlotOutcome.UNANSWERED):
            return
        key.trips.add(now - sent_at)
        if outcome is SlotOutcome.BLOCKED:
            key.block.record_violation(now, sent_at, limits.first_block, limits.max_block, asked)
        elif outcome is SlotOutcome.THROTTLED:
            key.pause.record_violation(now, sent_at, limits.first_pause, limits.max_pause, asked)
        else:
            key.pause.reset(sent_at)
            key.block.reset(sent_at)
