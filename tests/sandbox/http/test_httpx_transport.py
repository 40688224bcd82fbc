"""The sandbox over real sockets and behind httpx in process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amocrm_sandbox import (
    AsyncSandboxTransport,
    Drop,
    ErrorPage,
    Latency,
    ManualClock,
    Sandbox,
    SandboxServer,
    SandboxTransport,
    SlowBody,
    Truncate,
)

PATH = "/api/v4/account"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A running server without limits."""
    with SandboxServer(limits=False) as running:
        yield running


def client(server: SandboxServer, **options: float) -> httpx.Client:
    """Return a client with the token."""
    headers = {"Authorization": f"Bearer {server.sandbox.token}"}
    return httpx.Client(base_url=server.url, headers=headers, **options)  # type: ignore[arg-type]


def test_one_connection_carries_many_requests(server: SandboxServer) -> None:
    """Requests over a kept connection are answered in order, with bodies, 204s and a request id."""
    with client(server) as http:
        assert http.get("/api/v4/leads").status_code == 204
        made = http.post("/api/v4/leads", json=[{"name": "Заказ"}])
        assert made.json()["_embedded"]["leads"][0]["request_id"] == "0"
        page = http.get("/api/v4/leads", params={"limit": 1})
        assert page.headers["X-Request-Id"] != made.headers["X-Request-Id"]
        assert page.json()["_embedded"]["leads"][0]["name"] == "Заказ"
        assert page.json()["_links"]["self"]["href"].startswith(server.url)


@pytest.mark.slow
def test_requests_of_many_threads_are_all_counted(server: SandboxServer) -> None:
    """Threads with connections of their own write side by side without losing anything."""

    def write() -> None:
        with client(server) as http:
            for _ in range(5):
                assert http.post("/api/v4/leads", json=[{}, {}]).status_code == 200

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = httpx.get(f"{server.url}/_sandbox/state").json()["counts"]
    assert counts["leads"] == 60
    assert server.sandbox.counters()["operations"] == {"create_leads": 30}


@pytest.mark.parametrize(("after", "leads"), [(False, 0), (True, 1)])
def test_a_drop_closes_the_socket_without_an_answer(server: SandboxServer, after: bool, leads: int) -> None:
    """The client sees a broken connection; whether the lead exists depends on where the drop lies."""
    server.sandbox.faults.add(Drop(after_commit=after), method="POST", next=1)
    with client(server) as http:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            http.post("/api/v4/leads", json=[{}])
        assert server.sandbox.store.value("SELECT count(*) FROM leads") == leads
        assert http.get(PATH).status_code == 200


def test_a_truncated_body_is_seen_as_such(server: SandboxServer) -> None:
    """The announced length is not reached before the connection closes."""
    server.sandbox.faults.add(Truncate(0.5), next=1)
    with client(server) as http, pytest.raises(httpx.RemoteProtocolError):
        http.get(PATH)


def test_a_late_answer_runs_into_the_timeout(server: SandboxServer) -> None:
    """A planted latency outlasts the client's patience; the request was carried out all the same."""
    server.sandbox.faults.add(Latency(5), method="POST")
    with client(server, timeout=0.05) as http, pytest.raises(httpx.ReadTimeout):
        http.post("/api/v4/leads", json=[{}])
    assert server.sandbox.store.value("SELECT count(*) FROM leads") == 1


def test_a_slow_body_arrives_whole(server: SandboxServer) -> None:
    """Pieces with pauses add up to the body."""
    server.sandbox.faults.add(SlowBody(chunks=4, seconds=0.001), next=1)
    with client(server) as http:
        assert http.get(PATH).json()["subdomain"] == "demo"
        assert http.get(PATH).status_code == 200


def test_inbound_latency_delays_the_arrival(server: SandboxServer) -> None:
    """A delay on the way in moves the arrival that the limits count, one on the way out does not."""
    server.sandbox.faults.add(Latency(0.05, inbound=1.0), nth=1)
    with client(server) as http:
        before = server.sandbox.clock.monotonic()
        assert http.get(PATH).status_code == 200
    assert server.sandbox.journal[-1].at - before >= 0.05


def test_pages_of_the_gateway_over_http(server: SandboxServer) -> None:
    """A 502 page and a 200 page are HTML on the wire."""
    server.sandbox.faults.add(ErrorPage(502), nth=1)
    server.sandbox.faults.add(ErrorPage(200), nth=2)
    with client(server) as http:
        for status in (502, 200):
            answer = http.get(PATH)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
            assert answer.text.startswith("<html>")


def test_an_answer_that_ends_with_its_head_has_no_body(server: SandboxServer) -> None:
    """A planted 304 or 204 has no page behind it, and the connection goes on."""
    with client(server) as http:
        for status in (304, 204):
            server.sandbox.faults.add(ErrorPage(status), next=1)
            assert (http.get(PATH).status_code, http.get(PATH).status_code) == (status, 200)


