"""Tokens: one refresh for everybody, nothing lost, and errors that say what to do."""

from __future__ import annotations

import base64
import json
import stat
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from amocrm._async._primitives import run_all
from amocrm._async.auth.redis_token_store import AsyncRedisTokenStore
from amocrm._async.auth.token_stores import AsyncFileTokenStore, AsyncMemoryTokenStore
from amocrm._async.connection.connection import AsyncConnection
from amocrm._async.limits.memory import AsyncMemoryLimiter
from amocrm._core.auth.token import OAuth, Token, fingerprint
from amocrm._core.limits.limiter import RateLimits
from amocrm.errors import (
    ConfigurationError,
    GrantInDoubt,
    GrantRevoked,
    LoginNeeded,
    NotSentError,
    TokenExpired,
    TokenExpiryWarning,
    TokenStoreError,
    TokenStoreWarning,
    UnansweredError,
)
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Request, Response
from amocrm_sandbox import Drop, ErrorPage, Sandbox
from amocrm_sandbox import ManualClock as SandboxClock

from .._support import ManualClock, breathe, cancelled, in_process, mock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = pytest.mark.anyio

GET = Request(
    op=Op(id="get_account", tag="account", method="GET", path="/api/v4/account", safety="safe"),
    path="/api/v4/account",
)
START = 1_700_000_000
TOKEN_PATH = "/oauth2/access_token"


