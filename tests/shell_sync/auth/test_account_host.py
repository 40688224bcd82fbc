"""An account that was renamed: found again by its refresh token, remembered in the store, told to hooks."""
# GENERATED from tests/shell_async/auth/test_account_host.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import Any

import httpx
import pytest

from amocrm._sync.auth.token_stores import MemoryTokenStore
from amocrm._sync.connection.connection import Connection
from amocrm._sync.limits.memory import MemoryLimiter
from amocrm._core.auth.token import OAuth
from amocrm._core.limits.limiter import RateLimits
from amocrm.errors import APIError, ConfigurationError, GrantRevoked, RedirectRefused, TokenStoreError
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.reader import read
from amocrm_gen._runtime.wire import Request
from amocrm_sandbox import ManualClock as SandboxClock
from amocrm_sandbox import Sandbox

from .._support import ManualClock, in_process, mock

pytestmark = pytest.mark.anyio

GET = Request(
    op=Op(id="get_account", tag="account", method="GET", path="/api/v4/account", safety="safe"),
    path="/api/v4/account",
)
START = 1_700_000_000
TOKEN_PATH = "/oauth2/access_token"
DOMAIN_PATH = "/oauth2/account/current/subdomain"


class World:
    """A sandbox whose account will be renamed, and clients that know it by its old name."""

    def __init__(self) -> None:
        self.time = SandboxClock(START)
        self.sandbox = Sandbox(limits=False, clock=self.time)
        self.clock = ManualClock(START)
        self.store = MemoryTokenStore()
        made = self.sandbox.integration
        self.oauth = OAuth(made.client_id, made.client_secret, made.redirect_uri)
        self.seen: list[Any] = []

    def client(self, **options: Any) -> Connection:
        """One more client."""
        options.setdefault("http_transport", in_process(self.sandbox))
        options.setdefault("oauth", self.oauth)
        options.setdefault("store", self.store)
        return Connection(
            "demo",
            clock=self.clock,
            limiter=MemoryLimiter(RateLimits(per_key=10_000, per_account=10_000), clock=self.clock),
            event_hooks=[self.seen.append],
            **options,
        )

    def logged_in(self, **options: Any) -> Connection:
        """A client that somebody has logged in."""
        crm = self.client(**options)
        crm.authorize(self.sandbox.authorization_code())
        return crm

    def pass_time(self, seconds: float) -> None:
        """Lets time pass here and on the server."""
        self.clock.now += seconds
        self.time.tick(seconds)

    def asked(self) -> int:
        """How often the platform was asked where the account lives."""
        return len(self.sandbox.journal.find("GET", DOMAIN_PATH))

    def moves(self) -> list[tuple[str, str]]:
        """What hooks heard of moves."""
        return [(event.account, event.now) for event in self.seen if type(event).__name__ == "AccountMoved"]


def test_a_renamed_account_is_found_by_its_refresh_token() -> None:
    """A request that the old name refuses ends well under the new one, with one refresh that counts."""
    world = World()
    crm = world.logged_in()
    world.sandbox.set_option("subdomain", "renamed")
    assert (crm.send(GET)).status == 200
    assert crm.account_host == "renamed.amocrm.ru"
    assert world.moves() == [("demo.amocrm.ru", "renamed.amocrm.ru")]
    assert world.asked() == 1
    assert (crm.send(GET)).status == 200
    assert world.asked() == 1


def test_a_move_is_found_at_a_refresh_in_time() -> None:
    """A token that is due is refreshed at the new address, before any request is refused."""
    world = World()
    crm = world.logged_in()
    world.sandbox.set_option("subdomain", "renamed")
    world.pass_time(86_400)
    assert (crm.send(GET)).status == 200
    assert 401 not in {entry.status for entry in world.sandbox.journal}


def test_the_store_remembers_the_move() -> None:
    """The next process starts with the old name from its settings and goes straight to the new address."""
    world = World()
    (world.logged_in()).send(GET)
    world.sandbox.set_option("subdomain", "renamed")
    world.client().send(GET)
    before = world.asked()
    later = world.client()
    assert (later.send(GET)).status == 200
    assert later.account_host == "renamed.amocrm.ru"
    assert world.asked() == before


