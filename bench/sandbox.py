"""Command ``python -m bench.sandbox``: speed and capacity of the sandbox, with their targets.

Absolute figures, unlike those of ``make bench``, because the targets are absolute. ``--leads N`` sets the size of the
large account (100,000), ``--strict`` makes a missed target an error.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from amocrm_sandbox import Builder, Sandbox
from tests.support.sandbox_process import sandbox as served

from .table import Row, show

_SERIES = 5
_CALLS = 2_000
_STARTS = 9


def rates(work: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    """Return calls per second, the median of a few series."""
    found = []
    for _ in range(_SERIES):
        start = clock()
        for _ in range(calls):
            work()
        found.append(calls / (clock() - start))
    return statistics.median(found)


def in_process() -> Iterator[Row]:
    """Measure requests per second of one core (CPU time) in an account of 1,000 leads."""
    sandbox = Sandbox(limits=False)
    lead = Builder(sandbox).leads(1000)[0]
    bodies = [{"name": "Заказ 17", "price": 50_000}]
    works: dict[str, Callable[[], object]] = {
        "GET /account": lambda: sandbox.get("/api/v4/account"),
        "GET one lead": lambda: sandbox.get(f"/api/v4/leads/{lead}"),
        "GET 50 leads": lambda: sandbox.get("/api/v4/leads?limit=50"),
        "POST one lead": lambda: sandbox.call("POST", "/api/v4/leads", bodies),
        "PATCH one lead": lambda: sandbox.call("PATCH", f"/api/v4/leads/{lead}", {"price": 1}),
    }
    for name, work in works.items():
        work()
        is_page = "50" in name
        rate = rates(work, 200 if is_page else _CALLS, time.process_time)
        # A page of 50 entities is not a simple request; it is here for comparison.
        yield Row(
            f"in process, {name}", rate, 200 if is_page else 2000, "CPU of one core", "/s", at_least=True
        )


def over_http() -> Iterator[Row]:
    """Measure sequential requests per second over one connection to a server process."""
    with served("--limits", "off") as keys:
        address = urlsplit(keys["url"])
        headers = f"Host: {address.netloc}\r\nAuthorization: Bearer {keys['token']}\r\n"
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            body = json.dumps([{"name": "Order 17"}])
            post = (
                f"POST /api/v4/leads HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            get = f"GET /api/v4/account HTTP/1.1\r\n{headers}\r\n".encode()
            for name, request in (("POST one lead", post), ("GET /account", get)):
                rate = rates(
                    lambda request=request: _exchange(connection, request), _CALLS // 4, time.perf_counter
                )  # type: ignore[misc]
                yield Row(f"over HTTP, {name}", rate, 500, "wall clock, one connection", "/s", at_least=True)


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0], head
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)


def start() -> Iterator[Row]:
    """Measure from the command to the line that says it accepts connections, the start of Python included.

    The minimum of a few starts, with compiled bytecode; the first one compiles it and is not counted.
    """
    command = [sys.executable, "-m", "amocrm_sandbox", "--json"]
    times, spent = [], []
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(_STARTS + 1):
            begun, before = time.perf_counter(), _children()
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
                assert process.stdout is not None
                process.stdout.readline()
                times.append((time.perf_counter() - begun) * 1000)
                process.terminate()
            spent.append((_children() - before) * 1000)
    del times[0], spent[0]
    yield Row("start of the command", min(times), 500, "wall clock, interpreter included", "ms")
    yield Row("start and end of the command", min(spent), 500, "CPU, interpreter included", "ms")


def _children() -> float:
    """Return the CPU seconds of ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def large(leads: int) -> Iterator[Row]:
    """Measure a large account: creating it and its slowest reads, each the median of a few calls."""
    sandbox = Sandbox(limits=False, api_filter=True)
    make = Builder(sandbox)
    fields = {field["name"]: field for field in make.fields()["leads"]}
    begun = time.process_time()
    ids = make.leads(leads)
    spent = time.process_time() - begun
    yield Row(
        f"making {leads:,} leads with fields and tags",
        leads / spent,
        2000,
        "batches of 250, CPU",
        "leads/s",
        at_least=True,
    )
    last = -(-leads // 250)
    city = fields["Город"]
    targets = {
        "first page of 250": "limit=250",
        "last page of 250": f"limit=250&page={last}",
        "last page by updated_at": f"limit=250&page={last}&order[updated_at]=desc",
        "filter by price": "limit=50&filter[price][from]=150000&filter[price][to]=151000",
        "filter by ids": "limit=50&"
        + "&".join(f"filter[id][]={id}" for id in ids[:: max(1, leads // 50)][:50]),
        "filter by an option of a field": f"limit=50&filter[custom_fields_values][{city['id']}]={city['enums'][0]['id']}",
        "search for a text": f"limit=50&query=№{1000 + leads - 1}",
    }
    for name, query in targets.items():
        # A text is searched in every lead; the other queries use an index.
        most = 1000 if "text" in name else 100
        yield Row(f"{leads:,} leads, {name}", _milliseconds(sandbox, query), most, "CPU", "ms")
    pipeline = sandbox.store.value("SELECT pipeline_id FROM leads LIMIT 1")
    begun = time.process_time()
    answer = sandbox.call("GET", f"/_sandbox/view/board?pipeline={pipeline}")
    assert answer.status == 200, answer.body
    yield Row(
        f"{leads:,} leads, board of the web page", (time.process_time() - begun) * 1000, 1000, "CPU", "ms"
    )


def _milliseconds(sandbox: Sandbox, query: str) -> float:
    times = []
    for _ in range(_SERIES):
        begun = time.process_time()
        answer = sandbox.get(f"/api/v4/leads?{query}")
        times.append((time.process_time() - begun) * 1000)
        assert answer.status == 200, (query, answer.body[:200])
    return statistics.median(times)


def main() -> int:
    """Measure, print and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--strict", action="store_true")
    args = parser.parse_args()
    is_good = show([*in_process(), *over_http(), *start(), *large(args.leads)])
    return 0 if is_good or not args.strict else 1


if __name__ == "__main__":
    raise SystemExit(main())
