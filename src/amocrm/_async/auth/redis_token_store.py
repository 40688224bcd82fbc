"""Token store in Redis, for processes on many machines.

The lock is a lease with a fencing number; a refreshed pair is stored only in the place of the one it replaces.
"""

from __future__ import annotations

import secrets
import warnings
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from amocrm._core.arguments import checked
from amocrm._core.auth.redis_scripts import LOCK, RENEW, SAVE, UNLOCK
from amocrm._core.auth.token import Token
from amocrm._core.limits.redis_scripts import reason_of
from amocrm._core.validation import check_seconds
from amocrm.errors import TokenStoreError, TokenStoreWarning

from .._primitives import Clock, TaskScope, Wakeup
from .._redis import evicting_policy, is_replicated, redis_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["AsyncRedisTokenStore"]

_POLL = 0.05
_TIMEOUT = 5.0
#: Seconds that a replica may take to have a token.
_REPLICATION = 0.5


@checked()
class AsyncRedisTokenStore:
    """Token store in Redis, one hash per account and integration.

    The lock is a lease that its holder renews: a process that dies frees it after ``lease`` seconds. If a
    holder is suspended for longer and another takes over, the fencing number keeps the first one from
    announcing a refresh or storing a login. The pair of a refresh that was made is stored even then, on
    the condition that the token it replaces is still there: the server gives only one, and it is the grant.

    A client that can read this Redis has the tokens: protect it like a database of passwords. Let it keep its
    data on disk (``appendonly yes``); a token survives a power failure only with ``appendfsync always``. A Redis
    that evicts tokens when it is full, and a token that no replica has, are warned about (``TokenStoreWarning``).

    Args:
        redis: address (``redis://host:6379/0``), or a client of your own: ``redis.asyncio.Redis`` in the
            async variant, ``redis.Redis`` in the sync one (extra ``redis``). Yours is not closed here.
        prefix: beginning of all names in Redis.
        lease: seconds after which the lock of a process that died is free.
        lock_timeout: seconds to wait for another process that holds the lock.
        clock: for tests.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or a time is not above zero.

    Example:
        >>> store = AsyncRedisTokenStore("redis://localhost")  # doctest: +SKIP
    """

    def __init__(
        self,
        redis: Any,
        *,
        prefix: str = "amocrm",
        lease: float = 10.0,
        lock_timeout: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        self._own = isinstance(redis, str)
        self._client: Any = redis_client(redis, _TIMEOUT)
        from redis.exceptions import RedisError  # after the line that says how to install it

        self._errors = (RedisError, OSError)
        check_seconds(lease=lease, lock_timeout=lock_timeout)
        self._prefix, self._lease, self._timeout = f"{{{prefix}}}:token", lease, lock_timeout
        self._clock = clock or Clock()
        self._checked = False
        register = self._client.register_script
        self._take, self._renew, self._free = register(LOCK), register(RENEW), register(UNLOCK)
        self._put = register(SAVE)

    async def load(self, key: str) -> Token | None:
        """Return the stored token, ``None`` if there is none.

        Raises:
            TokenStoreError: Redis cannot be reached, or the stored value is not a token.
        """
        try:
            await self._check()
            content = await self._client.hget(self._name("pair", key), "token")
        except self._errors as error:
            raise _failed("read", key, error) from error
        if content is None:
            return None
        try:
            return Token.load(content)
        except ValueError:
            raise TokenStoreError(
                f"the value under {self._name('pair', key)!r} in Redis must be a token, got other data; give the "
                "store another prefix, or log in again",
                account=key,
            ) from None

    async def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token, on the conditions of ``AsyncTokenStore``.

        Raises:
            TokenStoreError: Redis cannot be reached.
        """
        newest_only = token.intent is not None or replaces is None
        arguments = [token.dump(), token.mark, replaces or "", str(fence), "1" if newest_only else "0"]
        try:
            names = [self._name("pair", key), self._name("fence", key)]
            is_stored = bool(await self._put(keys=names, args=arguments))
            if is_stored and not await is_replicated(self._client, _REPLICATION):
                _warn("no replica of Redis has the new token yet; a failover now would lose it")
            return is_stored
        except self._errors as error:
            raise _failed("written", key, error) from error

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int]:
        """Exclude every other user of this Redis and prefix.

        Raises:
            TokenStoreError: another process held the lock for longer than ``lock_timeout``, or Redis cannot be reached.
        """
        holder = secrets.token_hex(16)
        fence = await self._acquire(key, holder)
        over = Wakeup()
        done: list[bool] = []
        try:
            async with TaskScope(1) as scope:
                scope.start(partial(self._keep_lease, key, holder, over, done))
                try:
                    yield fence
                finally:
                    done.append(True)
                    over.wake()
        finally:
            # A lock that cannot be freed now is free when the lease ends.
            with suppress(*self._errors):
                await self._free(keys=[self._name("lock", key)], args=[holder])

    async def close(self) -> None:
        """Close the connections to Redis, unless the client is yours."""
        if self._own:
            await self._client.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._prefix!r})"

    async def _acquire(self, key: str, holder: str) -> int:
        names = [self._name("lock", key), self._name("fence", key)]
        give_up = self._clock.monotonic() + self._timeout
        while True:
            try:
                fence = int(await self._take(keys=names, args=[holder, self._milliseconds]))
            except self._errors as error:
                raise _failed("locked", key, error) from error
            if fence:
                return fence
            if self._clock.monotonic() > give_up:
                raise TokenStoreError(
                    f"another process has held the lock on the token in Redis for {self._timeout:g} s; raise "
                    "lock_timeout, or stop the process that hangs",
                    account=key,
                )
            await self._clock.sleep(_POLL)

    async def _keep_lease(self, key: str, holder: str, over: Wakeup, done: list[bool]) -> None:
        while True:
            await self._clock.wait(over, self._lease / 3)
            if done:
                return
            # A lease that cannot be renewed ends; the fencing number guards what comes after.
            with suppress(*self._errors):
                await self._renew(keys=[self._name("lock", key)], args=[holder, self._milliseconds])

    async def _check(self) -> None:
        if not self._checked and (policy := await evicting_policy(self._client)):
            _warn(
                f"maxmemory-policy of this Redis must not be {policy}, which evicts tokens when Redis is full; set "
                "noeviction, or keep tokens in another Redis"
            )
        self._checked = True

    @property
    def _milliseconds(self) -> int:
        return max(1, round(self._lease * 1000))

    def _name(self, what: str, key: str) -> str:
        return f"{self._prefix}:{what}:{key}"


def _warn(problem: str) -> None:
    warnings.warn(problem, TokenStoreWarning, stacklevel=4)


def _failed(what: str, key: str, error: Exception) -> TokenStoreError:
    # Never the text of the client's error: it may quote what was sent or stored.
    return TokenStoreError(
        f"the token in Redis could not be {what} ({type(error).__name__}{reason_of(error)}); check that Redis "
        "runs and that its address is right",
        account=key,
    )
