"""Reading a long list over a slow connection: at the rate of the limiter, with constant memory.

The sandbox is a process of its own with the real limits and 300 ms of latency on every request. First 64
tasks send as many requests as there are pages, to measure the limiter from a cold start. Then a fresh process
reads 50,000 leads. Both are counted at the server.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from contextlib import closing
from typing import Any

from amocrm import AmoCRM, AsyncAmoCRM
from amocrm_gen.api.account import get_account
from amocrm_sandbox import Builder, Sandbox
from tests.support.limiter_load import control
from tests.support.sandbox_process import sandbox

from .table import Row

_LEADS = 50_000
_LATENCY = 0.3
_ASKERS = 64


def streaming_rows(leads: int = _LEADS) -> list[Row]:
    """Measure the sync and the async client: share of the limiter's rate, growth after a quarter."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        account = f"{folder}/account.sqlite3"
        with closing(Sandbox(db=account, limits=False)) as filled:
            Builder(filled).leads(leads)
        for flavour in ("sync", "async"):
            rate, reading, seen = _run(account, flavour, -(-leads // 250))
            assert seen["leads"] == leads, seen
            rows += [
                Row(
                    f"reading {leads:,} leads at 300 ms, {flavour}",
                    reading / rate,
                    0.97,
                    "pages a second against the limiter's own rate in the same run",
                    at_least=True,
                ),
                Row(
                    "... memory at the end",
                    seen["end"] / seen["quarter"],
                    1.05,
                    "resident, against that after a quarter",
                ),
            ]
    return rows


def _run(account: str, flavour: str, pages: int) -> tuple[float, float, dict[str, Any]]:
    """Return the limiter's rate, the reader's rate, and the reader's own figures."""
    with sandbox("--db", account) as server:
        control(server, "faults", {"effect": {"kind": "latency", "seconds": _LATENCY}})
        asyncio.run(_ask(server["url"], server["token"], pages))
        rate = _rate(_arrivals(server, "get_account"))
        command = [sys.executable, "-m", "bench.streaming", flavour, server["url"], server["token"]]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return rate, _rate(_arrivals(server, "list_leads")), json.loads(done.stdout)


async def _ask(url: str, token: str, times: int) -> None:
    turns = iter(range(times))
    async with AsyncAmoCRM("demo", token=token, base_url=url) as crm:

        async def work() -> None:
            for _ in turns:
                await get_account.asyncio(client=crm)

        await asyncio.gather(*[work() for _ in range(_ASKERS)])


def _arrivals(server: dict[str, Any], operation: str) -> list[float]:
    log = control(server, "log?last=2000")
    return sorted(entry["at"] for entry in log if entry["operation"] == operation)


def _rate(arrivals: list[float]) -> float:
    return (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])


class _Reader:
    """Counter of leads that records the memory of the process after a quarter of them and at the end."""

    def __init__(self) -> None:
        self.leads = 0
        self.quarter = 0

    def saw(self) -> None:
        self.leads += 1
        if self.leads == _LEADS // 4:
            self.quarter = _resident()

    def show(self) -> None:
        print(json.dumps({"leads": self.leads, "quarter": self.quarter or _resident(), "end": _resident()}))


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1])


def _read(url: str, token: str) -> None:
    reader = _Reader()
    with AmoCRM("demo", token=token, base_url=url) as crm:
        for _lead in crm.leads:
            reader.saw()
    reader.show()


async def _read_async(url: str, token: str) -> None:
    reader = _Reader()
    async with AsyncAmoCRM("demo", token=token, base_url=url) as crm:
        async for _lead in crm.leads:
            reader.saw()
    reader.show()


def main() -> None:
    """Run the process that reads."""
    flavour, url, token = sys.argv[1:]
    if flavour == "sync":
        _read(url, token)
    else:
        asyncio.run(_read_async(url, token))


if __name__ == "__main__":
    main()
