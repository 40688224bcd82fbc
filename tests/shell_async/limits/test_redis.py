"""Redis that goes away, is emptied, or is somebody else's: the limit holds, it is said once, and all comes back."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amocrm._async._primitives import run_all
from amocrm._async.limits.redis import AsyncRedisLimiter
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import RateLimits, SlotOutcome
from amocrm.errors import CircuitOpen, ConfigurationError, RedisUnavailableWarning
from tests.support.redis_server import Failover, RedisServer, needs_redis

from .._support import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

pytestmark = pytest.mark.anyio

KEY = LimitKey("demo/client", "demo")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis of one test, to kill."""
    needs_redis()
    with RedisServer() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    """Time that is moved by waiting; it is that of Redis as well."""
    return ManualClock(1_000.0)


@pytest.fixture
async def limiter(server: RedisServer, clock: ManualClock) -> AsyncGenerator[Any]:
    """A limiter on it."""
    made = AsyncRedisLimiter(server.url, clock=clock)
    yield made
    await made.close()


async def sent(limiter: Any, clock: ManualClock, number: int) -> list[float]:
    """The times of some requests that are answered at once."""
    times = []
    for _ in range(number):
        slot = await limiter.acquire(KEY)
        times.append(slot.at)
        await limiter.confirm(slot, SlotOutcome.ANSWERED)
    return times


def peak(times: list[float]) -> int:
    """Requests in the fullest second."""
    return max(sum(at - 1.0 < other <= at for other in times) for at in times)


async def test_it_goes_and_comes_back(server: RedisServer, limiter: Any, clock: ManualClock) -> None:
    """Away: one warning, and a share of the rate. Back: the whole rate again. Never eight in a second."""
    times = await sent(limiter, clock, 14)
    server.kill()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        began = clock.now
        alone = await sent(limiter, clock, 12)
    assert [warning.category for warning in caught] == [RedisUnavailableWarning]
    # One process was seen, and one part is kept in hand: half of seven, and a silence before it.
    assert 12 / 3 - 1 <= alone[-1] - began <= 12 / 3 + 2
    server.start()
    back = await sent(limiter, clock, 28)
    again = [at for at in back if at > back[-1] - 2.0]
    assert len(again) in (14, 15)
    assert peak(times + alone + back) <= 7


async def test_several_processes_that_lose_it_at_once(server: RedisServer, clock: ManualClock) -> None:
    """Three that shared the key keep to their shares, and together stay within the limit."""
    limiters = [AsyncRedisLimiter(server.url, clock=clock) for _ in range(3)]
    for limiter in limiters * 3:
        await sent(limiter, clock, 1)
    server.kill()
    clock.now += 1.0
    times: list[float] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for limiter in limiters:
            # Each on the same stretch of time: what counts is what all of them send in a second of it.
            start = clock.now = 2_000.0
            times += await sent(limiter, clock, 8)
            assert clock.now - start >= 4.0
    assert [warning.category for warning in caught] == [RedisUnavailableWarning] * 3
    assert peak(times) <= 7
    for limiter in limiters:
        await limiter.close()


async def test_a_pause_is_kept_while_it_is_away(
    server: RedisServer, limiter: Any, clock: ManualClock
) -> None:
    """A 429 that Redis was told is honoured when Redis is gone; so is a block."""
    slot = await limiter.acquire(KEY)
    await limiter.confirm(slot, SlotOutcome.THROTTLED, asked=20.0)
    paused = clock.now
    server.kill()
    with pytest.warns(RedisUnavailableWarning):
        slot = await limiter.acquire(KEY)
    assert clock.now >= paused + 20.0
    await limiter.confirm(slot, SlotOutcome.BLOCKED)
    with pytest.raises(CircuitOpen):
        await limiter.acquire(KEY)


async def test_it_is_emptied_while_others_wait(server: RedisServer, limiter: Any, clock: ManualClock) -> None:
    """FLUSHALL in the middle: those who wait go on, after one careful second, and no second sees eight."""
    times = await sent(limiter, clock, 7)
    await limiter._client.flushall()
    times += await sent(limiter, clock, 7)
    assert times[7] - times[6] >= 1.0
    waiting: list[float] = []

    async def one() -> None:
        waiting.extend(await sent(limiter, clock, 1))

    assert await run_all([partial(one) for _ in range(9)], limit=9) == [None] * 9
    assert peak(times + waiting) <= 7


