"""Access to custom fields that nobody declared."""

from __future__ import annotations

from decimal import Decimal

import pytest

from amocrm import fields
from amocrm.entities._writing import writes_of
from amocrm_gen.models.fields import CustomField, CustomFieldEnum
from tests.fields.deals import Deal, Product, read


def with_definitions(deal: Deal) -> Deal:
    """The same lead once the definitions were loaded."""
    assert deal._session is not None
    options = [CustomFieldEnum(id=1, value="Казань"), CustomFieldEnum(id=2, value="Москва")]
    deal._session.directory.fields["leads"] = fields.Definitions(
        "leads",
        [
            CustomField(id=5, name="Поле", type="numeric", code="NUM"),
            CustomField(id=8, name="Город", type="select", code=None, enums=options),
        ],
    )
    return deal


def test_undeclared_fields_are_typed_by_what_was_read() -> None:
    """By name or id, with the type that the value says."""
    deal = read(5, "numeric", {"value": "1.5"})
    assert deal.custom["Поле"] == deal.custom[5] == Decimal("1.5")
    assert dict(deal.custom) == {"Поле": Decimal("1.5")}
    deal.custom["Поле"] = 2
    assert deal.custom[5] == 2
    del deal.custom[5]
    assert deal.custom["Поле"] is None


def test_a_missing_name_is_an_error_until_the_definitions_are_known() -> None:
    """Without definitions an empty field cannot be told from a misspelt one."""
    deal = read(5, "numeric", {"value": "1.5"})
    with pytest.raises(KeyError, match=r"crm\.fields\.load"):
        deal.custom["Город"]
    with_definitions(deal)
    assert deal.custom["Город"] is None
    assert deal.custom.get("Горад") is None
    with pytest.raises(LookupError, match="Город"):
        deal.custom["Горад"] = "Казань"


def test_undeclared_fields_are_written_by_the_definitions() -> None:
    """The definitions give id and type; without them the Python value decides."""
    deal = with_definitions(read(5, "numeric", {"value": "1.5"}))
    deal.custom["Город"] = "Москва"
    deal.custom["NUM"] = "2.5"
    (body,) = [work.render() for work in writes_of(deal)]
    assert body["custom_fields_values"] == [
        {"field_id": 8, "values": [{"value": "Москва"}]},
        {"field_id": 5, "values": [{"value": "2.5"}]},
    ]
    guessed = Deal()
    guessed.custom[77] = ["a", Product.PLUS]
    (body,) = [work.render() for work in writes_of(guessed)]
    assert body["custom_fields_values"] == [{"field_id": 77, "values": [{"value": "a"}, {"enum_id": 19}]}]
    assert guessed.custom[77] == ["a", 19]


def test_a_mapping_that_the_api_does_not_have_is_refused_by_its_key() -> None:
    """The message names the field as the program does and says which keys there are."""
    deal = Deal()
    with pytest.raises(TypeError, match=r"custom\['City'\] must be .* got dict; .*keys value, enum_id"):
        deal.custom["City"] = {"a": 1}
    deal.custom["City"] = {"value": "Kazan"}
    assert deal.custom["City"] == "Kazan"
