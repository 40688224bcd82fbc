"""What every inbox promises, for SQLite and for Redis Streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amocrm._async._primitives import run_all
from amocrm._async.webhooks.inbox import AsyncInbox
from amocrm._async.webhooks.redis_inbox import AsyncRedisInbox
from amocrm._async.webhooks.sqlite_inbox import AsyncSQLiteInbox
from amocrm.errors import ConfigurationError
from amocrm.webhooks import Delivery, InboxError
from tests.support.redis_server import Failover, RedisServer, needs_redis

from .._support import redis_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """One server for the module; every test has a name of its own in it."""
    needs_redis()
    with RedisServer() as running:
        yield running


class Place:
    """Where inboxes of one test are; every ``open`` is another process's view of the same inbox."""

    def __init__(self, kind: str, path: Path, request: pytest.FixtureRequest) -> None:
        self.kind, self.path = kind, path
        self.url = request.getfixturevalue("server").url if kind == "redis" else ""

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[AsyncInbox]:
        """An inbox of this place."""
        if self.kind == "sqlite":
            inbox: Any = AsyncSQLiteInbox(self.path / "inbox.sqlite3", lock_timeout=30)
            try:
                yield inbox
            finally:
                await inbox.close()
        else:
            client = redis_client(self.url)
            try:
                yield AsyncRedisInbox(client, name=str(self.path))
            finally:
                await client.aclose()


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Both kinds of inboxes."""
    return Place(request.param, tmp_path, request)


def delivery(key: str, body: bytes = b"leads[add][0][id]=1") -> Delivery:
    """Something storable."""
    return Delivery(
        body=body,
        headers={"content-type": "x", "x-amocrm-requestid": "r"},
        query="a=1",
        received_at=5.5,
        key=key,
    )


async def test_what_is_put_comes_back_whole(place: Place) -> None:
    """Body, headers, query and key survive, whatever the bytes are."""
    body = bytes(range(256)) * 40
    async with place.open() as inbox:
        assert await inbox.put(delivery("k", body), now=10.0)
    async with place.open() as inbox:
        (entry,) = await inbox.lease(5, now=10.0, seconds=60)

    assert (entry.delivery.body, entry.delivery.query, entry.delivery.key) == (body, "a=1", "k")
    assert entry.delivery.headers == {"content-type": "x", "x-amocrm-requestid": "r"}
    assert (entry.attempts, entry.state, entry.received_at, entry.due) == (1, "ready", 10.0, 70.0)


async def test_a_known_key_is_not_taken_again(place: Place) -> None:
    """A repetition is recognised while it waits, while it is handled, when it is dead and when it is done."""
    async with place.open() as inbox:
        assert await inbox.put(delivery("k"), now=1)
        assert not await inbox.put(delivery("k"), now=2)
        (entry,) = await inbox.lease(5, now=3, seconds=60)
        assert not await inbox.put(delivery("k"), now=4)
        await inbox.finish(entry, now=5)
        assert not await inbox.put(delivery("k"), now=6)
        assert await inbox.put(delivery("other"), now=7, dead="unreadable")
        assert not await inbox.put(delivery("other"), now=8)
        assert await inbox.counts() == {"ready": 0, "dead": 1, "done": 1}


async def test_entries_are_leased_in_their_order_and_to_one_worker(place: Place) -> None:
    """The oldest come first, and what is leased is given to nobody else."""
    async with place.open() as one, place.open() as other:
        for number in range(5):
            await one.put(delivery(f"k{number}"), now=float(number))

        first = await one.lease(2, now=10, seconds=60)
        second = await other.lease(2, now=10, seconds=60)
        third = await one.lease(5, now=10, seconds=60)

        assert [[entry.delivery.key for entry in taken] for taken in (first, second, third)] == [
            ["k0", "k1"],
            ["k2", "k3"],
            ["k4"],
        ]
        assert list(await other.lease(5, now=69.9, seconds=60)) == []


async def test_a_lease_comes_back_when_its_worker_died(place: Place) -> None:
    """After its time an entry is taken up again; the late worker's word counts for nothing."""
    async with place.open() as one, place.open() as other:
        await one.put(delivery("k"), now=0)
        (late,) = await one.lease(1, now=0, seconds=60)
        (taken,) = await other.lease(1, now=60.5, seconds=60)
        assert (late.id, taken.attempts) == (taken.id, 2)

        await one.finish(late, now=61)
        assert not await one.extend(late, until=500)
        assert (await one.counts())["ready"] == 1

        await other.finish(taken, now=62)
        assert await one.counts() == {"ready": 0, "dead": 0, "done": 1}


