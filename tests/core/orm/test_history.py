"""Records as they were created, from what their events tell: all of it, or nothing is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from amocrm._core.orm.doubt import Doubt
from amocrm._core.orm.evidence import Window, decide
from amocrm._core.orm.fingerprints import Vocabulary, print_of_record
from amocrm._core.orm.history import histories_of
from amocrm._core.orm.operations import CREATE, Operation
from amocrm_gen.models.events import Event
from amocrm_gen.models.leads import Lead
from amocrm_gen.models.tasks import Task

AUTHOR, ROBOT, MADE, LATER = 7, 0, 1000, 1010

WORDS = Vocabulary(
    definitions=[
        SimpleNamespace(id=5, code="CITY", name="City", type="text", enums=None),
        SimpleNamespace(id=7, code="NOTE", name="Note", type="text", enums=None),
        SimpleNamespace(id=6, code="BORN", name="Born", type="birthday", enums=None),
    ]
)


def city(text: str) -> SimpleNamespace:
    """A field with one text, as a list shows it."""
    value = SimpleNamespace(value=text, enum_id=None, enum_code=None)
    return SimpleNamespace(
        field_id=5, field_code="CITY", field_name="City", field_type="text", values=[value]
    )


def tags(*names: str) -> SimpleNamespace:
    """What stands inside a record with these tags."""
    return SimpleNamespace(tags=[SimpleNamespace(id=place, name=name) for place, name in enumerate(names)])


def lead(updated_at: int = LATER, **parts: Any) -> Any:
    """A lead that has been changed since it was created."""
    values = {"name": "Order", "price": 5, "embedded": tags(), "custom_fields_values": None} | parts
    return Lead(id=1, created_by=AUTHOR, created_at=MADE, updated_at=updated_at, **values)


def event(type_: str, before: Any = (), after: Any = (), *, at: int = LATER, by: int = ROBOT) -> Event:
    """An event of the lead."""
    parts: dict[str, Any] = {"value_before": list(before), "value_after": list(after)}
    return Event(id=f"{at}{type_}", type=type_, entity_id=1, created_at=at, created_by=by, **parts)


ADDED = event("lead_added", at=MADE, by=AUTHOR)


def original(record: Any, *events: Event, kind: str = "leads", added: Event = ADDED) -> Any:
    """The record as it was created, None where that is unknown."""
    return histories_of(kind, [record], [added, *events], WORDS)[1].original


def field_part(text: str, key: int = 5) -> dict[str, Any]:
    """A value of a field as an event shows it."""
    return {"custom_field_value": {"field_id": key, "text": text, "enum_id": None}}


def name_part(name: str) -> dict[str, Any]:
    """A name as an event shows it."""
    return {"name_field_value": {"name": name}}


def test_a_record_whose_creation_is_not_told_has_no_history() -> None:
    """Events may be late or switched off, so their absence tells nothing."""
    record = lead()
    assert histories_of("leads", [record], [event("name_field_changed")], WORDS) == {}
    assert histories_of("leads", [record], [event("contact_added", at=MADE)], WORDS) == {}


def test_events_of_another_record_tell_nothing_of_this_one() -> None:
    """An event counts for the record that it names."""
    other = Event(id="2", type="lead_added", entity_id=2, created_at=MADE, created_by=AUTHOR)
    assert histories_of("leads", [lead()], [other], WORDS) == {}


def test_what_nobody_touched_is_what_was_created() -> None:
    """A note or a call on it changes nothing of what a creation sends."""
    record = lead(updated_at=MADE)
    assert original(record) is record
    assert original(record, event("common_note_added"), event("incoming_call"), event("task_added")) is record


@pytest.mark.parametrize("one", ["lead", "contact", "company", "customer", "task"])
def test_each_kind_has_an_event_of_its_creation(one: str) -> None:
    """Events name a kind in the singular."""
    kinds = {"company": "companies"}
    record = lead(updated_at=MADE)
    assert original(record, kind=kinds.get(one, f"{one}s"), added=event(f"{one}_added", at=MADE)) is record


def test_a_change_without_an_event_leaves_the_creation_unknown() -> None:
    """The record is younger than the last event that would explain it."""
    assert original(lead(updated_at=LATER)) is None
    change = event("name_field_changed", [name_part("Old")], [name_part("Order")])
    assert original(lead(updated_at=LATER + 1), change) is None


def part(name: str, key: str, value: Any) -> list[dict[str, Any]]:
    """A value of an event."""
    return [{name: {key: value}}]


@pytest.mark.parametrize(
    ("type_", "before", "attribute", "value"),
    [
        ("name_field_changed", part("name_field_value", "name", "Old"), "name", "Old"),
        ("sale_field_changed", part("sale_field_value", "sale", 3), "price", 3),
        ("entity_responsible_changed", part("responsible_user", "id", 9), "responsible_user_id", 9),
    ],
)
def test_a_value_that_was_changed_is_put_back(type_: str, before: Any, attribute: str, value: Any) -> None:
    """The value before the change is the one that was sent; the record itself stays as it is."""
    record = lead(responsible_user_id=8)
    assert getattr(original(record, event(type_, before)), attribute) == value
    assert (record.name, record.price, record.responsible_user_id) == ("Order", 5, 8)


def test_a_stage_is_put_back_with_its_pipeline() -> None:
    """A stage without its pipeline would be another one."""
    record = lead(status_id=20, pipeline_id=2)
    before = [{"lead_status": {"id": 10, "pipeline_id": 1}}]
    found = original(record, event("lead_status_changed", before))
    assert (found.status_id, found.pipeline_id) == (10, 1)
    assert original(record, event("lead_status_changed", [{"lead_status": {"id": 10}}])) is None


@pytest.mark.parametrize(
    ("type_", "before", "attribute", "value"),
    [
        ("task_text_changed", part("task", "text", "Call"), "text", "Call"),
        ("task_deadline_changed", part("task_deadline", "timestamp", 50), "complete_till", 50),
    ],
)
def test_a_task_is_put_back_too(type_: str, before: Any, attribute: str, value: Any) -> None:
    """Tasks tell their text and deadline."""
    task = Task(id=1, text="Write", complete_till=60, created_at=MADE, updated_at=LATER)
    added = event("task_added", at=MADE, by=AUTHOR)
    assert getattr(original(task, event(type_, before), kind="tasks", added=added), attribute) == value


@pytest.mark.parametrize("before", [[], [{}], [{"name_field_value": None}], ["text"], None])
def test_a_change_that_does_not_tell_the_value_before_leaves_the_creation_unknown(before: Any) -> None:
    """An empty or odd event puts nothing back."""
    change = event("name_field_changed")
    change.value_before = before
    assert original(lead(), change) is None


def test_an_event_that_this_library_does_not_know_leaves_the_creation_unknown() -> None:
    """It may have changed anything."""
    assert original(lead(), event("entity_merged")) is None


def test_several_changes_are_put_back_from_the_last_to_the_first() -> None:
    """Events may arrive in any order; the first value counts."""
    first = event("name_field_changed", [name_part("A")], [name_part("B")], at=LATER - 1)
    last = event("name_field_changed", [name_part("B")], [name_part("Order")])
    assert original(lead(), first, last).name == original(lead(), last, first).name == "A"


def test_a_chain_with_a_missing_or_simultaneous_change_leaves_the_creation_unknown() -> None:
    """Between two events that do not follow from each other lies one that is not there."""
    last = event("name_field_changed", [name_part("B")], [name_part("Order")])
    gap = event("name_field_changed", [name_part("A")], [name_part("X")], at=LATER - 1)
    twin = event("name_field_changed", [name_part("A")], [name_part("B")])
    assert original(lead(), gap, last) is None
    assert original(lead(), twin, last) is None


def test_changes_of_different_fields_are_chains_of_their_own() -> None:
    """A field does not follow from another one, nor in the same second."""
    record = lead(custom_fields_values=[city("Omsk")])
    renamed = event("name_field_changed", [name_part("Old")], [name_part("Order")])
    moved = event("custom_field_5_value_changed", [field_part("Perm")], [field_part("Omsk")])
    found = original(record, renamed, moved)
    assert (found.name, found.custom_fields_values[0].values[0].value) == ("Old", "Perm")
    noted = event("custom_field_value_changed", [field_part("Yes", key=7)], [field_part("No", key=7)])
    moved = event("custom_field_value_changed", [field_part("Perm")], [field_part("Omsk")])
    found = original(record, noted, moved)
    assert {field.field_id: field.values[0].value for field in found.custom_fields_values} == {
        5: "Perm",
        7: "Yes",
    }


def test_tags_that_came_go_and_tags_that_went_come_back() -> None:
    """One event names several."""
    record = lead(embedded=tags("kept", "new"))
    came = event("entity_tag_added", after=part("tag", "name", "new"))
    went = event("entity_tag_deleted", before=part("tag", "name", "old"))
    assert [tag.name for tag in original(record, came, went).embedded.tags] == ["kept", "old"]
    assert [tag.name for tag in record.embedded.tags] == ["kept", "new"]


def test_odd_parts_of_an_event_of_tags_are_passed_over() -> None:
    """What names no tag changes none; the tags beside it count."""
    odd: list[Any] = [{}, "text", {"tag": None}, {"other": {"name": "kept"}}]
    record = lead(embedded=tags("kept", "new"))
    went = event("entity_tag_deleted", before=[*odd, *part("tag", "name", "old")])
    came = event("entity_tag_added", after=[*odd, *part("tag", "name", "new")])
    assert [tag.name for tag in original(record, went, came).embedded.tags] == ["kept", "old"]


def test_an_option_is_put_back_by_its_id() -> None:
    """Labels may be alike; the record is compared by the id of the option."""
    words = Vocabulary(definitions=[SimpleNamespace(id=5, code="C", name="C", type="select", enums=None)])
    before = {"custom_field_value": {"field_id": 5, "text": "Red", "enum_id": 51}}
    after = {"custom_field_value": {"field_id": 5, "text": "Red", "enum_id": 52}}
    change = event("custom_field_5_value_changed", [before], [after])
    found = histories_of("leads", [lead()], [ADDED, change], words)[1].original
    (value,) = found.custom_fields_values[0].values
    assert (value.value, value.enum_id) == ("Red", 51)


def test_tags_of_a_record_that_shows_none_leave_the_creation_unknown() -> None:
    """What was not read cannot be put back."""
    record = Lead(id=1, created_by=AUTHOR, created_at=MADE, updated_at=LATER)
    assert original(record, event("entity_tag_added", after=part("tag", "name", "new"))) is None


@pytest.mark.parametrize(("old", "shown"), [("Perm", [("Perm")]), ("", [])])
def test_a_field_is_put_back_with_its_value_or_without_one(old: str, shown: list[str]) -> None:
    """An empty value before the change says that the field had none; the field is known by id and code as before."""
    record = lead(custom_fields_values=[city("Omsk")])
    change = event("custom_field_5_value_changed", [field_part(old)], [field_part("Omsk")])
    found = original(record, change)
    assert [field.values[0].value for field in found.custom_fields_values] == shown
    assert record.custom_fields_values[0].values[0].value == "Omsk"
    expected = lead(custom_fields_values=[city(text) for text in shown])
    assert print_of_record(found, WORDS) == print_of_record(expected, WORDS)
    assert all(field.field_code == "CITY" for field in found.custom_fields_values)


def test_a_field_that_was_emptied_comes_back() -> None:
    """The record shows it no more, the event does."""
    change = event("custom_field_5_value_changed", [field_part("Perm")], [])
    (field,) = original(lead(), change).custom_fields_values
    assert (field.field_id, field.field_type, field.values[0].value) == (5, "text", "Perm")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([field_part("1", key=6)], [field_part("2", key=6)]),  # shown otherwise than in a record
        ([field_part("1")], [field_part("2", key=6)]),  # two fields at once
        ([], []),
        ([field_part("1", key=99)], []),  # of an unknown type
    ],
)
def test_a_field_that_an_event_does_not_show_as_a_record_does_is_not_put_back(
    before: Any, after: Any
) -> None:
    """A wrong value would make a record another one, and the object would be created twice."""
    assert original(lead(), event("custom_field_value_changed", before, after)) is None


CREATION = [
    event("custom_field_5_value_changed", [], [field_part("Omsk")], at=MADE, by=AUTHOR),
    event("entity_tag_added", after=part("tag", "name", "new"), at=MADE, by=AUTHOR),
]


@pytest.mark.parametrize("told", CREATION, ids=lambda one: str(one.type))
def test_an_event_that_may_describe_the_creation_is_not_put_back(told: Event) -> None:
    """What the creation sent may be told as a change of the same second by the same user: nothing is sure then."""
    record = lead(updated_at=MADE, custom_fields_values=[city("Omsk")], embedded=tags("new"))
    assert original(record, told) is None
    later = event("name_field_changed", [name_part("Old")], [name_part("Order")])
    record = lead(custom_fields_values=[city("Omsk")], embedded=tags("new"))
    assert original(record, told, later) is None


def test_a_robot_of_the_same_second_is_put_back() -> None:
    """It is another author, so its event describes no creation."""
    record = lead(updated_at=MADE, embedded=tags("new"))
    by_robot = event("entity_tag_added", after=part("tag", "name", "new"), at=MADE, by=ROBOT)
    assert original(record, by_robot).embedded.tags == []


def test_a_record_that_is_told_by_events_of_its_creation_is_not_called_absent() -> None:
    """The object that was stored with a tag would be created twice."""
    bodies = [{"name": "Order", "_embedded": {"tags": [{"name": "new"}]}}, {"name": "Other"}]
    operation = Operation(CREATE["leads"])
    doubts = [Doubt(operation, body, None, "demo.amocrm.ru", 0, MADE, MADE) for body in bodies]
    record = lead(updated_at=MADE, price=None, embedded=tags("new"))
    window = Window([record], complete=True, user=AUTHOR, clock_offset=0.0)
    window.histories = histories_of("leads", [record], [ADDED, CREATION[1]], WORDS)
    first, _ = decide(doubts, window, WORDS, now=MADE + 1000, settle=120)
    assert (first.answer, first.candidates) == ("unknown", (1,))
