"""The worker: who is called how often, whatever fails, hangs, ends or is away."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from amocrm._async.webhooks.sqlite_inbox import AsyncSQLiteInbox
from amocrm.webhooks import Delivery, InboxError, LeadAdded, LeadStatusChanged
from amocrm.webhooks._receiving.handler_registry import Failure, GiveUp

from .._hooks import WON, collector, make_receiver
from .._support import StoppedClock, breathe

pytestmark = pytest.mark.anyio


async def test_one_failing_handler_does_not_stop_the_others() -> None:
    """Each call stands alone: other handlers and other events of the delivery go on, only what failed is repeated."""
    clock, failures = StoppedClock(), []
    receiver = make_receiver(clock=clock, on_failure=failures.append)
    good: list[int] = []
    bad: list[int] = []

    @receiver.on(LeadAdded)
    def fails(event: LeadAdded) -> None:
        bad.append(event.lead_id)
        if event.lead_id == 1 and len(bad) < 3:
            raise RuntimeError("not today")

    @receiver.on(LeadAdded)
    def works(event: LeadAdded) -> None:
        good.append(event.lead_id)

    await receiver.accept(Delivery(body=b"leads[add][0][id]=1&leads[add][1][id]=2"))
    await receiver.work()
    assert (bad, good) == ([1, 2], [1, 2])
    assert await receiver.work() == 0

    clock.now += 10
    await receiver.work()

    assert (bad, good) == ([1, 2, 1], [1, 2])
    assert await receiver.inbox.counts() == {"ready": 0, "dead": 0, "done": 1}
    (failure,) = failures
    assert isinstance(failure, Failure)
    assert (str(failure.error), failure.attempt, failure.final) == ("not today", 1, False)
    assert failure.handler is not None
    assert failure.handler.endswith("fails")


async def test_what_fails_again_and_again_is_given_up() -> None:
    """The waits grow; after the last attempt the delivery is dead, with its error, and can be replayed."""
    clock, failures = StoppedClock(), []
    receiver = make_receiver(clock=clock, on_failure=failures.append)
    broken = True

    @receiver.on(LeadStatusChanged, name="won")
    def won(event: LeadStatusChanged) -> None:
        if broken:
            raise RuntimeError("no")

    await receiver.accept(Delivery(body=WON))
    waits = []
    for _ in range(3):
        assert await receiver.work() == 1
        (entry,) = await receiver.inbox.entries()
        waits.append(entry.due - clock.now)
        clock.now = entry.due

    assert 5 <= waits[0] <= 10 < 15 <= waits[1] <= 30
    assert (entry.state, entry.error) == ("dead", "won: RuntimeError: no")
    assert [failure.final for failure in failures] == [False, False, True]

    broken = False
    assert await receiver.replay() == 1
    assert await receiver.work() == 1
    assert await receiver.inbox.counts() == {"ready": 0, "dead": 0, "done": 1}


async def test_a_handler_can_give_up_at_once() -> None:
    """`GiveUp` is final for this handler; a delivery with another open failure is tried again for that one only."""
    clock = StoppedClock()
    receiver = make_receiver(clock=clock, on_failure=lambda failure: None)
    calls: list[str] = []

    @receiver.on(LeadStatusChanged)
    def hopeless(event: LeadStatusChanged) -> None:
        calls.append("hopeless")
        raise GiveUp("wrong pipeline")

    await receiver.accept(Delivery(body=WON))
    await receiver.work()

    assert calls == ["hopeless"]
    ((state, error),) = [(entry.state, entry.error) for entry in await receiver.inbox.entries()]
    assert (state, error is not None and error.endswith("GiveUp: wrong pipeline")) == ("dead", True)


async def test_a_delivery_that_kills_its_workers_is_given_up() -> None:
    """An entry that was taken up too often without an end is buried and does not kill the next one."""
    clock = StoppedClock()
    receiver = make_receiver(clock=clock)
    seen = collector(receiver, LeadStatusChanged)
    await receiver.accept(Delivery(body=WON))
    for _ in range(3):
        await receiver.inbox.lease(1, now=clock.now, seconds=60)
        clock.now += 61

    await receiver.work()

    assert seen == []
    (entry,) = await receiver.inbox.entries("dead")
    assert entry.error == "the process ended during every attempt to handle this delivery"


async def test_without_an_observer_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is never silent; an observer that fails itself is logged as well."""

    def broken(failure: Failure) -> None:
        raise ValueError("observer")

    for options in ({}, {"on_failure": broken}):
        receiver = make_receiver(**options)
        receiver.on(LeadStatusChanged, name="won")(lambda event: 1 / 0)
        await receiver.accept(Delivery(body=WON))
        with caplog.at_level(logging.ERROR, "amocrm.webhooks"):
            await receiver.work()

    assert [record.getMessage() for record in caplog.records] == [
        "won on LeadStatusChanged(leads 17) failed (attempt 1)",
        "on_failure raised an exception",
        "won on LeadStatusChanged(leads 17) failed (attempt 1)",
    ]


