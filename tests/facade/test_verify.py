"""`amocrm verify`: each deviation of a server is found, and no value of the account is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amocrm import AmoCRM, RateLimits, RetryPolicy
from amocrm._sync.limits.memory import MemoryLimiter
from amocrm.command.verification.comparison import Comparison, type_of
from amocrm.command.verify import main, verify
from amocrm.errors import TokenError, UnauthorizedError
from amocrm_gen import openapi
from amocrm_sandbox import ErrorPage, MalformedJson, Mutate, SandboxServer, SandboxTransport
from tests.contract.world import World

#: Values that the account holds and no report may.
PERSONAL = "Секретный Иван +79161234567 ivan@secret.example"
LEADS = "_embedded.leads"


def client(world: World, token: str | None = None) -> AmoCRM:
    """A client of the account that waits for nothing."""
    return AmoCRM(
        world.sandbox.subdomain,
        token=token or world.sandbox.long_lived_token(days=10_000),  # the account's clock stands in the past
        http_transport=SandboxTransport(world.sandbox),
        retry=RetryPolicy(attempts=1),
        limiter=MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000)),
    )


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """An account that has one of everything, and two leads to page and sort."""
    made = World()
    made.sandbox.act("POST", "/api/v4/leads", [{"name": PERSONAL, "price": 918_273}, {"name": "Вторая"}])
    yield made
    made.close()


@pytest.fixture(scope="module")
def as_described(world: World) -> dict[str, Any]:
    """The report on the account as it is."""
    return report(world)


def report(world: World, *, write: bool = False) -> dict[str, Any]:
    """A report on the account."""
    with client(world) as crm:
        made, _ = verify(crm, write=write, now=world.sandbox.clock.now())
    return made


def deviations(made: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Operation, kind and path of everything that differs."""
    return {
        (name, one["kind"], one["path"])
        for name, found in made["operations"].items()
        for one in found["deviations"]
    }


#: What the sandbox is made to do, and where the report must say so.
DEVIATIONS: list[tuple[str, str, Any, tuple[str, str]]] = [
    ("a new key", "list_leads", Mutate(f"{LEADS}.*.brand_new", PERSONAL), ("unknown key", "brand_new")),
    (
        "a key that is data",
        "list_leads",
        Mutate(f"{LEADS}.*.{PERSONAL.split()[2]}", 1),
        ("unknown key", "[*].*"),
    ),
    (
        "a new key deep inside",
        "list_users",
        Mutate("_embedded.users.*.rights.leads.fly", "A"),
        ("unknown key", "fly"),
    ),
    ("a key above the list", "list_tasks", Mutate("cursor", PERSONAL), ("unknown key", "$.cursor")),
    ("no id", "list_leads", Mutate(f"{LEADS}.*.id", remove=True), ("missing key", "[*].id")),
    ("no list", "list_contacts", Mutate("_embedded", remove=True), ("missing key", "$._embedded")),
    ("text for a number", "list_leads", Mutate(f"{LEADS}.*.price", PERSONAL), ("type", "[*].price")),
    (
        "number for text",
        "list_contacts",
        Mutate("_embedded.contacts.*.name", 79161234567),
        ("type", "[*].name"),
    ),
    ("null for an id", "list_tasks", Mutate("_embedded.tasks.*.id", None), ("type", "tasks[*].id")),
    (
        "object for a list",
        "list_users",
        Mutate("_embedded.users", {"0": PERSONAL}),
        ("type", "$._embedded.users"),
    ),
    ("list for an object", "get_account", Mutate("_links", [PERSONAL]), ("type", "$._links")),
    (
        "text for yes or no",
        "list_pipelines",
        Mutate("_embedded.pipelines.*.is_main", "yes"),
        ("type", "is_main"),
    ),
    ("a list as a whole", "get_lead", Mutate("_embedded", []), ("type", "$._embedded")),
    (
        "a word that is new",
        "list_notes",
        Mutate("_embedded.notes.*.note_type", "ivan"),
        ("word", "note_type"),
    ),
    ("params of a note", "list_notes", Mutate("_embedded.notes.*.params.text", 5), ("type", "<common>.text")),
    ("a status", "list_sources", ErrorPage(418, html=False, detail=PERSONAL), ("status", "$")),
    ("an error for a list", "list_tags", ErrorPage(501, html=True), ("status", "$")),
    ("a page of HTML", "get_company", ErrorPage(200), ("media type", "$")),
    ("broken JSON", "list_events", MalformedJson(), ("body", "$")),
    ("more than asked for", "list_leads", Mutate(LEADS, [{"id": 5}] * 251), ("limit", "$._embedded")),
    ("no list of one", "list_leads", Mutate(LEADS, [{"id": 5}, {"id": 7}]), ("limit", "$._embedded")),
    ("the same page again", "list_leads", Mutate(f"{LEADS}.*.id", 5), ("paging", "$._embedded")),
    ("no next page", "list_leads", Mutate("_links.next", remove=True), ("paging", "$._links.next")),
    ("another page", "list_leads", Mutate("_page", 9), ("paging", "$._page")),
    (
        "another order",
        "list_leads",
        Mutate(LEADS, [{"id": 5}, {"id": 9}, {"id": 7}]),
        ("order", "$._embedded.leads"),
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "effect", "where"), [row[1:] for row in DEVIATIONS], ids=[row[0] for row in DEVIATIONS]
)
def test_each_deviation_is_found_and_no_value_is_told(
    world: World, as_described: dict[str, Any], operation: str, effect: Any, where: tuple[str, str]
) -> None:
    """A server that differs in one way gives a report that names operation, kind and place, and nothing else."""
    world.sandbox.faults.add(effect, operation=operation)
    try:
        made = report(world)
    finally:
        world.sandbox.faults.clear()
    found = deviations(made) - deviations(as_described)
    assert any(one[:2] == (operation, where[0]) and one[2].endswith(where[1]) for one in found), found
    assert {one[0] for one in found} == {operation}
    assert_no_value(made)


