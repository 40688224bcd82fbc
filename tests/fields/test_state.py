"""What was read of a field and what was laid over it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm import Lead, fields
from amocrm_gen.models import leads
from amocrm_gen.models.fields import FieldValue
from tests.fields.deals import City, read


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