async def test_a_worker_beside_the_block() -> None:
    """A running worker sees what comes in at once, and the end waits for what is being handled."""
    receiver = make_receiver()
    seen = collector(receiver)

    async with receiver.running():
        await receiver.accept(Delivery(body=WON))
        while not seen:
            await breathe()
        await receiver.accept(Delivery(body=WON.replace(b"=17", b"=18")))
        while len(seen) < 2:
            await breathe()

    assert [event.lead_id for event in seen] == [17, 18]
    await receiver.accept(Delivery(body=WON.replace(b"=17", b"=19")))
    assert len(seen) == 2


class LeakyInbox(AsyncSQLiteInbox):
    """An inbox that cannot be reached for a while, and remembers what was extended."""

    down = 2
    extended = 0

    async def lease(self, limit: int, *, now: float, seconds: float) -> Any:
        """Fails at first."""
        if self.down:
            self.down -= 1
            raise OSError("unreachable")
        return await super().lease(limit, now=now, seconds=seconds)

    async def extend(self, entry: Any, *, until: float) -> bool:
        """Counts."""
        self.extended += 1
        return await super().extend(entry, until=until)


async def test_a_worker_outlives_its_inbox() -> None:
    """A worker whose inbox cannot be reached tries again, and says so."""
    failures: list[Failure] = []
    inbox = LeakyInbox(":memory:")
    receiver = make_receiver(inbox=inbox, on_failure=failures.append)
    seen = collector(receiver)

    async with receiver.running():
        while not seen:
            await receiver.accept(Delivery(body=WON))
            await breathe()

    assert [str(failure.error) for failure in failures] == ["unreachable", "unreachable"]


class ImpatientClock(StoppedClock):
    """A clock on which a third of a lease is over at once, and polls never."""

    async def wait(self, wakeup: Any, seconds: float | None) -> None:
        """Moves on for a lease, waits for a wake-up else."""
        if seconds == 20:
            self.now += 20
            await breathe()
        else:
            await super().wait(wakeup, seconds)


async def test_a_long_handler_keeps_its_lease() -> None:
    """What takes longer than a lease is not given to another worker meanwhile."""
    clock, inbox = ImpatientClock(), LeakyInbox(":memory:")
    inbox.down = 0
    receiver = make_receiver(clock=clock, inbox=inbox, lease=60.0)
    stolen: list[Any] = []

    @receiver.on(LeadStatusChanged)
    async def slow(event: LeadStatusChanged) -> None:
        while inbox.extended < 6:
            await breathe()
            stolen.extend(await inbox.lease(1, now=clock.now, seconds=60))

    await receiver.accept(Delivery(body=WON))
    start = clock.now
    await receiver.work()

    assert clock.now - start >= 120
    assert stolen == []
    assert (await inbox.counts())["done"] == 1


