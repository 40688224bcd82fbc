"""Events show what was before and after."""

from __future__ import annotations

import pytest

from amocrm import Event, NotLoaded
from amocrm_gen.models.events import LeadStatusEventValue, TagEventValue


def event_of(**data: object) -> Event:
    """An event as the server has it."""
    return Event._from_api(Event._model(id="a1", **data), None)


def test_values_have_the_class_of_their_key() -> None:
    """A stage is asked for by name, everything else by its class."""
    status = {"lead_status": {"id": 142, "pipeline_id": 3}}
    event = event_of(value_before=[{"tag": {"name": "vip"}}], value_after=[status])

    assert isinstance(event.value_after[0], LeadStatusEventValue)
    assert event.status_after is not None
    assert (event.status_after.id, event.status_after.pipeline_id) == (142, 3)
    assert event.status_before is None
    assert event.before(TagEventValue) is not None
    assert event.after(TagEventValue) is None


def test_an_empty_value_is_an_empty_tuple_and_a_missing_one_is_said() -> None:
    """The API sends null or a list; what it left out was not loaded."""
    assert event_of(value_before=None).value_before == ()
    with pytest.raises(NotLoaded, match="value_after"):
        _ = event_of().value_after
