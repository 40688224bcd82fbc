"""Calls that are cancelled, interrupted or left half-way cost nothing, and what they report is true."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator

import pytest

from amocrm import AsyncAmoCRM, AsyncMemoryLimiter, RateLimits, RetryPolicy, Timeout
from amocrm_sandbox import Latency, SandboxServer
from tests.support.cancellations import measure

from .scripts import run

FAST = RateLimits(per_key=1_000_000, per_account=1_000_000)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A fresh account without limits."""
    with SandboxServer(limits=False) as running:
        yield running


@pytest.mark.timeout(400)
@pytest.mark.parametrize("variant", ["async", "sync"])
def test_random_cancellations_leave_nothing_behind(variant: str) -> None:
    """Reads, queries and commits end at random moments: no connection, place, task or thread stays taken, no
    lead is lost or created twice, and what is reported as not sent is not on the server.
    """
    told = measure(variant, calls=600, seed=random.randrange(1 << 30))
    counts, unknown = told.pop("counts"), told.pop("unknown")
    assert counts.get("CancelledError", 0) + counts.get("interrupted", 0) > 20, counts
    assert set(told.values()) == {0}, (told, unknown)


def test_a_cancelled_request_closes_its_connection_only(server: SandboxServer) -> None:
    """Of a hundred calls a half is cancelled while all hang; the others get their answers, and so do new ones."""

    async def main() -> None:
        options = {"limiter": AsyncMemoryLimiter(FAST), "retry": RetryPolicy(attempts=1)}
        crm = AsyncAmoCRM(
            "demo", token=server.sandbox.token, base_url=server.url, timeout=Timeout(pool=1), **options
        )
        server.sandbox.faults.add(Latency(0.3))
        calls = [asyncio.ensure_future(crm.account()) for _ in range(100)]
        while crm.stats.requests < 100:
            await asyncio.sleep(0.01)
        for call in calls[::2]:
            call.cancel()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(one, asyncio.CancelledError) for one in results] == [True, False] * 50
        server.sandbox.faults.clear()
        await asyncio.gather(*(crm.account() for _ in range(100)))
        await crm.close()

    asyncio.run(main())


def test_a_timeout_around_a_call_ends_it(server: SandboxServer) -> None:
    """``asyncio.timeout`` around a hung call ends at its time, not at that of the client."""

    async def main() -> None:
        crm = AsyncAmoCRM(
            "demo", token=server.sandbox.token, base_url=server.url, limiter=AsyncMemoryLimiter(FAST)
        )
        server.sandbox.faults.add(Latency(20))
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await crm.account()
        await crm.close()

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 15  # the server answers after 20 s


@pytest.mark.parametrize("work", ["list(crm.leads.query())", "s.commit()"])
def test_ctrl_c_ends_what_hangs(server: SandboxServer, work: str) -> None:
    """A signal ends a query with pages under way and a commit of three batches long before the server answers."""
    script = f"""
    from amocrm import Lead
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    crm = AmoCRM("demo", limiter=MemoryLimiter(fast), **options | {{"token": sys.argv[2], "timeout": 60}})
    s = crm.session(batch_size=10)
    leads = [Lead(name=f"L{{i}}") for i in range(30)]
    s.add_all(leads)
    hung = 2 if "query" in {work!r} else 3

    def interrupt():
        while crm.stats.requests < hung:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        {work}
    except KeyboardInterrupt:
        pass
    print(len(s.doubtful), threading.active_count(), flush=True)
    """
    for base in range(0, 1500, 250):
        server.sandbox.act("POST", "/api/v4/leads", [{"name": f"old {base + i}"} for i in range(250)])
    if "commit" in work:
        server.sandbox.faults.add(Latency(30), method="POST")
    for number in range(2, 9):  # the first page comes, so that the reader runs ahead
        server.sandbox.faults.add(Latency(30), method="GET", nth=number)
    began = time.monotonic()
    doubtful, threads = run(script, server.url, server.sandbox.token, seconds=100).split()
    assert time.monotonic() - began < 25
    assert (int(doubtful), int(threads)) == (30 if "commit" in work else 0, 1)


def test_an_interruption_anywhere_in_a_request_leaves_no_lock_taken(server: SandboxServer) -> None:
    """A signal raises between any two calls of a request, inside the HTTP library too; the next request is answered."""
    script = """
    import gc

    class Stop(KeyboardInterrupt):
        pass

    def profile(frame, event, argument):
        global left
        left -= event in ("call", "c_return")
        if left == 0:
            sys.setprofile(None)
            raise Stop

    crm = AmoCRM("demo", limiter=MemoryLimiter(fast), **options | {"token": sys.argv[2]})
    crm.account()
    sys.unraisablehook = lambda _: None
    interrupted, place, left = 0, 0, 0
    while left <= 0:  # the last one ends before its place
        place += 3
        left = place
        sys.setprofile(profile)
        try:
            crm.account()
        except Stop:
            interrupted += 1
        finally:
            sys.setprofile(None)
        crm.account()
    gc.collect()  # an interrupted request gives its place back when its frames go
    print(interrupted, crm._sender.transport._connections.slots.in_use)
    """
    interrupted, taken = run(script, server.url, server.sandbox.token, seconds=100).split()
    assert int(interrupted) > 200
    assert int(taken) == 0