async def test_several_deliveries_at_a_time() -> None:
    """With concurrency, handlers of several deliveries run beside each other."""
    receiver = make_receiver(concurrency=3)
    inside: list[int] = []
    met: list[int] = []

    @receiver.on(LeadAdded)
    async def meet(event: LeadAdded) -> None:
        inside.append(event.lead_id)
        while len(inside) < 3:
            await breathe()
        met.append(event.lead_id)

    for number in range(3):
        await receiver.accept(Delivery(body=b"leads[add][0][id]=%d" % (number + 1)))

    assert await receiver.work() == 3
    assert sorted(met) == [1, 2, 3]


async def test_handled_deliveries_are_forgotten_after_a_while() -> None:
    """The worker tidies up every hour what is older than was asked for."""
    clock = StoppedClock()
    receiver = make_receiver(clock=clock, retention=1000.0)
    seen = collector(receiver)

    async with receiver.running():
        await receiver.accept(Delivery(body=WON))
        while not (await receiver.inbox.counts())["done"]:
            await breathe()
        clock.now += 4000
        await receiver.accept(Delivery(body=WON.replace(b"=17", b"=18")))
        while (await receiver.inbox.counts())["done"] != 1 or len(seen) < 2:
            await breathe()

    assert [entry.delivery.body for entry in await receiver.inbox.entries()] == [WON.replace(b"=17", b"=18")]


async def test_what_was_given_up_is_not_called_again() -> None:
    """`GiveUp` is final for its handler, while another one is tried again; in the end the delivery is dead."""
    clock, failures = StoppedClock(), []
    receiver = make_receiver(clock=clock, on_failure=failures.append)
    calls: list[str] = []

    @receiver.on(LeadStatusChanged, name="hopeless")
    def hopeless(event: LeadStatusChanged) -> None:
        calls.append("hopeless")
        raise GiveUp("wrong pipeline")

    @receiver.on(LeadStatusChanged, name="flaky")
    def flaky(event: LeadStatusChanged) -> None:
        calls.append("flaky")
        if len(calls) < 3:
            raise RuntimeError("not today")

    await receiver.accept(Delivery(body=WON))
    await receiver.work()
    clock.now += 10
    await receiver.work()

    assert calls == ["hopeless", "flaky", "flaky"]
    assert [failure.handler for failure in failures] == ["hopeless", "flaky"]
    (entry,) = await receiver.inbox.entries("dead")
    assert entry.error == "hopeless: GiveUp: the handler gave up at an earlier attempt"


class Broken(BaseException):
    """Ends what does not look for it: no `Exception`."""


async def test_whatever_a_handler_raises_stays_with_it() -> None:
    """An exception of any kind is a failure of that call; the worker and the other handlers go on."""
    failures: list[Failure] = []
    receiver = make_receiver(on_failure=failures.append)

    @receiver.on(LeadStatusChanged)
    def breaks(event: LeadStatusChanged) -> None:
        raise Broken("through everything")

    seen = collector(receiver)
    await receiver.accept(Delivery(body=WON))

    assert await receiver.work() == 1
    assert len(seen) == 1
    assert [str(failure.error) for failure in failures] == ["through everything"]
    assert (await receiver.inbox.counts())["ready"] == 1


@pytest.mark.parametrize("wish", [SystemExit, KeyboardInterrupt])
async def test_the_wish_to_end_the_program_is_granted(wish: type[BaseException]) -> None:
    """It goes through the worker; the delivery comes back when its lease is over."""
    clock = StoppedClock()
    receiver = make_receiver(clock=clock)

    @receiver.on(LeadStatusChanged)
    async def ends(event: LeadStatusChanged) -> None:
        raise wish

    await receiver.accept(Delivery(body=WON))
    with pytest.raises(wish):
        await receiver.run()

    clock.now += 61
    assert [entry.attempts for entry in await receiver.inbox.lease(5, now=clock.now, seconds=60)] == [2]


