"""Servers in earnest (uvicorn, gunicorn) whose processes are killed while deliveries come in.

``python -m tests.support.webhook_chaos 100`` kills so many processes in each of the four set-ups.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from amocrm._sync.webhooks.receiver import inbox_at

from .ports import free_port
from .redis_server import RedisServer

__all__ = ["SETUPS", "Result", "Setup", "chaos"]

_ROOT = Path(__file__).resolve().parents[2]
#: deliveries between two kills
_PER_KILL = 6


@dataclass(frozen=True)
class Setup:
    """A server and where its inbox is."""

    server: str
    inbox: str


SETUPS = [Setup(server, inbox) for server in ("gunicorn", "uvicorn") for inbox in ("sqlite", "redis")]


@dataclass(frozen=True)
class Result:
    """What came of it: deliveries answered with 200, leads with an effect, effects, calls, what is left to do."""

    setup: Setup
    kills: int
    accepted: int
    leads: int
    effects: int
    calls: int
    counts: dict[str, int]

    @property
    def good(self) -> bool:
        """Whether everything accepted was handled, once in effect, and nothing is left."""
        left = self.counts["ready"] + self.counts["dead"]
        return self.accepted == self.leads == self.effects == self.counts["done"] and not left

    def __str__(self) -> str:
        return (
            f"{'ok  ' if self.good else 'LOST'} {self.setup.server:<8} {self.setup.inbox:<6} {self.kills} kills: "
            f"{self.accepted} accepted, {self.leads} handled, {self.effects} effects, {self.calls} calls, {self.counts}"
        )


def chaos(setup: Setup, kills: int, seed: int = 1) -> Result:
    """Deliver while processes are killed; then let the rest be handled, and count."""
    random = Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amocrm-chaos-")))
        effects = folder / "effects.sqlite3"
        database = sqlite3.connect(effects)
        database.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE calls (lead INTEGER); "
            "CREATE TABLE effects (key TEXT PRIMARY KEY, lead INTEGER);"
        )
        database.close()
        place = str(folder / "inbox.sqlite3")
        if setup.inbox == "redis":
            place = stack.enter_context(RedisServer()).url
        processes = stack.enter_context(_Processes(setup, place, effects))
        accepted = 0
        client = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{processes.port}", trust_env=False, timeout=5)
        )
        for number in range(1, kills * _PER_KILL + 1):
            killer = None
            if number % _PER_KILL == 0:
                killer = threading.Timer(random.random() * 0.01, processes.kill_one, [random])
                killer.start()
            _deliver(client, number)
            accepted += 1
            if killer is not None:
                killer.join()
        counts = _settled(place)
        return Result(setup, processes.killed, accepted, *_counted(effects), counts)


class _Processes:
    """A server with three workers, the receiver's own workers beside it, and programs that look into the inbox."""

    def __init__(self, setup: Setup, place: str, effects: Path) -> None:
        self.port = free_port()
        self._setup, self._place = setup, place
        self.killed = 0
        flavour = "async" if setup.server == "uvicorn" else "sync"
        self._environment = {
            **os.environ,
            "CHAOS_INBOX": place,
            "CHAOS_EFFECTS": str(effects),
            "CHAOS_FLAVOUR": flavour,
            "PYTHONPATH": str(_ROOT),
        }
        app = "tests.support.chaos_app"
        python = [sys.executable, "-m"]
        serve = [
            "uvicorn",
            f"{app}:app",
            "--workers",
            "3",
            "--port",
            str(self.port),
            "--log-level",
            "critical",
        ]
        if setup.server == "gunicorn":
            serve = ["gunicorn", f"{app}:app", "--preload", "-w", "3", "-b", f"127.0.0.1:{self.port}"]
            serve += ["--log-level", "critical"]
        self._commands = {"server": python + serve}
        if setup.server == "gunicorn":  # WSGI has no startup: workers of their own
            self._commands |= {
                f"worker {n}": [*python, "amocrm", "webhooks", "work", f"{app}:receiver"] for n in (1, 2)
            }
        look = "import sys, time; from amocrm import WebhookReceiver\nwhile True:\n    h = WebhookReceiver(secret=None, inbox=sys.argv[1]); h.inbox.counts(); h.close(); time.sleep(0.05)"
        self._commands["opener"] = [sys.executable, "-c", look, place]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> _Processes:
        for name in self._commands:
            self._start(name)
        return self

    def __exit__(self, *error: object) -> None:
        for name in list(self._running):
            self._end(name)

    def kill_one(self, random: Random) -> None:
        """Kill a process: a whole service, or one of the workers that a server has made."""
        name = random.choice(list(self._running))
        children = _children(self._running[name].pid)
        if name == "server" and children and random.random() < 0.7:
            with suppress(ProcessLookupError):
                os.kill(random.choice(children), signal.SIGKILL)
        else:
            self._end(name)
            self._start(name)
        self.killed += 1

    def _start(self, name: str) -> None:
        self._running[name] = subprocess.Popen(
            self._commands[name],
            cwd=_ROOT,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _end(self, name: str) -> None:
        """Kill a process with its children: their port is free afterwards."""
        process = self._running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _deliver(client: httpx.Client, number: int) -> None:
    """Deliver as the platform does: again until it is taken."""
    body = f"leads[add][0][id]={number}&leads[add][0][updated_at]=1700000000"
    headers = {"X-Amocrm-Requestid": f"r-{number}"}
    deadline, last = time.monotonic() + 90, "no answer"
    while True:
        assert time.monotonic() < deadline, f"nobody takes deliveries any more, the last one got {last}"
        try:
            answer = client.post("/hook/s3cret", content=body, headers=headers)
        except httpx.HTTPError as error:
            last = repr(error)
        else:
            if answer.status_code == 200:
                return
            last = f"{answer.status_code} {answer.text[:200]}"
        time.sleep(0.01)


def _settled(place: str) -> dict[str, int]:
    """What is in the inbox once everything is settled, or after a minute."""
    inbox = inbox_at(place)
    deadline = time.monotonic() + 60
    while (counts := inbox.counts())["ready"] and time.monotonic() < deadline:
        time.sleep(0.05)
    inbox.close()
    return dict(counts)  # type: ignore[arg-type]


def _counted(effects: Path) -> tuple[int, int, int]:
    """Leads with an effect, effects, calls of the handler."""
    database = sqlite3.connect(effects, timeout=30)
    try:
        leads, rows = database.execute("SELECT count(DISTINCT lead), count(*) FROM effects").fetchone()
        return leads, rows, database.execute("SELECT count(*) FROM calls").fetchone()[0]
    finally:
        database.close()


if __name__ == "__main__":
    for each in SETUPS:
        print(chaos(each, int(sys.argv[1]) if len(sys.argv) > 1 else 25), flush=True)
