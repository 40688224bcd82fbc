"""Invented data: what the builders make, and that the same seed makes it again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from amocrm_sandbox import Builder, Drop, ManualClock, SampleCounts, Sandbox
from amocrm_sandbox.sample_data.people import company_name, letters, person, phone
from amocrm_sandbox.sample_data.sample_fields import SAMPLE_FIELDS, sample_values

from ..conftest import Checked

COMMON_TYPES = {
    "text",
    "textarea",
    "numeric",
    "monetary",
    "checkbox",
    "select",
    "multiselect",
    "radiobutton",
    "date",
    "date_time",
    "birthday",
    "url",
    "streetaddress",
    "smart_address",
    "legal_entity",
}


def everything(sandbox: Checked, kind: str) -> list[dict[str, Any]]:
    """Return all entities of a kind, page by page, each answer held against the description."""
    found: list[dict[str, Any]] = []
    page = 1
    while (answer := sandbox.get(f"/api/v4/{kind}?limit=250&page={page}&with=contacts")).status == 200:
        found += answer.json()["_embedded"][kind]
        page += 1
    return found


def test_one_of_each_is_returned_as_the_api_reads_it(sandbox: Checked) -> None:
    """A singular makes one entity with what was asked for, and returns it as a GET does."""
    make = Builder(sandbox)
    contact, company = make.contact(first_name="Анна"), make.company()
    lead = make.lead(
        price=5000, tags=["сайт"], contacts=[contact["id"], make.contact()["id"]], company=company["id"]
    )
    assert lead == sandbox.read(f"/api/v4/leads/{lead['id']}?with=contacts")
    assert (lead["price"], [tag["name"] for tag in lead["_embedded"]["tags"]]) == (5000, ["сайт"])
    assert [one["is_main"] for one in lead["_embedded"]["contacts"]] == [True, False]
    assert lead["_embedded"]["companies"][0]["id"] == company["id"]
    task = make.task(entity_id=lead["id"], entity_type="leads", text="Позвонить")
    note = make.note("leads", lead["id"], params={"text": "Ждёт"})
    assert (task["text"], task["entity_id"], note["params"]) == ("Позвонить", lead["id"], {"text": "Ждёт"})
    assert contact["name"].startswith("Анна ")
    assert {field["field_code"] for field in contact["custom_fields_values"]} >= {"PHONE", "EMAIL"}


def test_a_stage_that_is_asked_for_beats_the_invented_one(sandbox: Checked) -> None:
    """Closing, loss reason and pipeline follow the stage that the caller names."""
    make = Builder(sandbox)
    other = make.pipeline("Сервис", ["Приём", "Выдача"])
    stage = other["_embedded"]["statuses"][1]
    for _ in range(20):
        won, moved, first = (
            make.lead(status_id=142),
            make.lead(status_id=stage["id"]),
            make.lead(pipeline_id=other["id"]),
        )
        assert won["closed_at"]
        assert (moved["pipeline_id"], moved["closed_at"]) == (other["id"], None)
        assert (first["pipeline_id"], first["status_id"]) == (other["id"], stage["id"])


def test_what_the_server_would_refuse_is_refused_here(sandbox: Checked) -> None:
    """A body that the API does not take is an error of the caller, with the server's reasons."""
    with pytest.raises(ValueError, match="NotSupportedChoice"):
        Builder(sandbox).lead(status_id=1)


def test_fields_of_every_common_type_are_made_once(sandbox: Checked) -> None:
    """Definitions exist for all types that need no other object; asking again makes no second set."""
    make = Builder(sandbox)
    first = make.fields()
    assert {field["type"] for every in first.values() for field in every} >= COMMON_TYPES
    assert make.fields() == first
    for every in first.values():
        for field in every:
            assert sample_values(field, Random(1), 0), field["type"]


