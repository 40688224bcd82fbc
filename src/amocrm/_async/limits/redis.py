"""The limiter of all processes of all machines that share a Redis server."""

from __future__ import annotations

import logging
import secrets
import warnings
from typing import Any

import msgspec

from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import Ask, Blocked, Granted, Limits, Outcome, Wait
from amocrm._core.limits.local_fallback import LocalFallbackLimiter
from amocrm._core.limits.redis_scripts import LIMITER, reason_of
from amocrm._core.processes import ForkSafeLock, reset_after_fork
from amocrm._core.validation import check_part
from amocrm.errors import RedisAwayWarning

from .._primitives import Clock
from .._redis import redis_client
from .memory import Slot
from .polling import AsyncPollingLimiter, SlotRequest

__all__ = ["AsyncRedisLimiter"]

_log = logging.getLogger("amocrm")
#: Seconds that Redis may take, and after which it is tried again while it is away.
_PATIENCE = 1.0
_RETRY = 1.0
#: Seconds of silence before this process goes on by itself (what Redis granted last is over then), and on a key
#: that comes back to Redis (the other processes are back as well then, and what they sent is over).
_QUIET_BEFORE = 1.0
_QUIET_AFTER = 2.0
#: How many processes there may be when Redis never said.
_UNKNOWN = 7


