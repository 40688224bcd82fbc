"""What every inbox promises, for SQLite and for Redis Streams."""
# GENERATED from tests/shell_async/webhooks/test_inbox.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amocrm._sync._primitives import run_all
from amocrm._sync.webhooks.inbox import Inbox
from amocrm._sync.webhooks.redis_inbox import RedisInbox
from amocrm._sync.webhooks.sqlite_inbox import SQLiteInbox
from amocrm.errors import ConfigurationError
from amocrm.webhooks import Delivery, InboxError
from tests.support.redis_server import Failover, RedisServer, needs_redis

from .._support import redis_client

if TYPE_CHECKING:
    from collections.abc import Generator

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

    @contextmanager
    def open(self) -> Generator[Inbox]:
        """An inbox of this place."""
        if self.kind == "sqlite":
            inbox: Any = SQLiteInbox(self.path / "inbox.sqlite3", lock_timeout=30)
            try:
                yield inbox
            finally:
                inbox.close()
        else:
            client = redis_client(self.url)
            try:
                yield RedisInbox(client, name=str(self.path))
            finally:
                client.close()


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


def test_what_is_put_comes_back_whole(place: Place) -> None:
    """Body, headers, query and key survive, whatever the bytes are."""
    body = bytes(range(256)) * 40
    with place.open() as inbox:
        assert inbox.put(delivery("k", body), now=10.0)
    with place.open() as inbox:
        (entry,) = inbox.lease(5, now=10.0, seconds=60)

    assert (entry.delivery.body, entry.delivery.query, entry.delivery.key) == (body, "a=1", "k")
    assert entry.delivery.headers == {"content-type": "x", "x-amocrm-requestid": "r"}
    assert (entry.attempts, entry.state, entry.received_at, entry.due) == (1, "ready", 10.0, 70.0)


def test_a_known_key_is_not_taken_again(place: Place) -> None:
    """A repetition is recognised while it waits, while it is handled, when it is dead and when it is done."""
    with place.open() as inbox:
        assert inbox.put(delivery("k"), now=1)
        assert not inbox.put(delivery("k"), now=2)
        (entry,) = inbox.lease(5, now=3, seconds=60)
        assert not inbox.put(delivery("k"), now=4)
        inbox.finish(entry, now=5)
        assert not inbox.put(delivery("k"), now=6)
        assert inbox.put(delivery("other"), now=7, dead="unreadable")
        assert not inbox.put(delivery("other"), now=8)
        assert inbox.counts() == {"ready": 0, "dead": 1, "done": 1}


def test_entries_are_leased_in_their_order_and_to_one_worker(place: Place) -> None:
    """The oldest come first, and what is leased is given to nobody else."""
    with place.open() as one, place.open() as other:
        for number in range(5):
            one.put(delivery(f"k{number}"), now=float(number))

        first = one.lease(2, now=10, seconds=60)
        second = other.lease(2, now=10, seconds=60)
        third = one.lease(5, now=10, seconds=60)

        assert [[entry.delivery.key for entry in taken] for taken in (first, second, third)] == [
            ["k0", "k1"],
            ["k2", "k3"],
            ["k4"],
        ]
        assert list(other.lease(5, now=69.9, seconds=60)) == []


def test_a_lease_comes_back_when_its_worker_died(place: Place) -> None:
    """After its time an entry is taken up again; the late worker's word counts for nothing."""
    with place.open() as one, place.open() as other:
        one.put(delivery("k"), now=0)
        (late,) = one.lease(1, now=0, seconds=60)
        (taken,) = other.lease(1, now=60.5, seconds=60)
        assert (late.id, taken.attempts) == (taken.id, 2)

        one.finish(late, now=61)
        assert not one.extend(late, until=500)
        assert (one.counts())["ready"] == 1

        other.finish(taken, now=62)
        assert one.counts() == {"ready": 0, "dead": 0, "done": 1}


