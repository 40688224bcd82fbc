"""What becomes of a read, a change and a creation under each fault, over real sockets, in both flavours.

`python -m tests.support.fault_table` prints the table and writes it to docs/faults.md; a test compares the two.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amocrm_sandbox import Drop, ErrorPage, Latency, Sandbox, SandboxServer, Truncate

from .fault_clients import Seen, ask, ask_async

__all__ = ["CASES", "PAGE", "Case", "Faced", "main", "page", "run", "run_all", "wrong"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
_LEADS = "/api/v4/leads$"
_METHODS = ("GET", "PATCH", "POST")
#: seconds after which a client gives up, in the cases that are about that; the server is silent for longer
_PATIENCE = 0.5
_SILENCE = 30.0


@dataclass(frozen=True)
class Case:
    """One fault. Without an effect the server cannot be reached: nobody listens, or nobody answers."""

    name: str
    effect: Any = None
    silent: bool = False
    timeout: float | None = None


CASES = (
    Case("refused connection"),
    Case("connect timeout", silent=True, timeout=_PATIENCE),
    Case("read timeout, before it took effect", Latency(_SILENCE, inbound=1.0), timeout=_PATIENCE),
    Case("read timeout, after it took effect", Latency(_SILENCE), timeout=_PATIENCE),
    Case("reset before the commit", Drop()),
    Case("reset after the commit", Drop(after_commit=True)),
    Case("429 without a time", ErrorPage(429)),
    Case("429, Retry-After: 2", ErrorPage(429, headers=(("Retry-After", "2"),))),
    Case("429, Retry-After: 300", ErrorPage(429, headers=(("Retry-After", "300"),))),
    Case("500", ErrorPage(500, html=False)),
    Case("502, HTML", ErrorPage(502)),
    Case("504 after the commit, HTML", ErrorPage(504, after_commit=True)),
    Case("403, page of the gateway", ErrorPage(403)),
    Case("truncated body", Truncate()),
    Case("200 with HTML", ErrorPage(200)),
)


@dataclass(frozen=True)
class Faced:
    """What was seen of one case.

    Attributes:
        requests: how many reached the server.
        seen: what the caller got: ``done``, or the error and what it says about the effect.
        stored: how often the change or the object is on the server afterwards.
    """

    case: str
    method: str
    lasting: bool
    session: bool
    requests: int
    seen: Seen
    stored: int


def run(case: Case, method: str, *, lasting: bool, session: bool, is_async: bool) -> Faced:
    """One client, one request, one fault that strikes once or for ever."""
    sandbox = Sandbox(limits=False)
    lead_id = sandbox.call("POST", "/api/v4/leads", [{"name": "Existing"}]).json()["_embedded"]["leads"][0][
        "id"
    ]
    sandbox.reset(data=False, counters=True)
    with _world(sandbox, case, lasting) as (url, after_pause):
        fault = None
        if case.effect is not None:
            fault = sandbox.faults.add(case.effect, method=method, path=_LEADS, next=None if lasting else 1)
        options = {
            "token": sandbox.token,
            "base_url": url,
            "timeout": case.timeout,
            "after_pause": after_pause,
        }
        if is_async:
            seen = asyncio.run(ask_async(method, lead_id, session=session, **options))
        else:
            seen = ask(method, lead_id, session=session, **options)
        # A request whose client went away before it took effect stands in no journal, but was seen.
        requests = fault.seen if fault else len(sandbox.journal.find(method, "/api/v4/leads"))
    leads = sandbox.act("GET", "/api/v4/leads").json()["_embedded"]["leads"]
    if method == "PATCH":
        stored = sum(lead["price"] == 777 for lead in leads)
    else:
        stored = sum(lead["name"] == "Order" for lead in leads)
    return Faced(case.name, method, lasting, session, requests, seen, stored)


@contextmanager
def _world(sandbox: Sandbox, case: Case, lasting: bool) -> Iterator[tuple[str, Callable[[], None] | None]]:
    """An address, and what happens there when the client pauses."""
    if case.effect is not None:
        with SandboxServer(sandbox) as server:
            yield server.url, None
        return
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    plug.bind(("127.0.0.1", 0))
    port = plug.getsockname()[1]
    waiting: list[socket.socket] = []
    if case.silent:
        # A queue that is full: the system drops further connections without a word.
        plug.listen(0)
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
    started: list[SandboxServer] = []

    def recover() -> None:
        if not started:
            for one in [*waiting, plug]:
                one.close()
            started.append(SandboxServer(sandbox, port=port).start())

    try:
        yield f"http://127.0.0.1:{port}", None if lasting else recover
    finally:
        for one in [*waiting, plug]:
            one.close()
        for server in started:
            server.stop()


def run_all(is_async: bool, *, workers: int = 16) -> list[Faced]:
    """Every case with every method, striking once and for ever, by itself and inside a session."""
    jobs = [
        (case, method, lasting, session)
        for case in CASES
        for method in _METHODS
        for session in ((False, True) if method != "GET" else (False,))
        for lasting in (False, True)
    ]
    # Those that wait for a timeout come first, so that the others run meanwhile.
    order = sorted(range(len(jobs)), key=lambda place: jobs[place][0].timeout is None)
    found: dict[int, Faced] = {}

    def work(place: int) -> None:
        case, method, lasting, session = jobs[place]
        found[place] = run(case, method, lasting=lasting, session=session, is_async=is_async)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, order))
    return [found[place] for place in range(len(jobs))]


_HEAD = """\
# What faults do

