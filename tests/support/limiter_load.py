"""The limiter as the server sees it: real processes, threads and tasks on one key, on several networks.

The rate is measured on arrivals at the server, from when all processes run and the limiter has warmed up.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
import time
import urllib.request
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from amocrm import AmoCRM, AsyncAmoCRM
from amocrm._core.events import ThrottleWaited
from amocrm_gen.api.account import get_account

from .process_pool import process_pool
from .sandbox_process import sandbox

__all__ = [
    "LOOPBACK",
    "NETWORKS",
    "RATE",
    "Network",
    "Row",
    "Seen",
    "control",
    "limiter_for",
    "measure",
    "peak_of",
    "run_threads",
]

RATE = 7
#: seconds at least before the rate is measured: fourteen answers warm the limiter up
_WARM = 3.0


@dataclass(frozen=True)
class Network:
    """What the sandbox plants on every request, in seconds."""

    name: str
    latency: float = 0.0
    jitter: float = 0.0

    @property
    def least(self) -> float:
        """The share of the rate that is to be reached."""
        if not self.latency and not self.jitter:
            return 0.98
        return 0.97 / (1 + self.jitter + 0.1 * self.latency)


LOOPBACK = Network("loopback")
NETWORKS = (
    LOOPBACK,
    Network("10 ms jitter", 0, 0.01),
    Network("50 ms jitter", 0, 0.05),
    Network("300 ms", 0.3),
)


@dataclass(frozen=True)
class Row:
    """Who shares a key: processes, and workers in each, over a back end.

    Attributes:
        backend: ``memory``, ``file`` or ``redis``.
        flavour: ``threads`` (sync client) or ``tasks`` (async client).
    """

    backend: str
    processes: int
    workers: int
    flavour: str
    network: Network = LOOPBACK

    @property
    def name(self) -> str:
        """For the report."""
        who = f"{self.processes} x {self.workers} {self.flavour}"
        return f"{self.backend:<6} {who:<15} {self.network.name:<12}"


@dataclass(frozen=True)
class Seen:
    """What came of a row, on the server's own clock.

    Attributes:
        peak: arrivals in the fullest sliding second.
        share: part of the allowed rate.
        longest, fair: seconds of the longest wait, and of one in which everybody else gets one turn.
        stall: the longest time without an arrival.
    """

    row: Row
    peak: int
    share: float
    longest: float
    fair: float
    stall: float
    requests: int

    @property
    def good(self) -> bool:
        """Whether the row keeps its budgets."""
        return self.peak <= RATE and self.share >= self.row.network.least and self.longest <= 2 * self.fair

    def __str__(self) -> str:
        return (
            f"{'ok  ' if self.good else 'OVER'} {self.row.name} peak {self.peak}  share {100 * self.share:5.1f} % "
            f"(>= {100 * self.row.network.least:.1f})  longest wait {self.longest:5.2f} s (<= {2 * self.fair:5.2f})  "
            f"longest gap {self.stall:.3f} s"
        )


def measure(row: Row, seconds: float, *, redis_url: str = "", warm: float = _WARM) -> Seen:
    """Runs a row against a sandbox of its own.

    Args:
        seconds: of measurement, after ``warm`` seconds, and everybody's first request, to warm up.
        redis_url: for the rows on Redis.
    """
    # Everybody's first request imports and connects, which is a matter of starting and not of the rate.
    warm = max(warm, row.processes * row.workers / RATE + 1.0)
    with tempfile.TemporaryDirectory() as folder, sandbox() as server:
        if row.network is not LOOPBACK:
            effect = {
                "kind": "latency",
                "seconds": row.network.latency,
                "jitter": row.network.jitter,
                "inbound": 0.5,
            }
            control(server, "faults", {"effect": effect, "match": {"path": "/api/"}})
        spec = {
            "url": server["url"],
            "token": server["token"],
            "flavour": row.flavour,
            "backend": row.backend,
            "place": redis_url if row.backend == "redis" else folder,
            "prefix": folder,
            "workers": row.workers,
            "seconds": warm + seconds,
        }
        with process_pool("tests.support.limiter_load:prepare", spec, row.processes) as workers:
            workers.go()
            waits = [wait for found in workers.results(warm + seconds + 90) for wait in found]
        counters = control(server, "counters")
        log = control(server, "log?last=2000")
    arrivals = sorted(entry["at"] for entry in log if entry["operation"] == "get_account")
    peak = peak_of(arrivals)
    assert peak == counters["peak"], "the server's counter and its log differ"
    begin = arrivals[0] + warm
    steady = [at for at in arrivals if begin <= at <= begin + seconds]
    return Seen(
        row,
        peak,
        (len(steady) - 1) / (steady[-1] - steady[0]) / RATE,
        max(waits, default=0.0),
        row.processes * row.workers / RATE,
        max(later - earlier for earlier, later in pairwise(steady)),
        len(arrivals),
    )


def peak_of(arrivals: list[float]) -> int:
    """Arrivals in the fullest sliding second, counted anew from the server's log."""
    return max((bisect_right(arrivals, at) - bisect_right(arrivals, at - 1.0) for at in arrivals), default=0)


def control(server: dict[str, Any], what: str, body: Any = None) -> Any:
    """Asks the sandbox's own endpoint."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server['control_url']}/{what}", data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def limiter_for(spec: dict[str, Any], **options: Any) -> Any:
    """The limiter of a back end and flavour."""
    import amocrm

    backend, is_async = spec["backend"], spec["flavour"] == "tasks"
    kind = getattr(amocrm, ("Async" if is_async else "") + backend.capitalize() + "Limiter")
    if backend == "memory":
        return kind(**options)
    if backend == "redis":
        return kind(spec["place"], prefix=spec["prefix"], **options)
    return kind(spec["place"], **options)


def prepare(spec: dict[str, Any], index: int) -> Callable[[], list[float]]:
    """One process of a row; its waits."""
    return partial(_tasks if spec["flavour"] == "tasks" else run_threads, spec)


def run_threads(spec: dict[str, Any]) -> list[float]:
    """Send on threads until the time is over, or until there is a file ``spec["end"]``; return the waits."""
    waits: list[float] = []
    with AmoCRM(
        "demo",
        token=spec["token"],
        base_url=spec["url"],
        limiter=limiter_for(spec),
        event_hooks=[partial(_note, waits)],
    ) as crm:
        until, end = time.monotonic() + spec["seconds"], spec.get("end")

        def work() -> None:
            while time.monotonic() < until and not (end and os.path.exists(end)):
                get_account.sync(client=crm)

        threads = [threading.Thread(target=work) for _ in range(spec["workers"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return waits


def _tasks(spec: dict[str, Any]) -> list[float]:
    return asyncio.run(_all_tasks(spec))


async def _all_tasks(spec: dict[str, Any]) -> list[float]:
    waits: list[float] = []
    limiter = limiter_for(spec)
    async with AsyncAmoCRM(
        "demo",
        token=spec["token"],
        base_url=spec["url"],
        limiter=limiter,
        event_hooks=[partial(_note, waits)],
    ) as crm:
        until = time.monotonic() + spec["seconds"]

        async def work() -> None:
            while time.monotonic() < until:
                await get_account.asyncio(client=crm)

        await asyncio.gather(*[work() for _ in range(spec["workers"])])
    if spec["backend"] == "redis":
        await limiter.close()
    return waits


def _note(waits: list[float], event: object) -> None:
    if isinstance(event, ThrottleWaited):
        waits.append(event.seconds)
