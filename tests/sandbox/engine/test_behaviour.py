"""Switches for what the vendor does not document: events and the order of ids."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from amocrm_sandbox import Behaviour, ManualClock, Sandbox

from ..conftest import NOW, Checked


def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The events of the account, the newest first."""
    answer = sandbox.get("/api/v4/events").json()
    return answer["_embedded"]["events"] if answer else []


def test_events_can_be_switched_off(sandbox: Checked) -> None:
    """While events are off a change leaves none behind, and switching them on brings none back."""
    sandbox.behaviour.events_enabled = False
    (lead,) = sandbox.make("leads", {"name": "a"})
    sandbox.behaviour.events_enabled = True
    assert events(sandbox) == []
    sandbox.patch(f"/api/v4/leads/{lead}", {"name": "b"})
    assert [event["type"] for event in events(sandbox)] == ["name_field_changed"]


def test_events_can_be_late(sandbox: Checked, clock: ManualClock) -> None:
    """An event is readable after its delay, and still tells the time of the change."""
    sandbox.behaviour.events_delay = 30
    sandbox.make("leads", {"name": "a"})
    clock.tick(29)
    assert events(sandbox) == []
    clock.tick(1)
    assert [(event["type"], event["created_at"]) for event in events(sandbox)] == [("lead_added", NOW)]


def test_events_can_follow_the_time_that_a_creation_names(sandbox: Checked) -> None:
    """The event of a creation has the server's time, or that of the body if the account is told so."""
    for follows in (False, True):
        sandbox.behaviour.events_follow_created_at = follows
        (lead,) = sandbox.make("leads", {"name": "a", "created_at": NOW - 86_400})
        task = {"text": "x", "complete_till": NOW, "entity_id": lead, "entity_type": "leads"}
        sandbox.make("tasks", {**task, "created_at": NOW - 86_400})
        note = {"entity_id": lead, "note_type": "common", "params": {"text": "x"}}
        sandbox.make("leads/notes", {**note, "created_at": NOW - 86_400})
        moments = [(event["type"], event["created_at"]) for event in events(sandbox)[:3]]
        at = NOW - 86_400 if follows else NOW
        assert moments == [("common_note_added", at), ("task_added", at), ("lead_added", at)]


def test_ids_can_cease_to_ascend(sandbox: Checked) -> None:
    """Ids are given out in no order while the switch is off, none of them twice, and ascend again afterwards."""
    first = sandbox.make("leads", *[{"name": "a"}] * 5)
    sandbox.behaviour.ids_ascend = False
    second = sandbox.make("leads", *[{"name": "a"}] * 250)
    sandbox.behaviour.ids_ascend = True
    third = sandbox.make("leads", *[{"name": "a"}] * 5)
    assert first == sorted(first)
    assert second != sorted(second)
    assert third == sorted(third)
    assert third[0] > max(second)
    assert len({*first, *second, *third}) == 260


def test_the_order_of_ids_outlives_the_process(tmp_path: Any) -> None:
    """An account that is opened again gives out no id twice, whichever way the switch stands."""
    ids: list[int] = []
    for ascend in (False, True, False):
        sandbox = Checked(db=tmp_path / "a.db", limits=False, behaviour=Behaviour(ids_ascend=ascend))
        ids += sandbox.make("contacts", *[{"name": "a"}] * 20)
        sandbox.close()
    assert len(set(ids)) == 60


def test_a_switch_that_does_not_exist_is_refused() -> None:
    """Several switches are changed at once, or none if one is unknown or of the wrong type."""
    behaviour = Behaviour()
    for wrong in ({"events_delay": 5, "event_delay": 5}, {"events_delay": "soon"}):
        with pytest.raises(msgspec.ValidationError, match="event"):
            behaviour.change(wrong)
    assert behaviour == Behaviour()
    behaviour.change({"events_delay": 5, "ids_ascend": False})
    assert behaviour == Behaviour(events_delay=5, ids_ascend=False)


def test_switches_are_turned_from_other_processes(sandbox: Checked) -> None:
    """The control endpoint changes the switches that are named and shows all of them."""
    answer = sandbox.call("POST", "/_sandbox/behaviour", {"events_enabled": False})
    assert answer.json() == sandbox.call("GET", "/_sandbox/behaviour").json()
    assert not sandbox.behaviour.events_enabled
    assert sandbox.call("POST", "/_sandbox/behaviour", {"evnts": 1}).status == 400


SPELLINGS = ("+7 (900) 123-45-67", "8-900-123-45-67", "79001234567", "+7 900 1234567")


def found(sandbox: Sandbox, query: str) -> int:
    answer = sandbox.get(f"/api/v4/contacts?query={query}").json()
    return len(answer["_embedded"]["contacts"]) if answer else 0


def test_search_is_literal_or_by_digits(sandbox: Checked) -> None:
    """A number is found as it is stored, or in every spelling; words are found the same way in both."""
    for spelling in SPELLINGS:
        values = [{"field_code": "PHONE", "values": [{"value": spelling, "enum_code": "WORK"}]}]
        sandbox.make("contacts", {"name": "Anna 17", "custom_fields_values": values})
    assert (found(sandbox, "9001234567"), found(sandbox, "Anna"), found(sandbox, "anna%2017")) == (1, 4, 4)
    sandbox.behaviour.search = "digits"
    assert (found(sandbox, "9001234567"), found(sandbox, "Anna"), found(sandbox, "anna%2017")) == (4, 4, 4)
    assert (found(sandbox, "8%20(900)%20123"), found(sandbox, "900%20999")) == (1, 0)


def test_search_can_be_late(sandbox: Checked, clock: ManualClock) -> None:
    """A new contact is in the list at once and is found after the delay, a changed one by its old name until then."""
    sandbox.behaviour.search_delay = 10
    (contact,) = sandbox.make("contacts", {"name": "Anna"})
    assert sandbox.read(f"/api/v4/contacts/{contact}")["name"] == "Anna"
    assert found(sandbox, "Anna") == 0
    clock.tick(10)
    assert found(sandbox, "Anna") == 1
    sandbox.patch(f"/api/v4/contacts/{contact}", {"name": "Boris"})
    assert (found(sandbox, "Anna"), found(sandbox, "Boris")) == (1, 0)
    clock.tick(10)
    assert (found(sandbox, "Anna"), found(sandbox, "Boris")) == (0, 1)


def test_a_refused_batch_is_found_never(sandbox: Checked, clock: ManualClock) -> None:
    """What was rolled back leaves nothing for later, also not for the next entity with its id."""
    sandbox.behaviour.search_delay = 10
    sandbox.refused("POST", "/api/v4/contacts", [{"name": "Anna"}, {"name": "x", "responsible_user_id": 5}])
    sandbox.make("contacts", {"name": "Boris"})
    clock.tick(10)
    assert (found(sandbox, "Anna"), found(sandbox, "Boris")) == (0, 1)