async def test_a_lease_can_be_extended(place: Place) -> None:
    """What is extended is not given away at the old end."""
    async with place.open() as inbox:
        await inbox.put(delivery("k"), now=0)
        (entry,) = await inbox.lease(1, now=0, seconds=60)

        assert await inbox.extend(entry, until=200)
        assert list(await inbox.lease(1, now=100, seconds=60)) == []
        assert [one.attempts for one in await inbox.lease(1, now=201, seconds=60)] == [2]


async def test_what_failed_waits_for_its_time(place: Place) -> None:
    """A retry is due when it was said to be, with its error and the marks of what is done."""
    async with place.open() as inbox:
        await inbox.put(delivery("k"), now=0)
        (entry,) = await inbox.lease(1, now=0, seconds=60)
        await inbox.mark(entry, "0:first")
        await inbox.mark(entry, "0:first")
        await inbox.retry(entry, due=30.25, error="ValueError: не вышло")

        assert list(await inbox.lease(1, now=30.0, seconds=60)) == []
        (again,) = await inbox.lease(1, now=30.5, seconds=60)
        assert (again.attempts, again.error, again.marks) == (2, "ValueError: не вышло", {"0:first"})


async def test_the_dead_wait_for_a_decision(place: Place) -> None:
    """A dead entry is not taken up; replayed it is as good as new; dropped it is gone with its key."""
    async with place.open() as inbox:
        await inbox.put(delivery("k"), now=0)
        (entry,) = await inbox.lease(1, now=0, seconds=60)
        await inbox.mark(entry, "0:first")
        await inbox.bury(entry, now=1, error="no use")
        assert list(await inbox.lease(1, now=1000, seconds=60)) == []
        assert [(one.state, one.error) for one in await inbox.entries("dead")] == [("dead", "no use")]

        assert await inbox.replay([entry.id, "999", "x"], now=1000) == 1
        assert await inbox.replay([entry.id], now=1000) == 0
        (again,) = await inbox.lease(1, now=1000, seconds=60)
        assert (again.attempts, again.error, again.marks) == (1, None, frozenset())

        assert await inbox.drop([entry.id, "999", "x"]) == 1
        assert await inbox.counts() == {"ready": 0, "dead": 0, "done": 0}
        assert await inbox.put(delivery("k"), now=2000)


async def test_what_waits_can_be_tried_at_once(place: Place) -> None:
    """A waiting entry becomes due with its marks and attempts; one that is being handled is left alone."""
    async with place.open() as inbox:
        for name in ("waits", "handled"):
            await inbox.put(delivery(name), now=0)
        waits, handled = await inbox.lease(2, now=0, seconds=60)
        await inbox.mark(waits, "0:first")
        await inbox.retry(waits, due=3600, error="not yet")
        assert list(await inbox.lease(2, now=1, seconds=60)) == []

        assert await inbox.replay([waits.id, handled.id], now=1) == 1
        assert await inbox.replay([waits.id], now=1) == 0
        (again,) = await inbox.lease(2, now=1, seconds=60)
        assert (again.id, again.attempts, again.marks, again.error) == (waits.id, 2, {"0:first"}, "not yet")
        assert await inbox.extend(handled, until=100)


async def test_the_done_can_be_replayed_and_are_purged(place: Place) -> None:
    """What is handled is kept for a while and then removed together with its key."""
    async with place.open() as inbox:
        for number in range(3):
            await inbox.put(delivery(f"k{number}"), now=0)
        for entry in await inbox.lease(3, now=0, seconds=60):
            await inbox.finish(entry, now=100.0 + int(entry.delivery.key[-1]))  # type: ignore[index]
        done = await inbox.entries("done")

        assert await inbox.replay([done[2].id], now=200) == 1
        assert await inbox.purge(before=101) == 1
        assert [one.delivery.key for one in await inbox.entries()] == ["k1", "k2"]
        assert await inbox.counts() == {"ready": 1, "dead": 0, "done": 1}
        assert not await inbox.put(delivery("k1"), now=300)
        assert await inbox.put(delivery("k0"), now=300)


