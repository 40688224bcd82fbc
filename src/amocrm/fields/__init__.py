"""Custom fields: declare them on an entity class, by id, code or name.

Example:
    >>> from amocrm import Lead, fields
    >>> class Deal(Lead):
    ...     city = fields.Select(field_id=1278, options=City)
    ...     due = fields.Date(name="Срок")
    ...     amount = fields.Monetary(code="CONTRACT_SUM")
    ...

Each kind is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._core.public_names import publish

if TYPE_CHECKING:
    from amocrm_gen.models.fields import (
        FileValue,
        InvoiceItemValue,
        LegalEntityValue,
        LinkedEntityValue,
        PayerValue,
        SupplierValue,
    )

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
    from ._structured import File, Items, LegalEntity, LinkedEntity, Payer, Supplier

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
    "InvoiceItemValue",
    "Items",
    "LegalEntity",
    "LegalEntityValue",
    "LinkedEntity",
    "LinkedEntityValue",
    "Monetary",
    "MultiSelect",
    "Numeric",
    "Payer",
    "PayerValue",
    "Phone",
    "Phones",
    "Price",
    "Radio",
    "Raw",
    "Select",
    "SmartAddress",
    "StreetAddress",
    "Supplier",
    "SupplierValue",
    "Text",
    "Textarea",
    "TrackingData",
    "Url",
]


_PLACES = {
    "_base": ("Field",),
    "_custom": ("CustomFields",),
    "_definitions": ("Definition", "Definitions"),
    "_lists": ("Category", "ChainItem", "ChainedList", "MultiSelect", "Radio", "Select"),
    "_objects": (
        *("Address", "ContactValue", "ContactValues", "Email", "Emails"),
        *("Phone", "Phones", "SmartAddress"),
    ),
    "_structured": ("File", "Items", "LegalEntity", "LinkedEntity", "Payer", "Supplier"),
}
_VALUES = frozenset(name for name in __all__ if name.endswith("Value") and name != "ContactValue")
_MODULES = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _VALUES:  # generated models
        module = import_module("amocrm_gen.models.fields")
    else:
        module = import_module(f".{_MODULES.get(name, '_simple')}", __name__)
    value = getattr(module, name) if name in _VALUES else publish(__name__, getattr(module, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