def test_a_lease_can_be_extended(place: Place) -> None:
    """What is extended is not given away at the old end."""
    with place.open() as inbox:
        inbox.put(delivery("k"), now=0)
        (entry,) = inbox.lease(1, now=0, seconds=60)

        assert inbox.extend(entry, until=200)
        assert list(inbox.lease(1, now=100, seconds=60)) == []
        assert [one.attempts for one in inbox.lease(1, now=201, seconds=60)] == [2]


def test_what_failed_waits_for_its_time(place: Place) -> None:
    """A retry is due when it was said to be, with its error and the marks of what is done."""
    with place.open() as inbox:
        inbox.put(delivery("k"), now=0)
        (entry,) = inbox.lease(1, now=0, seconds=60)
        inbox.mark(entry, "0:first")
        inbox.mark(entry, "0:first")
        inbox.retry(entry, due=30.25, error="ValueError: не вышло")

        assert list(inbox.lease(1, now=30.0, seconds=60)) == []
        (again,) = inbox.lease(1, now=30.5, seconds=60)
        assert (again.attempts, again.error, again.marks) == (2, "ValueError: не вышло", {"0:first"})


def test_the_dead_wait_for_a_decision(place: Place) -> None:
    """A dead entry is not taken up; replayed it is as good as new; dropped it is gone with its key."""
    with place.open() as inbox:
        inbox.put(delivery("k"), now=0)
        (entry,) = inbox.lease(1, now=0, seconds=60)
        inbox.mark(entry, "0:first")
        inbox.bury(entry, now=1, error="no use")
        assert list(inbox.lease(1, now=1000, seconds=60)) == []
        assert [(one.state, one.error) for one in inbox.entries("dead")] == [("dead", "no use")]

        assert inbox.replay([entry.id, "999", "x"], now=1000) == 1
        assert inbox.replay([entry.id], now=1000) == 0
        (again,) = inbox.lease(1, now=1000, seconds=60)
        assert (again.attempts, again.error, again.marks) == (1, None, frozenset())

        assert inbox.drop([entry.id, "999", "x"]) == 1
        assert inbox.counts() == {"ready": 0, "dead": 0, "done": 0}
        assert inbox.put(delivery("k"), now=2000)


def test_what_waits_can_be_tried_at_once(place: Place) -> None:
    """A waiting entry becomes due with its marks and attempts; one that is being handled is left alone."""
    with place.open() as inbox:
        for name in ("waits", "handled"):
            inbox.put(delivery(name), now=0)
        waits, handled = inbox.lease(2, now=0, seconds=60)
        inbox.mark(waits, "0:first")
        inbox.retry(waits, due=3600, error="not yet")
        assert list(inbox.lease(2, now=1, seconds=60)) == []

        assert inbox.replay([waits.id, handled.id], now=1) == 1
        assert inbox.replay([waits.id], now=1) == 0
        (again,) = inbox.lease(2, now=1, seconds=60)
        assert (again.id, again.attempts, again.marks, again.error) == (waits.id, 2, {"0:first"}, "not yet")
        assert inbox.extend(handled, until=100)


def test_the_done_can_be_replayed_and_are_purged(place: Place) -> None:
    """What is handled is kept for a while and then removed together with its key."""
    with place.open() as inbox:
        for number in range(3):
            inbox.put(delivery(f"k{number}"), now=0)
        for entry in inbox.lease(3, now=0, seconds=60):
            inbox.finish(entry, now=100.0 + int(entry.delivery.key[-1]))  # type: ignore[index]
        done = inbox.entries("done")

        assert inbox.replay([done[2].id], now=200) == 1
        assert inbox.purge(before=101) == 1
        assert [one.delivery.key for one in inbox.entries()] == ["k1", "k2"]
        assert inbox.counts() == {"ready": 1, "dead": 0, "done": 1}
        assert not inbox.put(delivery("k1"), now=300)
        assert inbox.put(delivery("k0"), now=300)


