"""What was read of a field and what was laid over it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fields.deals import City, read


@given(st.sampled_from(list(City)), st.sampled_from(list(City)))
def test_a_value_set_back_is_no_change(before: City, after: City) -> None:
    """What means the same as what was read is not sent."""
    deal = read(8, "select", {"value": before.value, "enum_id": 1})
    deal.city = after
    assert deal._is_dirty() == (before is not after)
    deal.city = before
    assert not deal._is_dirty()
