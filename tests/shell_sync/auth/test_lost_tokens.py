"""Stores that lose, forget, go back or break: the pair that is in use survives all of it."""
# GENERATED from tests/shell_async/auth/test_lost_tokens.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import errno
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from msgspec.structs import replace
from redis import Redis

from amocrm._sync.auth.redis_token_store import RedisTokenStore
from amocrm._sync.auth.token_stores import FileTokenStore, MemoryTokenStore
from amocrm._core.auth.token import Token
from amocrm.errors import GrantRevoked, LoginNeeded, TokenStoreError, TokenStoreWarning
from tests.support.redis_server import Failover, RedisServer, needs_redis

from .._support import mock
from .test_token_source import GET, TOKEN_PATH, World

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.anyio

DAY = 86_400


class Forgetful(MemoryTokenStore):
    """A store that an operator, a backup or a crash can do anything to."""

    def forget(self) -> None:
        """Empties it."""
        self._tokens.clear()

    def held(self) -> dict[str, Token]:
        """A copy of what it holds."""
        return dict(self._tokens)

    def go_back(self, to: dict[str, Token]) -> None:
        """Puts an old copy in its place."""
        self._tokens = dict(to)


def test_an_emptied_store_is_filled_again() -> None:
    """Whoever still holds the pair puts it back at the next refresh; nobody has to log in."""
    world = World(Forgetful())
    crm = world.logged_in()
    world.store.forget()
    world.pass_time(DAY)
    assert (crm.send(GET)).status == 200
    assert (world.client().send(GET)).status == 200
    assert world.refreshes() == 1


def test_a_store_that_went_back_to_an_older_pair() -> None:
    """A restored backup holds a spent refresh token; the pair in use replaces it instead of being given up."""
    world = World(Forgetful())
    crm = world.logged_in()
    old = world.store.held()
    world.pass_time(DAY)
    assert (crm.send(GET)).status == 200
    world.store.go_back(old)
    world.pass_time(DAY)
    assert (crm.send(GET)).status == 200
    assert world.refreshes() == 2
    assert (world.client().send(GET)).status == 200


@pytest.mark.parametrize("back", [False, True])
def test_a_store_that_forgets_during_a_refresh(back: bool) -> None:
    """Emptied or set back between intent and save: the new pair is stored all the same."""
    world = World(Forgetful())
    crm = world.logged_in()
    old = world.store.held() if back else {}
    world.pass_time(DAY)
    assert (crm.send(GET)).status == 200
    world.pass_time(DAY)

    def forget(event: Any) -> None:
        if type(event).__name__ == "RequestSent" and event.op == "get_access_token":
            world.store.go_back(old)

    again = world.client(event_hooks=[forget])
    assert (again.send(GET)).status == 200
    assert (world.client().send(GET)).status == 200
    assert world.refreshes() == 2


def test_a_newer_login_wins_over_the_pair_in_use() -> None:
    """What somebody logged in meanwhile is the newer grant, also when the pair in use has ended."""
    world = World(Forgetful())
    crm = world.logged_in()
    world.pass_time(DAY)
    world.logged_in()
    login = world.store.load(world.key)
    assert (crm.send(GET)).status == 200
    assert world.store.load(world.key) == login
    assert world.refreshes() == 0


def test_a_dead_pair_is_not_put_back() -> None:
    """After the server has refused the grant, an emptied store stays empty until somebody logs in."""
    world = World(Forgetful())
    crm = world.logged_in()
    world.sandbox.tokens.uninstall(world.oauth.client_id)
    world.pass_time(DAY)
    with pytest.raises(GrantRevoked):
        crm.send(GET)
    world.store.forget()
    with pytest.raises(LoginNeeded):
        crm.send(GET)
    assert world.store.held() == {}


class _Broken(MemoryTokenStore):
    """A store of somebody's own that raises what its database raises."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = ""

    def load(self, key: str) -> Token | None:
        """Fails while broken."""
        if self.broken == "load":
            raise RuntimeError("the database is gone")
        return super().load(key)

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Fails for a new pair while broken."""
        if self.broken == "save" and token.intent is None:
            raise RuntimeError("the database is gone")
        return super().save(key, token, fence=fence, replaces=replaces)