class World:
    """A sandbox, and any number of clients that share a store and a clock."""

    def __init__(self, store: Any = None) -> None:
        self.time = SandboxClock(START)
        self.sandbox = Sandbox(limits=False, clock=self.time)
        self.clock = ManualClock(START)
        self.store = store or AsyncMemoryTokenStore()
        made = self.sandbox.integration
        self.oauth = OAuth(made.client_id, made.client_secret, made.redirect_uri)

    def client(self, **options: Any) -> AsyncConnection:
        """One more client."""
        options.setdefault("oauth", self.oauth)
        options.setdefault("http_transport", in_process(self.sandbox))
        return AsyncConnection(
            "demo",
            store=options.pop("store", self.store),
            clock=self.clock,
            limiter=AsyncMemoryLimiter(RateLimits(per_key=10_000, per_account=10_000), clock=self.clock),
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

    def refreshes(self) -> int:
        """How often the token endpoint was asked to refresh."""
        asked = self.sandbox.journal.find("POST", TOKEN_PATH)
        return sum(entry.json()["grant_type"] == "refresh_token" for entry in asked)

    @property
    def key(self) -> str:
        """The key of the stored token."""
        return f"demo.amocrm.ru/{self.oauth.client_id}"


async def test_login_and_first_request() -> None:
    """The code is exchanged once, the pair is stored, and a second client needs no login."""
    world = World()
    crm = await world.logged_in()
    assert (await crm.send(GET)).status == 200
    assert (await world.client().send(GET)).status == 200
    assert world.refreshes() == 0


async def test_an_empty_store_says_what_to_do() -> None:
    """An empty store is said so, with what to do."""
    with pytest.raises(LoginNeeded, match="authorize"):
        await World().client().send(GET)


async def test_a_code_works_once() -> None:
    """A used code is refused with the server's hint and no retry."""
    world = World()
    code = world.sandbox.authorization_code()
    await world.client().authorize(code)
    with pytest.raises(GrantRevoked, match="revoked"):
        await world.client().authorize(code)
    assert len(world.sandbox.journal.find("POST", TOKEN_PATH)) == 2


async def test_a_code_that_is_too_old() -> None:
    """After twenty minutes a code is refused."""
    world = World()
    code = world.sandbox.authorization_code()
    world.pass_time(21 * 60)
    with pytest.raises(GrantRevoked, match="expired"):
        await world.client().authorize(code)


@pytest.mark.parametrize("wrong", ["client_secret", "redirect_uri"])
async def test_wrong_keys_of_the_integration(wrong: str) -> None:
    """A wrong secret or redirect address is a matter of configuration, not of the grant."""
    world = World()
    keys = {
        "client_id": world.oauth.client_id,
        "client_secret": world.oauth.client_secret,
        "redirect_uri": world.oauth.redirect_uri,
        wrong: "https://wrong.example",
    }
    with pytest.raises(ConfigurationError, match="redirect_uri"):
        await world.client(oauth=OAuth(**keys)).authorize(world.sandbox.authorization_code())


async def test_a_client_with_a_fixed_token_has_nothing_to_authorize() -> None:
    """A client with a fixed token has nothing to authorize."""
    crm = AsyncConnection("demo", token="t")
    with pytest.raises(ConfigurationError, match="oauth"):
        await crm.authorize("code")


async def test_one_refresh_for_many() -> None:
    """Thirty tasks or threads and three clients on one expired token refresh it once."""
    world = World()
    clients = [await world.logged_in(), world.client(), world.client()]
    world.pass_time(86_400 + 60)
    answers = await run_all([partial(crm.send, GET) for crm in clients for _ in range(10)], limit=30)
    assert [answer.status for answer in answers if isinstance(answer, Response)] == [200] * 30
    assert world.refreshes() == 1


async def test_refreshed_before_the_end() -> None:
    """Five minutes before its end a token is refreshed, so that no request meets a 401."""
    world = World()
    crm = await world.logged_in()
    world.pass_time(86_400 - 200)
    await crm.send(GET)
    assert world.refreshes() == 1
    assert 401 not in {entry.status for entry in world.sandbox.journal}


async def test_refreshed_once_on_401() -> None:
    """A token that the server refuses before its time is refreshed and the request sent again, once."""
    world = World()
    crm = await world.logged_in()
    stored = await world.store.load(world.key)
    assert stored is not None
    world.sandbox.tokens.revoke(stored.access)
    assert (await crm.send(GET)).status == 200
    assert world.refreshes() == 1
    world.sandbox.faults.add(ErrorPage(401, html=False), operation="get_account")
    assert (await crm.send(GET)).status == 401
    assert world.refreshes() == 2


async def test_a_switched_off_integration() -> None:
    """When the grant is refused, the error says to log in again, and the server is not asked twice."""
    world = World()
    crm = await world.logged_in()
    world.sandbox.tokens.uninstall(world.oauth.client_id)
    world.pass_time(86_400)
    for _ in range(3):
        with pytest.raises(GrantRevoked, match="log in again"):
            await crm.send(GET)
    assert world.refreshes() == 1


async def test_an_old_token_serves_while_the_endpoint_is_down() -> None:
    """Refreshing early may fail: what still works for some minutes is used."""
    world = World()
    crm = await world.logged_in()
    world.pass_time(86_400 - 200)
    world.sandbox.faults.add(ErrorPage(502), path="access_token")
    for _ in range(3):
        assert (await crm.send(GET)).status == 200
    assert world.refreshes() == 3
    world.sandbox.faults.clear()
    world.pass_time(60)
    assert (await crm.send(GET)).status == 200
    assert world.refreshes() == 4


async def test_a_lost_answer_of_a_refresh() -> None:
    """The server refreshed and the answer was lost: the old token is tried again, then the login named."""
    world = World()
    crm = await world.logged_in()
    world.pass_time(86_400)
    world.sandbox.faults.add(Drop(after_commit=True), path="access_token", next=1)
    with pytest.raises(GrantInDoubt, match="log in again"):
        await crm.send(GET)
    assert world.refreshes() == 2
    await crm.authorize(world.sandbox.authorization_code())
    assert (await crm.send(GET)).status == 200


async def test_a_refresh_that_never_arrived() -> None:
    """A connection that broke before the server acted loses nothing: the second attempt succeeds."""
    world = World()
    crm = await world.logged_in()
    world.pass_time(86_400)
    world.sandbox.faults.add(Drop(), path="access_token", next=1)
    assert (await crm.send(GET)).status == 200


async def test_a_dead_predecessor_is_recognised() -> None:
    """A process died between request and save: the next one finds the intent and reports the doubt."""
    world = World()
    await world.logged_in()
    stored = await world.store.load(world.key)
    assert stored is not None
    marked = msgspec.structs.replace(stored, intent=fingerprint(stored.refresh))
    assert await world.store.save(world.key, marked, fence=9, replaces=None)
    world.sandbox.tokens.take("refresh", stored.refresh, world.oauth.client_id)
    world.pass_time(86_400)
    with pytest.raises(GrantInDoubt):
        await world.client().send(GET)


async def test_a_predecessor_that_died_before_its_request() -> None:
    """The intent alone proves nothing: the old token is tried and found good."""
    world = World()
    await world.logged_in()
    stored = await world.store.load(world.key)
    assert stored is not None
    marked = msgspec.structs.replace(stored, intent=fingerprint(stored.refresh))
    assert await world.store.save(world.key, marked, fence=9, replaces=None)
    world.pass_time(86_400)
    assert (await world.client().send(GET)).status == 200


async def test_a_cancelled_caller_loses_no_token() -> None:
    """Whoever waits for a refresh may be cancelled; the refresh runs to its end and is stored."""
    world = World()
    crm = await world.logged_in()
    before = await world.store.load(world.key)
    world.pass_time(86_400)
    assert await cancelled(partial(crm.send, GET), lambda: world.refreshes() == 1)
    await breathe()
    after = await world.store.load(world.key)
    assert before is not None
    assert after is not None
    assert after.refresh != before.refresh
    assert after.intent is None
    assert (await world.client().send(GET)).status == 200
    assert world.refreshes() == 1


class _FullDisk(AsyncMemoryTokenStore):
    """Refuses to store a token of another access than the first, for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    async def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Stores, unless full; an intent still fits."""
        if self.full and token.intent is None:
            raise TokenStoreError("the disk is full", account=key)
        return await super().save(key, token, fence=fence, replaces=replaces)


async def test_a_store_that_fails_after_the_refresh() -> None:
    """The only copy of a pair is not thrown away: it is used, warned about, and saved when possible."""
    world = World(_FullDisk())
    crm = await world.logged_in()
    world.pass_time(86_400)
    world.store.full = True
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert (await crm.send(GET)).status == 200
    assert [warning.category for warning in caught] == [TokenStoreWarning]
    world.store.full = False
    world.pass_time(60)
    assert (await crm.send(GET)).status == 200
    assert (await world.client().send(GET)).status == 200
    assert world.refreshes() == 1


async def test_hooks_hear_of_a_refresh() -> None:
    """Who refreshed and who adopted can be seen from outside."""
    world = World()
    seen: list[Any] = []
    first, second = await world.logged_in(event_hooks=[seen.append]), world.client(event_hooks=[seen.append])
    await second.send(GET)
    world.pass_time(86_400)
    seen.clear()
    await first.send(GET)
    await second.send(GET)
    told = [event for event in seen if type(event).__name__ == "TokenRefreshed"]
    assert [event.adopted for event in told] == [False, True]
    assert first.stats.refreshes == 1


# ---- long-lived and provided tokens


def jwt(exp: float) -> str:
    """An unsigned token that ends at ``exp``."""
    body = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).rstrip(b"=").decode()
    return f"e30.{body}.sig"


