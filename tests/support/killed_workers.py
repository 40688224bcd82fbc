"""A process dies with a slot in its hand, or while it waits for one: how long the others are held up."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from amocrm import AmoCRM
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import RateLimits, SlotOutcome

from .limiter_load import RATE, control, limiter_for, run_threads
from .process_pool import process_pool
from .sandbox_process import sandbox

__all__ = ["DEATHS", "Death", "Held", "held_up"]

LEASE = RateLimits().lease
#: seconds that the others go on; the victim dies early in that time
_SECONDS = 9.0
#: seconds that a machine may add to a gap: a quiet one, and one that does much else beside
_SLACK, _BUSY = 0.5, 2.0


@dataclass(frozen=True)
class Death:
    """Where a process dies: with a ``slot``, or ``waiting`` in the line."""

    backend: str
    where: str

    @property
    def most(self) -> float:
        """The longest allowed time without an arrival, in seconds."""
        return (LEASE if self.where == "slot" else 2 / RATE) + 1 / RATE + _SLACK


DEATHS = [Death(backend, where) for backend in ("file", "redis") for where in ("slot", "waiting")]


@dataclass(frozen=True)
class Held:
    """What came of it: the longest gap between arrivals around the death, and the peak in any second."""

    death: Death
    died: bool
    gap: float
    peak: int

    @property
    def went_on(self) -> bool:
        """Whether it died as planned, and the others did not stand still for good, on any machine."""
        return self.died and self.gap <= self.death.most + _BUSY and self.peak <= RATE

    @property
    def good(self) -> bool:
        """Whether it died as planned, and the others went on in time and within the limit."""
        return self.died and self.gap <= self.death.most and self.peak <= RATE

    def __str__(self) -> str:
        return (
            f"{'ok  ' if self.good else 'OVER'} {self.death.backend:<6} killed, {self.death.where:<8} "
            f"longest gap {self.gap:.3f} s (<= {self.death.most:.2f})  peak {self.peak}"
            f"{'' if self.died else '  did not die as planned'}"
        )


def held_up(death: Death, *, redis_url: str = "") -> Held:
    """Three processes with two threads each, and one that dies among them."""
    with tempfile.TemporaryDirectory() as folder, sandbox() as server:
        spec = {
            "url": server["url"],
            "token": server["token"],
            "flavour": "threads",
            "backend": death.backend,
            "place": redis_url if death.backend == "redis" else folder,
            "prefix": folder,
            "workers": 2,
            "seconds": _SECONDS,
            "where": death.where,
        }
        with process_pool("tests.support.killed_workers:prepare", spec, 4) as workers:
            workers.go()
            ends = workers.results(_SECONDS + 60)
        log = control(server, "log?last=2000")
        peak = control(server, "counters")["peak"]
    arrivals = sorted(entry["at"] for entry in log if entry["operation"] == "get_account")
    # The end is not looked at: threads stop one by one there.
    begin, end = arrivals[0] + 1.0, arrivals[0] + _SECONDS - 1.0
    # Silence up to the end counts too: a line that never moves again has no later arrival.
    steady = [begin, *[at for at in arrivals if begin <= at <= end], end]
    gap = max(later - earlier for earlier, later in pairwise(steady))
    return Held(death, ends[0] is None and None not in ends[1:], gap, peak)


def prepare(spec: dict[str, Any], index: int) -> Callable[[], object]:
    """The first process is the one that dies."""
    return (lambda: _die(spec)) if index == 0 else (lambda: len(run_threads(spec)))


def _die(spec: dict[str, Any]) -> None:
    limiter = limiter_for(spec)
    # The same key as the clients': taken from one that sends nothing.
    with AmoCRM("demo", token=spec["token"], base_url=spec["url"]) as crm:
        key: LimitKey = crm.key
    # Until the others fill the line: then he has waited, twice in a row.
    waited = 0
    while waited < 2:
        slot = limiter.acquire(key)
        waited = waited + 1 if slot.waited > 0.3 else 0
        limiter.confirm(slot, SlotOutcome.ANSWERED)
    if spec["where"] == "waiting":
        # The others keep the line full, so the first answer is to wait; then it is over.
        limiter._pause = lambda seconds: os.kill(os.getpid(), signal.SIGKILL)
    limiter.acquire(key)
    os.kill(os.getpid(), signal.SIGKILL)
