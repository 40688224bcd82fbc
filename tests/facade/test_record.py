"""`amocrm record`: a session is kept without personal data, and the sandbox plays it back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from amocrm import AmoCRM, Contact, Lead
from amocrm._core.http.hosts import parse_account
from amocrm.command.recording.proxy import Recorder
from amocrm.command.recording.replacement import Replacement, words_of
from amocrm_gen import openapi
from amocrm_sandbox import Sandbox, SandboxServer, fill_from
from amocrm_sandbox.__main__ import main as sandbox_command

PHONE, MAIL, NAME, TEXT = "+7 (916) 123-45-67", "ivan@secret.example", "Иван Секретный", "Позвонить Ивану"
HOSTS = {"mycompany.amocrm.ru": "example.amocrm.ru", "mycompany": "example"}


@pytest.fixture(scope="module")
def replacement() -> Callable[[], Replacement]:
    """A maker of empty tables of invented values."""
    words = words_of(openapi())
    return lambda: Replacement(words, HOSTS)


def session(crm: AmoCRM) -> tuple[str, list[str]]:
    """What a program does: it creates, searches and reads; returns what it learned."""
    with crm.session() as s:
        contact = Contact(name=NAME, phone=PHONE, email=MAIL)
        lead = Lead(name="Секретная сделка", price=5_000, contacts=[contact])
        lead.notes.add(TEXT)
        s.add(lead)
    assert lead.id is not None
    again = crm.leads.get(lead.id)
    found = [str(one.name) for one in crm.contacts.query().search("Секретный")]
    return str(again.name), found


def record(folder: Path) -> tuple[Path, tuple[str, list[str]]]:
    """A cassette of the session against a sandbox in the account's place, and what the program learned."""
    with SandboxServer(limits=False) as account, httpx.Client() as http:
        recorder = Recorder(
            parse_account("mycompany", account.url), http, Replacement(words_of(openapi()), HOSTS)
        )
        with recorder.server() as server:
            recorder.address = server.url
            with AmoCRM("mycompany", token=account.sandbox.token, base_url=server.url) as crm:
                learned = session(crm)
    path = folder / "cassette.json"
    cassette = {"cassette": "amocrm record", "format": 1, "interactions": recorder.interactions}
    path.write_text(json.dumps(cassette, ensure_ascii=False), encoding="utf-8")
    return path, learned


def test_a_recorded_session_holds_nothing_personal_and_plays_back(tmp_path: Path) -> None:
    """The program learns of the real account while it is recorded, and of an invented one when it is played back."""
    path, learned = record(tmp_path)
    assert learned == ("Секретная сделка", [NAME])
    text = path.read_text(encoding="utf-8")
    for value in (
        "Секрет",
        "Иван",
        "Ивану",
        "ivan",
        "secret",
        "916",
        "9161234567",
        "mycompany",
        "eyJ",
        "Bearer",
    ):
        assert value not in text

    with SandboxServer(cassette=path) as server, AmoCRM("mycompany", token="any", base_url=server.url) as crm:
        name, found = session(crm)
    assert name.startswith(("Имя ", "Текст "))
    assert len(found) == 1
    assert "Секрет" not in name + found[0]


def test_a_recorded_session_becomes_a_test_account(tmp_path: Path) -> None:
    """What the program has read is there with its ids and links and without personal data, and can be changed."""
    path, _ = record(tmp_path)
    sandbox = Sandbox(limits=False)

    assert fill_from(sandbox, path) == {"leads": 1, "contacts": 1}

    (lead,) = sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]
    assert "Секрет" not in lead["name"]
    assert sandbox.call("PATCH", f"/api/v4/leads/{lead['id']}", {"price": 7_000}).status == 200
    contact = sandbox.get("/api/v4/contacts").json()["_embedded"]["contacts"][0]
    phones = [one["values"][0] for one in contact["custom_fields_values"] if one["field_code"] == "PHONE"]
    assert [(one["value"][:5], one["enum_code"]) for one in phones] == [("+7900", "WORK")]


