"""Cancel or interrupt calls at random moments, and tell what is left of them in the client and on the server.

``python -m tests.support.cancellations --calls 10000`` runs both variants, each in a process of its own, against a
sandbox whose answers take up to 4 ms. Each call is a read, a query that is left half-way, or a commit; the
interruption of the sync variant is a signal, as Ctrl-C is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from amocrm import (
    AmoCRM,
    AsyncAmoCRM,
    AsyncMemoryLimiter,
    FlushError,
    Lead,
    MemoryLimiter,
    RateLimits,
    RetryPolicy,
    Timeout,
)
from amocrm_sandbox import Latency, SandboxServer

__all__ = ["measure"]

ROOT = Path(__file__).resolve().parents[2]
FAST = RateLimits(per_key=1_000_000, per_account=1_000_000)
#: Seconds until a call is cancelled, at most; an answer takes about half of it.
SOON = 0.04


def measure(variant: str, calls: int, seed: int) -> dict[str, Any]:
    """Make the calls in a process of its own and compare its account of them with the server's.

    Args:
        variant: ``async`` or ``sync``.
        calls: how many to make.
        seed: of the random moments.
    """
    with SandboxServer(limits=False) as server:
        sandbox = server.sandbox
        for base in (0, 200):  # two pages of a list
            sandbox.act("POST", "/api/v4/leads", [{"name": f"old {base + i}"} for i in range(200)])
        sandbox.faults.add(Latency(0.0, jitter=0.004))
        result = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.support.cancellations",
                "--run",
                variant,
                server.url,
                sandbox.token,
                str(calls),
                str(seed),
            ],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=1200,
        )
        if result.returncode:
            raise RuntimeError(result.stderr[-3000:])
        told: dict[str, Any] = json.loads(result.stdout)
        sandbox.faults.clear()
        stored = _names(sandbox)
    applied, unsent = set(told.pop("applied")), set(told.pop("unsent"))
    told["doubled"] = sum(count - 1 for count in stored.values())
    told["lost"] = len(applied - stored.keys())
    told["sent after all"] = len(unsent & stored.keys())
    return told


def _names(sandbox: Any) -> Counter[str]:
    names: Counter[str] = Counter()
    page = 1
    while True:
        answer = sandbox.act("GET", f"/api/v4/leads?limit=250&page={page}")
        if answer.status != 200:
            return names
        names.update(lead["name"] for lead in answer.json()["_embedded"]["leads"])
        page += 1


class _Account:
    """What the client says about the leads that it was told to create."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.unsent: list[str] = []
        self.unknown = 0

    def add(self, session: Any, leads: list[Lead]) -> None:
        doubtful = {id(lead) for lead in session.doubtful}
        for lead in leads:
            if lead._key is not None:
                self.applied.append(str(lead.name))
            elif id(lead) in doubtful:
                self.unknown += 1
            else:
                self.unsent.append(str(lead.name))


async def _run_async(url: str, token: str, calls: int, seed: int) -> dict[str, Any]:
    chance, account, counts = random.Random(seed), _Account(), Counter[str]()
    crm = AsyncAmoCRM(
        "demo",
        token=token,
        base_url=url,
        limiter=AsyncMemoryLimiter(FAST),
        retry=RetryPolicy(attempts=1),
        timeout=Timeout(read=10, pool=5),
    )

    async def commit(i: int) -> None:
        session = crm.session(batch_size=1)
        leads = [Lead(name=f"new {i}/{k}") for k in range(3)]
        session.add_all(leads)
        try:
            await session.commit()
        except FlushError:
            counts["commits cut short"] += 1
        finally:
            account.add(session, leads)

    async def query(i: int) -> None:
        seen = 0
        async for _ in crm.leads.query():
            seen += 1
            if seen > i % 300:
                break

    async def one(i: int) -> None:
        kind = chance.choice([commit, query, query, lambda _: crm.account()])
        task = asyncio.ensure_future(kind(i))
        await asyncio.sleep(chance.uniform(0, 3 * SOON))
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        counts[type(result).__name__ if isinstance(result, BaseException) else "done"] += 1

    places = iter(range(calls))

    async def worker() -> None:
        for i in places:
            await one(i)

    await asyncio.gather(*(worker() for _ in range(4)))
    await asyncio.gather(*(crm.account() for _ in range(100)))
    connections = crm._sender.transport._connections
    (pool,) = connections._pools.values()
    busy = [each for each in pool.http._pool.connections if not each.is_idle()]
    left = {
        "connections taken": len(busy),
        "places taken": connections.slots.in_use,
        "tasks": len(asyncio.all_tasks()) - 1,
        "threads": threading.active_count() - 1,
        "limiter's waiters": sum(len(queue.waiting) for queue in crm._sender.limiter._queues.values()),  # type: ignore[attr-defined]
    }
    await crm.close()
    return {"counts": counts, **left, "unknown": account.unknown, **_lists(account)}