def test_all_dead_entries_are_decided_about_at_once(place: Place) -> None:
    """Without ids, replaying and removing mean what is dead, and nothing else."""
    with place.open() as inbox:
        for number in range(7):
            inbox.put(delivery(f"k{number}"), now=float(number), dead="x" if number % 2 else None)
        (first, *_) = inbox.entries("dead")

        assert inbox.drop([first.id]) == 1
        assert inbox.replay(now=10) == 2
        assert inbox.replay(now=10) == 0
        assert inbox.counts() == {"ready": 6, "dead": 0, "done": 0}
        inbox.put(delivery("other"), now=11, dead="x")
        assert inbox.drop() == 1
        assert inbox.counts() == {"ready": 6, "dead": 0, "done": 0}
        assert inbox.drop(["9" * 30, "-1", "", "x"]) == 0


def test_a_clock_that_is_put_back_holds_nothing_up(place: Place) -> None:
    """What nobody has taken up is due, whatever the clock said when it came."""
    with place.open() as inbox:
        inbox.put(delivery("before"), now=10_000)
        inbox.put(delivery("after"), now=5)

        assert len(inbox.lease(5, now=6, seconds=60)) == 2


def test_old_and_new_entries_take_turns_by_their_time(place: Place) -> None:
    """What waits for another attempt is not held up by a backlog of what is new."""
    with place.open() as inbox:
        inbox.put(delivery("failed"), now=0)
        (entry,) = inbox.lease(1, now=0, seconds=60)
        inbox.retry(entry, due=5, error="x")
        for number in range(20):
            inbox.put(delivery(f"k{number}"), now=10.0 + number)

        taken = [one.delivery.key for _ in range(21) for one in inbox.lease(1, now=100, seconds=60)]

    assert sorted(taken) == sorted(["failed", *(f"k{number}" for number in range(20))])
    if place.kind == "sqlite":
        assert taken[0] == "failed"


def test_the_list_is_bounded(place: Place) -> None:
    """A list gives no more than was asked for, the oldest first, and of one state if that is wanted."""
    with place.open() as inbox:
        for number in range(12):
            inbox.put(delivery(f"k{number}"), now=float(number), dead="x" if number % 2 else None)

        assert [entry.id for entry in inbox.entries(limit=3)] == ["1", "2", "3"]
        assert [entry.delivery.key for entry in inbox.entries("dead", limit=2)] == ["k1", "k3"]
        assert [entry.state for entry in inbox.entries("ready", limit=2)] == ["ready", "ready"]


def test_many_at_once_lose_and_double_nothing(place: Place) -> None:
    """Writers and workers beside each other: every key once, every entry to one worker."""
    with place.open() as one, place.open() as other:
        puts = [
            partial((one, other)[number % 2].put, delivery(f"k{number // 2}"), now=1.0)
            for number in range(60)
        ]
        taken = run_all(puts, 6)
        leases = run_all([partial(box.lease, 2, now=2.0, seconds=60) for box in (one, other) * 10], 6)

        assert sorted(taken) == [False] * 30 + [True] * 30  # type: ignore[type-var]
        keys = [entry.delivery.key for lease in leases for entry in lease]  # type: ignore[union-attr]
        assert len(keys) == len(set(keys)) == 30


def test_a_server_without_a_disk_is_refused() -> None:
    """A Redis that keeps nothing would lose what was accepted."""
    needs_redis()
    with RedisServer(appendonly=False) as server:
        client = redis_client(server.url)
        with pytest.raises(ConfigurationError, match="appendonly"):
            RedisInbox(client).put(delivery("k"), now=0)
        client.config_set("appendonly", "yes")
        client.config_set("appendfsync", "everysec")
        with pytest.raises(ConfigurationError, match="set `appendfsync always`"):
            RedisInbox(client).put(delivery("k"), now=0)
        assert RedisInbox(client, durable=False).put(delivery("k"), now=0)
        client.close()