async def test_all_dead_entries_are_decided_about_at_once(place: Place) -> None:
    """Without ids, replaying and removing mean what is dead, and nothing else."""
    async with place.open() as inbox:
        for number in range(7):
            await inbox.put(delivery(f"k{number}"), now=float(number), dead="x" if number % 2 else None)
        (first, *_) = await inbox.entries("dead")

        assert await inbox.drop([first.id]) == 1
        assert await inbox.replay(now=10) == 2
        assert await inbox.replay(now=10) == 0
        assert await inbox.counts() == {"ready": 6, "dead": 0, "done": 0}
        await inbox.put(delivery("other"), now=11, dead="x")
        assert await inbox.drop() == 1
        assert await inbox.counts() == {"ready": 6, "dead": 0, "done": 0}
        assert await inbox.drop(["9" * 30, "-1", "", "x"]) == 0


async def test_a_clock_that_is_put_back_holds_nothing_up(place: Place) -> None:
    """What nobody has taken up is due, whatever the clock said when it came."""
    async with place.open() as inbox:
        await inbox.put(delivery("before"), now=10_000)
        await inbox.put(delivery("after"), now=5)

        assert len(await inbox.lease(5, now=6, seconds=60)) == 2


async def test_old_and_new_entries_take_turns_by_their_time(place: Place) -> None:
    """What waits for another attempt is not held up by a backlog of what is new."""
    async with place.open() as inbox:
        await inbox.put(delivery("failed"), now=0)
        (entry,) = await inbox.lease(1, now=0, seconds=60)
        await inbox.retry(entry, due=5, error="x")
        for number in range(20):
            await inbox.put(delivery(f"k{number}"), now=10.0 + number)

        taken = [one.delivery.key for _ in range(21) for one in await inbox.lease(1, now=100, seconds=60)]

    assert sorted(taken) == sorted(["failed", *(f"k{number}" for number in range(20))])
    if place.kind == "sqlite":
        assert taken[0] == "failed"


async def test_the_list_is_bounded(place: Place) -> None:
    """A list gives no more than was asked for, the oldest first, and of one state if that is wanted."""
    async with place.open() as inbox:
        for number in range(12):
            await inbox.put(delivery(f"k{number}"), now=float(number), dead="x" if number % 2 else None)

        assert [entry.id for entry in await inbox.entries(limit=3)] == ["1", "2", "3"]
        assert [entry.delivery.key for entry in await inbox.entries("dead", limit=2)] == ["k1", "k3"]
        assert [entry.state for entry in await inbox.entries("ready", limit=2)] == ["ready", "ready"]


async def test_many_at_once_lose_and_double_nothing(place: Place) -> None:
    """Writers and workers beside each other: every key once, every entry to one worker."""
    async with place.open() as one, place.open() as other:
        puts = [
            partial((one, other)[number % 2].put, delivery(f"k{number // 2}"), now=1.0)
            for number in range(60)
        ]
        taken = await run_all(puts, 6)
        leases = await run_all([partial(box.lease, 2, now=2.0, seconds=60) for box in (one, other) * 10], 6)

        assert sorted(taken) == [False] * 30 + [True] * 30  # type: ignore[type-var]
        keys = [entry.delivery.key for lease in leases for entry in lease]  # type: ignore[union-attr]
        assert len(keys) == len(set(keys)) == 30


async def test_a_server_without_a_disk_is_refused() -> None:
    """A Redis that keeps nothing would lose what was accepted."""
    needs_redis()
    with RedisServer(appendonly=False) as server:
        client = redis_client(server.url)
        with pytest.raises(ConfigurationError, match="appendonly"):
            await AsyncRedisInbox(client).put(delivery("k"), now=0)
        await client.config_set("appendonly", "yes")
        await client.config_set("appendfsync", "everysec")
        with pytest.raises(ConfigurationError, match="set `appendfsync always`"):
            await AsyncRedisInbox(client).put(delivery("k"), now=0)
        assert await AsyncRedisInbox(client, durable=False).put(delivery("k"), now=0)
        await client.aclose()


