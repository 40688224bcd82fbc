"""Fields that choose among options, and chained lists."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm import fields
from tests.fields.deals import MOSCOW, City, Deal, Product, read, sent


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("city", City.KAZAN, [{"value": "Казань"}]),
        ("city", 55, [{"enum_id": 55}]),
        ("products", {Product.BASIC}, [{"enum_id": 17}]),
        ("products", ["Новый", 19], [{"value": "Новый"}, {"enum_id": 19}]),
        ("radio", "Москва", [{"value": "Москва"}]),
        ("chain", [fields.ChainItem(1, 2)], [{"catalog_id": 1, "catalog_element_id": 2}]),
    ],
)
def test_options_are_written_in_the_form_of_the_api(attribute: str, value: Any, expected: Any) -> None:
    """The items hold the keys that the type knows and no other."""
    assert sent(attribute, value) == expected


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("city", 1.5),
        ("products", "Казань"),
        ("chain", [fields.ChainItem(1, 2)] * 6),
    ],
)
def test_wrong_options_are_refused_where_they_are_assigned(attribute: str, value: Any) -> None:
    """The error names the field and stands at the line that assigns."""
    with pytest.raises((TypeError, ValueError), match=rf"{attribute}|time zone"):
        setattr(Deal(), attribute, value)


@pytest.mark.parametrize(
    ("field_id", "kind", "items", "attribute", "expected"),
    [
        (8, "select", [{"value": "Казань", "enum_id": 1, "enum_code": None}], "city", City.KAZAN),
        (8, "select", [{"value": "Новый город", "enum_id": 9}], "city", "Новый город"),
        (10, "multiselect", [{"value": "Б", "enum_id": 17}], "products", (Product.BASIC,)),
        (10, "multiselect", [{"value": "Я", "enum_id": 99}], "products", (99,)),
        (
            18,
            "chained_list",
            [{"catalog_id": 1, "catalog_element_id": 2}],
            "chain",
            (fields.ChainItem(1, 2),),
        ),
    ],
)
def test_options_are_read_as_python_values(
    field_id: int, kind: str, items: list[dict[str, Any]], attribute: str, expected: Any
) -> None:
    """Values are typed; an unknown option is given as it is and breaks nothing."""
    assert getattr(read(field_id, kind, *items), attribute) == expected
    assert getattr(read(field_id, kind, *items, zone=MOSCOW), attribute) == expected


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("city", "Казнь"), ("radio", "казань"), ("products", [18]), ("products", [Product.PLUS, 5])],
)
def test_an_option_that_the_enum_lacks_is_refused(attribute: str, value: Any) -> None:
    """A declared enum lists the options: another one is a mistake and is named where it is made."""
    with pytest.raises(ValueError, match="must be an option of"):
        Deal(**{attribute: value})


def test_an_enum_of_labels_says_nothing_about_ids() -> None:
    """An id beside an enum of labels, and a label beside an enum of ids, are for the definitions to judge."""
    assert Deal(city=55).city == 55
    assert Deal(products=["Базовый"]).products == ("Базовый",)
