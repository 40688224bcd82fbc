"""The limiter's arithmetic in a simulated network: what the server sees, whatever the network does."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amocrm._core.limits.limiter import (
    Blocked,
    Granted,
    KeyState,
    RateGate,
    RateLimits,
    RoundTripStats,
    ServerPause,
    SlotOutcome,
    Wait,
    Window,
)
from amocrm._core.limits.wait_queue import WaitQueue

Delay = Callable[[], float]


def simulate(
    limits: RateLimits,
    count: int,
    out: Delay,
    back: Delay,
    *,
    lost: Callable[[], bool] = lambda: False,
    in_flight: int = 1000,
) -> list[float]:
    """Sends ``count`` requests as fast as the limiter allows and returns their arrivals at the server."""
    gate = RateGate(limits, KeyState.new(limits), Window(limits.per_account))
    answers: list[tuple[float, int, float]] = []
    arrivals: list[float] = []
    now = 0.0
    for slot in range(1, count + 1):
        while True:
            while answers and answers[0][0] <= now:
                at, number, sent_at = heapq.heappop(answers)
                gate.confirm(number, sent_at, at, SlotOutcome.ANSWERED)
            if len(answers) >= in_flight:
                now = answers[0][0]
                continue
            asked = gate.ask(now, slot)
            if isinstance(asked, Granted):
                break
            assert isinstance(asked, Wait)
            soonest = asked.until
            if answers and asked.unconfirmed:
                soonest = min(soonest, answers[0][0])
            now = max(now, soonest)
        arrival = now + out()
        arrivals.append(arrival)
        if not lost():
            heapq.heappush(answers, (arrival + back(), slot, now))
    return sorted(arrivals)


def most_in_a_second(arrivals: list[float]) -> int:
    """The highest number of arrivals in any sliding second, half open as the server counts."""
    first, most = 0, 0
    for index, arrival in enumerate(arrivals):
        while arrivals[first] <= arrival - 1.0 + 1e-9:
            first += 1
        most = max(most, index - first + 1)
    return most


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    out=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
    back=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
    loss=st.sampled_from([0.0, 0.1]),
    in_flight=st.integers(1, 20),
    per_key=st.integers(1, 12),
)
def test_strict_limits_hold_in_any_network(
    seed: int,
    out: tuple[float, float],
    back: tuple[float, float],
    loss: float,
    in_flight: int,
    per_key: int,
) -> None:
    """With ``strict`` no network, no lost answer and no number of clients brings one request too many."""
    random = Random(seed)
    arrivals = simulate(
        RateLimits(strict=True, per_key=per_key),
        80,
        lambda: out[0] + random.random() * out[1],
        lambda: back[0] + random.random() * back[1],
        lost=lambda: random.random() < loss,
        in_flight=in_flight,
    )
    assert most_in_a_second(arrivals) <= per_key


@pytest.mark.parametrize("base", [0.001, 0.05, 0.3])
@pytest.mark.parametrize("jitter", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_deduction_keeps_the_limit_and_the_rate(base: float, jitter: float, seed: int) -> None:
    """Less 0.9 of the smallest round trip, the limit still holds and the share of the design is reached."""
    random = Random(seed)
    count = 3000
    arrivals = simulate(
        RateLimits(),
        count,
        lambda: base / 2 + random.random() * jitter / 2,
        lambda: base / 2 + random.random() * jitter / 2,
    )
    assert most_in_a_second(arrivals) <= 7
    rate = (count - 1) / (arrivals[-1] - arrivals[0])
    assert rate >= 7 * 0.97 / (1 + jitter + 0.1 * base)


def test_on_loopback_the_limiter_reaches_98_percent() -> None:
    """One millisecond of round trip costs less than two percent of the rate."""
    arrivals = simulate(RateLimits(), 1000, lambda: 0.0005, lambda: 0.0005)
    assert 999 / (arrivals[-1] - arrivals[0]) >= 7 * 0.98


def test_requests_are_evenly_spaced() -> None:
    """No two requests leave closer together than one seventh of a second."""
    arrivals = simulate(RateLimits(), 50, lambda: 0.0, lambda: 0.0)
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert min(gaps) >= 1 / 7 - 1e-9


def test_an_unanswered_request_holds_up_the_others_no_longer_than_the_lease() -> None:
    """The eighth request waits for the answer to the first, and at most for lease plus one second."""
    limits = RateLimits(lease=2.0)
    gate = RateGate(limits, KeyState.new(limits), Window(50))
    now = 0.0
    for slot in range(1, 8):
        now = (slot - 1) / 7
        assert isinstance(gate.ask(now, slot), Granted)
        if slot > 1:
            gate.confirm(slot, now, now + 0.01, SlotOutcome.ANSWERED)
    asked = gate.ask(now + 0.2, 8)
    assert asked == Wait(3.0, unconfirmed=True)
    assert isinstance(gate.ask(3.0, 8), Granted)


def test_an_account_is_capped_over_all_its_keys() -> None:
    """Ten keys of one account together stay under the account's limit."""
    limits = RateLimits(per_account=20)
    account = Window(limits.per_account)
    gates = [RateGate(limits, KeyState.new(limits), account) for _ in range(10)]
    arrivals: list[float] = []
    now, slot = 0.0, 0
    while now < 5.0:
        for gate in gates:
            slot += 1
            if isinstance(gate.ask(now, slot), Granted):
                gate.confirm(slot, now, now, SlotOutcome.ANSWERED)
                arrivals.append(now)
        now += 0.005
    assert most_in_a_second(arrivals) == 20