def test_pipelined_requests_and_a_broken_one(server: SandboxServer) -> None:
    """Two requests sent at once are both answered; something that is not HTTP is a 400 and closes the connection."""
    head = f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.sandbox.token}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall((head + "\r\n" + head + "Connection: close\r\n\r\n").encode())
        received = b""
        while chunk := raw.recv(65536):
            received += chunk
    assert received.count(b"HTTP/1.1 200") == 2
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        received = b""
        while chunk := raw.recv(65536):
            received += chunk
    assert received.startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_bug_of_the_sandbox_is_a_500_on_the_wire(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception in a handler does not hang the client; the reason goes to standard error."""
    monkeypatch.setattr(type(server.sandbox.store), "document", lambda *args: 1 / 0)
    with client(server) as http:
        assert http.get("/api/v4/leads/pipelines/1").status_code == 500
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_sync_transport_answers_in_process() -> None:
    """An httpx client on the transport sees the account without a socket, and faults as httpx errors."""
    clock = ManualClock()
    sandbox = Sandbox(limits=False, clock=clock)
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(
        transport=SandboxTransport(sandbox, clock.sleep), base_url=sandbox.url, headers=headers, timeout=5
    ) as http:
        assert http.post("/api/v4/leads", json=[{}]).status_code == 200
        assert http.get("/api/v4/leads?limit=1").json()["_links"]["self"]["href"].startswith(sandbox.url)
        for effect, error in (
            (Drop(), httpx.ReadError),
            (Truncate(), httpx.RemoteProtocolError),
            (Latency(6), httpx.ReadTimeout),
        ):
            sandbox.faults.clear()
            sandbox.faults.add(effect, next=1)
            with pytest.raises(error):
                http.get(PATH)
        before = clock.monotonic()
        sandbox.faults.add(Latency(0.2, inbound=0.5), next=1)
        assert http.get(PATH).status_code == 200
        assert clock.monotonic() - before == pytest.approx(0.2)
        assert sandbox.journal[-1].at - before == pytest.approx(0.1)


def test_the_async_transport_answers_in_process() -> None:
    """The same for an asynchronous client."""
    sandbox = Sandbox(limits=False)
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def run() -> None:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        transport = AsyncSandboxTransport(sandbox, sleep)
        async with httpx.AsyncClient(
            transport=transport, base_url=sandbox.url, headers=headers, timeout=5
        ) as http:
            assert (await http.get(PATH)).status_code == 200
            sandbox.faults.add(Drop(), nth=1)
            sandbox.faults.add(Latency(9), nth=2)
            sandbox.faults.add(SlowBody(chunks=2, seconds=1), nth=3)
            with pytest.raises(httpx.ReadError):
                await http.get(PATH)
            with pytest.raises(httpx.ReadTimeout):
                await http.get(PATH)
            assert (await http.get(PATH)).status_code == 200

    asyncio.run(run())
    assert waited == [5, 2]


def test_a_taken_port_is_an_error(server: SandboxServer) -> None:
    """Starting a second server on the same port fails in the caller's thread."""
    with pytest.raises(OSError, match="in use"):
        SandboxServer(Sandbox(), port=server.port).start()


@pytest.mark.slow
def test_the_plugin_gives_an_account_and_a_server(
    amocrm_sandbox: Sandbox, amocrm_sandbox_server: SandboxServer
) -> None:
    """The pytest plugin's fixtures share one account, without limits."""
    assert amocrm_sandbox_server.sandbox is amocrm_sandbox
    for _ in range(20):
        assert httpx.get(f"{amocrm_sandbox_server.url}{PATH}").status_code == 401


@pytest.mark.slow
def test_the_command_prints_its_keys_and_keeps_its_file(tmp_path: Path) -> None:
    """The command serves until a signal; what was written to its file is there after the next start."""
    command = [
        sys.executable,
        "-m",
        "amocrm_sandbox",
        "--json",
        "--limits",
        "off",
        "--db",
        str(tmp_path / "a.db"),
    ]
    for expected in (204, 200):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
        assert process.stdout is not None
        keys = json.loads(process.stdout.readline())
        assert {
            "url",
            "token",
            "client_id",
            "client_secret",
            "redirect_uri",
            "code",
            "subdomain",
            "control_url",
        } == set(keys)
        headers = {"Authorization": f"Bearer {keys['token']}"}
        with httpx.Client(base_url=keys["url"], headers=headers) as http:
            assert http.get("/api/v4/leads").status_code == expected
            assert http.post("/api/v4/leads", json=[{}]).status_code == 200
        assert httpx.get(f"{keys['control_url']}/counters").json()["total"] == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        process.stdout.close()
