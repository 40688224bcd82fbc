"""Limiters that wait: order of arrival, wake-ups, pauses and blocks, in process and between processes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amocrm._async._primitives import TaskScope
from amocrm._async.limits.file import AsyncFileLimiter
from amocrm._async.limits.memory import AsyncMemoryLimiter, Slot
from amocrm._async.limits.redis import AsyncRedisLimiter
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import RateLimits, SlotOutcome, Wait
from amocrm.errors import CircuitOpen

from .._support import ManualClock, StoppedClock, breathe, cancelled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = pytest.mark.anyio

KEY, OTHER = LimitKey("demo/client", "demo"), LimitKey("other/client", "other")


@pytest.fixture
def clock() -> ManualClock:
    """Time that is moved by waiting."""
    return ManualClock(0.0)


@pytest.fixture(params=["memory", "file", "redis"])
async def limiter(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> AsyncGenerator[Any]:
    """Each back end in turn."""
    if request.param == "memory":
        yield AsyncMemoryLimiter(clock=clock)
    elif request.param == "file":
        yield AsyncFileLimiter(tmp_path, clock=clock)
    else:
        shared = AsyncRedisLimiter(request.getfixturevalue("redis_url"), prefix=str(tmp_path), clock=clock)
        clock.now = -10.0
        for key in (KEY, OTHER):  # a key that is new would cost a second
            await shared._run("leave", key, {"number": 0})
        clock.now = 0.0
        yield shared
        await shared.close()


async def test_slots_are_evenly_spaced(limiter: Any, clock: ManualClock) -> None:
    """The first leaves at once, the others a seventh of a second apart."""
    times = []
    for _ in range(8):
        slot = await limiter.acquire(KEY)
        times.append(clock.now)
        await limiter.confirm(slot, SlotOutcome.ANSWERED)
    assert times == pytest.approx([number / 7 for number in range(8)])
    assert slot.waited > 0.0


async def test_keys_do_not_hold_each_other_up(limiter: Any, clock: ManualClock) -> None:
    """Two integrations of two accounts never meet."""
    await limiter.acquire(KEY)
    await limiter.acquire(OTHER)
    assert clock.now == 0.0


async def test_first_come_first_served() -> None:
    """Whoever asked first leaves first, however many wait."""
    clock = StoppedClock(0.0)
    limiter = AsyncMemoryLimiter(RateLimits(per_key=1, lease=1000.0), clock=clock)
    slots = [await limiter.acquire(KEY)]
    order: list[int] = []

    async def ask(number: int) -> None:
        slots.append(await limiter.acquire(KEY))
        order.append(number)

    async with TaskScope(10) as scope:
        for number in range(10):
            scope.start(partial(ask, number))
            await breathe()
        for number in range(10):
            assert len(order) == number
            clock.now += 10.0
            await limiter.confirm(slots[-1], SlotOutcome.ANSWERED, ago=5.0)
            while len(order) == number:
                await breathe()
    assert order == list(range(10))


async def test_a_slot_waits_for_the_answer_to_the_seventh_before_it(limiter: Any, clock: ManualClock) -> None:
    """Seven unanswered requests: the eighth leaves when the lease of the first is over."""
    for _ in range(7):
        await limiter.acquire(KEY)
    await limiter.acquire(KEY)
    assert clock.now == pytest.approx(3.0)


async def test_an_answer_lets_the_next_one_go(clock: ManualClock) -> None:
    """The eighth waits for an answer only as long as that takes."""
    limiter = AsyncMemoryLimiter(clock=clock)
    slots = [await limiter.acquire(KEY) for _ in range(7)]
    clock.now = 1.5
    await limiter.confirm(slots[0], SlotOutcome.ANSWERED)
    await limiter.acquire(KEY)
    assert clock.now == pytest.approx(2.5)


async def test_the_time_of_the_answer_counts_and_not_that_of_the_report(
    limiter: Any, clock: ManualClock
) -> None:
    """A long body is read after its head arrived: ``ago`` says how long that took."""
    slots = [await limiter.acquire(KEY) for _ in range(7)]
    clock.now = 1.9
    await limiter.confirm(slots[0], SlotOutcome.ANSWERED, ago=1.8)
    await limiter.acquire(KEY)
    assert clock.now == pytest.approx(1.9)


async def test_a_waiter_that_gives_up_holds_nobody_up(limiter: Any) -> None:
    """Whoever is cancelled while waiting leaves the line."""
    await limiter.acquire(KEY)
    got: list[Slot] = []

    async def give_up() -> None:
        got.append(await limiter.acquire(KEY))

    await cancelled(give_up, lambda: True)
    await limiter.acquire(KEY)
    assert len(got) <= 1


async def test_a_429_pauses_the_key(limiter: Any, clock: ManualClock) -> None:
    """Everybody on the key waits as long as the server asked, nobody else does."""
    slot = await limiter.acquire(KEY)
    await limiter.confirm(slot, SlotOutcome.THROTTLED, asked=20.0)
    await limiter.acquire(OTHER)
    assert clock.now == 0.0
    await limiter.acquire(KEY)
    assert clock.now == pytest.approx(20.0)


async def test_a_block_opens_the_circuit(limiter: Any, clock: ManualClock) -> None:
    """After a block nobody gets a slot, and the error names account and time."""
    slot = await limiter.acquire(KEY)
    await limiter.confirm(slot, SlotOutcome.BLOCKED)
    with pytest.raises(CircuitOpen, match=r"demo.* 60 s") as caught:
        await limiter.acquire(KEY)
    assert caught.value.retry_in == pytest.approx(60.0)
    clock.now += 60.0
    probe = await limiter.acquire(KEY)
    with pytest.raises(CircuitOpen):
        await limiter.acquire(KEY)
    await limiter.confirm(probe, SlotOutcome.ANSWERED)
    await limiter.acquire(KEY)


async def test_other_limits_can_be_set(clock: ManualClock) -> None:
    """Both limits are settable; the account's caps the sum of its keys."""
    limiter = AsyncMemoryLimiter(RateLimits(per_key=100, per_account=10), clock=clock)
    for number in range(10):
        await limiter.acquire(LimitKey(f"demo/{number}", "demo"))
    assert clock.now == pytest.approx(0.9)


