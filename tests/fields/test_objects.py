"""Numbers with kinds, and addresses."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm import Contact, fields
from amocrm.entities._writing import writes_of
from amocrm_gen.models import contacts
from amocrm_gen.models.fields import FieldValue, FieldValueItem
from tests.fields.deals import MOSCOW, read, sent


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        (
            "address",
            fields.Address(city="Казань", country="RU"),
            [{"value": "Казань", "enum_code": "city"}, {"value": "RU", "enum_code": "country"}],
        ),
    ],
)
def test_an_address_is_written_in_the_form_of_the_api(attribute: str, value: Any, expected: Any) -> None:
    """The items hold the keys that the type knows and no other."""
    assert sent(attribute, value) == expected


@pytest.mark.parametrize(
    ("field_id", "kind", "items", "attribute", "expected"),
    [
        (15, "smart_address", [{"value": "Казань", "enum_id": 3}], "address", fields.Address(city="Казань")),
    ],
)
def test_an_address_is_read_as_a_python_value(
    field_id: int, kind: str, items: list[dict[str, Any]], attribute: str, expected: Any
) -> None:
    """Its parts are attributes, whatever else the field holds."""
    assert getattr(read(field_id, kind, *items), attribute) == expected
    assert getattr(read(field_id, kind, *items, zone=MOSCOW), attribute) == expected


def test_numbers_and_addresses_are_lists_with_kinds() -> None:
    """All numbers of a field, with the kind that the server names in either form."""
    items = [{"value": "+7901", "enum_id": 1, "enum_code": "MOB"}, {"value": "+7902", "enum": "WORK"}]
    value = FieldValue(
        field_id=3,
        field_code="PHONE",
        field_type="multitext",
        values=[FieldValueItem(**item) for item in items],
    )
    contact = Contact._from_api(Contact._model(id=5, custom_fields_values=[value]), None)
    assert contact.phone == "+7901"
    assert [(phone.value, phone.kind) for phone in contact.phones] == [("+7901", "MOB"), ("+7902", "WORK")]
    contact.phone = "+7999"
    contact.phones.add("+7903")
    contact.phones.remove("+7902")
    (found,) = next(iter(writes_of(contact))).render()["custom_fields_values"]
    assert found == {
        "field_id": 3,
        "values": [{"value": "+7999", "enum_code": "MOB"}, {"value": "+7903", "enum_code": "WORK"}],
    }
    with pytest.raises(ValueError, match="must be one of"):
        contact.phones.remove("+7000")


@pytest.mark.parametrize("value", ["", "  ", "\n", fields.ContactValue("")])
def test_an_empty_number_is_refused(value: Any) -> None:
    """Nothing is written that cannot be dialled, wherever it is given."""
    for make in (
        lambda: Contact(phone=value),
        lambda: Contact(phones=["+7 900", value]),
        lambda: Contact(email=value),
        lambda: Contact().phones.add(value if isinstance(value, str) else value.value),
    ):
        with pytest.raises(ValueError, match="empty"):
            make()


def test_an_empty_number_of_somebody_else_is_left_out() -> None:
    """A stored value without a number is not written again with the others."""
    empty, filled = (
        FieldValueItem(value="", enum_code="WORK"),
        FieldValueItem(value="+7 900", enum_code="MOB"),
    )
    value = FieldValue(
        field_id=5, field_name="Телефон", field_code="PHONE", field_type="multitext", values=[empty, filled]
    )
    contact = Contact._from_api(contacts.Contact(id=5, custom_fields_values=[value]), None)
    contact.phones.add("+7 901")

    (sent,) = next(iter(writes_of(contact))).render()["custom_fields_values"]
    assert [item["value"] for item in sent["values"]] == ["+7 900", "+7 901"]
