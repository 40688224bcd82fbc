"""The file of an inbox in SQLite, and what can go wrong with it. Nothing that was accepted is lost by any of it."""
# GENERATED from tests/shell_async/webhooks/test_sqlite_inbox.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import os
import sqlite3
import stat
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from amocrm._sync._primitives import TaskScope, run_all
from amocrm._sync.webhooks.receiver import WebhookReceiver
from amocrm._sync.webhooks.sqlite_inbox import SQLiteInbox
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


def kept(path: Path) -> list[str | None]:
    """The keys that a new process finds."""
    inbox = SQLiteInbox(path)
    found = [entry.delivery.key for entry in inbox.entries()]
    inbox.close()
    return found


def test_it_is_readable_by_its_owner_only(path: Path) -> None:
    """Deliveries are personal data."""
    inbox = SQLiteInbox(path)
    inbox.put(delivery("k"), now=0)

    modes = {each.name: stat.S_IMODE(os.stat(each).st_mode) for each in path.parent.iterdir()}
    inbox.close()

    assert set(modes) >= {"inbox.sqlite3", "inbox.sqlite3-wal", "inbox.sqlite3.turn"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("time", range(5))
def test_many_that_open_it_at_once(path: Path, time: int) -> None:
    """Whoever comes first sets the file up, and nobody is turned away meanwhile."""
    boxes = [SQLiteInbox(path, lock_timeout=30) for _ in range(8)]

    taken = run_all(
        [partial(box.put, delivery(f"k{number}"), now=1.0) for number, box in enumerate(boxes)], 8
    )
    assert taken == [True] * 8
    run_all([box.close for box in boxes], 8)

    assert len(kept(path)) == 8


@pytest.mark.slow
def test_writers_take_turns(path: Path) -> None:
    """Of several that write without a pause, none keeps the others out: without turns a few long stretches are all."""
    boxes = [SQLiteInbox(path, lock_timeout=30) for _ in range(3)]
    boxes[0].put(delivery("first"), now=0)
    order: list[int] = []

    def hammer(writer: int) -> None:
        for number in range(60):
            boxes[writer].put(delivery(f"{writer}-{number}"), now=1)
            order.append(writer)

    with TaskScope(3) as scope:
        for running in [scope.start(partial(hammer, writer)) for writer in range(3)]:
            running.result()
    run_all([box.close for box in boxes], 3)

    while_all_wrote = order[: min(len(order) - order[::-1].index(writer) for writer in range(3))]
    stretches = [len(list(stretch)) for _, stretch in groupby(while_all_wrote)]
    assert len(stretches) > 25


def test_a_writer_that_does_not_end_is_said_and_nothing_is_accepted(path: Path) -> None:
    """When another process holds the file for too long, the platform is asked to repeat the delivery."""
    failures: list[Failure] = []
    inbox = SQLiteInbox(path, lock_timeout=0.05)
    inbox.put(delivery("k"), now=0)
    receiver = WebhookReceiver(secret=None, inbox=inbox, on_failure=failures.append)
    holder = sqlite3.connect(path)
    holder.execute("BEGIN IMMEDIATE")

    answer = receiver.accept(Delivery(body=b"leads[add][0][id]=2"))
    assert inbox.counts() == {"ready": 1, "dead": 0, "done": 0}
    holder.execute("ROLLBACK")
    holder.close()

    assert answer.status == 503
    assert "for too long" in str(failures[0].error)
    assert (receiver.accept(Delivery(body=b"leads[add][0][id]=2"))).status == 200
    receiver.close()
    assert len(kept(path)) == 2


def test_readers_keep_no_writer_waiting(path: Path) -> None:
    """A long look into the inbox and a delivery that comes in meanwhile do not meet."""
    inbox = SQLiteInbox(path, lock_timeout=0.05)
    inbox.put(delivery("k"), now=0)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM deliveries").fetchall()

    assert inbox.put(delivery("other"), now=0)
    reader.close()
    inbox.close()


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
def test_what_is_no_inbox_is_left_alone(make: Any, words: str, path: Path) -> None:
    """The error says what it is and what to do, and nothing is written into it."""
    path.parent.mkdir()
    make(path)
    inbox = SQLiteInbox(path)

    for _ in range(2):
        with pytest.raises(InboxError, match=words):
            inbox.put(delivery("k"), now=0)
    inbox.close()


def test_a_damaged_file_is_said(path: Path) -> None:
    """Damage that shows later is an error with advice, and acceptance says 503."""
    failures: list[Failure] = []
    inbox = SQLiteInbox(path)
    for number in range(200):
        inbox.put(delivery(f"k{number}"), now=0)
    inbox.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)

    receiver = WebhookReceiver(secret=None, inbox=path, on_failure=failures.append)
    answer = receiver.accept(Delivery(body=b"leads[add][0][id]=2"))
    receiver.close()

    assert answer.status == 503
    assert ".recover" in str(failures[0].error)


def test_a_file_that_was_removed_is_made_anew(path: Path) -> None:
    """A process does not go on writing into a file that has no name any more."""
    inbox = SQLiteInbox(path)
    inbox.put(delivery("gone"), now=0)
    for each in list(path.parent.iterdir()):
        each.unlink()

    assert inbox.put(delivery("k"), now=0)
    inbox.close()
    assert kept(path) == ["k"]


def test_the_next_delivery_is_found_without_a_look_at_the_others(path: Path) -> None:
    """However long the backlog is, every step uses an index and sorts no more than it takes."""
    inbox = SQLiteInbox(path)
    inbox.put(delivery("k"), now=0)
    inbox.close()
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


def test_it_may_be_used_again_after_it_was_closed(path: Path) -> None:
    """Closing gives back what is open, no more."""
    inbox = SQLiteInbox(path)
    for number in range(3):
        assert inbox.put(delivery(f"k{number}"), now=0)
        inbox.close()
        inbox.close()

    assert kept(path) == ["k0", "k1", "k2"]


def test_a_big_decision_is_made_in_pieces(path: Path) -> None:
    """Replaying and removing thousands keeps no delivery waiting for all of them."""
    inbox = SQLiteInbox(path)
    sqlite_inbox: Any = inbox
    inbox.put(delivery("k"), now=0)

    def many(sql: sqlite3.Connection) -> None:
        for number in range(1200):
            sqlite_steps.put(sql, delivery(f"k{number}x"), 0.0, "dead")

    sqlite_inbox._write(many)
    pieces: list[Any] = []
    write = sqlite_inbox._write
    sqlite_inbox._write = lambda work: pieces.append(work) or write(work)

    assert inbox.replay(now=1) == 1200
    assert len(pieces) == 3
    inbox.close()