@pytest.mark.parametrize(
    ("key", "value", "shape"),
    [
        ("name", NAME, "Имя 1"),
        ("text", TEXT, "Текст 1"),
        ("value", PHONE, "+79000000001"),
        ("value", "79161234567", "79000000001"),
        ("value", 79161234567, 79000000001),
        ("value", MAIL, "mail1@example.com"),
        ("value", "1990-05-17T00:00:00+03:00", "2000-01-02T00:00:00+03:00"),
        ("access_token", "anything", "token-1"),
        ("value", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln", "token-1"),
        ("chat_id", "5f0f1b6c-2d4e-4a77-9012-1234567890ab", "00000000-0000-4000-8000-000000000001"),
        ("uid", "5f0f1b6c2d4e4a7790121234", "000000000000000000000001"),
        ("link", "https://crm.secret.example/ivan", "https://example.com/1"),
        ("href", "https://mycompany.amocrm.ru/api/v4/leads/17", "https://example.amocrm.ru/api/v4/leads/17"),
        ("subdomain", "mycompany", "example"),
        ("value", "123456", "900001"),
    ],
)
def test_personal_values_become_invented_ones_of_their_shape(
    replacement: Callable[[], Replacement], key: str, value: object, shape: object
) -> None:
    """A phone stays a phone and a mail a mail, so that a program that reads them goes on working."""
    assert replacement().value({key: value}) == {key: shape}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("entity_type", "leads"), ("note_type", "call_in"), ("field_code", "PHONE"), ("enum_code", "WORK")),
        *(("id", 10_000_001), ("created_at", 1_700_000_000), ("price", 5_000.5), ("request_id", "n17")),
        *(("color", "#fffeb2"), ("is_main", True), ("value", None), ("name", "")),
    ],
)
def test_what_the_protocol_needs_stays(
    replacement: Callable[[], Replacement], key: str, value: object
) -> None:
    """Words of the description, ids, times, numbers and switches are the same in the cassette."""
    assert replacement().value({key: value}) == {key: value}


def test_the_same_value_is_replaced_alike_everywhere(replacement: Callable[[], Replacement]) -> None:
    """A number is one number however it is written, and a text one text in bodies, queries and keys."""
    table = replacement()
    first, second = table.text(PHONE), table.text("79161234567")
    assert first == f"+{second}"
    assert table.text(NAME, "name") == table.value([NAME])[0]
    assert table.target(
        "/api/v4/contacts?query=%D0%98%D0%B2%D0%B0%D0%BD%20%D0%A1%D0%B5%D0%BA%D1%80%D0%B5%D1%82%D0%BD%D1%8B%D0%B9&with=leads&limit=5"
    ) == ("/api/v4/contacts?query=%D0%98%D0%BC%D1%8F%202&with=leads&limit=5")
    assert MAIL not in table.value({MAIL: 1})


def test_a_request_that_was_not_recorded_is_told(tmp_path: Path) -> None:
    """The account answers nothing itself while a cassette is played back."""
    path, _ = record(tmp_path)
    sandbox = Sandbox(cassette=path)
    answer: Any = sandbox.get("/api/v4/events")
    sandbox.close()
    assert (answer.status, "GET /api/v4/events" in answer.json()["detail"]) == (501, True)


def test_another_file_is_no_cassette(tmp_path: Path, capsys: Any) -> None:
    """A file of another kind or format is refused in a sentence."""
    path = tmp_path / "other.json"
    for text in ("[]", "{", '{"cassette": "amocrm record", "format": 2, "interactions": []}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="cassette"):
            Sandbox(cassette=path)
    for option in ("--cassette", "--fill-from"):
        assert sandbox_command([option, str(path)]) == 1
        assert "cassette" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_records_until_it_is_stopped(tmp_path: Path) -> None:
    """A process of its own prints its address, passes requests of any client on, and writes the file at the end."""
    path = tmp_path / "cassette.json"
    with SandboxServer(limits=False) as account:
        command = [sys.executable, "-m", "amocrm", "record", str(path), "--base-url", account.url]
        environment = {**os.environ, "AMOCRM_ACCOUNT": "mycompany"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert process.stdout is not None
        address = process.stdout.readline().rpartition("=")[2].strip()
        headers = {"authorization": f"Bearer {account.sandbox.token}"}
        made = httpx.post(f"{address}/api/v4/leads", json=[{"name": "Секрет"}], headers=headers)
        id = made.json()["_embedded"]["leads"][0]["id"]
        changed = httpx.patch(f"{address}/api/v4/leads/{id}", json={"price": 7}, headers=headers)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert (made.status_code, changed.status_code, process.returncode) == (200, 200, 0)
    assert "2 requests" in said
    kept = json.loads(path.read_text(encoding="utf-8"))["interactions"]
    assert [(one["method"], one["status"]) for one in kept] == [("POST", 200), ("PATCH", 200)]
    assert kept[0]["request"] == [{"name": "Имя 1"}]
