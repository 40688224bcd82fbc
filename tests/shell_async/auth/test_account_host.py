"""An account that was renamed: found again by its refresh token, remembered in the store, told to hooks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from amocrm._async.auth.token_stores import AsyncMemoryTokenStore
from amocrm._async.connection.connection import AsyncConnection
from amocrm._async.limits.memory import AsyncMemoryLimiter
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
        self.store = AsyncMemoryTokenStore()
        made = self.sandbox.integration
        self.oauth = OAuth(made.client_id, made.client_secret, made.redirect_uri)
        self.seen: list[Any] = []

    def client(self, **options: Any) -> AsyncConnection:
        """One more client."""
        options.setdefault("http_transport", in_process(self.sandbox))
        options.setdefault("oauth", self.oauth)
        options.setdefault("store", self.store)
        return AsyncConnection(
            "demo",
            clock=self.clock,
            limiter=AsyncMemoryLimiter(RateLimits(per_key=10_000, per_account=10_000), clock=self.clock),
            event_hooks=[self.seen.append],
            **options,
        )

    async def logged_in(self, **options: Any) -> AsyncConnection:
        """A client that somebody has logged in."""
        crm = self.client(**options)
        await crm.authorize(self.sandbox.authorization_code())
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


async def test_a_renamed_account_is_found_by_its_refresh_token() -> None:
    """A request that the old name refuses ends well under the new one, with one refresh that counts."""
    world = World()
    crm = await world.logged_in()
    world.sandbox.set_option("subdomain", "renamed")
    assert (await crm.send(GET)).status == 200
    assert crm.account_host == "renamed.amocrm.ru"
    assert world.moves() == [("demo.amocrm.ru", "renamed.amocrm.ru")]
    assert world.asked() == 1
    assert (await crm.send(GET)).status == 200
    assert world.asked() == 1


async def test_a_move_is_found_at_a_refresh_in_time() -> None:
    """A token that is due is refreshed at the new address, before any request is refused."""
    world = World()
    crm = await world.logged_in()
    world.sandbox.set_option("subdomain", "renamed")
    world.pass_time(86_400)
    assert (await crm.send(GET)).status == 200
    assert 401 not in {entry.status for entry in world.sandbox.journal}


async def test_the_store_remembers_the_move() -> None:
    """The next process starts with the old name from its settings and goes straight to the new address."""
    world = World()
    await (await world.logged_in()).send(GET)
    world.sandbox.set_option("subdomain", "renamed")
    await world.client().send(GET)
    before = world.asked()
    later = world.client()
    assert (await later.send(GET)).status == 200
    assert later.account_host == "renamed.amocrm.ru"
    assert world.asked() == before


async def test_others_follow_who_found_out() -> None:
    """A client that runs meanwhile adopts token and address together."""
    world = World()
    first = await world.logged_in()
    second = world.client()
    await second.send(GET)
    world.sandbox.set_option("subdomain", "renamed")
    assert (await first.send(GET)).status == 200
    assert (await second.send(GET)).status == 200
    assert second.account_host == "renamed.amocrm.ru"
    assert world.asked() == 1


async def test_a_revoked_grant_is_not_taken_for_a_move() -> None:
    """The platform is asked once, refuses as well, and the error says to log in again."""
    world = World()
    crm = await world.logged_in()
    world.sandbox.tokens.uninstall(world.oauth.client_id)
    world.pass_time(86_400)
    for _ in range(2):
        with pytest.raises(GrantRevoked, match="log in again"):
            await crm.send(GET)
    assert world.asked() == 1
    assert world.moves() == []


async def test_a_redirect_to_the_new_name_is_looked_into_and_not_followed() -> None:
    """Where the old name answers with a redirect, the platform is asked; nothing goes to the redirect."""
    world = World()
    inner = in_process(world.sandbox)
    hosts: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if request.url.host == "demo.amocrm.ru" and world.sandbox.subdomain == "renamed":
            return httpx.Response(301, headers={"location": "https://evil.example/api"})
        return await inner.handle_async_request(request)

    crm = await world.logged_in(http_transport=mock(answer))
    world.sandbox.set_option("subdomain", "renamed")
    assert (await crm.send(GET)).status == 200
    assert world.asked() == 1
    assert "evil.example" not in hosts
    stored = await world.store.load(f"demo.amocrm.ru/{world.oauth.client_id}")
    assert stored is not None
    assert stored.account == "renamed.amocrm.ru"
    world.pass_time(86_400)
    assert (await crm.send(GET)).status == 200


async def test_a_redirect_without_a_move_stays_an_error() -> None:
    """An account that still lives where it lived is not asked twice, and no token is spent."""
    world = World()
    inner = in_process(world.sandbox)

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v4/account":
            return httpx.Response(302, headers={"location": "/login"})
        return await inner.handle_async_request(request)

    crm = await world.logged_in(http_transport=mock(answer))
    with pytest.raises(RedirectRefused):
        await crm.send(GET)
    assert len(world.sandbox.journal.find("POST", TOKEN_PATH)) == 1


async def test_a_foreign_new_address_is_not_believed() -> None:
    """Whoever answers for the platform can name no host that is not the vendor's."""
    world = World()
    inner = in_process(world.sandbox)
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.path == DOMAIN_PATH:
            return httpx.Response(200, json={"domain": "demo.amocrm.ru.evil.example"})
        return await inner.handle_async_request(request)

    crm = await world.logged_in(http_transport=mock(answer))
    world.sandbox.set_option("subdomain", "renamed")
    with pytest.raises((ConfigurationError, GrantRevoked)):
        await crm.send(GET)
    assert set(asked) == {"demo.amocrm.ru", "api-a.amocrm.ru"}


async def test_a_store_that_names_a_foreign_host_is_not_believed() -> None:
    """A token whose account is no account of the vendor is never sent anywhere."""
    world = World()
    await world.logged_in()
    key = f"demo.amocrm.ru/{world.oauth.client_id}"
    stored = await world.store.load(key)
    assert stored is not None
    forged = type(stored)(
        access=stored.access,
        refresh=stored.refresh,
        expires_at=stored.expires_at,
        lifetime=stored.lifetime,
        account="demo.evil.example",
    )
    assert await world.store.save(key, forged, fence=9, replaces=None)
    with pytest.raises(TokenStoreError, match="log in again"):
        await world.client().send(GET)


async def test_a_long_lived_token_says_what_may_have_happened() -> None:
    """Without a refresh token nobody can ask; the error names the likely cause."""
    world = World()
    crm = world.client(oauth=None, store=None, token=world.sandbox.token)
    world.sandbox.set_option("subdomain", "renamed")
    with pytest.raises(APIError, match="may have been renamed"):
        read(GET.op, await crm.send(GET), None)