def assert_no_value(made: dict[str, Any]) -> None:
    """No value of the account stands in the report."""
    text = json.dumps(made, ensure_ascii=False)
    for value in (*PERSONAL.split(), "79161234567", "918273", "Вторая", "ivan"):
        assert value not in text


@pytest.mark.slow
def test_a_key_that_is_gone_is_listed(world: World, as_described: dict[str, Any]) -> None:
    """A described key that no object has any more is told apart from what deviates: it may be optional."""
    world.sandbox.faults.add(Mutate(f"{LEADS}.*.group_id", remove=True), operation="list_leads")
    made = report(world)
    world.sandbox.faults.clear()
    place = "$._embedded.leads[*].group_id"
    assert place in made["operations"]["list_leads"]["never_seen"]
    assert place not in as_described["operations"]["list_leads"]["never_seen"]


def test_the_sandbox_is_as_described(world: World, as_described: dict[str, Any]) -> None:
    """Nearly everything that a token may read was asked; the one deviation is a fact that the description doubts."""
    assert deviations(as_described) <= {("list_contacts", "order", "$._embedded.contacts")}
    doubtful = {name for name, why in as_described["left_out"].items() if "nothing" in why}
    assert len(as_described["operations"]) > 80
    assert len(doubtful) < 10, doubtful
    assert_no_value(as_described)


@pytest.mark.slow
def test_reading_changes_nothing(world: World) -> None:
    """Without ``write`` only GET is sent."""
    world.sandbox.journal.reset()
    report(world)
    assert {entry.method for entry in world.sandbox.journal} == {"GET"}


@pytest.mark.slow
def test_a_round_trip_says_what_it_left_behind(world: World) -> None:
    """With ``write`` objects of its own are created, changed and read back; the report counts what stays."""
    made = report(world, write=True)
    kinds = {"contacts": 1, "companies": 1, "leads": 1, "notes": 1, "tasks": 1}
    assert made["wrote"] == {"created": kinds, "left_behind": kinds}
    assert not [one for one in deviations(made) if one[1] == "round trip"]
    assert_no_value(made)


@pytest.mark.slow
def test_a_write_that_did_not_take_is_a_deviation(world: World) -> None:
    """A value that comes back otherwise than it was written is told, without the value."""
    world.sandbox.faults.add(Mutate("price", 918_273), operation="get_lead")
    made = report(world, write=True)
    world.sandbox.faults.clear()
    assert ("get_lead", "round trip", "$.price") in deviations(made)
    assert_no_value(made)


def test_a_refused_token_ends_it(world: World) -> None:
    """Nothing can be learned with a token that is refused."""
    with client(world, token="wrong") as crm, pytest.raises((UnauthorizedError, TokenError)):
        verify(crm)


def test_the_command_writes_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The exit code tells whether anything differs; the file names version and platform and no account."""
    output = tmp_path / "report.json"
    with SandboxServer(limits=False) as server:
        monkeypatch.setenv("AMOCRM_ACCOUNT", "demo")
        monkeypatch.setenv("AMOCRM_TOKEN", server.sandbox.token)
        monkeypatch.setenv("AMOCRM_BASE_URL", server.url)
        monkeypatch.setattr("amocrm.command.verification.operations._READABLE", {"drive"})
        assert main(["-o", str(output)]) == 0
        server.sandbox.faults.add(Mutate("brand_new", 1), operation="get_drive_stats")
        assert main(["-o", str(output)]) == 1
        monkeypatch.setenv("AMOCRM_TOKEN", "wrong")
        assert main(["-o", str(output)]) == 2
    made = json.loads(output.read_text(encoding="utf-8"))
    assert (made["report"], made["format"]) == ("amocrm verify", 1)
    assert "demo" not in output.read_text(encoding="utf-8")
    assert "unknown key" in capsys.readouterr().out


def test_alternatives_are_compared_with_the_closest() -> None:
    """A value that fits one of several shapes fits; one that fits none is told of the nearest."""
    comparison = Comparison(openapi()["components"]["schemas"])
    schema = {
        "anyOf": [
            {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
            {"type": "null"},
        ]
    }
    comparison.compare(None, schema)
    comparison.compare({"id": 17}, schema)
    assert not comparison.deviations
    comparison.compare({"id": "17"}, schema)
    (found,) = comparison.deviations
    assert (found.kind, found.path) == ("type", "$.id")


@pytest.mark.parametrize(
    ("value", "name"), [(True, "boolean"), (1, "integer"), (1.5, "number"), (None, "null")]
)
def test_types_have_the_names_of_json(value: object, name: str) -> None:
    """A report speaks of JSON and not of Python."""
    assert type_of(value) == name
