"""Custom fields: declare them on an entity class, by id, code or name.

Example:
    >>> from amocrm import Lead, fields
    >>> class Deal(Lead):
    ...     city = fields.Select(field_id=1278, options=City)
    ...     due = fields.Date(name="Срок")
    ...     amount = fields.Monetary(code="CONTRACT_SUM")
"""

from __future__ import annotations

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
    FileValue,
    LegalEntity,
    LegalEntityValue,
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
