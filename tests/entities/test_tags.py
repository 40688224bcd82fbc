"""Tags of an entity."""

from __future__ import annotations

import pytest

from amocrm import Lead, NotLoaded
from amocrm_gen.models import leads
from tests.entities.leads import body


def test_tags_that_were_not_loaded_can_be_changed_and_replaced() -> None:
    """Adding and removing need no reading; assigning replaces them all; reading says what to call."""
    lead = Lead._from_api(leads.Lead(id=5), None)
    lead.tags.add("a")
    lead.tags.discard("b")
    assert body(lead) == {"id": 5, "tags_to_add": [{"name": "a"}], "tags_to_delete": [{"name": "b"}]}
    with pytest.raises(NotLoaded, match="tags"):
        len(lead.tags)
    lead.tags = ["c"]
    assert body(lead) == {"id": 5, "_embedded": {"tags": [{"name": "c"}]}}
    lead.tags.clear()
    assert body(lead) == {"id": 5, "_embedded": {"tags": None}}


def test_a_single_tag_is_not_a_set_of_letters() -> None:
    """A text where several names are expected is refused."""
    with pytest.raises(TypeError, match="list of names"):
        Lead(tags="сайт")


def test_an_empty_tag_is_refused_by_what_it_is() -> None:
    """The message shows the empty text."""
    with pytest.raises(TypeError, match="''"):
        Lead().tags.add("")


def test_tags_cannot_be_deleted_as_an_attribute() -> None:
    """The message says what to assign instead, as for every other attribute."""
    with pytest.raises(AttributeError, match=r"Lead\.tags cannot be deleted; assign set\(\) to clear it"):
        del Lead().tags
