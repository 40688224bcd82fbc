"""A lead with one field of each kind, read and written without a server."""

from __future__ import annotations

from datetime import timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any

from amocrm import Lead, fields
from amocrm._core.orm.identity import Directory, Origin
from amocrm.entities._writing import writes_of
from amocrm_gen.models import leads
from amocrm_gen.models.fields import FieldValue, FieldValueItem

MOSCOW = timezone(timedelta(hours=3))


class City(StrEnum):
    """Options by label."""

    KAZAN = "Казань"
    MOSCOW = "Москва"


class Product(IntEnum):
    """Options by id."""

    BASIC = 17
    PLUS = 19


class Deal(Lead):
    """One field of each kind."""

    text = fields.Text(field_id=1)
    notes_text = fields.Textarea(field_id=2)
    url = fields.Url(field_id=3)
    street = fields.StreetAddress(field_id=4)
    number = fields.Numeric(field_id=5)
    money = fields.Monetary(code="MONEY")
    flag = fields.Checkbox(field_id=7)
    city = fields.Select(field_id=8, options=City)
    plain = fields.Select(field_id=9)
    products = fields.MultiSelect(field_id=10, options=Product)
    radio = fields.Radio(field_id=11, options=City)
    day = fields.Date(field_id=12)
    moment = fields.DateTime(field_id=13)
    born = fields.Birthday(field_id=14)
    address = fields.SmartAddress(field_id=15)
    legal = fields.LegalEntity(field_id=16)
    file = fields.File(field_id=17)
    chain = fields.ChainedList(field_id=18)
    raw = fields.Raw(field_id=19)


def sent(attribute: str, value: Any) -> Any:
    """The values that assigning sends."""
    directory = Directory()
    directory.zone = MOSCOW
    deal = Deal._from_api(leads.Lead(id=5), Origin(directory))
    setattr(deal, attribute, value)
    (found,) = next(iter(writes_of(deal))).render()["custom_fields_values"]
    return found["values"]


def read(field_id: int, kind: str, *items: dict[str, Any], zone: Any = None) -> Deal:
    """A lead whose one field has these items."""
    values = [FieldValueItem(**item) for item in items]
    directory = Directory()
    directory.zone = zone
    value = FieldValue(field_id=field_id, field_name="Поле", field_code=None, field_type=kind, values=values)
    return Deal._from_api(leads.Lead(id=5, custom_fields_values=[value]), Origin(directory))