Made by `python -m tests.support.fault_table` against the sandbox over real sockets, with the sync and the async client (both do
the same, or the command fails) and the default `RetryPolicy` (4 attempts). A test compares this page with a new run.

Each fault strikes **once**, after which the server is well again, or **always**. *Requests* is how many reached the
server. *Caller sees* is the result or the error, and *claims* is what the error says about the write: `done`, `not done`
(nothing was stored, send it again when you like) or `unknown` (look before you send it again). *Stored* is what the
server really holds afterwards: never two, and never anything else than was claimed. *Session* is the outcome that the
report of a commit gives for the same write.

| fault | request | strikes | requests | caller sees | claims | stored | session |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
_FOOT = """
How to read it: a GET is repeated until it is answered. A PATCH carries absolute values, so it is repeated too, and an
answer after a repetition counts as done. A POST creates: it is repeated only if it certainly did not take effect (no
connection, 429), and is otherwise `unknown`; `session.reconcile()` then finds out by reading. A 403 page is a block of
the API: nothing is repeated and further requests are held back for a while (`CircuitOpen`). A `Retry-After` beyond
`RetryPolicy.max_retry_after` (60 s) gives the error at once.
"""


def page(faced: list[Faced]) -> str:
    """The published page."""
    in_session = {(one.case, one.method, one.lasting): one for one in faced if one.session}
    lines = []
    for one in faced:
        if one.session:
            continue
        other = in_session.get((one.case, one.method, one.lasting))
        lines.append(
            f"| {one.case} | {one.method} | {'always' if one.lasting else 'once'} | {one.requests} | {one.seen.what} "
            f"| {one.seen.claim} | {'–' if one.method == 'GET' else one.stored} | {other.seen.claim if other else '–'} |"
        )
    return _HEAD + "\n".join(lines) + "\n" + _FOOT


def wrong(faced: list[Faced]) -> Iterator[str]:
    """Cases in which something was stored twice, or otherwise than was claimed, or sent more often by a session."""
    alone = {(one.case, one.method, one.lasting): one.requests for one in faced if not one.session}
    fits = {"done": {1}, "not done": {0}, "unknown": {0, 1}}
    fits |= {"applied": {1}, "skipped": {0}, "rejected": {0}}
    for one in faced:
        if one.method != "GET" and one.stored not in fits[one.seen.claim]:
            yield f"{one.case}, {one.method}: claims {one.seen.claim} and stored {one.stored}"
        if one.requests != alone[one.case, one.method, one.lasting]:
            yield f"{one.case}, {one.method}: a session makes {one.requests} requests"


def main() -> int:
    """Runs everything, prints and writes the page; returns the exit code."""
    sync, other = run_all(is_async=False), run_all(is_async=True)
    bad = [*wrong(sync), *wrong(other)]
    bad += [f"sync {a}, async {b}" for a, b in zip(sync, other, strict=True) if a != b]
    text = page(sync)
    print(text)
    for line in bad:
        print(f"WRONG: {line}")
    if not bad:
        # The second half of the page is that of `commit_table`.
        _, begin, rest = PAGE.read_text(encoding="utf-8").partition("\n## ")
        PAGE.write_text(text + begin + rest, encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
