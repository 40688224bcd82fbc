"""A limiter in a storm: processes are killed and stopped, and the shared state is lost, under full load."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .limiter_load import RATE, control, peak_of
from .process_pool import process_pool
from .redis_server import RedisServer
from .sandbox_process import sandbox

__all__ = ["LOSSES", "Loss", "Outcome", "storm"]

#: requests before the first blow: the limiter has a past by then, and is warm; seconds that they may take
_PAST, _BEFORE = 40, 15.0
#: seconds between two blows, and for which a process is stopped
_PACE, _STOPPED = 0.5, 3.0
#: seconds after the last blow
_AFTER = 9.0
#: what the busy machine of the tests may add to a wait, in seconds
_SLACK = 2.0


@dataclass(frozen=True)
class Loss:
    """How the shared state is lost, and who is there."""

    backend: str
    how: str
    processes: int
    workers: int
    killed: int
    stopped: int


#: without Redis more than seven processes keep to one request a second each, so a restart is tried with fewer
LOSSES = [
    Loss("file", "cleaned", 16, 2, 8, 4),
    Loss("file", "cut", 6, 4, 2, 1),
    Loss("redis", "flushed", 16, 2, 8, 4),
    Loss("redis", "evicted", 6, 4, 2, 1),
    Loss("redis", "restarted", 6, 4, 2, 1),
]


@dataclass(frozen=True)
class Outcome:
    """What came of it, on the server's own clock.

    Attributes:
        peak: arrivals in the fullest sliding second.
        longest, fair: seconds of the longest wait of an undisturbed process, and of one in which every other
            worker gets one turn.
    """

    loss: Loss
    peak: int
    longest: float
    fair: float
    requests: int

    @property
    def good(self) -> bool:
        """Whether the limit was kept, and nobody waited longer than twice the fair time after a second of repair."""
        return self.peak <= RATE and self.longest <= 2 * self.fair + 1.0

    @property
    def went_on(self) -> bool:
        """The same on a machine that does much else beside."""
        return self.peak <= RATE and self.longest <= 2 * self.fair + 1.0 + _SLACK

    def __str__(self) -> str:
        return (
            f"{'ok  ' if self.good else 'OVER'} {self.loss.backend:<5} {self.loss.how:<9} {self.loss.processes} x "
            f"{self.loss.workers}, {self.loss.killed} killed, {self.loss.stopped} stopped: peak {self.peak}, longest "
            f"wait {self.longest:.2f} s (<= {2 * self.fair + 1:.2f}), {self.requests} requests"
        )


def storm(loss: Loss) -> Outcome:
    """Run one storm against a sandbox of its own."""
    kills, stops = range(loss.killed), range(loss.killed, loss.killed + loss.stopped)
    seconds = _BEFORE + _PACE * (loss.killed + loss.stopped + 2) + _STOPPED + _AFTER
    with (
        tempfile.TemporaryDirectory(prefix="amocrm-storm-") as folder,
        _place(loss) as (place, lose),
        sandbox() as server,
    ):
        end = Path(folder, "end")
        spec = {
            "url": server["url"],
            "token": server["token"],
            "flavour": "threads",
            "backend": loss.backend,
            "place": place,
            "prefix": "storm",
            "workers": loss.workers,
            "seconds": seconds,
            "end": str(end),
        }
        with process_pool("tests.support.limiter_load:prepare", spec, loss.processes) as workers:
            workers.go()
            deadline = time.monotonic() + _BEFORE
            while control(server, "counters")["total"] < _PAST and time.monotonic() < deadline:
                time.sleep(0.1)
            lose()
            for index in kills:
                time.sleep(_PACE)
                os.kill(workers.pids[index], signal.SIGKILL)
            for index in stops:
                time.sleep(_PACE)
                os.kill(workers.pids[index], signal.SIGSTOP)
            if (
                loss.how != "restarted"
            ):  # while Redis is away the rate is lower: one absence is enough for one wait
                lose()
            time.sleep(_STOPPED)
            for index in stops:
                os.kill(workers.pids[index], signal.SIGCONT)
            time.sleep(_AFTER)
            end.touch()  # the past may have come long before its deadline
            ends = workers.results(seconds + 60)
        log = control(server, "log?last=5000")
    arrivals = sorted(entry["at"] for entry in log if entry["operation"] == "get_account")
    undisturbed = ends[loss.killed + loss.stopped :]
    if None in undisturbed:
        raise RuntimeError("a process ended that nobody killed")
    waits = [wait for found in undisturbed for wait in found]
    fair = loss.processes * loss.workers / RATE
    return Outcome(loss, peak_of(arrivals), max(waits), fair, len(arrivals))


@contextmanager
def _place(loss: Loss) -> Iterator[tuple[str, Callable[[], object]]]:
    """Where the state is, and what loses it."""
    if loss.backend == "file":
        folder = tempfile.mkdtemp(prefix="amocrm-storm-")
        yield folder, lambda: _lose_files(Path(folder), cut=loss.how == "cut")
        shutil.rmtree(folder, ignore_errors=True)
        return
    import redis

    with RedisServer(appendonly=False) as server:
        client: Any = redis.Redis(port=server.port)

        def lose() -> None:
            if loss.how == "restarted":
                server.kill()
                time.sleep(1.0)
                server.start()
            elif loss.how == "flushed":
                client.flushall()
            else:
                client.delete(*list(client.scan_iter("*:account:*")))

        yield server.url, lose
        client.close()


def _lose_files(folder: Path, *, cut: bool) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if cut:
                os.truncate(path, path.stat().st_size // 2)
            else:
                path.unlink()


if __name__ == "__main__":
    for each in LOSSES:
        print(storm(each), flush=True)
