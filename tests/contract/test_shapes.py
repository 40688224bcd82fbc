"""Free values of answers: what notes, events and custom fields hold, told apart by the tables of the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from amocrm_gen._runtime.model import Model
from amocrm_gen.models.events import EVENT_VALUE_AFTER
from amocrm_gen.models.fields import FIELD_VALUE_ITEM_VALUE
from amocrm_gen.models.notes import NOTE_PARAMS, CallNoteParams

from .fixtures import fixtures
from .walk import lost


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """All objects inside of a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


EVERYTHING = [found for example in fixtures("examples") for found in objects(example.value)]
NOTES = [
    (found["note_type"], found["params"]) for found in EVERYTHING if {"note_type", "params"} <= found.keys()
]
EVENTS = [
    value
    for found in EVERYTHING
    for side in ("value_after", "value_before")
    for value in found.get(side) or ()
]
VALUES = [
    (found["field_type"], item["value"])
    for found in EVERYTHING
    if {"field_type", "values"} <= found.keys()
    for item in found["values"]
    if isinstance(item.get("value"), dict)
]


def assert_whole(raw: dict[str, Any], read: Model | None) -> None:
    """Fail unless the value was read strictly and none of its keys is missing in the model."""
    assert read is not None
    assert msgspec.convert(raw, type(read)) == read
    assert list(lost(raw, type(read))) == []


@pytest.mark.parametrize(("kind", "raw"), NOTES)
def test_the_content_of_a_note_is_read_whole(kind: str, raw: Any) -> None:
    """Params of every known type fit its model; a type without content has an empty list and no model."""
    if raw == []:
        assert NOTE_PARAMS.read(kind, raw) is None
    else:
        assert_whole(raw, NOTE_PARAMS.read(kind, raw))


@pytest.mark.parametrize("raw", EVENTS)
def test_the_values_of_an_event_are_read_whole(raw: dict[str, Any]) -> None:
    """Every value before and after fits the model of its key."""
    assert_whole(raw, EVENT_VALUE_AFTER.read(raw))


@pytest.mark.parametrize(("kind", "raw"), VALUES)
def test_the_objects_in_custom_fields_are_read_whole(kind: str, raw: dict[str, Any]) -> None:
    """Values that are objects fit the model of their field's type."""
    assert_whole(raw, FIELD_VALUE_ITEM_VALUE.read(kind, raw))


def test_there_is_an_example_of_each_shape() -> None:
    """The fixtures show every type of notes, values of events and object-valued fields that the tables know."""
    assert set(NOTE_PARAMS) <= {kind for kind, _ in NOTES}
    assert set(EVENT_VALUE_AFTER) == {key for raw in EVENTS for key in raw}
    assert set(FIELD_VALUE_ITEM_VALUE) == {kind for kind, _ in VALUES}


def test_the_tables_are_open() -> None:
    """A type that is not known gives no model, and a value that does not fit is mended as in any answer."""
    assert NOTE_PARAMS.read("telepathy", {"text": "…"}) is None
    assert NOTE_PARAMS.read(msgspec.UNSET, {}) is None
    assert EVENT_VALUE_AFTER.read({"telepathy": {}}) is None
    assert EVENT_VALUE_AFTER.read([]) is None
    mended = NOTE_PARAMS.read("call_in", {"duration": 74.0, "source": 5, "link": []})
    assert mended == CallNoteParams(duration=74, source="5", link=None)