class _Stop(KeyboardInterrupt):
    pass


#: Whether a signal still counts: another thread may take one in that the timer sent before it was stopped.
_armed: set[int] = set()


def _stop(*_: object) -> None:
    if _armed:
        raise _Stop


def _run_sync(url: str, token: str, calls: int, seed: int) -> dict[str, Any]:
    chance, account, counts = random.Random(seed), _Account(), Counter[str]()
    crm = AmoCRM(
        "demo",
        token=token,
        base_url=url,
        limiter=MemoryLimiter(FAST),
        retry=RetryPolicy(attempts=1),
        timeout=Timeout(read=10, pool=5),
    )

    def commit(i: int) -> None:
        session = crm.session(batch_size=1)
        leads = [Lead(name=f"new {i}/{k}") for k in range(3)]
        session.add_all(leads)
        try:
            _interrupted(session.commit, chance.uniform(0, SOON), counts)
        except FlushError:
            counts["commits cut short"] += 1
        account.add(session, leads)

    def query(i: int) -> None:
        def read() -> None:
            for seen, _ in enumerate(crm.leads.query()):
                if seen > i % 300:
                    break

        _interrupted(read, chance.uniform(0, SOON), counts)

    def account_of(_: int) -> None:
        _interrupted(crm.account, chance.uniform(0, SOON), counts)

    signal.signal(signal.SIGALRM, _stop)
    for i in range(calls):
        chance.choice([commit, query, query, account_of])(i)
    threads = [threading.Thread(target=crm.account) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections = crm._sender.transport._connections
    (pool,) = connections._pools.values()
    busy = [each for each in pool.http._pool.connections if not each.is_idle()]
    _settle()
    left = {
        "connections taken": len(busy),
        "places taken": connections.slots.in_use,
        "tasks": 0,
        "threads": threading.active_count() - 1,
        "limiter's waiters": sum(len(queue.waiting) for queue in crm._sender.limiter._queues.values()),  # type: ignore[attr-defined]
    }
    crm.close()
    return {"counts": counts, **left, "unknown": account.unknown, **_lists(account)}


def _settle() -> None:
    """Give threads that were left to themselves the time that an answer takes."""
    give_up = time.monotonic() + 10
    while threading.active_count() > 1 and time.monotonic() < give_up:
        time.sleep(0.01)


def _interrupted(call: Callable[[], object], seconds: float, counts: Counter[str]) -> None:
    try:
        _armed.add(1)
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
        try:
            call()
        finally:
            _armed.clear()
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Stop:
        counts["interrupted"] += 1
    else:
        counts["done"] += 1


def _lists(account: _Account) -> dict[str, list[str]]:
    return {"applied": account.applied, "unsent": account.unsent}


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", nargs=5)
    arguments = parser.parse_args()
    if arguments.run is None:
        for variant in ("async", "sync"):
            print(variant, json.dumps(measure(variant, arguments.calls, arguments.seed)))
        return
    warnings.simplefilter("ignore")
    variant, url, token, calls, seed = arguments.run
    if variant == "async":
        result = asyncio.run(_run_async(url, token, int(calls), int(seed)))
    else:
        result = _run_sync(url, token, int(calls), int(seed))
    print(json.dumps(result))


if __name__ == "__main__":
    _main()
