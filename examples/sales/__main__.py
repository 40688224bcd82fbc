"""``make demo``: 85 companies and 8,800 deals into a local amoCRM and back, with the true limits on."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amocrm import AmoCRM, AsyncAmoCRM
from amocrm.events import ClientEvent, ResponseReceived

from ._async import job as async_job
from ._sync import job as sync_job
from .history import History, read_history
from .screen import Bar, compare

EXPECTED = 10_005_534


@contextmanager
def sandbox() -> Iterator[dict[str, Any]]:
    """Run a local amoCRM in a process of its own, on a free loopback port, with 7 requests per second."""
    command = [sys.executable, "-m", "amocrm_sandbox", "--port", "0", "--limits", "on", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def control(server: dict[str, Any], path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call one of the sandbox's own controls, which are not part of the API."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server['control_url']}/{path}", data, headers)
    with urllib.request.urlopen(request) as answer:
        return dict(json.load(answer))


class Writes:
    """A hook that moves the bar forward with each answered batch of deals."""

    def __init__(self, bar: Bar, total: int, batch: int = 250) -> None:
        self._bar, self._total, self._batch, self._done = bar, total, batch, 0

    def __call__(self, event: ClientEvent) -> None:
        if isinstance(event, ResponseReceived) and event.op == "create_leads" and event.status == 200:
            self._done = min(self._total, self._done + self._batch)
            self._bar(self._done)


async def run_async(server: dict[str, Any], history: History, outcome: Outcome) -> None:
    """Run the job with the asynchronous client."""
    total = len(history.opportunities)
    hook = Writes(Bar("import", total), total)
    async with AsyncAmoCRM("demo", token=server["token"], base_url=server["url"], event_hooks=[hook]) as crm:
        pipeline, users = await async_job.set_up(crm, history)
        outcome.mark("set-up")
        report = await async_job.import_history(crm, history, pipeline, users)
        outcome.mark("import", str(report))
        outcome.read(*await async_job.read_back(crm, pipeline, Bar("read", total), filtered=False))
        outcome.mark("read all deals")
        outcome.switch_filters_on()
        won = len(history.won())
        outcome.read(*await async_job.read_back(crm, pipeline, Bar("read won", won), filtered=True))
        outcome.mark("read won deals")
        outcome.differences += await async_job.spot_check(crm, history.opportunities[:: total // 5])


def run_sync(server: dict[str, Any], history: History, outcome: Outcome) -> None:
    """Run the job with the synchronous client."""
    total = len(history.opportunities)
    hook = Writes(Bar("import", total), total)
    with AmoCRM("demo", token=server["token"], base_url=server["url"], event_hooks=[hook]) as crm:
        pipeline, users = sync_job.set_up(crm, history)
        outcome.mark("set-up")
        report = sync_job.import_history(crm, history, pipeline, users)
        outcome.mark("import", str(report))
        outcome.read(*sync_job.read_back(crm, pipeline, Bar("read", total), filtered=False))
        outcome.mark("read all deals")
        outcome.switch_filters_on()
        won = len(history.won())
        outcome.read(*sync_job.read_back(crm, pipeline, Bar("read won", won), filtered=True))
        outcome.mark("read won deals")
        outcome.differences += sync_job.spot_check(crm, history.opportunities[:: total // 5])


class Outcome:
    """What the job did, measured at the server."""

    def __init__(self, server: dict[str, Any], history: History, expected: int) -> None:
        self._server, self._history, self._expected = server, history, expected
        self._requests, self._since = 0, time.monotonic()
        self.lines: list[str] = []
        self.sums: list[tuple[int, Counter[str], Counter[str]]] = []
        self.differences: list[str] = []

    def mark(self, what: str, report: str = "") -> None:
        """End a part of the job: record its requests at the server and its time."""
        now, total = time.monotonic(), int(control(self._server, "counters")["total"])
        self.lines.append(
            f"  {what:<16}{total - self._requests:>4} requests {now - self._since:6.1f} s   {report}"
        )
        self._requests, self._since = total, now

    def read(self, count: int, by_agent: Counter[str], by_quarter: Counter[str]) -> None:
        """Keep the sums that were read back."""
        self.sums.append((count, by_agent, by_quarter))

    def switch_filters_on(self) -> None:
        """Buys the paid filter option for the account."""
        control(self._server, "options", {"is_api_filter_enabled": True})

    def show(self) -> bool:
        """Print everything and return whether every figure is right."""
        history = self._history
        (total, by_agent, by_quarter), (won, agents_again, quarters_again) = self.sums
        good = compare("revenue per agent", history.revenue_by_agent(), by_agent, rows=8)
        good &= compare("revenue per quarter", history.revenue_by_quarter(), by_quarter)
        good &= self._say(total == len(history.opportunities), f"{total:,} deals read without filters")
        same = (agents_again, quarters_again) == (by_agent, by_quarter)
        good &= self._say(
            won == len(history.won()) and same, f"{won:,} won deals read with the filter option: same sums"
        )
        won_in_total = sum(by_agent.values())
        good &= self._say(won_in_total == self._expected, f"{won_in_total:,} won in total")
        good &= self._say(
            not self.differences, "single deals compared field by field" + "; ".join(["", *self.differences])
        )
        counters = control(self._server, "counters")
        print("\n" + "\n".join(self.lines))
        peak, limited = counters["peak"], counters["limited"]
        return good & self._say(
            peak <= 7 and not limited, f"{peak} requests at most in any one second, {limited} times 429"
        )

    @staticmethod
    def _say(good: bool, sentence: str) -> bool:
        print(f"  {'ok   ' if good else 'WRONG'} {sentence}")
        return good


def main(
    arguments: Sequence[str] | None = None, history: History | None = None, expected: int = EXPECTED
) -> int:
    """Run the job and return the exit code: 1 if any figure differs."""
    parser = argparse.ArgumentParser(prog="python -m examples.sales", description=__doc__)
    parser.add_argument(
        "--async", dest="asynchronous", action="store_true", help="use the asynchronous client"
    )
    flavour = "asynchronous" if parser.parse_args(arguments).asynchronous else "synchronous"
    history, start = history or read_history(), time.monotonic()
    with sandbox() as server:
        print(f"A local amoCRM at {server['url']}, {flavour} client, 7 requests a second")
        outcome = Outcome(server, history, expected)
        if flavour == "asynchronous":
            asyncio.run(run_async(server, history, outcome))
        else:
            run_sync(server, history, outcome)
        good = outcome.show()
    print(
        f"\n{'Everything agrees' if good else 'SOMETHING DIFFERS'}, {time.monotonic() - start:.1f} s in all."
    )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