async def test_a_process_that_is_new_right_after_a_flush_waits(
    server: RedisServer, limiter: Any, clock: ManualClock
) -> None:
    """It cannot know what others have sent, so a key that Redis does not know costs a second."""
    times = await sent(limiter, clock, 7)
    await limiter._client.flushall()
    newcomer = AsyncRedisLimiter(server.url, clock=clock)
    times += await sent(newcomer, clock, 7)
    assert times[7] - times[6] == pytest.approx(1.0)
    assert peak(times) <= 7
    await newcomer.close()


async def test_a_failover_to_a_replica_that_lags_behind(clock: ManualClock) -> None:
    """The replica misses the last requests; who made them knows better, and no second sees eight."""
    needs_redis()
    with Failover() as servers:
        limiter = AsyncRedisLimiter(servers.url, clock=clock)
        times = await sent(limiter, clock, 3)
        servers.wait_for_copy()
        servers.detach()
        times += await sent(limiter, clock, 4)
        servers.promote()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the connections break, which may count as an absence of Redis
            times += await sent(limiter, clock, 14)
        assert peak(times) <= 7
        await limiter.close()


@pytest.mark.slow
async def test_a_server_that_evicts_the_state(server: RedisServer, limiter: Any, clock: ManualClock) -> None:
    """A full Redis throws keys away as it likes; the rate falls, and no second sees eight."""
    client = limiter._client
    await client.config_set("maxmemory-policy", "allkeys-lru")
    times = []
    for number in range(6):
        times += await sent(limiter, clock, 7)
        used = (await client.info("memory"))["used_memory"]
        await client.config_set("maxmemory", used + 100_000)
        for filler in range(60):
            await client.set(f"filler:{number}:{filler}", "x" * 10_000)
    assert (await client.info("stats"))["evicted_keys"] > 0
    assert peak(times) <= 7
    assert times[-1] - times[0] < 42 / 7 + 2 * 6


async def test_a_confirmation_that_finds_nothing(
    server: RedisServer, limiter: Any, clock: ManualClock
) -> None:
    """Emptied between a request and its answer: the answer is taken and the next one leaves a second later."""
    slot = await limiter.acquire(KEY)
    await limiter._client.flushall()
    clock.now += 0.2
    await limiter.confirm(slot, SlotOutcome.ANSWERED)
    answered = clock.now
    await limiter.acquire(KEY)
    assert clock.now >= answered + 1.0


async def test_the_state_of_another_version(server: RedisServer, limiter: Any, clock: ManualClock) -> None:
    """Two versions of the library on one key never read each other's state wrongly; each begins with care."""
    await sent(limiter, clock, 7)
    name = f"{limiter._prefix}:key:{KEY.key}"
    # What an older or newer version might have packed: a map without what this one looks for.
    await limiter._client.eval(
        "redis.call('SET', KEYS[1], cmsgpack.pack({version = 99, clock = tonumber(ARGV[1])}))",
        1,
        name,
        clock.now,
    )
    before = clock.now
    await limiter.acquire(KEY)
    assert clock.now >= before + 1.0


@pytest.mark.parametrize("what", ["rpush", "garbage"])
async def test_a_name_that_is_something_else(
    server: RedisServer, limiter: Any, clock: ManualClock, what: str
) -> None:
    """Another program's list, or bytes that nobody packed: it is said what to change, and requests go on alone."""
    name = f"{limiter._prefix}:key:{KEY.key}"
    if what == "rpush":
        await limiter._client.rpush(name, "something else")
    else:
        await limiter._client.set(name, b"\xc1\xff garbage")
    with pytest.warns(
        RedisUnavailableWarning, match="another prefix" if what == "rpush" else "cannot be used"
    ):
        times = await sent(limiter, clock, 8)
    assert peak(times) <= 7


@pytest.mark.parametrize("given", ["", "localhost:6379", "http://localhost", None, 5, object()])
async def test_what_is_no_redis(given: Any) -> None:
    """The error says what to write, and repeats no password."""
    with pytest.raises(ConfigurationError, match="redis://"):
        AsyncRedisLimiter(given)
    with pytest.raises(ConfigurationError) as caught:
        AsyncRedisLimiter("redi://user:hidden@host")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("share", [0, -1, 1.5, float("nan"), "half"])
async def test_shares_that_are_none(share: Any) -> None:
    """A share is a part of the whole."""
    with pytest.raises(ConfigurationError, match="share"):
        AsyncRedisLimiter("redis://localhost", share=share)


async def test_other_limits_are_used_at_once(server: RedisServer, clock: ManualClock, tmp_path: Path) -> None:
    """A process with a lower limit keeps to it on a key that others use."""
    limiter = AsyncRedisLimiter(server.url, RateLimits(per_key=2), clock=clock)
    times = await sent(limiter, clock, 6)
    assert peak(times) <= 2
    await limiter.close()