def test_others_follow_who_found_out() -> None:
    """A client that runs meanwhile adopts token and address together."""
    world = World()
    first = world.logged_in()
    second = world.client()
    second.send(GET)
    world.sandbox.set_option("subdomain", "renamed")
    assert (first.send(GET)).status == 200
    assert (second.send(GET)).status == 200
    assert second.account_host == "renamed.amocrm.ru"
    assert world.asked() == 1


def test_a_revoked_grant_is_not_taken_for_a_move() -> None:
    """The platform is asked once, refuses as well, and the error says to log in again."""
    world = World()
    crm = world.logged_in()
    world.sandbox.tokens.uninstall(world.oauth.client_id)
    world.pass_time(86_400)
    for _ in range(2):
        with pytest.raises(GrantRevoked, match="log in again"):
            crm.send(GET)
    assert world.asked() == 1
    assert world.moves() == []


def test_a_redirect_to_the_new_name_is_looked_into_and_not_followed() -> None:
    """Where the old name answers with a redirect, the platform is asked; nothing goes to the redirect."""
    world = World()
    inner = in_process(world.sandbox)
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if request.url.host == "demo.amocrm.ru" and world.sandbox.subdomain == "renamed":
            return httpx.Response(301, headers={"location": "https://evil.example/api"})
        return inner.handle_request(request)

    crm = world.logged_in(http_transport=mock(answer))
    world.sandbox.set_option("subdomain", "renamed")
    assert (crm.send(GET)).status == 200
    assert world.asked() == 1
    assert "evil.example" not in hosts
    stored = world.store.load(f"demo.amocrm.ru/{world.oauth.client_id}")
    assert stored is not None
    assert stored.account == "renamed.amocrm.ru"
    world.pass_time(86_400)
    assert (crm.send(GET)).status == 200


def test_a_redirect_without_a_move_stays_an_error() -> None:
    """An account that still lives where it lived is not asked twice, and no token is spent."""
    world = World()
    inner = in_process(world.sandbox)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v4/account":
            return httpx.Response(302, headers={"location": "/login"})
        return inner.handle_request(request)

    crm = world.logged_in(http_transport=mock(answer))
    with pytest.raises(RedirectRefused):
        crm.send(GET)
    assert len(world.sandbox.journal.find("POST", TOKEN_PATH)) == 1


def test_a_foreign_new_address_is_not_believed() -> None:
    """Whoever answers for the platform can name no host that is not the vendor's."""
    world = World()
    inner = in_process(world.sandbox)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.path == DOMAIN_PATH:
            return httpx.Response(200, json={"domain": "demo.amocrm.ru.evil.example"})
        return inner.handle_request(request)

    crm = world.logged_in(http_transport=mock(answer))
    world.sandbox.set_option("subdomain", "renamed")
    with pytest.raises((ConfigurationError, GrantRevoked)):
        crm.send(GET)
    assert set(asked) == {"demo.amocrm.ru", "api-a.amocrm.ru"}


def test_a_store_that_names_a_foreign_host_is_not_believed() -> None:
    """A token whose account is no account of the vendor is never sent anywhere."""
    world = World()
    world.logged_in()
    key = f"demo.amocrm.ru/{world.oauth.client_id}"
    stored = world.store.load(key)
    assert stored is not None
    forged = type(stored)(
        access=stored.access,
        refresh=stored.refresh,
        expires_at=stored.expires_at,
        lifetime=stored.lifetime,
        account="demo.evil.example",
    )
    assert world.store.save(key, forged, fence=9, replaces=None)
    with pytest.raises(TokenStoreError, match="log in again"):
        world.client().send(GET)


def test_a_long_lived_token_says_what_may_have_happened() -> None:
    """Without a refresh token nobody can ask; the error names the likely cause."""
    world = World()
    crm = world.client(oauth=None, store=None, token=world.sandbox.token)
    world.sandbox.set_option("subdomain", "renamed")
    with pytest.raises(APIError, match="may have been renamed"):
        read(GET.op, crm.send(GET), None)
