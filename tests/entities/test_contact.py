"""The first number of a contact."""

from __future__ import annotations

import pytest

from amocrm import Contact, NotLoaded
from tests.entities.leads import body


def test_the_first_number_of_an_unread_contact_cannot_be_replaced_alone() -> None:
    """The API replaces a field as a whole: replacing the first number would drop the others."""
    contact = Contact._from_api(Contact._model(id=5), None)
    with pytest.raises(NotLoaded, match="phone"):
        contact.phone = "+7900"
    contact.phones = ["+7900"]
    assert body(contact)["custom_fields_values"][0]["values"] == [{"value": "+7900", "enum_code": "WORK"}]
