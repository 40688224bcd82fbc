"""Nothing that was accepted is lost, whoever is killed: real processes, real sockets, a real Redis."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType

import httpx
import pytest

from amocrm._sync.webhooks.receiver import inbox_at
from tests.support.ports import free_port
from tests.support.redis_server import RedisServer, needs_redis

pytestmark = pytest.mark.slow

EVENTS, KILLS, RESTARTS = 1000, 50, 4
ROLES = ("receiver", "worker")


class Processes:
    """A receiver and a worker that are killed and started again."""

    def __init__(self, place: str, effects: Path) -> None:
        self.place, self.effects = place, effects
        self.port = free_port()
        self.pids: dict[str, int] = {}
        self._forks = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("kill_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, role: str) -> None:
        """Starts one."""
        assert self._forks.stdin is not None
        assert self._forks.stdout is not None
        self._forks.stdin.write(json.dumps([role, self.place, self.port, str(self.effects)]) + "\n")
        self._forks.stdin.flush()
        self.pids[role] = int(self._forks.stdout.readline())

    def kill(self, role: str) -> None:
        """Kills one: no handler of signals, no ends of blocks."""
        pid = self.pids.pop(role)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            while True:  # its port is free once the process is gone
                os.kill(pid, 0)
                time.sleep(0.001)

    def replace(self, role: str) -> None:
        """Kills one and starts it again."""
        self.kill(role)
        self.start(role)

    def __enter__(self) -> Processes:
        for role in ROLES:
            self.start(role)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for role in list(self.pids):
            self.kill(role)
        self._forks.kill()
        self._forks.communicate()


def deliver(client: httpx.Client, number: int) -> int:
    """Delivers as the platform does: again until somebody says that it was taken. How often it was broken off."""
    broken = 0
    body = f"leads[add][0][id]={number}&leads[add][0][updated_at]=1700000000"
    headers = {"X-Amocrm-Requestid": f"r-{number}"}
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, "nobody takes deliveries any more"
        try:
            if client.post("/hook/s3cret", content=body, headers=headers).status_code == 200:
                return broken
        except httpx.ConnectError:
            pass
        except httpx.HTTPError:
            broken += 1
        time.sleep(0.005)


def counted(effects: Path) -> tuple[int, int, int]:
    """Leads with an effect, effects, calls of the handler."""
    database = sqlite3.connect(effects, timeout=30)
    try:
        leads, rows = database.execute("SELECT count(DISTINCT lead), count(*) FROM effects").fetchone()
        return leads, rows, database.execute("SELECT count(*) FROM calls").fetchone()[0]
    finally:
        database.close()


def settled(place: str) -> dict[str, int]:
    """What is in the inbox once everything is settled, or after a minute."""
    inbox = inbox_at(place)
    deadline = time.monotonic() + 60
    while (counts := inbox.counts())["ready"] and time.monotonic() < deadline:
        time.sleep(0.05)
    inbox.close()
    return dict(counts)  # type: ignore[arg-type]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_a_thousand_events_and_fifty_kills(kind: str, tmp_path: Path) -> None:
    """Each event is handled, none is lost, and its effect happens once, though processes and Redis are killed."""
    random = Random(5)
    effects = tmp_path / "effects.sqlite3"
    database = sqlite3.connect(effects)
    database.executescript(
        "PRAGMA journal_mode = WAL; CREATE TABLE calls (lead INTEGER); CREATE TABLE effects (key TEXT PRIMARY KEY, lead INTEGER);"
    )
    database.close()
    if kind == "redis":
        needs_redis()
    server = RedisServer()
    place = server.url if kind == "redis" else str(tmp_path / "inbox.sqlite3")
    kills = sorted(random.sample(range(1, EVENTS), KILLS))
    restarts = sorted(random.sample(range(1, EVENTS), RESTARTS)) if kind == "redis" else []
    broken = 0
    try:
        if kind == "redis":
            server.start()
        with (
            Processes(place, effects) as processes,
            httpx.Client(base_url=f"http://127.0.0.1:{processes.port}", trust_env=False, timeout=5) as client,
        ):
            for number in range(1, EVENTS + 1):
                # Beside the delivery: before, while and after it is written down.
                beside = []
                if number in kills:
                    role = random.choice(ROLES)
                    beside.append(threading.Timer(random.random() * 0.008, processes.replace, [role]))
                if number in restarts:
                    beside.append(threading.Timer(random.random() * 0.008, server.restart))
                for timer in beside:
                    timer.start()
                broken += deliver(client, number)
                for timer in beside:
                    timer.join()
            deadline = time.monotonic() + 60
            while counted(effects)[0] < EVENTS and time.monotonic() < deadline:
                time.sleep(0.05)
            counts = settled(place)
    finally:
        server.kill()

    leads, rows, calls = counted(effects)
    assert (leads, rows) == (EVENTS, EVENTS)
    assert counts == {"ready": 0, "dead": 0, "done": EVENTS}
    # The kills met what they were to meet: deliveries on their way, and handlers before their word was kept.
    print(f"{kind}: {broken} deliveries broken off, {calls - EVENTS} handlers repeated")
    assert broken > 0
    assert calls > EVENTS
