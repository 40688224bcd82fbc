"""Duplicate control of complex creations: what repeats a stored lead changes it instead of making another."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm_sandbox import ManualClock

from ..conftest import Checked

PATH = "/api/v4/leads/complex"


def phone(*numbers: str, code: str = "PHONE") -> list[dict[str, Any]]:
    values = [{"value": number, "enum_code": "WORK"} for number in numbers]
    return [{"field_code": code, "values": values}]


def item(name: str, *numbers: str, code: str = "PHONE", **lead: Any) -> dict[str, Any]:
    """A lead with a contact that has these phones."""
    contact = {"name": f"Client of {name}", "custom_fields_values": phone(*numbers, code=code)}
    return {"name": name, **lead, "_embedded": {"contacts": [contact]}}


def send(sandbox: Checked, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = sandbox.post(PATH, list(items))
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()
    return found


def names(sandbox: Checked) -> list[str]:
    return [lead["name"] for lead in sandbox.read("/api/v4/leads")["_embedded"]["leads"]]


def numbers_of(sandbox: Checked, contact_id: int) -> list[str]:
    fields = sandbox.read(f"/api/v4/contacts/{contact_id}")["custom_fields_values"]
    return [value["value"] for value in fields[0]["values"]]


def test_without_control_nothing_is_merged(sandbox: Checked) -> None:
    """A new account makes two leads of two equal items, and so does one whose control is off."""
    for _ in range(2):
        (made,) = send(sandbox, item("a", "+79001234567"))
        assert not made["merged"]
        sandbox.ui.set_duplicate_control(is_on=False)
    assert names(sandbox) == ["a", "a"]


@pytest.mark.parametrize("spelling", ["+7 (900) 123-45-67", "8 900 123 45 67", "79001234567"])
def test_a_known_phone_changes_the_lead(sandbox: Checked, spelling: str) -> None:
    """However the phone is written: the stored lead gets what was sent, and the answer names it as merged."""
    sandbox.ui.set_duplicate_control()
    (first,) = send(sandbox, item("a", "+79001234567", price=5))
    (second,) = send(sandbox, item("b", spelling, "+79990000000", status_id=142))
    assert second == {**first, "merged": True}
    lead = sandbox.read(f"/api/v4/leads/{first['id']}")
    assert (lead["name"], lead["price"], lead["status_id"]) == ("b", 5, 142)
    assert sandbox.read(f"/api/v4/contacts/{first['contact_id']}")["name"] == "Client of b"
    assert numbers_of(sandbox, first["contact_id"])[0] == "+79001234567"
    assert numbers_of(sandbox, first["contact_id"])[-1] == "+79990000000"


def test_what_is_stored_may_be_kept(sandbox: Checked) -> None:
    """With `keep` only what is empty is filled; phones are added all the same."""
    sandbox.ui.set_duplicate_control(keep=True)
    (first,) = send(sandbox, item("a", "+79001234567"))
    (second,) = send(sandbox, item("b", "+79001234567", "+79990000000", price=7))
    assert (second["id"], second["merged"]) == (first["id"], True)
    lead = sandbox.read(f"/api/v4/leads/{first['id']}")
    assert (lead["name"], lead["price"]) == ("a", 7)
    assert numbers_of(sandbox, first["contact_id"]) == ["+79001234567", "+79990000000"]


def test_emails_and_chosen_fields_count(sandbox: Checked) -> None:
    """E-mails are compared without case, chosen fields as they are, and nothing else counts."""
    made = sandbox.post(
        "/api/v4/leads/custom_fields", [{"name": name, "type": "text"} for name in "AB"]
    ).json()
    first, second = (field["id"] for field in made["_embedded"]["custom_fields"])
    sandbox.ui.set_duplicate_control(phone=False, fields=[first])

    def lead(name: str, field_id: int) -> dict[str, Any]:
        return {"name": name, "custom_fields_values": [{"field_id": field_id, "values": [{"value": "17"}]}]}

    send(
        sandbox,
        lead("a", first),
        lead("b", second),
        item("c", "A@e.x", code="EMAIL"),
        item("d", "+79001234567"),
    )
    sent = [lead("e", first), lead("f", second), item("g", "a@E.X", code="EMAIL"), item("h", "+79001234567")]
    assert [answer["merged"] for answer in send(sandbox, *sent)] == [True, False, True, False]


def test_items_of_one_request_are_not_compared(sandbox: Checked) -> None:
    """Two equal items of a request make two leads; two that repeat one stored lead are one element of the answer."""
    sandbox.ui.set_duplicate_control(on_many="new")
    made = send(sandbox, item("a", "+79001234567"), item("b", "+79001234567"), item("c", "+79990000000"))
    assert [answer["merged"] for answer in made] == [False, False, False]
    twice = [{**item("d", "+79990000000"), "request_id": id} for id in ("x", "y")]
    (answer,) = send(sandbox, *twice)
    assert (answer["id"], answer["request_id"], answer["merged"]) == (made[2]["id"], ["x", "y"], True)


@pytest.mark.parametrize(
    ("on_many", "expected"),
    [("newest", ["0", "1", "new"]), ("all", ["new", "new", "new"]), ("new", ["0", "1", "2", "new"])],
)
def test_two_or_three_duplicates_are_a_choice(
    sandbox: Checked, clock: ManualClock, on_many: str, expected: list[str]
) -> None:
    """The newest is changed, all are, or a new lead is made."""
    for number in range(3):
        send(sandbox, item(str(number), "+79001234567"))
        clock.tick(1)
    sandbox.ui.set_duplicate_control(on_many=on_many)
    send(sandbox, item("new", "+79001234567"))
    assert sorted(names(sandbox)) == expected


def test_more_than_three_duplicates_merge_nothing(sandbox: Checked) -> None:
    """A fourth lead with the phone ends the merging."""
    send(sandbox, *(item(str(number), "+79001234567") for number in range(4)))
    sandbox.ui.set_duplicate_control(on_many="all")
    (answer,) = send(sandbox, item("new", "+79001234567"))
    assert not answer["merged"]
    assert names(sandbox) == ["0", "1", "2", "3", "new"]


def test_only_chosen_stages_and_main_contacts_count(sandbox: Checked) -> None:
    """A lead in another stage, in the bin, or with the phone at a contact that is not the main one is no duplicate."""
    (first,) = send(sandbox, item("a", "+79001234567"))
    stage = sandbox.read(f"/api/v4/leads/{first['id']}")["status_id"]
    sandbox.ui.set_duplicate_control(stages=[142])
    assert not send(sandbox, item("b", "+79001234567"))[0]["merged"]
    sandbox.ui.set_duplicate_control(stages=[stage], on_many="all")
    for lead in sandbox.read("/api/v4/leads")["_embedded"]["leads"]:
        sandbox.delete("leads", lead["id"])
    assert not send(sandbox, item("c", "+79990000000"))[0]["merged"]
    (lead_id, contact_id) = (
        sandbox.make("leads", {"name": "d"})[0],
        sandbox.make("contacts", {"name": "main"})[0],
    )
    for contact in (contact_id, first["contact_id"]):
        body = [{"to_entity_id": contact, "to_entity_type": "contacts"}]
        sandbox.post(f"/api/v4/leads/{lead_id}/link", body)
    assert not send(sandbox, item("e", "+79001234567"))[0]["merged"]


def test_an_existing_contact_brings_its_phones(sandbox: Checked) -> None:
    """An item that names a contact by its id is compared by what that contact has."""
    sandbox.ui.set_duplicate_control()
    (first,) = send(sandbox, item("a", "+79001234567"))
    (second,) = send(sandbox, {"name": "b", "_embedded": {"contacts": [{"id": first["contact_id"]}]}})
    assert (second["id"], second["merged"]) == (first["id"], True)


def test_plain_creations_are_never_merged(sandbox: Checked) -> None:
    """`POST /api/v4/leads` takes no part in the control, whatever it embeds."""
    sandbox.ui.set_duplicate_control()
    (first,) = send(sandbox, item("a", "+79001234567"))
    sandbox.make("leads", {"name": "b", "_embedded": {"contacts": [{"id": first["contact_id"]}]}})
    assert names(sandbox) == ["a", "b"]


def test_the_control_is_set_from_other_processes(sandbox: Checked) -> None:
    """`ui` takes the settings, and refuses what there is not."""
    answer = sandbox.post("/_sandbox/ui", {"action": "set_duplicate_control", "args": {"keep": True}})
    assert answer.json()["keep"]
    with pytest.raises(ValueError, match="on_many"):
        sandbox.ui.set_duplicate_control(on_many="some")
    with pytest.raises(ValueError, match="pipeline_id"):
        sandbox.ui.set_duplicate_control(5)