async def test_a_long_lived_token_warns_before_its_end() -> None:
    """Two weeks ahead its end is warned about; afterwards nothing is sent."""
    clock = ManualClock()
    with pytest.warns(TokenExpiryWarning, match=r"3\.0 days"):
        crm = AsyncConnection(
            "demo",
            token=jwt(clock.now + 3 * 86_400),
            clock=clock,
            http_transport=mock(lambda request: httpx.Response(200, json={})),
        )
    assert (await crm.send(GET)).status == 200
    clock.now += 4 * 86_400
    with pytest.raises(TokenExpired, match="Keys tab") as caught:
        await crm.send(GET)
    assert caught.value.expired_at == clock.now - 86_400
    assert crm.stats.requests == 1


async def test_a_provider_is_asked_when_needed() -> None:
    """Somebody else refreshes: his function is asked first, after a 401, and when the token has ended."""
    clock = ManualClock()
    given = [jwt(clock.now + 100), jwt(clock.now + 1000), jwt(clock.now + 2000)]
    asked: list[str] = []
    refused: set[str] = set()

    async def provide() -> str:
        asked.append(given[len(asked)])
        return asked[-1]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401 if request.headers["authorization"][7:] in refused else 200, json={})

    crm = AsyncConnection("demo", token=provide, clock=clock, http_transport=mock(answer))
    assert (await crm.send(GET)).status == 200
    assert (await crm.send(GET)).status == 200
    assert len(asked) == 1
    clock.now += 150
    assert (await crm.send(GET)).status == 200
    assert len(asked) == 2
    refused.add(given[1])
    assert (await crm.send(GET)).status == 200
    assert len(asked) == 3


# ---- stores


def pair(refresh: str = "r") -> Token:
    """A pair of tokens."""
    return Token(access="a", refresh=refresh, expires_at=1.0, lifetime=1.0, account="x")


