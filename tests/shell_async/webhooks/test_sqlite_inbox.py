"""The file of an inbox in SQLite, and what can go wrong with it. Nothing that was accepted is lost by any of it."""

from __future__ import annotations

import os
import sqlite3
import stat
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from amocrm._async._primitives import TaskScope, run_all
from amocrm._async.webhooks.receiver import AsyncWebhookReceiver
from amocrm._async.webhooks.sqlite_inbox import AsyncSQLiteInbox
from amocrm.webhooks import Delivery, InboxError
from amocrm.webhooks._receiving import sqlite_statements as sqlite_steps
from amocrm.webhooks._receiving.handler_registry import Failure

pytestmark = pytest.mark.anyio


def delivery(key: str) -> Delivery:
    """Something storable."""
    return Delivery(body=b"leads[add][0][id]=1", key=key)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the inbox is."""
    return tmp_path / "deep" / "inbox.sqlite3"


async def kept(path: Path) -> list[str | None]:
    """The keys that a new process finds."""
    inbox = AsyncSQLiteInbox(path)
    found = [entry.delivery.key for entry in await inbox.entries()]
    await inbox.close()
    return found


async def test_it_is_readable_by_its_owner_only(path: Path) -> None:
    """Deliveries are personal data."""
    inbox = AsyncSQLiteInbox(path)
    await inbox.put(delivery("k"), now=0)

    modes = {each.name: stat.S_IMODE(os.stat(each).st_mode) for each in path.parent.iterdir()}
    await inbox.close()

    assert set(modes) >= {"inbox.sqlite3", "inbox.sqlite3-wal", "inbox.sqlite3.turn"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("time", range(5))
async def test_many_that_open_it_at_once(path: Path, time: int) -> None:
    """Whoever comes first sets the file up, and nobody is turned away meanwhile."""
    boxes = [AsyncSQLiteInbox(path, lock_timeout=30) for _ in range(8)]

    taken = await run_all(
        [partial(box.put, delivery(f"k{number}"), now=1.0) for number, box in enumerate(boxes)], 8
    )
    assert taken == [True] * 8
    await run_all([box.close for box in boxes], 8)

    assert len(await kept(path)) == 8


@pytest.mark.slow
async def test_writers_take_turns(path: Path) -> None:
    """Of several that write without a pause, none keeps the others out: without turns a few long stretches are all."""
    boxes = [AsyncSQLiteInbox(path, lock_timeout=30) for _ in range(3)]
    await boxes[0].put(delivery("first"), now=0)
    order: list[int] = []

    async def hammer(writer: int) -> None:
        for number in range(60):
            await boxes[writer].put(delivery(f"{writer}-{number}"), now=1)
            order.append(writer)

    async with TaskScope(3) as scope:
        for running in [scope.start(partial(hammer, writer)) for writer in range(3)]:
            await running.result()
    await run_all([box.close for box in boxes], 3)

    while_all_wrote = order[: min(len(order) - order[::-1].index(writer) for writer in range(3))]
    stretches = [len(list(stretch)) for _, stretch in groupby(while_all_wrote)]
    assert len(stretches) > 25


async def test_a_writer_that_does_not_end_is_said_and_nothing_is_accepted(path: Path) -> None:
    """When another process holds the file for too long, the platform is asked to repeat the delivery."""
    failures: list[Failure] = []
    inbox = AsyncSQLiteInbox(path, lock_timeout=0.05)
    await inbox.put(delivery("k"), now=0)
    receiver = AsyncWebhookReceiver(secret=None, inbox=inbox, on_failure=failures.append)
    holder = sqlite3.connect(path)
    holder.execute("BEGIN IMMEDIATE")

    answer = await receiver.accept(Delivery(body=b"leads[add][0][id]=2"))
    assert await inbox.counts() == {"ready": 1, "dead": 0, "done": 0}
    holder.execute("ROLLBACK")
    holder.close()

    assert answer.status == 503
    assert "for too long" in str(failures[0].error)
    assert (await receiver.accept(Delivery(body=b"leads[add][0][id]=2"))).status == 200
    await receiver.close()
    assert len(await kept(path)) == 2


async def test_readers_keep_no_writer_waiting(path: Path) -> None:
    """A long look into the inbox and a delivery that comes in meanwhile do not meet."""
    inbox = AsyncSQLiteInbox(path, lock_timeout=0.05)
    await inbox.put(delivery("k"), now=0)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM deliveries").fetchall()

    assert await inbox.put(delivery("other"), now=0)
    reader.close()
    await inbox.close()


def not_sqlite(path: Path) -> None:
    """A text."""
    path.write_text("no database at all " * 100)


def foreign(path: Path) -> None:
    """The database of another program."""
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE deliveries (id INTEGER)")
    other.close()


def newer(path: Path) -> None:
    """An inbox of a version to come."""
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()


def folder(path: Path) -> None:
    """No file."""
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (not_sqlite, "not an SQLite database"),
        (foreign, "another program"),
        (newer, "of this version"),
        (folder, "cannot be opened"),
    ],
)
async def test_what_is_no_inbox_is_left_alone(make: Any, words: str, path: Path) -> None:
    """The error says what it is and what to do, and nothing is written into it."""
    path.parent.mkdir()
    make(path)
    inbox = AsyncSQLiteInbox(path)

    for _ in range(2):
        with pytest.raises(InboxError, match=words):
            await inbox.put(delivery("k"), now=0)
    await inbox.close()


async def test_a_damaged_file_is_said(path: Path) -> None:
    """Damage that shows later is an error with advice, and acceptance says 503."""
    failures: list[Failure] = []
    inbox = AsyncSQLiteInbox(path)
    for number in range(200):
        await inbox.put(delivery(f"k{number}"), now=0)
    await inbox.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)

    receiver = AsyncWebhookReceiver(secret=None, inbox=path, on_failure=failures.append)
    answer = await receiver.accept(Delivery(body=b"leads[add][0][id]=2"))
    await receiver.close()

    assert answer.status == 503
    assert ".recover" in str(failures[0].error)


async def test_a_file_that_was_removed_is_made_anew(path: Path) -> None:
    """A process does not go on writing into a file that has no name any more."""
    inbox = AsyncSQLiteInbox(path)
    await inbox.put(delivery("gone"), now=0)
    for each in list(path.parent.iterdir()):
        each.unlink()

    assert await inbox.put(delivery("k"), now=0)
    await inbox.close()
    assert await kept(path) == ["k"]


async def test_the_next_delivery_is_found_without_a_look_at_the_others(path: Path) -> None:
    """However long the backlog is, every step uses an index and sorts no more than it takes."""
    inbox = AsyncSQLiteInbox(path)
    await inbox.put(delivery("k"), now=0)
    await inbox.close()
    sql = sqlite3.connect(path)
    plans: list[str] = []
    sql.set_trace_callback(lambda statement: plans.append(statement))
    sqlite_steps.lease(sql, 1, 5.0, 60.0)
    sqlite_steps.purge(sql, 5.0, 10)
    sql.set_trace_callback(None)

    steps = [
        row[3]
        for statement in plans
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))
        for row in sql.execute("EXPLAIN QUERY PLAN " + statement)
    ]
    sql.close()
    assert [
        step for step in steps if step.startswith("SCAN") and "INDEX" not in step and "subquery" not in step
    ] == []
    assert any("deliveries_fresh" in step for step in steps)
    assert any("deliveries_again" in step for step in steps)
    assert any("deliveries_settled" in step for step in steps)


async def test_it_may_be_used_again_after_it_was_closed(path: Path) -> None:
    """Closing gives back what is open, no more."""
    inbox = AsyncSQLiteInbox(path)
    for number in range(3):
        assert await inbox.put(delivery(f"k{number}"), now=0)
        await inbox.close()
        await inbox.close()

    assert await kept(path) == ["k0", "k1", "k2"]


async def test_a_big_decision_is_made_in_pieces(path: Path) -> None:
    """Replaying and removing thousands keeps no delivery waiting for all of them."""
    inbox = AsyncSQLiteInbox(path)
    sqlite_inbox: Any = inbox
    await inbox.put(delivery("k"), now=0)

    def many(sql: sqlite3.Connection) -> None:
        for number in range(1200):
            sqlite_steps.put(sql, delivery(f"k{number}x"), 0.0, "dead")

    await sqlite_inbox._write(many)
    pieces: list[Any] = []
    write = sqlite_inbox._write
    sqlite_inbox._write = lambda work: pieces.append(work) or write(work)

    assert await inbox.replay(now=1) == 1200
    assert len(pieces) == 3
    await inbox.close()