async def test_a_waiter_of_a_dead_process_holds_nobody_up(tmp_path: Path, clock: ManualClock) -> None:
    """Whoever waits and never asks again is passed by, at the cost of one slot at most."""
    limiter = AsyncFileLimiter(tmp_path, clock=clock)
    slot = await limiter.acquire(KEY)
    await limiter.confirm(slot, SlotOutcome.ANSWERED)
    with limiter._locked_state(KEY) as (line, gate):
        dead, answer = line.ask(gate, clock.now, 17, None)
    assert isinstance(answer, Wait)
    await limiter.acquire(KEY)
    assert clock.now <= 2 / 7 + 0.051
    clock.now += 10.0
    await limiter.acquire(KEY)
    with limiter._locked_state(KEY) as (line, gate):
        assert dead not in [ticket.number for ticket in line.waiting]


async def test_a_damaged_file_is_begun_anew(tmp_path: Path, clock: ManualClock) -> None:
    """A process that died while writing costs one careful second, not an error."""
    limiter = AsyncFileLimiter(tmp_path, clock=clock)
    await limiter.acquire(KEY)
    next(tmp_path.glob("key-*")).write_bytes(b"\xff\x00 half a state")
    await limiter.acquire(KEY)
    assert clock.now == pytest.approx(1.0)


async def test_a_file_that_is_taken_away_costs_a_second(tmp_path: Path, clock: ManualClock) -> None:
    """A cleaner that empties the folder between two requests brings no eighth request into a second."""
    limiter = AsyncFileLimiter(tmp_path, clock=clock)
    times = []
    for number in range(14):
        if number == 7:
            for path in tmp_path.iterdir():
                path.unlink()
        slot = await limiter.acquire(KEY)
        times.append(clock.now)
        await limiter.confirm(slot, SlotOutcome.ANSWERED)
    assert times[7] - times[6] >= 1.0
    assert max(sum(at - 1.0 < other <= at for other in times) for at in times) <= 7


async def test_times_of_another_start_of_the_machine_mean_nothing(tmp_path: Path) -> None:
    """After a restart the clock begins anew, and an old file is not waited for."""
    before, after = ManualClock(1_000_000.0), ManualClock(5.0)
    await AsyncFileLimiter(tmp_path, clock=before).acquire(KEY)
    await AsyncFileLimiter(tmp_path, clock=after).acquire(KEY)
    assert after.now <= 6.0


async def test_two_processes_share_a_limit(tmp_path: Path, clock: ManualClock) -> None:
    """What one limiter of a folder grants, the other has to wait for."""
    one, other = AsyncFileLimiter(tmp_path, clock=clock), AsyncFileLimiter(tmp_path, clock=clock)
    for number in range(14):
        limiter = (one, other)[number % 2]
        await limiter.confirm(await limiter.acquire(KEY), SlotOutcome.ANSWERED)
    assert clock.now == pytest.approx(13 / 7, abs=0.01)