@pytest.fixture(params=["memory", "file", "redis"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Any]:
    """Each store in turn."""
    if request.param == "memory":
        yield AsyncMemoryTokenStore()
    elif request.param == "file":
        yield AsyncFileTokenStore(tmp_path / "t")
    else:
        shared = AsyncRedisTokenStore(request.getfixturevalue("redis_url"), prefix=str(tmp_path))
        yield shared
        await shared.close()


async def test_a_store_keeps_tokens_by_key(store: Any) -> None:
    """What was saved under a key is loaded under it and no other."""
    assert await store.load("one") is None
    async with store.lock("one") as fence:
        assert await store.save("one", pair(), fence=fence, replaces=None)
    assert await store.load("one") == pair()
    assert await store.load("two") is None


async def test_a_store_replaces_only_what_was_refreshed(store: Any) -> None:
    """A save is refused when the store holds another token than the one that was refreshed."""
    async with store.lock("one") as fence:
        assert not await store.save("one", pair("new"), fence=fence, replaces=fingerprint("r"))
        assert await store.save("one", pair("r"), fence=fence, replaces=None)
        assert await store.save("one", pair("new"), fence=fence, replaces=fingerprint("r"))
        assert not await store.save("one", pair("newer"), fence=fence, replaces=fingerprint("r"))
    assert (await store.load("one")).refresh == "new"


async def test_a_lock_excludes_the_others(store: Any) -> None:
    """Ten at once hold the lock one after the other."""
    inside: list[int] = []
    most: list[int] = []

    async def enter(number: int) -> None:
        async with store.lock("one"):
            inside.append(number)
            most.append(len(inside))
            await breathe()
            inside.remove(number)

    results = await run_all([partial(enter, number) for number in range(10)], limit=10)
    assert results == [None] * 10
    assert max(most) == 1


async def test_token_files_are_private(tmp_path: Path) -> None:
    """Only the owner can read the files, no draft is left, and names show no secret."""
    store = AsyncFileTokenStore(tmp_path / "t")
    async with store.lock("demo.amocrm.ru/client") as fence:
        await store.save("demo.amocrm.ru/client", pair(), fence=fence, replaces=None)
    files = sorted(tmp_path.joinpath("t").iterdir())
    assert [path.suffix for path in files] == [".json", ".lock"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700


async def test_a_damaged_token_file_is_said_so(tmp_path: Path) -> None:
    """A file that is no token raises, the message does not quote it, and a new login mends it."""
    store = AsyncFileTokenStore(tmp_path)
    async with store.lock("one") as fence:
        await store.save("one", pair(), fence=fence, replaces=None)
    next(tmp_path.glob("*.json")).write_text('{"access": "hidden')
    with pytest.raises(TokenStoreError, match=r"damaged; .* log in again") as caught:
        await store.load("one")
    assert "hidden" not in str(caught.value)
    async with store.lock("one") as fence:
        assert not caught.value.__cause__
        assert await store.save("one", pair("new"), fence=fence, replaces=None)
    assert await store.load("one") == pair("new")


async def test_a_lock_that_is_never_freed(tmp_path: Path) -> None:
    """Patience ends with an error that names the file."""
    clock = ManualClock()
    store = AsyncFileTokenStore(tmp_path, lock_timeout=5.0, clock=clock)
    async with store.lock("one"):
        with pytest.raises(TokenStoreError, match=r"lock on .*one"):
            async with store.lock("one"):
                raise AssertionError("the lock was given twice")
    async with store.lock("one"):
        assert clock.slept


async def test_clients_that_share_a_folder_refresh_once(tmp_path: Path) -> None:
    """Clients that share a folder refresh once, each with a store object of its own."""
    world = World(AsyncFileTokenStore(tmp_path))
    clients = [await world.logged_in()]
    clients += [world.client(store=AsyncFileTokenStore(tmp_path)) for _ in range(5)]
    world.pass_time(86_400 + 60)
    answers = await run_all([partial(crm.send, GET) for crm in clients], limit=6)
    assert [answer.status for answer in answers if isinstance(answer, Response)] == [200] * 6
    assert world.refreshes() == 1


async def test_an_endpoint_that_cannot_be_reached() -> None:
    """Without connection the refresh fails as unsent, with the intent harmless for the next attempt."""
    world = World()
    crm = await world.logged_in()
    world.pass_time(86_400)

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(NotSentError):
        await world.client(http_transport=mock(down)).send(GET)
    assert (await crm.send(GET)).status == 200


async def test_an_endpoint_that_never_answers() -> None:
    """A refresh without any answer is unanswered; the next attempt finds out."""
    world = World()
    crm = await world.logged_in()
    world.pass_time(86_400)
    world.sandbox.faults.add(Drop(), path="access_token", next=3)
    with pytest.raises(UnansweredError):
        await crm.send(GET)
    assert (await crm.send(GET)).status == 200
