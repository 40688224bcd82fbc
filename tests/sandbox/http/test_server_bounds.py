"""What clients do that are broken, hostile or simply many."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from amocrm_sandbox import Latency, SandboxServer
from amocrm_sandbox.http import server
from amocrm_sandbox.http.client_connection import LARGEST_BODY, Pool

HEAD = "POST /api/v4/leads HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A server that takes twenty connections."""
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
    with SandboxServer(limits=False) as made:
        yield made


def connect(served: SandboxServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), 10)


def answer(raw: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = b""
    try:
        while chunk := raw.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def is_alive(served: SandboxServer) -> bool:
    headers = {"authorization": f"Bearer {served.sandbox.token}"}
    return httpx.get(f"{served.url}/api/v4/account", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /api/v4/leads HTTP/1.1\r\n: no name\r\n\r\n",
        HEAD.encode() + b"Content-Length: -5\r\n\r\n",
        HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_told_and_closed(served: SandboxServer, sent: bytes) -> None:
    """Garbage of any kind gets the page of a 4xx at most, and the server goes on."""
    with connect(served) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        received = answer(raw)
    assert not received or received.startswith(b"HTTP/1.1 4")
    assert is_alive(served)


def test_a_body_beyond_all_reason_is_refused_before_it_has_come(served: SandboxServer) -> None:
    """The page of a 413 comes as soon as too much has; nothing of it is carried out."""
    with connect(served) as raw:
        raw.sendall(f"{HEAD}Content-Length: {LARGEST_BODY * 100}\r\n\r\n".encode())
        try:
            for _ in range(LARGEST_BODY // 2**20 + 2):
                raw.sendall(b"x" * 2**20)
        except (BrokenPipeError, ConnectionResetError):
            pass
        received = answer(raw)
    # A client that is still sending when the connection closes may lose the page.
    assert not received or received.startswith(b"HTTP/1.1 413 ")
    assert is_alive(served)
    assert not served.sandbox.journal.find("POST")


def test_a_half_request_that_ends_is_forgotten(served: SandboxServer) -> None:
    """A client that goes away in the middle leaves nothing behind."""
    for sent in (HEAD, f"{HEAD}Content-Length: 100\r\n\r\n[{{"):
        with connect(served) as raw:
            raw.sendall(sent.encode())
    assert is_alive(served)
    assert not served.sandbox.journal.find("POST")


def test_idle_connections_make_room_for_new_ones(served: SandboxServer) -> None:
    """More clients than there is room for: those that wait longest are closed, whoever asks is answered."""
    crowd = [connect(served) for _ in range(60)]
    try:
        assert is_alive(served)
        assert answer(crowd[0]) == b""
    finally:
        for raw in crowd:
            raw.close()
    assert is_alive(served)


def test_a_client_that_sends_nothing_is_closed_in_time() -> None:
    """Patience ends for those who wait, not for those who are being answered."""

    class Fake:
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    pool, idle, busy = Pool(5), Fake(), Fake()
    assert all(pool.opened(one) for one in (idle, busy))  # type: ignore[arg-type]
    pool.works(busy)  # type: ignore[arg-type]
    pool.sweep(timeout=3600)
    assert not idle.is_closed
    pool.sweep(timeout=0)
    assert (idle.is_closed, busy.is_closed, len(pool)) == (True, False, 1)


def test_a_full_house_is_a_503(served: SandboxServer) -> None:
    """Where everybody is being answered, a newcomer is told to come later."""
    served.sandbox.faults.add(Latency(seconds=30))
    crowd = [connect(served) for _ in range(20)]
    try:
        for raw in crowd:
            raw.sendall(b"GET /api/v4/account HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + 30
        while len(served.sandbox.journal) < 20 and time.monotonic() < deadline:
            pass
        with connect(served) as late:
            assert answer(late).startswith(b"HTTP/1.1 503 ")
    finally:
        for raw in crowd:
            raw.close()


def test_an_address_beyond_eight_kibibytes_is_a_414(served: SandboxServer) -> None:
    """The page of the front, not of the API; just below it the request is carried out."""
    url = f"{served.url}/api/v4/leads?query="
    headers = {"authorization": f"Bearer {served.sandbox.token}"}
    long = httpx.get(url + "x" * 8200, headers=headers)
    assert (long.status_code, long.headers["content-type"]) == (414, "text/html")
    assert httpx.get(url + "x" * 8100, headers=headers).status_code == 204


@pytest.mark.slow
def test_a_client_that_does_not_read_is_not_answered_on(served: SandboxServer) -> None:
    """Pipelined requests wait in the socket while their answers do; nothing piles up in the server."""
    request = f"GET /api/v4/events/types HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.sandbox.token}\r\n\r\n"
    with connect(served) as raw:
        raw.setblocking(False)
        sent = 0
        try:
            for _ in range(20_000):
                sent += raw.send(request.encode() * 100)
        except BlockingIOError:
            pass
        assert sent < 20_000 * 100 * len(request)
        assert is_alive(served)