def test_a_store_that_raises_anything() -> None:
    """A foreign error after the refresh loses no pair; before it, the old token serves while it lives."""
    world = World(_Broken())
    crm = world.logged_in()
    world.store.broken = "load"
    world.pass_time(DAY - 200)
    assert (crm.send(GET)).status == 200
    world.store.broken = "save"
    world.pass_time(100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert (crm.send(GET)).status == 200
    assert [warning.category for warning in caught] == [TokenStoreWarning]
    world.store.broken = ""
    world.pass_time(60)
    assert (crm.send(GET)).status == 200
    assert (world.client().send(GET)).status == 200
    assert world.refreshes() == 1


@pytest.mark.parametrize("life", [None, 0, -5, "soon", 1e12, [], {}])
def test_an_odd_life_loses_no_pair(life: object) -> None:
    """Whatever the server says about the life of a token, the pair beside it is kept."""
    world = World()

    def odd(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            pair = {"access_token": "a", "refresh_token": "r", "expires_in": life}
            return httpx.Response(201, json=pair)
        return httpx.Response(200, json={})

    crm = world.client(http_transport=mock(odd))
    crm.authorize("code")
    assert (crm.send(GET)).status == 200
    stored = world.store.load(world.key)
    assert stored.refresh == "r"
    assert stored.lifetime == DAY


def test_a_clock_that_is_put_back() -> None:
    """An hour back, or a day: a token that the server calls over is refreshed once and the request repeated."""
    world = World()
    crm = world.logged_in()
    world.time.tick(DAY + 60)
    world.clock.now -= 3_600
    assert (crm.send(GET)).status == 200
    assert world.refreshes() == 1


def test_a_clock_that_is_put_forward() -> None:
    """A month ahead: one early refresh, and no more of them."""
    world = World()
    crm = world.logged_in()
    world.clock.now += 30 * DAY
    for _ in range(3):
        assert (crm.send(GET)).status == 200
    assert world.refreshes() == 1


# ---- files


def test_a_login_mends_a_damaged_file(tmp_path: Path) -> None:
    """A damaged file is said so, and a new login takes its place."""
    world = World(FileTokenStore(tmp_path))
    world.logged_in()
    next(tmp_path.glob("*.json")).write_bytes(b"\x00" * 100)
    with pytest.raises(TokenStoreError, match="damaged"):
        world.client().send(GET)
    crm = world.logged_in()
    assert (crm.send(GET)).status == 200
    assert (world.client().send(GET)).status == 200


def test_a_pair_in_the_draft_of_a_dead_process(tmp_path: Path) -> None:
    """Killed between writing the new pair and putting it in place: the next process finds it all the same."""
    world = World(FileTokenStore(tmp_path))
    crm = world.logged_in()
    old = world.store.load(world.key)
    world.pass_time(DAY)
    assert (crm.send(GET)).status == 200
    path = next(tmp_path.glob("*.json"))
    # What a kill just before the renaming leaves: the intent in place, the new pair beside it.
    path.rename(path.with_suffix(".tmp"))
    path.write_bytes(replace(old, intent=old.mark).dump())
    assert (world.client().send(GET)).status == 200
    world.pass_time(DAY)
    assert (world.client().send(GET)).status == 200
    assert world.refreshes() == 2
    assert not path.with_suffix(".tmp").exists()


@pytest.mark.parametrize("draft", [b"", b'{"access": "half', b"\x00" * 50, None])
def test_a_draft_that_is_no_new_pair(tmp_path: Path, draft: bytes | None) -> None:
    """Half a draft, or that of an intent, changes nothing about what is stored."""
    store = FileTokenStore(tmp_path)
    token = Token(access="a", refresh="r", expires_at=1.0, lifetime=1.0, account="x")
    announced = replace(token, intent=token.mark)
    with store.lock("one") as fence:
        store.save("one", announced, fence=fence, replaces=None)
    next(tmp_path.glob("*.json")).with_suffix(".tmp").write_bytes(
        announced.dump() if draft is None else draft
    )
    assert store.load("one") == announced


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A folder that is a file: the error names it and says what is needed, before any code is spent."""
    place = tmp_path / "taken"
    place.write_text("something else")
    world = World(FileTokenStore(place / "tokens"))
    code = world.sandbox.authorization_code()
    with pytest.raises(TokenStoreError, match=r"taken.*read and write the folder"):
        world.client().authorize(code)
    crm = world.client(store=MemoryTokenStore())
    crm.authorize(code)


# ---- Redis


@pytest.fixture
def redis(redis_url: str, tmp_path: Path) -> Generator[Any]:
    """A store on Redis with names of its own."""
    store = RedisTokenStore(redis_url, prefix=str(tmp_path))
    yield store
    store.close()


def test_redis_that_is_emptied_during_a_refresh(redis: Any, redis_url: str) -> None:
    """Lock, fence and token are gone when the answer comes; the new pair is stored all the same."""
    world = World(redis)
    world.logged_in()
    world.pass_time(DAY)

    def empty(event: Any) -> None:
        if type(event).__name__ == "RequestSent" and event.op == "get_access_token":
            with Redis.from_url(
                redis_url
            ) as client:  # only the names of this test: others use the same server
                client.delete(*[redis._name(what, world.key) for what in ("pair", "lock", "fence")])

    assert (world.client(event_hooks=[empty]).send(GET)).status == 200
    assert (world.client().send(GET)).status == 200
    assert world.refreshes() == 1


def test_a_redis_that_evicts_tokens_is_warned_about() -> None:
    """Once, at the first use, with the setting to change."""
    needs_redis()
    with RedisServer() as server, Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        store = RedisTokenStore(server.url)
        with pytest.warns(TokenStoreWarning, match="noeviction"):
            assert store.load("demo") is None
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert store.load("demo") is None
        store.close()


def test_a_failover_to_a_replica_without_the_newest_pair() -> None:
    """It holds a spent refresh token; the pair in use replaces it, and nobody has to log in."""
    needs_redis()
    with Failover() as servers:
        store = RedisTokenStore(servers.url)
        world = World(store)
        crm = world.logged_in()
        servers.wait_for_copy()
        servers.detach()
        world.pass_time(DAY)
        assert (crm.send(GET)).status == 200
        servers.promote()
        world.pass_time(DAY)
        assert (crm.send(GET)).status == 200
        assert world.refreshes() == 2
        assert (world.client().send(GET)).status == 200
        store.close()


def test_a_pair_that_no_replica_has_is_warned_about() -> None:
    """The refresh goes on: the old pair is spent, and a warning is all that can be done."""
    needs_redis()
    with Failover() as servers:
        store = RedisTokenStore(servers.url)
        world = World(store)
        crm = world.logged_in()
        world.pass_time(DAY)
        with servers.replica.suspended(), pytest.warns(TokenStoreWarning, match="no replica"):
            assert (crm.send(GET)).status == 200
        store.close()


def test_a_name_in_redis_that_is_something_else(redis: Any) -> None:
    """A list under the name of the token, or bytes that are none: the error says so and what to change."""
    world = World(redis)
    name = redis._name("pair", world.key)
    redis._client.rpush(name, "something else")
    with pytest.raises(TokenStoreError, match="another prefix"):
        world.client().send(GET)
    redis._client.delete(name)
    redis._client.hset(name, "token", b"\x80hidden")
    with pytest.raises(TokenStoreError, match="another prefix") as caught:
        world.client().send(GET)
    assert "hidden" not in str(caught.value)


def test_a_file_system_that_cannot_lock_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network file system without locks is an error of the store that names a way out."""

    def flock(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    store = FileTokenStore(tmp_path)

    with pytest.raises(TokenStoreError, match="local disk"):
        with store.lock("key"):
            raise AssertionError("nobody holds this lock")
