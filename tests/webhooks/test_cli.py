"""The command `amocrm webhooks`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from amocrm import RedisInbox, SQLiteInbox, WebhookReceiver
from amocrm.__main__ import main as amocrm
from amocrm.command.webhooks import main
from amocrm.webhooks import Delivery
from tests.support.redis_server import RedisServer, needs_redis

BODY = b"leads[add][0][id]=%d&account[id]=12345678"


@pytest.fixture
def inbox(tmp_path: Path) -> str:
    """A file with a ready, a dead and an unreadable delivery."""
    path = tmp_path / "inbox.sqlite3"
    box = SQLiteInbox(path)
    for number in (1, 2):
        box.put(Delivery(body=BODY % number, key=f"k{number}"), now=1_700_000_000)
    box.put(Delivery(body=b"[1]", key="k3"), now=1_700_000_100, dead="BodyMalformed: no object")
    (first,) = box.lease(1, now=1_700_000_000, seconds=60)
    box.bury(first, now=1_700_000_001, error="won: ValueError: no")
    box.close()
    return str(path)


def test_the_list_has_a_line_for_each_delivery(inbox: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each delivery: id, state, moment, events, error; then the totals."""
    assert amocrm(["webhooks", "list", "--inbox", inbox]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [["1", "dead"], ["2", "ready"], ["3", "dead"]]
    assert "2023-11-14 22:13:20 UTC" in lines[0]
    assert "LeadAdded(leads 1, account=12345678)" in lines[0]
    assert lines[0].endswith("won: ValueError: no")
    assert "unreadable" in lines[2]
    assert lines[3] == "1 ready, 2 dead, 0 done"


def test_the_list_as_json_includes_bodies(inbox: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For other programs: bodies included, one object a line."""
    assert main(["list", "--inbox", inbox, "--json", "--state", "ready", "--limit", "1"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (found["id"], found["state"], found["body"]) == ("2", "ready", (BODY % 2).decode())


def test_dead_deliveries_are_replayed_or_dropped_by_id(
    inbox: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead deliveries are made ready or removed, by id or all of them; what is not there gives exit code 1."""
    monkeypatch.setenv("AMOCRM_WEBHOOKS_INBOX", inbox)

    assert main(["replay", "1"]) == 0
    assert main(["replay", "1", "77"]) == 1
    assert main(["drop", "--dead"]) == 0
    assert main(["drop", "1", "2", "2"]) == 0
    assert main(["drop", "9" * 40, "x"]) == 1
    assert main(["list"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "1 delivery ready again",
        "0 deliveries ready again",
        "1 delivery dropped",
        "2 deliveries dropped",
        "0 deliveries dropped",
        "0 ready, 0 dead, 0 done",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--inbox", "/no/such/file"], "--inbox"),
        (["replay", "--inbox", "{inbox}"], "--dead"),
        (["work", "no.such.module:receiver"], "MODULE:NAME"),
        (["work", "json:loads"], "must be an amocrm.WebhookReceiver"),
        (["work", ":"], "MODULE:NAME"),
        (["drop", "1", "--dead", "--inbox", "{inbox}"], "--dead"),
        (["list", "--inbox", __file__], "not an SQLite database"),
        (["list", "--inbox", "redis://127.0.0.1:1/0"], "inbox in Redis failed"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], words: str, inbox: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence and exit code 2, and no file is made by looking."""
    assert main([argument.format(inbox=inbox) for argument in arguments]) == 2

    assert words in capsys.readouterr().err


def test_an_inbox_in_redis(capsys: pytest.CaptureFixture[str]) -> None:
    """The same commands work on Redis, by address and name."""
    needs_redis()
    from redis import Redis

    with RedisServer() as server:
        client: Any = Redis.from_url(server.url)
        RedisInbox(client, name="other").put(Delivery(body=BODY % 5, key="k"), now=0, dead="x")
        client.close()

        assert main(["list", "--inbox", f"{server.url}#other"]) == 0
        assert main(["drop", "--inbox", f"{server.url}#other", "--dead"]) == 0
        assert main(["list", "--inbox", server.url]) == 0

    out = capsys.readouterr().out.splitlines()
    assert "LeadAdded(leads 5" in out[0]
    assert out[1:] == ["0 ready, 1 dead, 0 done", "1 delivery dropped", "0 ready, 0 dead, 0 done"]


PROGRAM = """
from amocrm import WebhookReceiver
receiver = WebhookReceiver(secret=None, inbox="inbox.sqlite3")
@receiver.on()
def handler(event):
    open("seen.txt", "a").write(f"{event!r}\\n")
"""


@pytest.mark.slow
def test_a_worker_runs_until_it_is_told_to_stop(inbox: str) -> None:
    """A worker runs from the command line until it is told to stop."""
    folder = Path(inbox).parent
    (folder / "program.py").write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, "-m", "amocrm", "webhooks", "work", "program:receiver"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        seen, deadline = folder / "seen.txt", time.monotonic() + 30
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()

    assert seen.read_text() == "LeadAdded(leads 2, account=12345678)\n"
    assert process.returncode == 0
    assert "working on" in out


def test_hooks_can_be_imported_from_the_front_door() -> None:
    """The receivers and inboxes are public names."""
    receiver = WebhookReceiver(secret=None, inbox=":memory:")

    assert receiver.event_codes == ()
    receiver.close()