async def test_what_redis_took_survives_its_restart() -> None:
    """A killed server comes back with everything: what waits, what is leased, what waits for its time."""
    needs_redis()
    with RedisServer() as server:
        client = redis_client(server.url)
        inbox = AsyncRedisInbox(client)
        for number in range(3):
            await inbox.put(delivery(f"k{number}"), now=0)
        leased, failed = await inbox.lease(2, now=0, seconds=60)
        await inbox.retry(failed, due=30, error="x")
        await client.aclose()
        server.restart()
        client = redis_client(server.url)
        inbox = AsyncRedisInbox(client)

        assert [one.delivery.key for one in await inbox.lease(5, now=1, seconds=600)] == ["k2"]
        assert [one.delivery.key for one in await inbox.lease(5, now=31, seconds=600)] == ["k1"]
        assert [one.id for one in await inbox.lease(5, now=61, seconds=600)] == [leased.id]
        assert not await inbox.put(delivery("k0"), now=70)
        await client.aclose()


async def test_a_server_that_throws_data_away_is_refused() -> None:
    """A Redis that makes room by itself would make it of what was accepted."""
    needs_redis()
    with RedisServer() as server:
        client = redis_client(server.url)
        await client.config_set("maxmemory", "100mb")
        await client.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(ConfigurationError, match="noeviction"):
            await AsyncRedisInbox(client).put(delivery("k"), now=0)
        await client.config_set("maxmemory-policy", "noeviction")
        assert await AsyncRedisInbox(client).put(delivery("k"), now=0)
        await client.aclose()


async def test_a_failover_loses_nothing_that_was_accepted() -> None:
    """Where there is a replica, a delivery counts as accepted when the replica has it."""
    needs_redis()
    with Failover() as servers:
        inbox = AsyncRedisInbox(servers.url)
        for number in range(20):
            assert await inbox.put(delivery(f"k{number}"), now=0)
        servers.promote()
        assert len(await inbox.entries()) == 20
        await inbox.close()


async def test_what_no_replica_has_is_not_accepted() -> None:
    """The server sends it again; once the replica is back it counts, and it is one delivery."""
    needs_redis()
    with Failover() as servers:
        inbox = AsyncRedisInbox(servers.url)
        with servers.replica.suspended(), pytest.raises(InboxError, match="no replica"):
            await inbox.put(delivery("k"), now=0)
        assert not await inbox.put(delivery("k"), now=1)
        assert len(await inbox.entries()) == 1
        await inbox.close()


async def test_a_full_redis_takes_nothing_and_loses_nothing() -> None:
    """What does not fit is refused with an error; what was taken stays."""
    needs_redis()
    with RedisServer() as server:
        inbox = AsyncRedisInbox(server.url + "#mine")
        assert await inbox.put(delivery("k"), now=0)
        client = redis_client(server.url)
        await client.config_set("maxmemory", "1")
        with pytest.raises(InboxError, match="OutOfMemory"):
            await inbox.put(delivery("other"), now=0)
        await client.config_set("maxmemory", "0")
        assert [one.delivery.key for one in await inbox.entries()] == ["k"]
        assert inbox.name == "{mine}"
        await client.aclose()
        await inbox.close()


async def test_a_redis_that_is_away_is_said_and_found_again() -> None:
    """Without the server nothing is accepted; when it is back, all is as it was."""
    needs_redis()
    with RedisServer() as server:
        inbox = AsyncRedisInbox(server.url)
        assert await inbox.put(delivery("k"), now=0)
        server.kill()
        for step in (
            partial(inbox.put, delivery("other"), now=0),
            partial(inbox.lease, 1, now=0, seconds=60),
            inbox.counts,
        ):
            with pytest.raises(InboxError, match="Redis failed"):
                await step()
        with pytest.raises(InboxError, match="Redis failed"):
            await AsyncRedisInbox(server.url).put(delivery("other"), now=0)
        server.start()
        assert [one.delivery.key for one in await inbox.lease(5, now=1, seconds=60)] == ["k"]
        await inbox.close()


async def test_a_foreign_hand_in_redis_does_not_stop_the_worker() -> None:
    """An entry that somebody deleted by hand is passed over."""
    needs_redis()
    with RedisServer() as server:
        client = redis_client(server.url)
        inbox = AsyncRedisInbox(client)
        for number in range(4):
            await inbox.put(delivery(f"k{number}"), now=0)
        await inbox.lease(1, now=0, seconds=60)
        for number in ("1", "2"):
            await client.delete(f"{inbox.name}:entry:{number}")

        taken = await inbox.lease(5, now=100, seconds=60)
        taken = [*taken, *await inbox.lease(5, now=100, seconds=60)]
        assert [one.delivery.key for one in taken] == ["k2", "k3"]
        await client.aclose()