def test_what_redis_took_survives_its_restart() -> None:
    """A killed server comes back with everything: what waits, what is leased, what waits for its time."""
    needs_redis()
    with RedisServer() as server:
        client = redis_client(server.url)
        inbox = RedisInbox(client)
        for number in range(3):
            inbox.put(delivery(f"k{number}"), now=0)
        leased, failed = inbox.lease(2, now=0, seconds=60)
        inbox.retry(failed, due=30, error="x")
        client.close()
        server.restart()
        client = redis_client(server.url)
        inbox = RedisInbox(client)

        assert [one.delivery.key for one in inbox.lease(5, now=1, seconds=600)] == ["k2"]
        assert [one.delivery.key for one in inbox.lease(5, now=31, seconds=600)] == ["k1"]
        assert [one.id for one in inbox.lease(5, now=61, seconds=600)] == [leased.id]
        assert not inbox.put(delivery("k0"), now=70)
        client.close()


def test_a_server_that_throws_data_away_is_refused() -> None:
    """A Redis that makes room by itself would make it of what was accepted."""
    needs_redis()
    with RedisServer() as server:
        client = redis_client(server.url)
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(ConfigurationError, match="noeviction"):
            RedisInbox(client).put(delivery("k"), now=0)
        client.config_set("maxmemory-policy", "noeviction")
        assert RedisInbox(client).put(delivery("k"), now=0)
        client.close()


def test_a_failover_loses_nothing_that_was_accepted() -> None:
    """Where there is a replica, a delivery counts as accepted when the replica has it."""
    needs_redis()
    with Failover() as servers:
        inbox = RedisInbox(servers.url)
        for number in range(20):
            assert inbox.put(delivery(f"k{number}"), now=0)
        servers.promote()
        assert len(inbox.entries()) == 20
        inbox.close()


def test_what_no_replica_has_is_not_accepted() -> None:
    """The server sends it again; once the replica is back it counts, and it is one delivery."""
    needs_redis()
    with Failover() as servers:
        inbox = RedisInbox(servers.url)
        with servers.replica.suspended(), pytest.raises(InboxError, match="no replica"):
            inbox.put(delivery("k"), now=0)
        assert not inbox.put(delivery("k"), now=1)
        assert len(inbox.entries()) == 1
        inbox.close()


def test_a_full_redis_takes_nothing_and_loses_nothing() -> None:
    """What does not fit is refused with an error; what was taken stays."""
    needs_redis()
    with RedisServer() as server:
        inbox = RedisInbox(server.url + "#mine")
        assert inbox.put(delivery("k"), now=0)
        client = redis_client(server.url)
        client.config_set("maxmemory", "1")
        with pytest.raises(InboxError, match="OutOfMemory"):
            inbox.put(delivery("other"), now=0)
        client.config_set("maxmemory", "0")
        assert [one.delivery.key for one in inbox.entries()] == ["k"]
        assert inbox.name == "{mine}"
        client.close()
        inbox.close()


def test_a_redis_that_is_away_is_said_and_found_again() -> None:
    """Without the server nothing is accepted; when it is back, all is as it was."""
    needs_redis()
    with RedisServer() as server:
        inbox = RedisInbox(server.url)
        assert inbox.put(delivery("k"), now=0)
        server.kill()
        for step in (
            partial(inbox.put, delivery("other"), now=0),
            partial(inbox.lease, 1, now=0, seconds=60),
            inbox.counts,
        ):
            with pytest.raises(InboxError, match="Redis failed"):
                step()
        with pytest.raises(InboxError, match="Redis failed"):
            RedisInbox(server.url).put(delivery("other"), now=0)
        server.start()
        assert [one.delivery.key for one in inbox.lease(5, now=1, seconds=60)] == ["k"]
        inbox.close()


def test_a_foreign_hand_in_redis_does_not_stop_the_worker() -> None:
    """An entry that somebody deleted by hand is passed over."""
    needs_redis()
    with RedisServer() as server:
        client = redis_client(server.url)
        inbox = RedisInbox(client)
        for number in range(4):
            inbox.put(delivery(f"k{number}"), now=0)
        inbox.lease(1, now=0, seconds=60)
        for number in ("1", "2"):
            client.delete(f"{inbox.name}:entry:{number}")

        taken = inbox.lease(5, now=100, seconds=60)
        taken = [*taken, *inbox.lease(5, now=100, seconds=60)]
        assert [one.delivery.key for one in taken] == ["k2", "k3"]
        client.close()
