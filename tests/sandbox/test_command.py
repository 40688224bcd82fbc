"""The command: what it says when it cannot, and what a killed one leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from amocrm_sandbox import ManualClock, Sandbox, SandboxServer
from amocrm_sandbox.__main__ import main
from amocrm_sandbox.storage.store import AccountFileError

from .conftest import NOW, Checked

COMMAND = (sys.executable, "-m", "amocrm_sandbox", "--json", "--limits", "off")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--limits", "few"], "none of on, off and a number"),
        (["--limits", "0"], "none of on, off and a number"),
        (["--port", "99999"], "no whole number from 0 to 65535"),
        (["--port", "80x"], "no whole number from 0 to 65535"),
        (["--fill", "-5"], "no whole number from 0"),
        (["--subdomain", "bad_name!"], "use a-z, 0-9 and hyphens"),
        (["--link-base", "shard7"], "such as https://"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_arguments_that_mean_nothing_are_explained(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status is 2 and the sentence says what would do."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A taken port, a folder that is not there, a file that is no account: exit status 1, no traceback."""
    (tmp_path / "text.db").write_text("This is no database, but long enough to be taken for one.")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (id)")
    other.close()
    with SandboxServer() as server:
        cases = {
            ("--port", str(server.port)): "choose another --host or --port",
            ("--db", str(tmp_path / "no" / "a.db")): "is its folder there",
            ("--db", str(tmp_path / "text.db")): "delete this one to begin anew",
            ("--db", str(tmp_path / "other.db")): "no account of the sandbox",
        }
        for arguments, words in cases.items():
            assert main(arguments) == 1
            said = capsys.readouterr().err
            assert said.startswith("amocrm sandbox: ")
            assert words in said
            assert said.count("\n") == 1


def test_a_damaged_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half a file and one with holes are no accounts any more; the command says so and what is left to do."""
    path = tmp_path / "whole.db"
    made = Sandbox(db=path)
    made.call("POST", "/api/v4/leads", [{"name": "x" * 1000}] * 250)
    made.close()
    whole = path.read_bytes()
    half, holes = whole[: len(whole) // 2], whole[: 3 * 4096] + b"\xa5" * (len(whole) - 3 * 4096)
    for number, content in enumerate((half, holes)):
        damaged = tmp_path / f"{number}.db"
        damaged.write_bytes(content)
        assert main(["--db", str(damaged), "--fill", "1"]) == 1
        assert "malformed; name another file, or delete this one" in capsys.readouterr().err


@pytest.mark.slow
def test_a_missing_extra_is_named() -> None:
    """Without fastjsonschema the command says what to install; its help works all the same."""
    hidden = "import sys; sys.modules['fastjsonschema'] = None; from amocrm.__main__ import main; sys.exit(main({}))"
    for arguments, status, words in (
        (["sandbox"], 1, 'pip install "amocrm-orm[sandbox]"'),
        (["sandbox", "-h"], 0, "--db"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", hidden.format(arguments)], capture_output=True, text=True, check=False
        )
        assert done.returncode == status
        assert words in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    """Two sandboxes on one file would not see each other's writes; the second one is told so."""
    first = Sandbox(db=tmp_path / "a.db")
    with pytest.raises(AccountFileError, match="another process has it open"):
        Sandbox(db=tmp_path / "a.db")
    first.close()
    Sandbox(db=tmp_path / "a.db").close()


def test_a_file_of_a_newer_format_is_refused_and_an_older_one_is_taken(tmp_path: Path) -> None:
    """An older file gets what it lacks; a newer one is left alone."""
    path = tmp_path / "a.db"
    made = Sandbox(db=path)
    made.call("POST", "/api/v4/leads", [{"name": "A"}])
    made.close()
    with sqlite3.connect(path) as file:
        file.executescript("DROP TABLE hook_queue; DROP TABLE hook_failures; PRAGMA user_version=1")
    file.close()
    older = Sandbox(db=path)
    hook = {"destination": "https://example.com/h", "settings": ["add_lead"]}
    older.call("POST", "/api/v4/webhooks", hook)
    assert older.call("POST", "/api/v4/leads", [{}]).status == 200
    assert older.webhooks.deliveries[-1].is_delivered
    older.close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version=99")
    file.close()
    with pytest.raises(AccountFileError, match="update the package"):
        Sandbox(db=path)


