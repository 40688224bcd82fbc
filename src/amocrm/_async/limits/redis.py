"""Rate limiter for all processes of all machines that share a Redis server.

One script in Redis decides. A process that cannot reach Redis decides locally, at its share of the rate.
"""

from __future__ import annotations

import logging
import secrets
import warnings
from typing import Any

import msgspec

from amocrm._core.arguments import checked
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Ask, Blocked, Granted, RateLimits, SlotOutcome, Wait
from amocrm._core.limits.local_fallback import LocalFallbackLimiter
from amocrm._core.limits.redis_scripts import LIMITER, reason_of
from amocrm._core.processes import ForkSafeLock, reset_after_fork
from amocrm._core.validation import check_fraction
from amocrm.errors import RedisUnavailableWarning

from .._primitives import Clock
from .._redis import redis_client
from .memory import Slot
from .polling import AsyncPollingLimiter, SlotRequest

__all__ = ["AsyncRedisLimiter"]

_log = logging.getLogger("amocrm")
#: Seconds: timeout of a command, and interval of the attempts while Redis is unreachable.
_TIMEOUT = 1.0
_RETRY = 1.0
#: Seconds without requests before this process decides locally (the last slots of Redis have expired then), and
#: on a key that returns to Redis (the other processes have returned then, and their requests have expired).
_QUIET_BEFORE = 1.0
_QUIET_AFTER = 2.0
#: Number of processes that is assumed until Redis has told one.
_ASSUMED_PROCESSES = 7


