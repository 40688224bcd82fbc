"""Custom fields: declare them on an entity class, by id, code or name.

Example:
    >>> from amocrm import Lead, fields
    >>> class Deal(Lead):
    ...     city = fields.Select(field_id=1278, options=City)
    ...     due = fields.Date(name="Срок")
    ...     amount = fields.Monetary(code="CONTRACT_SUM")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base import Field
from ._custom import CustomFields
from ._definitions import Definition, Definitions
from ._lists import Category, ChainedList, ChainItem, MultiSelect, Radio, Select
from ._objects import (
    Address,
    ContactValue,
    ContactValues,
    Email,
    Emails,
    File,
    LegalEntity,
    Phone,
    Phones,
    SmartAddress,
)
from ._simple import (
    Birthday,
    Checkbox,
    Date,
    DateTime,
    Monetary,
    Numeric,
    Price,
    Raw,
    StreetAddress,
    Text,
    Textarea,
    TrackingData,
    Url,
)

if TYPE_CHECKING:
    from amocrm_gen.models.fields import FileValue, LegalEntityValue

__all__ = [
    "Address",
    "Birthday",
    "Category",
    "ChainItem",
    "ChainedList",
    "Checkbox",
    "ContactValue",
    "ContactValues",
    "CustomFields",
    "Date",
    "DateTime",
    "Definition",
    "Definitions",
    "Email",
    "Emails",
    "Field",
    "File",
    "FileValue",
    "LegalEntity",
    "LegalEntityValue",
    "Monetary",
    "MultiSelect",
    "Numeric",
    "Phone",
    "Phones",
    "Price",
    "Radio",
    "Raw",
    "Select",
    "SmartAddress",
    "StreetAddress",
    "Text",
    "Textarea",
    "TrackingData",
    "Url",
]


def __getattr__(name: str) -> Any:
    # These two are generated models; they are imported when they are first used.
    if name not in ("FileValue", "LegalEntityValue"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from amocrm_gen.models import fields

    return getattr(fields, name)
