"""Values that are objects."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm import Lead, fields
from amocrm.entities._writing import writes_of
from tests.fields.deals import Deal, read, sent


class Invoice(Lead):
    """Types of fields that lists have."""

    items = fields.Items(field_id=1)
    payer = fields.Payer(field_id=2)
    supplier = fields.Supplier(field_id=3)
    link = fields.LinkedEntity(field_id=4)
    legal = fields.LegalEntity(field_id=5)


READ: list[tuple[int, str, str, Any, Any]] = [
    (
        1,
        "items",
        "items",
        {"sku": "A", "quantity": 2, "unit_price": 5.5, "total_sum": 11, "is_total_sum_recalculated": True},
        {"sku": "A", "quantity": 2.0, "unit_price": 5.5},
    ),
    (2, "payer", "payer", {"name": "Иван", "type": "individual"}, {"name": "Иван", "type": "individual"}),
    (3, "supplier", "supplier", {"entity_id": 7, "name": "ООО", "kpp": "1"}, {"entity_id": 7}),
    (
        4,
        "linked_entity",
        "link",
        {"entity_id": 7, "entity_type": "contacts", "name": "И"},
        {"entity_id": 7, "entity_type": "contacts", "name": "И"},
    ),
    (5, "legal_entity", "legal", {"name": "ООО", "vat_id": "77"}, {"name": "ООО", "vat_id": "77"}),
]


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        (
            "legal",
            fields.LegalEntityValue(name="ООО", vat_id="77"),
            [{"value": {"name": "ООО", "vat_id": "77"}}],
        ),
        ("file", "uuid-1", [{"value": {"file_uuid": "uuid-1"}}]),
    ],
)
def test_objects_are_written_in_the_form_of_the_api(attribute: str, value: Any, expected: Any) -> None:
    """The items hold the keys that the type knows and no other."""
    assert sent(attribute, value) == expected


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("legal", fields.LegalEntityValue(vat_id="77")),
    ],
)
def test_wrong_objects_are_refused_where_they_are_assigned(attribute: str, value: Any) -> None:
    """The error names the field and stands at the line that assigns."""
    with pytest.raises((TypeError, ValueError), match=rf"{attribute}|time zone"):
        setattr(Deal(), attribute, value)


def test_objects_are_read_with_the_keys_that_fit() -> None:
    """An odd key inside a free value costs itself only."""
    deal = read(16, "legal_entity", {"value": {"name": "ООО", "entity_type": "odd", "unknown": 1}})
    assert deal.legal is not None
    assert deal.legal.name == "ООО"


@pytest.mark.parametrize(("field_id", "kind", "attribute", "value", "expected"), READ)
def test_an_object_is_written_back_without_what_the_server_adds(
    field_id: int, kind: str, attribute: str, value: Any, expected: Any
) -> None:
    """Read, assigned to another entity and sent: only the keys that can be written, none that is empty."""
    deal = Invoice._from_api(read(field_id, kind, {"value": value})._data, None)
    found = getattr(deal, attribute)
    setattr(deal, attribute, found)
    assert list(writes_of(deal)) == []
    other = Invoice(**{attribute: found})
    (item,) = next(iter(writes_of(other))).render()["custom_fields_values"]
    assert item == {"field_id": field_id, "values": [{"value": expected}]}
    assert getattr(other, attribute) is not None
    undeclared = read(field_id, kind, {"value": value})
    assert undeclared.custom["Поле"] == found


def test_what_an_object_does_not_say_reads_as_none() -> None:
    """Nobody has to know of a value that stands for nothing."""
    deal = read(16, "legal_entity", {"value": {"name": "ООО"}})
    assert deal.legal is not None
    assert deal.legal.kpp is None


@pytest.mark.parametrize(("attribute", "wrong"), [("legal", {"name": "ООО"}), ("file", 5)])
def test_an_object_of_another_kind_is_refused(attribute: str, wrong: Any) -> None:
    """The error names the class to use."""
    with pytest.raises(TypeError, match=r"fields\.\w+Value"):
        setattr(Deal(), attribute, wrong)


@pytest.mark.parametrize(
    ("value", "is_change"),
    [
        ("uuid-1", False),
        ("uuid-2", True),
        (fields.FileValue(file_uuid="uuid-1", version_uuid="v-1"), False),
        (fields.FileValue(file_uuid="uuid-1", version_uuid="v-2"), True),
    ],
)
def test_a_file_is_compared_by_what_the_new_value_says(value: Any, is_change: bool) -> None:
    """The account adds version, name and size; the uuid alone means the same file."""
    stored = {"file_uuid": "uuid-1", "version_uuid": "v-1", "file_name": "x.txt", "file_size": 1}
    deal = read(17, "file", {"value": stored})
    deal.file = value
    assert deal._is_dirty() is is_change