def test_a_request_that_never_left_frees_its_place_at_once() -> None:
    """A refused connection counts from when it was granted, not from when the failure was noticed."""
    limits = RateLimits(per_key=1)
    gate = RateGate(limits, KeyState.new(limits), Window(50))
    assert isinstance(gate.ask(0.0, 1), Granted)
    gate.confirm(1, 0.0, 0.9, SlotOutcome.NOT_SENT)
    assert gate.ask(0.95, 2) == Wait(1.0)


def test_a_429_pauses_everybody_and_doubles_until_a_good_answer() -> None:
    """The pause is what the server asked for, else it doubles; a good answer forgets it."""
    limits = RateLimits(first_pause=1.0, max_pause=60.0)
    gate = RateGate(limits, KeyState.new(limits), Window(50))
    gate.ask(0.0, 1)
    gate.confirm(1, 0.0, 0.1, SlotOutcome.THROTTLED)
    assert gate.ask(0.5, 2) == Wait(1.1)
    gate.ask(1.1, 2)
    gate.confirm(2, 1.1, 1.2, SlotOutcome.THROTTLED)
    assert gate.ask(1.5, 3) == Wait(3.2)
    gate.ask(3.2, 3)
    gate.confirm(3, 3.2, 3.3, SlotOutcome.THROTTLED, asked=30.0)
    assert gate.ask(4.0, 4) == Wait(33.3)
    gate.ask(34.0, 4)
    gate.confirm(4, 34.0, 34.1, SlotOutcome.ANSWERED)
    gate.ask(35.0, 5)
    gate.confirm(5, 35.0, 35.1, SlotOutcome.THROTTLED)
    assert gate.ask(35.2, 6) == Wait(36.1)


def test_requests_on_their_way_count_as_one_strike() -> None:
    """Five 429 for requests that left before the first of them came are one lesson, not five."""
    pause = ServerPause()
    for _ in range(5):
        pause.record_violation(now=2.0, sent_at=1.0, first=1.0, longest=60.0, asked=None)
    assert (pause.strikes, pause.until) == (1, 3.0)


def test_a_block_silences_until_one_probe_succeeds() -> None:
    """After a block nothing leaves; then one request probes, and its good answer opens the way for all."""
    limits = RateLimits(first_block=60.0)
    gate = RateGate(limits, KeyState.new(limits), Window(50))
    gate.ask(0.0, 1)
    gate.confirm(1, 0.0, 0.0, SlotOutcome.BLOCKED)
    assert gate.ask(59.0, 2) == Blocked(60.0)
    assert isinstance(gate.ask(60.0, 2), Granted)
    assert isinstance(gate.ask(60.5, 3), Blocked)
    gate.confirm(2, 60.0, 60.6, SlotOutcome.ANSWERED)
    assert isinstance(gate.ask(60.7, 3), Granted)


def test_a_failed_probe_doubles_the_silence() -> None:
    """A probe that is blocked again waits twice as long."""
    limits = RateLimits(first_block=60.0)
    gate = RateGate(limits, KeyState.new(limits), Window(50))
    gate.ask(0.0, 1)
    gate.confirm(1, 0.0, 0.0, SlotOutcome.BLOCKED)
    gate.ask(60.0, 2)
    gate.confirm(2, 60.0, 60.0, SlotOutcome.BLOCKED)
    assert gate.ask(179.0, 3) == Blocked(180.0)


def test_the_smallest_round_trip_is_forgotten_after_two_spans() -> None:
    """A round trip that was once possible does not rule for ever."""
    trips = RoundTripStats()
    trips.add(0.001)
    for _ in range(999):
        trips.add(0.3)
    assert trips.smallest == 0.001
    trips.add(0.3)
    assert trips.smallest == 0.3


def test_waiters_keep_their_order_when_the_queue_is_lost() -> None:
    """Those who waited come back with their places, and nobody who comes later passes them."""
    limits = RateLimits(per_key=1)

    def new_gate() -> RateGate:
        return RateGate(limits, KeyState.new(limits), Window(50))

    queue, gate = WaitQueue(), new_gate()
    for _ in range(1000):  # a queue with a past
        queue.leave(queue.ask(gate, 0.0, 1, None)[0])
    early = [queue.ask(gate, 10.0 + number / 10, 100 + number, None)[0] for number in range(3)]

    queue, gate = WaitQueue(), new_gate()
    late = [queue.ask(gate, 11.0 + number / 10, 200 + number, None)[0] for number in range(3)]
    back = {number: queue.ask(gate, 12.0, 300 + number, number)[0] for number in reversed(early)}

    assert back == {number: number for number in early}
    places = [waiter.number for waiter in queue.waiting]
    assert places == [*early, *late[1:]]  # the first of the late ones met a limiter that knew nothing
    assert max(early) < min(late)
