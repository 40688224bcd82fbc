"""Request limits as the server counts them: by arrival, in a sliding window of one second."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

__all__ = ["Limiter", "ServerLimits", "Verdict"]


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Request limits of an account.

    Args:
        per_integration: Requests of one integration in any sliding second; None for no limit.
        per_account: Requests of all integrations together in any sliding second; None for no limit.
        block_after: So many refusals within `block_window` end in a block; None for no block. The vendor publishes
            no number ("repeated violations"), so this one is ours.
        block_window: Seconds over which refusals are counted.
        json_page: Answer a 429 with the problem JSON that Kommo documents and not with amoCRM's HTML page.

    Example:
        >>> ServerLimits.off().per_account is None
        True
    """

    per_integration: int | None = 7
    per_account: int | None = 50
    block_after: int | None = 30
    block_window: float = 60.0
    json_page: bool = False

    @classmethod
    def off(cls) -> ServerLimits:
        """Return limits that never refuse."""
        return cls(None, None, None)


Verdict = str
"""`ok`, `limited` (429) or `blocked` (403)."""

_WINDOW = 1.0


class _Times:
    """Moments in their order, those of the last two seconds at least.

    Threads take their moment before they wait for the account, so a later one may be told before an earlier one.
    """

    __slots__ = ("_moments", "_start")

    def __init__(self) -> None:
        self._moments: list[float] = []
        self._start = 0

    def add(self, now: float) -> int:
        """Take a moment in and return the highest number of moments in a second that it lies in the end of, or after."""
        moments = self._moments
        if not moments or now >= moments[-1]:
            moments.append(now)
            at = len(moments) - 1
        else:
            at = bisect_right(moments, now, self._start)
            moments.insert(at, now)
        self._start = bisect_right(moments, now - 2 * _WINDOW, self._start, at + 1)
        highest = max(
            end + 1 - bisect_right(moments, moments[end] - _WINDOW, self._start)
            for end in range(at, len(moments))
        )
        if self._start > 4096:
            del moments[: self._start]
            self._start = 0
        return highest

    def count(self, now: float) -> int:
        """Return how many moments lie less than a second back."""
        return len(self._moments) - bisect_right(self._moments, now - _WINDOW, self._start)


class _Log:
    """Arrivals of one key: the accepted ones, all of them, and the highest count of the latter in a second so far."""

    __slots__ = ("accepted", "arrived", "peak")

    def __init__(self) -> None:
        self.accepted = _Times()
        self.arrived = _Times()
        self.peak = 0

    def arrive(self, now: float) -> None:
        self.peak = max(self.peak, self.arrived.add(now))


class Limiter:
    """Counts arrivals and says what becomes of each.

    A refused request counts in the peak but not against the next one: the window holds accepted requests.
    """

    def __init__(self, limits: ServerLimits) -> None:
        self.limits = limits
        self.is_blocked = False
        self.reset()

    def reset(self) -> None:
        """Forget all arrivals and lift a block."""
        self.is_blocked = False
        self.limited = 0
        self.blocked = 0
        self._account = _Log()
        self._integrations: dict[str, _Log] = {}
        self._refusals: deque[float] = deque()

    def arrive(self, client_id: str, now: float) -> Verdict:
        """Count one arrival.

        Args:
            client_id: Integration of the token.
            now: Monotonic seconds at which the request reached the server.
        """
        log = self._integrations.get(client_id)
        if log is None:
            log = self._integrations[client_id] = _Log()
        log.arrive(now)
        self._account.arrive(now)
        if self.is_blocked:
            self.blocked += 1
            return "blocked"
        limits = self.limits
        over = limits.per_integration is not None and log.accepted.count(now) >= limits.per_integration
        over = over or (
            limits.per_account is not None and self._account.accepted.count(now) >= limits.per_account
        )
        if not over:
            log.accepted.add(now)
            self._account.accepted.add(now)
            return "ok"
        self.limited += 1
        self._refusals.append(now)
        while self._refusals[0] <= now - limits.block_window:
            self._refusals.popleft()
        if limits.block_after is not None and len(self._refusals) >= limits.block_after:
            self.is_blocked = True
        return "limited"

    @property
    def peak(self) -> int:
        """Highest number of arrivals of the whole account in any sliding second."""
        return self._account.peak

    @property
    def peaks(self) -> dict[str, int]:
        """Highest number of arrivals in any sliding second, by integration."""
        return {client_id: log.peak for client_id, log in self._integrations.items()}
