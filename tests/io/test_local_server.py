"""The local HTTP server behind logins and deliveries."""

from __future__ import annotations

import http.client
import socket
import threading

import pytest

from amocrm._io.local_server import LocalRequest, LocalResponse, LocalServer


def test_a_response_under_way_leaves_before_the_server_closes() -> None:
    """Closing the server does not cut off the page that tells a user of a login's end."""
    asked, go_on = threading.Event(), threading.Event()

    def handle(request: LocalRequest) -> LocalResponse:
        asked.set()
        go_on.wait(5)
        return LocalResponse(200, b"the end")

    server = LocalServer(handle)
    with server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/")
        asked.wait(5)
        go_on.set()
    assert connection.getresponse().read() == b"the end"
    connection.close()


def test_a_taken_port_is_refused() -> None:
    """Two servers cannot listen at one port."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        LocalServer(lambda request: LocalResponse(200, b""), port=taken.getsockname()[1])
