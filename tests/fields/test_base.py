"""What every field does."""

from __future__ import annotations

import pytest

from amocrm import fields
from tests.fields.deals import read, sent


def test_clearing_sends_null_and_an_empty_item_for_files() -> None:
    """None clears; an empty array is never sent."""
    for attribute in ("text", "number", "city", "products", "day", "address", "chain"):
        assert sent(attribute, None) is None
    assert sent("file", None) == [{"value": None}]


def test_an_empty_field_is_none_and_an_empty_collection_is_empty() -> None:
    """A field without a value is not listed by the server."""
    deal = read(1, "text", {"value": "x"})
    assert (deal.city, deal.number, deal.products, deal.chain) == (None, None, (), ())


def test_a_field_must_be_named_somehow() -> None:
    """A declaration without id, code and name is refused at once."""
    with pytest.raises(TypeError, match=r"field_id=, code= or name="):
        fields.Text()