async def test_a_filter_that_fails_is_a_failure_of_its_handler() -> None:
    """What a condition stumbles over touches no other handler, and is tried again."""
    failures: list[Failure] = []
    receiver = make_receiver(on_failure=failures.append)
    never = collector(receiver, LeadStatusChanged, where=lambda event: event.lead.price > 5)
    seen = collector(receiver, LeadStatusChanged)

    await receiver.accept(Delivery(body=b"leads[status][0][id]=17"))
    await receiver.work()

    assert (never, len(seen)) == ([], 1)
    assert [failure.handler for failure in failures] == ["collector 0"]
    assert [entry.state for entry in await receiver.inbox.entries()] == ["ready"]


async def test_a_stop_is_never_missed() -> None:
    """A stop that comes before the start counts, and an empty block ends."""
    receiver = make_receiver()
    receiver.stop()
    await receiver.run()
    for _ in range(3):
        async with receiver.running():
            pass
    seen = collector(receiver)

    async with receiver.running():
        await receiver.accept(Delivery(body=WON))
        while not seen:
            await breathe()
        with pytest.raises(RuntimeError, match="already runs"):
            await receiver.run()


async def test_a_slow_delivery_keeps_only_its_own_place() -> None:
    """With several places, the others go on while one is slow."""
    receiver = make_receiver(concurrency=2)
    done: list[int] = []

    @receiver.on(LeadAdded)
    async def handler(event: LeadAdded) -> None:
        while event.lead_id == 1 and len(done) < 5:
            await breathe()
        done.append(event.lead_id)

    for number in range(6):
        await receiver.accept(Delivery(body=b"leads[add][0][id]=%d" % (number + 1)))
    async with receiver.running():
        while len(done) < 6:
            await breathe()

    assert done == [2, 3, 4, 5, 6, 1]
    assert await receiver.inbox.counts() == {"ready": 0, "dead": 0, "done": 6}


async def test_a_handler_that_hangs_loses_its_lease() -> None:
    """Where it cannot be broken off, another worker gets the delivery after twice the timeout."""
    clock, inbox = ImpatientClock(), LeakyInbox(":memory:")
    inbox.down = 0
    receiver = make_receiver(clock=clock, inbox=inbox, lease=60.0, timeout=30.0)
    taken: list[Any] = []

    @receiver.on(LeadStatusChanged)
    async def hangs(event: LeadStatusChanged) -> None:
        while not taken:
            await breathe()
            taken.extend(await inbox.lease(1, now=clock.now, seconds=60))

    await receiver.accept(Delivery(body=WON))
    start = clock.now
    await receiver.work()

    assert [entry.attempts for entry in taken] == [2]
    assert clock.now - start > 60
    assert (await inbox.counts())["done"] == 0


class DeafInbox(AsyncSQLiteInbox):
    """An inbox that is away for a moment when it is told that something is done."""

    away = 3

    async def finish(self, entry: Any, *, now: float) -> None:
        """Fails at first."""
        if self.away:
            self.away -= 1
            raise InboxError("away")
        await super().finish(entry, now=now)


async def test_an_inbox_that_was_away_is_told_again() -> None:
    """What is done is said until it is heard, so that a short absence repeats no handler."""
    inbox = DeafInbox(":memory:")
    receiver = make_receiver(inbox=inbox, clock=StoppedClock())
    seen = collector(receiver)

    await receiver.accept(Delivery(body=WON))
    await receiver.work()

    assert len(seen) == 1
    assert await inbox.counts() == {"ready": 0, "dead": 0, "done": 1}


async def test_an_inbox_that_stays_away_gives_the_delivery_back() -> None:
    """After a lease's time the worker goes on; the delivery comes back, and nothing is lost."""
    clock, failures = StoppedClock(), []
    inbox = DeafInbox(":memory:")
    inbox.away = 1000
    receiver = make_receiver(inbox=inbox, clock=clock, on_failure=failures.append)
    seen = collector(receiver)

    await receiver.accept(Delivery(body=WON))
    await receiver.work()
    inbox.away = 0
    clock.now += 61
    await receiver.work()

    assert [str(failure.error) for failure in failures] == ["away"]
    assert len(seen) == 2
    assert len({event.key for event in seen}) == 1
    assert await inbox.counts() == {"ready": 0, "dead": 0, "done": 1}