@pytest.mark.slow
def test_a_filled_account_looks_used(sandbox: Checked) -> None:
    """Leads lie in all stages of two pipelines, with prices, people, tags, tasks, notes and values of all fields."""
    made = Builder(sandbox, seed=5).fill(400)
    leads = everything(sandbox, "leads")
    assert (made.leads, made.contacts, made.companies) == (400, 320, 120)
    assert str(made) == f"400 leads, 320 contacts, 120 companies, {made.tasks} tasks, 280 notes"
    assert len(leads) == 400
    assert len({lead["pipeline_id"] for lead in leads}) == 2
    assert len({(lead["pipeline_id"], lead["status_id"]) for lead in leads}) == 11
    assert {lead["status_id"] for lead in leads if lead["closed_at"]} == {142, 143}
    assert all(lead["loss_reason_id"] for lead in leads if lead["status_id"] == 143)
    assert all(lead["created_at"] <= lead["updated_at"] <= sandbox.clock.now() for lead in leads)
    assert len({lead["responsible_user_id"] for lead in leads}) == 4
    assert all(lead["_embedded"]["contacts"][0]["is_main"] for lead in leads)
    assert any(lead["_embedded"]["companies"] for lead in leads)
    assert any(lead["closest_task_at"] for lead in leads)
    entities = [*leads, *everything(sandbox, "contacts"), *everything(sandbox, "companies")]
    types = {value["field_type"] for entity in entities for value in entity["custom_fields_values"] or ()}
    assert types >= COMMON_TYPES | {"multitext"}
    assert sandbox.read("/api/v4/leads/notes?limit=1")["_embedded"]["notes"][0]["params"]["text"]


@pytest.mark.slow
def test_the_same_seed_makes_the_same_data(clock: ManualClock) -> None:
    """Two new accounts filled with one seed are equal, one with another seed is not."""

    def filled(seed: int) -> list[dict[str, Any]]:
        sandbox = Checked(limits=False, clock=clock)
        Builder(sandbox, seed).fill(40)
        return everything(sandbox, "leads")

    assert filled(1) == filled(1)
    assert filled(1) != filled(2)


def test_filling_is_not_traffic(sandbox: Checked) -> None:
    """No counter, limit, journal or fault knows of it."""
    sandbox.faults.add(Drop())
    Builder(sandbox).fill(10)
    assert sandbox.counters()["total"] == 0
    assert len(sandbox.journal) == 0


def test_webhooks_hear_of_built_entities(sandbox: Checked) -> None:
    """A builder acts as a user does, so subscribers are told."""
    sandbox.post("/api/v4/webhooks", {"destination": "https://example.com/hook", "settings": ["add_lead"]})
    Builder(sandbox).lead(name="Заказ 17")
    assert sandbox.webhooks.deliveries[-1].data["leads"]["add"][0]["name"] == "Заказ 17"


def test_small_accounts_can_be_filled_too(sandbox: Checked) -> None:
    """One lead is enough for a whole account."""
    assert Builder(sandbox).fill(1) == SampleCounts(1, 1, 1, 0, 0)


@pytest.mark.parametrize("seed", range(40))
def test_words_fit_together(seed: int) -> None:
    """Surnames agree with first names, numbers have eleven digits, addresses are Latin."""
    random = Random(seed)
    who = person(random)
    assert who.is_woman == who.last_name.endswith(("а", "ая")) or not who.last_name.endswith(
        ("в", "н", "ий", "ый", "а")
    )
    assert len([letter for letter in phone(random) if letter.isdigit()]) == 11
    assert letters(who.name).isascii()
    assert company_name(random).startswith(("ООО «", "АО «", "ПАО «", "ИП "))


@pytest.mark.slow
def test_the_command_fills_a_new_account_once(tmp_path: Path) -> None:
    """`--fill` invents leads in an account that has none; a file that has some is left as it is."""
    command = [
        sys.executable,
        "-m",
        "amocrm_sandbox",
        "--json",
        "--limits",
        "off",
        "--seed",
        "7",
        "--fill",
        "30",
    ]
    for _ in range(2):
        process = subprocess.Popen(
            [*command, "--db", str(tmp_path / "a.db")], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            keys = json.loads(process.stdout.readline())
            assert httpx.get(f"{keys['control_url']}/state").json()["counts"]["leads"] == 30
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


def test_sample_fields_are_accepted_by_a_new_account() -> None:
    """Every sample definition is a body that the operation takes as it stands."""
    sandbox = Sandbox(limits=False)
    for owner, fields in SAMPLE_FIELDS.items():
        assert sandbox.call("POST", f"/api/v4/{owner}/custom_fields", list(fields)).status == 201
