"""Definitions of fields, as they are created."""

from __future__ import annotations

import pytest

from amocrm import fields
from tests.fields.deals import City, Deal


def test_a_declaration_with_a_name_is_enough_to_create_its_field() -> None:
    """A declaration with a name is enough to create its field; options come from the enum."""
    made = fields.Definition.of(Deal.money)
    assert made.body() == {"name": "money", "type": "monetary", "code": "MONEY"}
    city = fields.Select(name="Город", options=City)
    assert fields.Definition.of(city).body()["enums"] == [
        {"value": "Казань", "sort": 1},
        {"value": "Москва", "sort": 2},
    ]
    with pytest.raises(ValueError, match="field_id"):
        fields.Definition.of(Deal.city)
    with pytest.raises(ValueError, match="options"):
        fields.Definition(name="x", type="select").body()


def test_definitions_take_whatever_the_api_takes() -> None:
    """Keys without a parameter of their own go into ``more``."""
    chain = fields.Definition(name="Цепь", type="chained_list", more={"chained_lists": [{"title": "A"}]})
    assert chain.body()["chained_lists"] == [{"title": "A"}]