def test_deliveries_that_wait_survive_with_their_schedule(tmp_path: Path, clock: ManualClock) -> None:
    """An account that is opened again goes on with its webhooks where it was, byte for byte."""
    path = tmp_path / "a.db"
    first = Checked(db=path, clock=clock, limits=False)
    first.webhooks.deliverer = lambda delivery: 500
    first.post("/api/v4/webhooks", {"destination": "https://example.com/h", "settings": ["add_lead"]})
    first.make("leads", {"name": "Заказ"})
    (sent,) = first.webhooks.deliveries
    assert (sent.attempts, sent.next_at) == ([(NOW, 500)], NOW + 300)
    first.close()
    second = Checked(db=path, clock=clock, limits=False)
    second.webhooks.pump()
    (kept,) = second.webhooks.deliveries
    assert (kept.body, kept.headers, kept.attempts) == (sent.body, sent.headers, sent.attempts)
    clock.advance(300)
    assert second.webhooks.run_due() == 1
    assert kept.is_delivered
    second.close()
    third = Checked(db=path, clock=clock, limits=False)
    assert len(third.webhooks.deliveries) == 0
    third.close()


def test_failures_of_a_hook_are_counted_across_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    """More than a hundred in two hours switch it off, wherever they were counted."""
    path = tmp_path / "a.db"
    for _ in range(2):
        sandbox = Checked(db=path, clock=clock, limits=False)
        sandbox.webhooks.deliverer = lambda delivery: 400
        if sandbox.get("/api/v4/webhooks").status == 204:
            sandbox.post(
                "/api/v4/webhooks", {"destination": "https://example.com/h", "settings": ["add_lead"]}
            )
        sandbox.make("leads", *({} for _ in range(51)))
        (hook,) = sandbox.read("/api/v4/webhooks")["_embedded"]["webhooks"]
        sandbox.close()
    assert hook["disabled"]


def test_a_moved_clock_stays_moved(tmp_path: Path) -> None:
    """A calendar that was moved by a day is still a day ahead after the file is opened again."""
    path = tmp_path / "a.db"
    first = Sandbox(db=path)
    first.clock.advance(86_400)
    moved = first.clock.now()
    first.close()
    second = Sandbox(db=path)
    assert 0 <= second.clock.now() - moved < 600
    second.close()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
def test_a_killed_server_has_lost_nothing_that_it_answered(tmp_path: Path) -> None:
    """`kill -9` amid writes: the file opens again, every answered lead is whole in it, and the token still works."""
    path = tmp_path / "a.db"
    answered: dict[int, str] = {}
    for round in range(2):
        with subprocess.Popen([*COMMAND, "--db", str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            keys = json.loads(process.stdout.readline())
            headers = {"authorization": f"Bearer {keys['token']}"}
            with httpx.Client(base_url=keys["url"], headers=headers) as client:
                for number in range(40):
                    name = f"{round}-{number}"
                    body = [{"name": name, "tags_to_add": [{"name": name}]}]
                    made = client.post("/api/v4/leads", json=body).json()["_embedded"]["leads"]
                    answered[made[0]["id"]] = name
            # One more is under way when the end comes.
            host, _, port = keys["url"].removeprefix("http://").partition(":")
            batch = json.dumps([{"name": "batch"}] * 250).encode()
            head = f"POST /api/v4/leads HTTP/1.1\r\nHost: {host}\r\nAuthorization: {headers['authorization']}\r\n"
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(f"{head}Content-Length: {len(batch)}\r\n\r\n".encode() + batch)
                os.kill(process.pid, signal.SIGKILL)
    sandbox = Sandbox(db=path, limits=False)
    assert sandbox.store.value("PRAGMA integrity_check") == "ok"
    sent = {"authorization": headers["authorization"]}
    for id, name in answered.items():
        lead = sandbox.call("GET", f"/api/v4/leads/{id}", headers=sent).json()
        assert (lead["name"], lead["_embedded"]["tags"][0]["name"]) == (name, name)
    # The batch is there as a whole or not at all.
    count = sandbox.store.value("SELECT count(*) FROM leads")
    assert (count - len(answered)) % 250 == 0
    sandbox.close()
