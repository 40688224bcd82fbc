"""The limiter's script in Redis makes the same decisions as the arithmetic in Python, move by move."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from amocrm._core.limits.limiter import (
    Blocked,
    Granted,
    KeyState,
    RateGate,
    RateLimits,
    SlotOutcome,
    Wait,
    Window,
)
from amocrm._core.limits.redis_scripts import LIMITER
from amocrm._core.limits.wait_queue import WaitQueue

WAITERS = 4

moves = st.lists(
    st.tuples(
        st.floats(0.0, 0.4),
        st.sampled_from(["ask"] * 6 + ["confirm"] * 5 + ["leave"]),
        st.integers(0, WAITERS - 1),
        st.sampled_from(
            [SlotOutcome.ANSWERED] * 6 + [each for each in SlotOutcome if each is not SlotOutcome.ANSWERED]
        ),
        st.sampled_from([None, None, 0.5, 3.0]),
    ),
    min_size=5,
    max_size=60,
)


class Both:
    """The same limiter twice: in Python and in Redis."""

    def __init__(self, client: Any, limits: RateLimits) -> None:
        self.gate = RateGate(limits, KeyState.new(limits), Window(limits.per_account))
        self.line = WaitQueue()
        self.script = client.register_script(LIMITER)
        self.told = msgspec.structs.asdict(limits)
        name = uuid4().hex
        self.names = [f"{name}:key", f"{name}:account"]
        self.run(900.0, "leave", number=0)  # a key that is new would cost a second

    def run(self, now: float, what: str, **question: Any) -> list[Any]:
        """Puts a question to Redis at the same time."""
        question = {name: value for name, value in question.items() if value is not None}
        question |= {"do": what, "now": now, "limits": self.told}
        return list(self.script(keys=self.names, args=[msgspec.json.encode(question)]))

    def assert_same_ask(self, now: float, slot: int, number: int | None) -> tuple[int, Any]:
        """Asks both; their answers are the same."""
        theirs = self.run(now, "ask", slot=slot, number=number, me="test")
        mine, answer = self.line.ask(self.gate, now, slot, number)
        kind = {Granted: b"granted", Wait: b"wait", Blocked: b"blocked"}[type(answer)]
        at = answer.at if isinstance(answer, Granted) else answer.until
        unconfirmed = isinstance(answer, Wait) and answer.unconfirmed
        assert (theirs[0], int(theirs[1]), int(theirs[4])) == (kind, mine, unconfirmed)
        assert float(theirs[2]) == pytest.approx(at, abs=1e-6)
        return mine, answer

    def assert_same_confirm(
        self, now: float, slot: int, sent_at: float, outcome: SlotOutcome, asked: float | None
    ) -> None:
        """Confirms to both, a moment after the answer came."""
        ago = 0.01
        self.run(now, "confirm", slot=slot, sent_at=sent_at, ago=ago, outcome=outcome.value, asked=asked)
        self.gate.confirm(slot, sent_at, now - ago, outcome, asked)

    def assert_same_leave(self, now: float, number: int) -> None:
        """Takes a waiter out of both."""
        self.run(now, "leave", number=number)
        self.line.leave(number)


@pytest.fixture(scope="module")
def client(redis_url: str) -> Any:
    """A client of the server."""
    made = redis.Redis.from_url(redis_url)
    yield made
    made.close()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    moves=moves,
    limits=st.builds(
        RateLimits,
        per_key=st.integers(1, 3),
        per_account=st.integers(1, 4),
        strict=st.booleans(),
        warm_up=st.sampled_from([0, 3]),
        first_block=st.just(2.0),
    ),
)
def test_redis_decides_like_the_arithmetic(client: Any, moves: list[Any], limits: RateLimits) -> None:
    """Whatever waiters ask, confirm and leave in whatever order, both give the same answers."""
    both = Both(client, limits)
    now, slot = 1_700_000_000.0, 0
    numbers: dict[int, int] = {}
    granted: list[tuple[int, float]] = []
    for pause, what, waiter, outcome, asked in moves:
        now += pause
        if what == "confirm" and granted:
            both.assert_same_confirm(now, *granted.pop(0), outcome, asked)
        elif what == "leave" and waiter in numbers:
            both.assert_same_leave(now, numbers.pop(waiter))
        else:
            slot += 1
            number, answer = both.assert_same_ask(now, slot, numbers.pop(waiter, None))
            if isinstance(answer, Wait):
                numbers[waiter] = number
            elif isinstance(answer, Granted):
                granted.append((slot, now))


@pytest.mark.slow
def test_the_round_trips_are_kept_alike(client: Any) -> None:
    """Beyond a span of five hundred round trips the deduction stays the same."""
    both = Both(client, RateLimits(per_key=7, warm_up=3))
    now = 1_700_000_000.0
    for slot in range(1, 520):
        answer = both.assert_same_ask(now, slot, None)[1]
        while isinstance(answer, Wait):
            both.assert_same_leave(now, both.line.last)
            now = answer.until + 1e-6
            answer = both.assert_same_ask(now, slot, None)[1]
        sent_at, now = now, now + 0.05 + slot % 13 / 1000
        both.assert_same_confirm(now, slot, sent_at, SlotOutcome.ANSWERED, None)


def test_a_question_may_be_put_twice(client: Any) -> None:
    """A slot whose answer got lost is not granted a second time, so that a question may be repeated."""
    both = Both(client, RateLimits(per_key=1))
    first = both.run(1000.0, "ask", slot=5, me="test")
    again = both.run(1000.2, "ask", slot=5, me="test")
    assert [first[0], again[0]] == [b"granted", b"granted"]
    assert first[2] == again[2]
    assert both.run(1000.3, "ask", slot=6, me="test")[0] == b"wait"


def test_a_clock_that_is_put_back_costs_a_second(client: Any) -> None:
    """When the clock of the server goes back by an hour, nobody waits for that hour."""
    both = Both(client, RateLimits(per_key=1))
    both.run(10_000.0, "ask", slot=1, me="test")
    kind, _, _, wait, *_ = both.run(6_400.0, "ask", slot=2, me="test")
    assert kind == b"wait"
    assert float(wait) == pytest.approx(1.0)
    assert both.run(6_401.0, "ask", slot=2, number=1, me="test")[0] == b"granted"


def test_an_evicted_account_costs_a_second(client: Any) -> None:
    """When Redis evicts one of the two names, what the other processes have just sent is not forgotten."""
    both = Both(client, RateLimits(per_key=7))
    both.run(1000.0, "ask", slot=1, me="test")
    client.delete(both.names[1])
    kind, place, _, wait, *_ = both.run(1000.5, "ask", slot=2, me="test")
    assert kind == b"wait"
    assert float(wait) == pytest.approx(1.0)
    assert both.run(1001.5, "ask", slot=2, number=int(place), me="test")[0] == b"granted"


def test_an_older_copy_of_the_state_is_recognised(client: Any) -> None:
    """After a failover to a replica that lags behind, nothing leaves before what was granted meanwhile is over."""
    both = Both(client, RateLimits(per_key=2))
    both.run(1000.0, "ask", slot=1, me="test")
    copies = [client.get(name) for name in both.names]
    granted = float(both.run(1000.6, "ask", slot=2, me="test")[2])
    for name, copy in zip(both.names, copies, strict=True):
        client.set(name, copy)

    kind, place, _, wait, *_ = both.run(1000.7, "ask", slot=3, me="test", latest=granted)
    assert kind == b"wait"
    assert 1000.7 + float(wait) >= granted + 1.0
    assert both.run(1003.7, "ask", slot=3, number=int(place), me="test", latest=granted)[0] == b"granted"
    # What is known again is no older copy.
    assert both.run(1005.7, "ask", slot=4, me="test", latest=1003.7)[0] == b"granted"


def test_what_nobody_uses_is_forgotten(client: Any) -> None:
    """Everything in Redis has an end, so that old keys need no cleaning."""
    both = Both(client, RateLimits())
    both.run(1000.0, "ask", slot=1, me="test")
    assert all(0 < client.ttl(name) <= 7300 for name in both.names)