class AsyncRedisLimiter(AsyncPollingLimiter):
    """Keeps one limit over all processes of any number of machines.

    Every decision is one script in Redis, on the clock of Redis. A process that dies while it waits holds
    nobody up; one that dies with a request on its way does so no longer than the lease.

    When Redis cannot be reached, each process goes on by itself at its share of the rate and warns
    (``RedisAwayWarning``); Redis is tried again every second. Among up to seven processes the limit of seven
    holds even then, from one second after the change on; more of them keep to one request a second each.

    Args:
        redis: address (``redis://host:6379/0``), or a client of your own: ``redis.asyncio.Redis`` in the
            async flavour, ``redis.Redis`` in the sync one (extra ``redis``). Yours is not closed here; give
            it short timeouts and few retries, since a request waits for them while Redis is away.
        limits: other limits than the platform's; the same for all processes.
        prefix: of all names in Redis; the same for all processes.
        share: part of the rate, above 0 and up to 1, that this process takes while Redis is away. Without
            it the processes that used the key during the last minute share, with one part kept in hand.
        clock: for tests; when given, it stands in for the clock of Redis as well.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or ``redis`` or ``share`` cannot be used.

    Example:
        >>> limiter = AsyncRedisLimiter("redis://localhost")  # doctest: +SKIP
    """

    def __init__(
        self,
        redis: Any,
        limits: Limits | None = None,
        *,
        prefix: str = "amocrm",
        share: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        if share is not None:
            check_part(share=share)
        self._limits = limits or Limits()
        self._own = isinstance(redis, str)
        self._client: Any = redis_client(redis, _PATIENCE)
        from redis.exceptions import RedisError  # after the line that says how to install it

        self._errors = (RedisError, OSError)
        self._script = self._client.register_script(LIMITER)
        # The braces keep all names in one slot of a cluster.
        self._prefix = f"{{{prefix}}}:limit"
        self._share, self._clock, self._fixed = share, clock or Clock(), clock is not None
        self._me = secrets.token_hex(8)
        self._told = msgspec.structs.asdict(self._limits)
        #: when Redis last granted something on a key, by its clock
        self._latest: dict[str, float] = {}
        #: how many processes Redis last saw on a key
        self._present: dict[str, int] = {}
        self._alone = LocalFallbackLimiter(self._limits)
        #: when to try Redis again; ``None`` while it is there
        self._retry_at: float | None = None
        #: whether it was ever away, and the keys that were asked for since it is back
        self._was_away = False
        self._greeted: set[str] = set()
        self._guard = ForkSafeLock()
        reset_after_fork(self)

    async def confirm(
        self, slot: Slot, outcome: Outcome, *, ago: float = 0.0, asked: float | None = None
    ) -> None:
        """Reports what became of the request; see ``AsyncLimiter``."""
        at = self._clock.monotonic() - ago
        if slot.number < 0:
            self._alone.confirm(slot.key, slot.number, slot.at, at, outcome, asked)
            return
        if outcome in (Outcome.THROTTLED, Outcome.BLOCKED):
            # Known here as well, should Redis go away before it is over.
            self._alone.confirm(slot.key, slot.number, at, at, outcome, asked)
        question: dict[str, Any] = {"slot": slot.number, "sent_at": slot.at, "ago": ago}
        question["outcome"] = outcome.value
        if asked is not None:
            question["asked"] = asked
        try:
            await self._run("confirm", slot.key, question)
        except self._errors as error:
            self._went_away(error)

    async def close(self) -> None:
        """Closes the connections to Redis, unless the client is yours."""
        if self._own:
            await self._client.aclose()

    def after_fork(self) -> None:
        """Count as a process of its own."""
        self._me = secrets.token_hex(8)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._prefix!r})"

    async def _ask(self, turn: SlotRequest) -> None:
        if self._may_try():
            try:
                turn.answer = await self._asked(turn)
            except self._errors as error:
                self._went_away(error)
            else:
                self._is_there()
                if turn.alone is not None:
                    self._alone.leave(turn.key, turn.alone)
                    turn.alone = None
                return
        now, part = self._clock.monotonic(), self._part(turn.key)
        turn.alone, turn.answer = self._alone.ask(turn.key, now, -turn.slot, turn.alone, part)
        if isinstance(turn.answer, Granted):
            turn.slot = -turn.slot

    async def _asked(self, turn: SlotRequest) -> Ask:
        key = turn.key.key
        # Whether Redis has known this key before: if not any more, it was emptied meanwhile.
        question: dict[str, Any] = {"slot": turn.slot, "me": self._me, "known": key in self._present}
        if turn.number is not None:
            question["number"] = turn.number
        if key in self._latest:
            question["latest"] = self._latest[key]
        if self._was_away and key not in self._greeted:
            question["quiet"] = _QUIET_AFTER
        kind, number, at, wait, unconfirmed, present = await self._run("ask", turn.key, question)
        self._greeted.add(key)
        self._present[key] = int(present)
        turn.number = int(number)
        if kind in (b"granted", "granted"):
            self._latest[key] = max(float(at), self._latest.get(key, 0.0))
            return Granted(float(at))
        until = self._clock.monotonic() + float(wait)
        if kind in (b"blocked", "blocked"):
            self._alone.close(turn.key, until)
            return Blocked(until)
        return Wait(until, int(unconfirmed) == 1)

    async def _leave(self, turn: SlotRequest) -> None:
        if turn.alone is not None:
            self._alone.leave(turn.key, turn.alone)
        if turn.number is not None and self._retry_at is None:
            try:
                await self._run("leave", turn.key, {"number": turn.number})
            except self._errors as error:
                self._went_away(error)

    async def _pause(self, seconds: float) -> None:
        # While Redis is away everybody looks for it now and then, also he who has long to wait.
        await self._clock.sleep(seconds if self._retry_at is None else min(seconds, _RETRY))

    async def _run(self, what: str, key: LimitKey, question: dict[str, Any]) -> Any:
        question |= {"do": what, "limits": self._told}
        if self._fixed:
            question["now"] = self._clock.monotonic()
        names = [f"{self._prefix}:key:{key.key}", f"{self._prefix}:account:{key.account}"]
        return await self._script(keys=names, args=[msgspec.json.encode(question)])

    def _part(self, key: LimitKey) -> float:
        return self._share or 1.0 / (self._present.get(key.key, _UNKNOWN - 1) + 1)

    def _may_try(self) -> bool:
        """Whether to ask Redis: always while it is there, else one caller now and then."""
        with self._guard:
            now = self._clock.monotonic()
            if self._retry_at is not None and now < self._retry_at:
                return False
            if self._retry_at is not None:
                self._retry_at = now + _RETRY
            return True

    def _is_there(self) -> None:
        with self._guard:
            was_away, self._retry_at = self._retry_at is not None, None
        if was_away:
            _log.info("Redis is back; requests are limited together with the other processes again")

    def _went_away(self, error: Exception) -> None:
        with self._guard:
            now = self._clock.monotonic()
            first, self._retry_at = self._retry_at is None, now + _RETRY
            if first:
                self._was_away = True
                self._greeted.clear()
                self._alone.quiet_until = now + _QUIET_BEFORE
        if first:
            warnings.warn(
                f"Redis cannot be used ({type(error).__name__}{reason_of(error)}); until it can, this process "
                "keeps to its share of the request limit by itself",
                RedisAwayWarning,
                stacklevel=2,
            )
