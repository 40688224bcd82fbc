"""What was read of a field and what was laid over it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm import Lead, fields
from amocrm_gen.models import leads
from amocrm_gen.models.fields import FieldValue
from tests.fields.deals import City, Deal, read


@given(st.sampled_from(list(City)), st.sampled_from(list(City)))
def test_a_value_set_back_is_no_change(before: City, after: City) -> None:
    """What means the same as what was read is not sent."""
    deal = read(8, "select", {"value": before.value, "enum_id": 1})
    deal.city = after
    assert deal._is_dirty() == (before is not after)
    deal.city = before
    assert not deal._is_dirty()


def test_a_name_of_two_fields_is_refused_with_their_ids() -> None:
    """Reading and writing by a name that two filled fields have names both ids."""

    class Named(Lead):
        city = fields.Text(name="Город")

    values = [
        FieldValue(field_id=key, field_name="Город", field_code=None, field_type="text", values=[])
        for key in (7, 9)
    ]
    lead = Named._from_api(leads.Lead(id=5, custom_fields_values=values), None)

    for use in (
        lambda: lead.city,
        lambda: setattr(lead, "city", "x"),
        lambda: lead.custom["Город"],
        lambda: lead.custom.__setitem__("Город", "x"),
    ):
        with pytest.raises(LookupError, match="7, 9"):
            use()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": 1}, {"code": " "}, {"field_id": "1"}, {"field_id": True}]
)
def test_a_reference_of_another_kind_is_refused_at_the_declaration(wrong: Any) -> None:
    """The message names the argument."""
    with pytest.raises(TypeError, match=next(iter(wrong))):
        fields.Text(**wrong)


def test_nothing_is_assigned_under_the_id_of_its_field_and_until_it_was_sent() -> None:
    """A new object's None is kept beside its changes, moves with the field's reference, and ends with the creation."""
    deal = Deal(number=5, money=None)
    state = deal._fields()
    assert set(state.local) == {("id", 5)}
    assert state.assigned() == {**state.local.pending(), ("code", "MONEY"): ()}
    state.move(("code", "MONEY"), ("id", 6))
    assert state.assigned()["id", 6] == ()
    assert state.kind(("id", 6)) is Deal.money
    deal.money = 5
    assert state.cleared == frozenset()
    deal.money = None
    state.confirm(state.local.pending())
    assert state.assigned() == {}
