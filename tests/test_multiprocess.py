"""Real processes that die, are cancelled, and meet on one token or one key; short forms of what `bench` measures."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from amocrm import AmoCRM, MemoryLimiter
from amocrm_sandbox import Sandbox, SandboxServer, ServerLimits
from tests.support.kill_refresh import cancellations, kills, one_refresh, world
from tests.support.killed_workers import DEATHS, held_up
from tests.support.limiter_load import RATE, Row, measure, peak_of
from tests.support.limiter_storm import LOSSES, storm

pytestmark = pytest.mark.slow

STORES = ["file", "redis"]


@pytest.mark.parametrize(
    ("store", "processes", "tasks"), [("file", 20, 10), ("redis", 20, 1), ("file", 1, 200), ("redis", 1, 200)]
)
def test_one_refresh_for_all(store: str, processes: int, tasks: int, redis_url: str) -> None:
    """Twenty processes, or two hundred tasks, on one token that is over: the endpoint is asked once, all get an answer."""
    with world(store, redis_url) as on:
        refreshes, outcomes = one_refresh(on, processes, tasks)
    assert refreshes == 1
    assert outcomes == {"ok": processes * tasks}


@pytest.mark.parametrize("store", STORES)
def test_a_kill_loses_nothing_unseen(store: str, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed at every part of a refresh: the next process has a token, or says that the grant is in doubt."""
    with world(store, redis_url) as on:
        result = kills(on, 16)
    assert result.wrong == []
    assert result.runs == 16
    in_doubt = result.in_doubt_at.total()
    with capsys.disabled():
        print(f"\n{store}: {in_doubt} of {result.runs} kills fell between request and save", end="")
    # Were none in the window, the test would not have seen it.
    assert 0 < in_doubt < result.runs


@pytest.mark.parametrize("store", STORES)
def test_a_cancellation_loses_nothing(store: str, redis_url: str) -> None:
    """Cancelled at any step of a refresh: the next client has a token, and no second refresh is needed for it."""
    with world(store, redis_url) as on:
        result = cancellations(on, 20)
    assert result.wrong == []
    assert result.runs == 20


def test_the_dead_hold_nobody_up(redis_url: str) -> None:
    """A process killed with a slot costs the others the lease at most; one killed in the line, a turn."""
    with ThreadPoolExecutor(len(DEATHS)) as pool:
        ends = list(pool.map(partial(held_up, redis_url=redis_url), DEATHS))
    assert [str(held) for held in ends if not held.went_on] == []
    # A slot that nobody confirms does cost something: without it this test would see no death at all.
    assert min(held.gap for held in ends if held.death.where == "slot") > 1.0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_storm_costs_the_limit_nothing_and_nobody_their_turn() -> None:
    """Eight kills, four stopped processes, and a state that is lost twice: no eighth request, and no endless wait.

    On a machine with far more work than processors a process can lose the processor between its slot and its
    request, which then arrives later than the limiter could know: there one request more is let through.
    """
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(storm, LOSSES))
    late = int(os.getloadavg()[0] > 3 * (os.cpu_count() or 1))
    for outcome in outcomes:
        assert replace(outcome, peak=max(0, outcome.peak - late)).went_on, str(outcome)


def test_processes_share_a_limit(redis_url: str) -> None:
    """Four processes on one key: the server never sees an eighth request in a second, and few places stay empty."""
    rows = [Row(backend, 4, 2, "threads") for backend in STORES]
    with ThreadPoolExecutor(len(rows)) as pool:
        for seen in pool.map(partial(measure, seconds=4.0, redis_url=redis_url), rows):
            assert seen.peak <= RATE, str(seen)
            # The rate of the design is measured on a quiet machine; here only that nobody sleeps.
            assert seen.share > 0.8, str(seen)


def test_an_account_has_a_limit_of_its_own() -> None:
    """Ten integrations that may send seventy a second together stay below the fifty of their account."""
    sandbox = Sandbox(limits=ServerLimits(per_integration=None, per_account=50))
    limiter = MemoryLimiter()
    with SandboxServer(sandbox) as server:
        clients = [
            AmoCRM(
                "demo",
                token=sandbox.token,
                base_url=server.url,
                limiter=limiter,
                rate_limit_key=f"integration {number}",
            )
            for number in range(10)
        ]
        until = time.monotonic() + 3.0

        def work(crm: AmoCRM) -> None:
            while time.monotonic() < until:
                crm.api.account.get()

        threads = [threading.Thread(target=work, args=(crm,)) for crm in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for crm in clients:
            crm.close()
    counters = sandbox.counters()
    assert counters["peak"] <= 50
    assert counters["total"] > 3 * 50 * 0.7


def test_the_peak_is_counted() -> None:
    """The count of a sliding second is right at its edges, or the tests above would prove nothing."""
    assert peak_of([0.0, 0.5, 1.0]) == 2
    assert peak_of([0.0, 0.5, 0.999]) == 3
    assert peak_of([number * 0.143 for number in range(70)]) == 7
    assert peak_of([number * 0.142 for number in range(70)]) == 8
