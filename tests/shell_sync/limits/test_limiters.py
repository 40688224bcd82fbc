"""Limiters that wait: order of arrival, wake-ups, pauses and blocks, in process and between processes."""
# GENERATED from tests/shell_async/limits/test_limiters.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amocrm._sync._primitives import TaskScope
from amocrm._sync.limits.file import FileLimiter
from amocrm._sync.limits.memory import MemoryLimiter, Slot
from amocrm._sync.limits.redis import RedisLimiter
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import RateLimits, SlotOutcome, Wait
from amocrm.errors import CircuitOpen

from .._support import ManualClock, StoppedClock, breathe, cancelled

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.anyio

KEY, OTHER = LimitKey("demo/client", "demo"), LimitKey("other/client", "other")


@pytest.fixture
def clock() -> ManualClock:
    """Time that is moved by waiting."""
    return ManualClock(0.0)


@pytest.fixture(params=["memory", "file", "redis"])
def limiter(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Generator[Any]:
    """Each back end in turn."""
    if request.param == "memory":
        yield MemoryLimiter(clock=clock)
    elif request.param == "file":
        yield FileLimiter(tmp_path, clock=clock)
    else:
        shared = RedisLimiter(request.getfixturevalue("redis_url"), prefix=str(tmp_path), clock=clock)
        clock.now = -10.0
        for key in (KEY, OTHER):  # a key that is new would cost a second
            shared._run("leave", key, {"number": 0})
        clock.now = 0.0
        yield shared
        shared.close()


def test_slots_are_evenly_spaced(limiter: Any, clock: ManualClock) -> None:
    """The first leaves at once, the others a seventh of a second apart."""
    times = []
    for _ in range(8):
        slot = limiter.acquire(KEY)
        times.append(clock.now)
        limiter.confirm(slot, SlotOutcome.ANSWERED)
    assert times == pytest.approx([number / 7 for number in range(8)])
    assert slot.waited > 0.0


def test_keys_do_not_hold_each_other_up(limiter: Any, clock: ManualClock) -> None:
    """Two integrations of two accounts never meet."""
    limiter.acquire(KEY)
    limiter.acquire(OTHER)
    assert clock.now == 0.0


def test_first_come_first_served() -> None:
    """Whoever asked first leaves first, however many wait."""
    clock = StoppedClock(0.0)
    limiter = MemoryLimiter(RateLimits(per_key=1, lease=1000.0), clock=clock)
    slots = [limiter.acquire(KEY)]
    order: list[int] = []

    def ask(number: int) -> None:
        slots.append(limiter.acquire(KEY))
        order.append(number)

    with TaskScope(10) as scope:
        for number in range(10):
            scope.start(partial(ask, number))
            breathe()
        for number in range(10):
            assert len(order) == number
            clock.now += 10.0
            limiter.confirm(slots[-1], SlotOutcome.ANSWERED, ago=5.0)
            while len(order) == number:
                breathe()
    assert order == list(range(10))


def test_a_slot_waits_for_the_answer_to_the_seventh_before_it(limiter: Any, clock: ManualClock) -> None:
    """Seven unanswered requests: the eighth leaves when the lease of the first is over."""
    for _ in range(7):
        limiter.acquire(KEY)
    limiter.acquire(KEY)
    assert clock.now == pytest.approx(3.0)


def test_an_answer_lets_the_next_one_go(clock: ManualClock) -> None:
    """The eighth waits for an answer only as long as that takes."""
    limiter = MemoryLimiter(clock=clock)
    slots = [limiter.acquire(KEY) for _ in range(7)]
    clock.now = 1.5
    limiter.confirm(slots[0], SlotOutcome.ANSWERED)
    limiter.acquire(KEY)
    assert clock.now == pytest.approx(2.5)


def test_the_time_of_the_answer_counts_and_not_that_of_the_report(
    limiter: Any, clock: ManualClock
) -> None:
    """A long body is read after its head arrived: ``ago`` says how long that took."""
    slots = [limiter.acquire(KEY) for _ in range(7)]
    clock.now = 1.9
    limiter.confirm(slots[0], SlotOutcome.ANSWERED, ago=1.8)
    limiter.acquire(KEY)
    assert clock.now == pytest.approx(1.9)


def test_a_waiter_that_gives_up_holds_nobody_up(limiter: Any) -> None:
    """Whoever is cancelled while waiting leaves the line."""
    limiter.acquire(KEY)
    got: list[Slot] = []

    def give_up() -> None:
        got.append(limiter.acquire(KEY))

    cancelled(give_up, lambda: True)
    limiter.acquire(KEY)
    assert len(got) <= 1


def test_a_429_pauses_the_key(limiter: Any, clock: ManualClock) -> None:
    """Everybody on the key waits as long as the server asked, nobody else does."""
    slot = limiter.acquire(KEY)
    limiter.confirm(slot, SlotOutcome.THROTTLED, asked=20.0)
    limiter.acquire(OTHER)
    assert clock.now == 0.0
    limiter.acquire(KEY)
    assert clock.now == pytest.approx(20.0)


def test_a_block_opens_the_circuit(limiter: Any, clock: ManualClock) -> None:
    """After a block nobody gets a slot, and the error names account and time."""
    slot = limiter.acquire(KEY)
    limiter.confirm(slot, SlotOutcome.BLOCKED)
    with pytest.raises(CircuitOpen, match=r"demo.* 60 s") as caught:
        limiter.acquire(KEY)
    assert caught.value.retry_in == pytest.approx(60.0)
    clock.now += 60.0
    probe = limiter.acquire(KEY)
    with pytest.raises(CircuitOpen):
        limiter.acquire(KEY)
    limiter.confirm(probe, SlotOutcome.ANSWERED)
    limiter.acquire(KEY)


def test_other_limits_can_be_set(clock: ManualClock) -> None:
    """Both limits are settable; the account's caps the sum of its keys."""
    limiter = MemoryLimiter(RateLimits(per_key=100, per_account=10), clock=clock)
    for number in range(10):
        limiter.acquire(LimitKey(f"demo/{number}", "demo"))
    assert clock.now == pytest.approx(0.9)


def test_a_waiter_of_a_dead_process_holds_nobody_up(tmp_path: Path, clock: ManualClock) -> None:
    """Whoever waits and never asks again is passed by, at the cost of one slot at most."""
    limiter = FileLimiter(tmp_path, clock=clock)
    slot = limiter.acquire(KEY)
    limiter.confirm(slot, SlotOutcome.ANSWERED)
    with limiter._locked_state(KEY) as (line, gate):
        dead, answer = line.ask(gate, clock.now, 17, None)
    assert isinstance(answer, Wait)
    limiter.acquire(KEY)
    assert clock.now <= 2 / 7 + 0.051
    clock.now += 10.0
    limiter.acquire(KEY)
    with limiter._locked_state(KEY) as (line, gate):
        assert dead not in [ticket.number for ticket in line.waiting]


def test_a_damaged_file_is_begun_anew(tmp_path: Path, clock: ManualClock) -> None:
    """A process that died while writing costs one careful second, not an error."""
    limiter = FileLimiter(tmp_path, clock=clock)
    limiter.acquire(KEY)
    next(tmp_path.glob("key-*")).write_bytes(b"\xff\x00 half a state")
    limiter.acquire(KEY)
    assert clock.now == pytest.approx(1.0)


def test_a_file_that_is_taken_away_costs_a_second(tmp_path: Path, clock: ManualClock) -> None:
    """A cleaner that empties the folder between two requests brings no eighth request into a second."""
    limiter = FileLimiter(tmp_path, clock=clock)
    times = []
    for number in range(14):
        if number == 7:
            for path in tmp_path.iterdir():
                path.unlink()
        slot = limiter.acquire(KEY)
        times.append(clock.now)
        limiter.confirm(slot, SlotOutcome.ANSWERED)
    assert times[7] - times[6] >= 1.0
    assert max(sum(at - 1.0 < other <= at for other in times) for at in times) <= 7


def test_times_of_another_start_of_the_machine_mean_nothing(tmp_path: Path) -> None:
    """After a restart the clock begins anew, and an old file is not waited for."""
    before, after = ManualClock(1_000_000.0), ManualClock(5.0)
    FileLimiter(tmp_path, clock=before).acquire(KEY)
    FileLimiter(tmp_path, clock=after).acquire(KEY)
    assert after.now <= 6.0


def test_two_processes_share_a_limit(tmp_path: Path, clock: ManualClock) -> None:
    """What one limiter of a folder grants, the other has to wait for."""
    one, other = FileLimiter(tmp_path, clock=clock), FileLimiter(tmp_path, clock=clock)
    for number in range(14):
        limiter = (one, other)[number % 2]
        limiter.confirm(limiter.acquire(KEY), SlotOutcome.ANSWERED)
    assert clock.now == pytest.approx(13 / 7, abs=0.01)