@checked()
class AsyncRedisLimiter(AsyncPollingLimiter):
    """Rate limiter for all processes of any number of machines.

    Every decision is one script in Redis, on the clock of Redis. A process that dies while it waits delays no
    other; one that dies with a request in flight delays them for the lease at most.

    While Redis is unreachable, each process sends at its share of the rate and warns (``RedisUnavailableWarning``);
    it tries Redis again every second. Up to seven processes keep the limit of seven even then, from one second
    after the change on; beyond seven, each sends one request per second.

    Args:
        redis: address (``redis://host:6379/0``), or a client of your own: ``redis.asyncio.Redis`` in the
            async variant, ``redis.Redis`` in the sync one (extra ``redis``). Yours is not closed here; give
            it short timeouts and few retries, since a request waits for them while Redis is unreachable.
        limits: other limits than the platform's; the same for all processes.
        prefix: beginning of all names in Redis; the same for all processes.
        share: part of the rate, above 0 and up to 1, that this process takes while Redis is unreachable. By
            default the processes that used the key during the last minute share it, with one part in reserve.
        clock: for tests; it also replaces the clock of Redis.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or ``redis`` or ``share`` is invalid.

    Example:
        >>> limiter = AsyncRedisLimiter("redis://localhost")  # doctest: +SKIP
    """

    def __init__(
        self,
        redis: Any,
        limits: RateLimits | None = None,
        *,
        prefix: str = "amocrm",
        share: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        if share is not None:
            check_fraction(share=share)
        self._limits = limits or RateLimits()
        self._own = isinstance(redis, str)
        self._client: Any = redis_client(redis, _TIMEOUT)
        from redis.exceptions import RedisError  # after the line that says how to install it

        self._errors = (RedisError, OSError)
        self._script = self._client.register_script(LIMITER)
        # The braces keep all names in one slot of a cluster.
        self._prefix = f"{{{prefix}}}:limit"
        self._share, self._clock, self._fixed = share, clock or Clock(), clock is not None
        self._process_id = secrets.token_hex(8)
        self._limit_values = msgspec.structs.asdict(self._limits)
        #: time of the last slot that Redis granted on a key, by its clock
        self._latest: dict[str, float] = {}
        #: number of processes that Redis last saw on a key
        self._process_count: dict[str, int] = {}
        self._fallback = LocalFallbackLimiter(self._limits)
        #: time of the next attempt to reach Redis; ``None`` while it is reachable
        self._retry_at: float | None = None
        #: whether it was ever unreachable, and the keys that were asked for since then
        self._had_outage = False
        self._rejoined: set[str] = set()
        self._guard = ForkSafeLock()
        reset_after_fork(self)

    async def confirm(
        self, slot: Slot, outcome: SlotOutcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Report the outcome of a request; see ``AsyncLimiter``."""
        at = self._clock.monotonic() - ago
        if slot.number < 0:
            self._fallback.confirm(slot.key, slot.number, slot.at, at, outcome, asked)
            return
        if outcome in (SlotOutcome.THROTTLED, SlotOutcome.BLOCKED):
            # Recorded locally as well: Redis may become unreachable before the pause ends.
            self._fallback.confirm(slot.key, slot.number, at, at, outcome, asked)
        question: dict[str, Any] = {"slot": slot.number, "sent_at": slot.at, "ago": ago}
        question["outcome"] = outcome.value
        if asked is not None:
            question["asked"] = asked
        try:
            await self._run("confirm", slot.key, question)
        except self._errors as error:
            self._record_failure(error)

    async def close(self) -> None:
        """Close the connections to Redis, unless the client is yours."""
        if self._own:
            await self._client.aclose()

    def after_fork(self) -> None:
        """Count as another process."""
        self._process_id = secrets.token_hex(8)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._prefix!r})"

    async def _ask(self, request: SlotRequest) -> None:
        if self._may_try():
            try:
                request.answer = await self._ask_redis(request)
            except self._errors as error:
                self._record_failure(error)
            else:
                self._record_success()
                if request.local_number is not None:
                    self._fallback.leave(request.key, request.local_number)
                    request.local_number = None
                return
        now, part = self._clock.monotonic(), self._part(request.key)
        request.local_number, request.answer = self._fallback.ask(
            request.key, now, -request.slot, request.local_number, part
        )
        if isinstance(request.answer, Granted):
            request.slot = -request.slot

    async def _ask_redis(self, request: SlotRequest) -> Ask:
        key = request.key.key
        question: dict[str, Any] = {"slot": request.slot, "me": self._process_id}
        if request.number is not None:
            question["number"] = request.number
        if key in self._latest:
            question["latest"] = self._latest[key]
        if self._had_outage and key not in self._rejoined:
            question["quiet"] = _QUIET_AFTER
        kind, number, at, wait, unconfirmed, present = await self._run("ask", request.key, question)
        self._rejoined.add(key)
        self._process_count[key] = int(present)
        request.number = int(number)
        if kind in (b"granted", "granted"):
            self._latest[key] = max(float(at), self._latest.get(key, 0.0))
            return Granted(float(at))
        until = self._clock.monotonic() + float(wait)
        if kind in (b"blocked", "blocked"):
            self._fallback.close(request.key, until)
            return Blocked(until)
        return Wait(until, int(unconfirmed) == 1)

    async def _leave(self, request: SlotRequest) -> None:
        if request.local_number is not None:
            self._fallback.leave(request.key, request.local_number)
        if request.number is not None and self._retry_at is None:
            try:
                await self._run("leave", request.key, {"number": request.number})
            except self._errors as error:
                self._record_failure(error)

    async def _pause(self, seconds: float) -> None:
        # Long waits are cut: every waiter checks whether Redis is back.
        await self._clock.sleep(seconds if self._retry_at is None else min(seconds, _RETRY))

    async def _run(self, action: str, key: LimitKey, question: dict[str, Any]) -> Any:
        question |= {"do": action, "limits": self._limit_values}
        if self._fixed:
            question["now"] = self._clock.monotonic()
        names = [f"{self._prefix}:key:{key.key}", f"{self._prefix}:account:{key.account}"]
        return await self._script(keys=names, args=[msgspec.json.encode(question)])

    def _part(self, key: LimitKey) -> float:
        return self._share or 1.0 / (self._process_count.get(key.key, _ASSUMED_PROCESSES - 1) + 1)

    def _may_try(self) -> bool:
        """Return whether to ask Redis: while it is unreachable, one caller per second does."""
        with self._guard:
            now = self._clock.monotonic()
            if self._retry_at is not None and now < self._retry_at:
                return False
            if self._retry_at is not None:
                self._retry_at = now + _RETRY
            return True

    def _record_success(self) -> None:
        with self._guard:
            is_back, self._retry_at = self._retry_at is not None, None
        if is_back:
            _log.info("Redis is reachable again; this process shares the request limit with the others")

    def _record_failure(self, error: Exception) -> None:
        with self._guard:
            now = self._clock.monotonic()
            is_first, self._retry_at = self._retry_at is None, now + _RETRY
            if is_first:
                self._had_outage = True
                self._rejoined.clear()
                self._fallback.quiet_until = now + _QUIET_BEFORE
        if is_first:
            warnings.warn(
                f"Redis cannot be used ({type(error).__name__}{reason_of(error)}); this process sends at its share "
                "of the request limit until Redis is back",
                RedisUnavailableWarning,
                stacklevel=2,
            )
