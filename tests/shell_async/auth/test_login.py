"""The first login on a developer's machine, over real sockets: consent page, redirect, exchange."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from amocrm._async.connection.connection import AsyncConnection
from amocrm._core.auth.login_redirect import Redirect
from amocrm._core.auth.token import OAuth
from amocrm.errors import ConfigurationError, LoginRefused
from amocrm_sandbox import SandboxServer

from .._support import ManualClock

pytestmark = pytest.mark.anyio


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


class Browser:
    """Follows what the user's browser would do, on a thread of its own."""

    def __init__(self, server: SandboxServer, *first: Callable[[str, str], str]) -> None:
        self.server = server
        #: turn the address of the consent page and of the redirect into what is visited first
        self.first = first
        self.statuses: list[int] = []
        self.thread: threading.Thread | None = None

    def __call__(self, address: str) -> None:
        """Opens a page."""
        self.thread = threading.Thread(target=self._visit, args=(address,))
        self.thread.start()

    def _visit(self, address: str) -> None:
        target = f"/oauth?{urlsplit(address).query}"
        where = urlsplit(self.server.url)
        status, location = self._get(f"{where.hostname}:{where.port}", target)
        assert status == 302
        for change in self.first:
            self._open(change(address, location))
        self._open(location)

    def _open(self, location: str) -> None:
        parts = urlsplit(location)
        try:
            self.statuses.append(self._get(parts.netloc, f"{parts.path}?{parts.query}")[0])
        except OSError:
            self.statuses.append(0)

    def _get(self, host: str, target: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(host, timeout=10)
        try:
            connection.request("GET", target, headers={"Host": "www.amocrm.ru"})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("location") or ""
        finally:
            connection.close()

    def done(self) -> list[int]:
        """Statuses of the pages on our side."""
        assert self.thread is not None
        self.thread.join(10)
        return self.statuses


def client(server: SandboxServer, path: str = "/cb", port: int | None = None) -> AsyncConnection:
    """A client of an integration whose redirect comes to this machine."""
    made = server.sandbox.tokens.create_integration(f"http://127.0.0.1:{port or free_port()}{path}")
    return AsyncConnection(
        "demo",
        oauth=OAuth(made.client_id, made.client_secret, made.redirect_uri),
        base_url=server.url,
        clock=ManualClock(),
    )


async def test_a_login_from_the_page_to_the_tokens(amocrm_sandbox_server: SandboxServer) -> None:
    """The page is shown, its redirect is taken, and requests go out with the new token."""
    browser = Browser(amocrm_sandbox_server)
    async with client(amocrm_sandbox_server) as crm:
        await crm.login(timeout=20, show=browser)
        account: Any = await crm.api.account.get()
    assert browser.done() == [200]
    assert account.id == amocrm_sandbox_server.sandbox.account["id"]


async def test_strangers_cannot_end_a_login(amocrm_sandbox_server: SandboxServer) -> None:
    """Other paths and a foreign state are turned away, and the true redirect is still waited for."""

    def elsewhere(address: str, location: str) -> str:
        return location.replace("/cb?", "/other?")

    def forged(address: str, location: str) -> str:
        state = parse_qs(urlsplit(address).query)["state"][0]
        return location.replace(state, "forged").replace("code=", "code=forged")

    browser = Browser(amocrm_sandbox_server, elsewhere, forged)
    async with client(amocrm_sandbox_server) as crm:
        await crm.login(timeout=20, show=browser)
    assert browser.done() == [404, 400, 200]


async def test_a_refused_login_ends_the_waiting_with_an_error(amocrm_sandbox_server: SandboxServer) -> None:
    """A user who says no ends the waiting with an error that says so."""

    def refuse(address: str, location: str) -> str:
        state = parse_qs(urlsplit(address).query)["state"][0]
        return f"{location.partition('?')[0]}?error=access_denied&state={state}"

    browser = Browser(amocrm_sandbox_server, refuse)
    async with client(amocrm_sandbox_server) as crm:
        with pytest.raises(LoginRefused) as caught:
            await crm.login(timeout=20, show=browser)
    assert caught.value.reason == "access_denied"
    assert browser.done()[0] == 400


async def test_a_login_that_nobody_finishes_frees_its_port(amocrm_sandbox_server: SandboxServer) -> None:
    """Patience ends, and the port is free again."""
    port = free_port()
    for _ in range(2):
        async with client(amocrm_sandbox_server, port=port) as crm:
            with pytest.raises(LoginRefused) as caught:
                await crm.login(timeout=0.0, show=str)
    assert caught.value.reason == "timeout"


async def test_a_taken_port_and_a_far_address(amocrm_sandbox_server: SandboxServer) -> None:
    """What cannot work is said before any page is shown."""
    shown: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with client(amocrm_sandbox_server, port=taken.getsockname()[1]) as crm:
            with pytest.raises(ConfigurationError, match="free port"):
                await crm.login(show=shown.append)
    far = AsyncConnection("demo", oauth=OAuth("id", "secret", "https://shop.example/cb"))
    with pytest.raises(ConfigurationError, match="of this machine"):
        await far.login(show=shown.append)
    with pytest.raises(ConfigurationError, match="oauth"):
        await AsyncConnection("demo", token="t").login(show=shown.append)
    assert shown == []


async def test_a_grant_of_another_account() -> None:
    """A redirect that names another account is not exchanged with this client."""
    crm = AsyncConnection("demo", oauth=OAuth("id", "secret", "https://shop.example/cb"))
    with pytest.raises(ConfigurationError, match="other"):
        await crm.authorize(Redirect(code="c", account="other.amocrm.ru"))
    assert crm.stats.requests == 0
