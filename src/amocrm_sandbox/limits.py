"""Request limits as the server counts them: by arrival, in a sliding window of one second."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

__all__ = ["Limiter", "Limits", "Verdict"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed.

    Args:
        per_integration: Requests of one integration in any sliding second; None for no limit.
        per_account: Requests of all integrations together in any sliding second; None for no limit.
        block_after: So many refusals within `block_window` end in a block; None for no block. The vendor publishes
            no number ("repeated violations"), so this one is ours.
        block_window: Seconds over which refusals are counted.
        json_page: Answer a 429 with the problem JSON that Kommo documents and not with amoCRM's HTML page.

    Example:
        >>> Limits.off().per_account is None
        True
    """

    per_integration: int | None = 7
    per_account: int | None = 50
    block_after: int | None = 30
    block_window: float = 60.0
    json_page: bool = False

    @classmethod
    def off(cls) -> Limits:
        """Return limits that never refuse."""
        return cls(None, None, None)


Verdict = str
"""`ok`, `limited` (429) or `blocked` (403)."""

_WINDOW = 1.0


class _Log:
    """Arrivals of one key: the accepted ones of the last second, all of them, and the highest count so far."""

    __slots__ = ("accepted", "arrived", "peak")

    def __init__(self) -> None:
        self.accepted: deque[float] = deque()
        self.arrived: deque[float] = deque()
        self.peak = 0

    def arrive(self, now: float) -> None:
        for times in (self.accepted, self.arrived):
            while times and times[0] <= now - _WINDOW:
                times.popleft()
        self.arrived.append(now)
        self.peak = max(self.peak, len(self.arrived))


class Limiter:
    """Counts arrivals and says what becomes of each.

    A refused request counts in the peak but not against the next one: the window holds accepted requests.
    """

    def __init__(self, limits: Limits) -> None:
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
        over = limits.per_integration is not None and len(log.accepted) >= limits.per_integration
        over = over or (limits.per_account is not None and len(self._account.accepted) >= limits.per_account)
        if not over:
            log.accepted.append(now)
            self._account.accepted.append(now)
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
