"""Custom fields without a declaration: ``lead.custom["Город"]``.

The type comes from the value that was read or from the definitions; otherwise it is guessed from the Python value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from msgspec import UNSET

from .._core.arguments import shown_value
from ._base import Field, Holder
from ._definitions import Definitions
from ._lists import Category, ChainedList, MultiSelect, Radio, Select
from ._objects import Phones, SmartAddress
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
    is_item,
)
from ._state import FieldState, Item, Ref
from ._structured import File, Items, LegalEntity, LinkedEntity, Payer, Supplier, _Structured

__all__ = ["BY_TYPE", "PARTED", "CustomFields", "UntypedField", "field_of_type"]

#: Fields whose values have parts; those of types that the library does not know are among them.
PARTED: Final = SmartAddress | ChainedList | _Structured | Raw

#: Field class of each type of the API; values of other types are read and written raw.
BY_TYPE: Mapping[str, type[Field[Any, Any]]] = {
    kind.wire_type: kind
    for kind in (
        *(Text, Textarea, Url, StreetAddress, TrackingData, Numeric, Monetary, Price, Checkbox),
        *(Select, Radio, Category, MultiSelect, ChainedList, Date, DateTime, Birthday),
        *(Phones, SmartAddress, LegalEntity, File, Items, LinkedEntity, Payer, Supplier),
    )
}


def field_of_type(kind: str | None, ref: Ref, name: str | None = None) -> Field[Any, Any]:
    """Return an undeclared field of this type; the name finds a field that was deleted and created again."""
    field = BY_TYPE.get(kind or "", Raw)(field_id=0)
    field.ref, field.name = ref, name
    return field


class CustomFields(Mapping[str, Any]):
    """The custom fields of one entity by name, code or id, typed by the account's definitions.

    Reading gives the value of a filled field. A field that is not among the filled ones is ``None`` if
    the definitions were loaded (``crm.fields.load(Lead)``) and name it. Otherwise reading it raises
    ``KeyError``, because an empty field cannot be told from a misspelt one.

    Example:
        >>> lead.custom["Город"]
        'Казань'
        >>> lead.custom["Город"] = "Москва"
        >>> del lead.custom["Город"]
        >>> print(lead.custom["Город"])
        None
    """

    __slots__ = ("_definitions", "_holder")

    def __init__(self, holder: Holder, definitions: Definitions | None) -> None:
        self._holder, self._definitions = holder, definitions

    def __getitem__(self, key: str | int) -> Any:
        field = self._field(key)
        items = self._holder._field_items(field)
        if not items and field.ref not in self._state().local and self._definition(field.ref) is None:
            raise KeyError(
                f"the key must be the name, code or id of a filled custom field, got {key!r}; call "
                f"crm.fields.load({type(self._holder).__name__}) once to tell an empty field from a misspelt one"
            )
        return field.__get__(self._holder, type(self._holder))

    def __setitem__(self, key: str | int, value: Any) -> None:
        field = self._field(key, value)
        self._holder._set_field(field, field.encode(value))

    def __delitem__(self, key: str | int) -> None:
        self[key] = None

    def __iter__(self) -> Iterator[str]:
        for value in self._state():
            yield value.field_name or value.field_code or str(value.field_id)

    def __len__(self) -> int:
        return sum(1 for _ in self._state())

    def __repr__(self) -> str:
        return repr(dict(self))

    def _state(self) -> FieldState:
        return self._holder._fields()

    def _definition(self, ref: Ref) -> Any:
        return None if self._definitions is None else self._definitions.find(ref)

    def _field(self, key: str | int, value: Any = UNSET) -> Field[Any, Any]:
        state = self._state()
        if self._definitions is not None and isinstance(key, str):
            self._definitions.find(("name", key))  # raises if several fields have this name
        refs: tuple[Ref, ...] = (("id", key),) if isinstance(key, int) else (("name", key), ("code", key))
        for ref in refs:
            # A value that was written but not read yet has no type; the definitions have it.
            if (remote := state.remote(ref)) is not None and isinstance(remote.field_type, str):
                return field_of_type(remote.field_type, ("id", remote.field_id), remote.field_name)
        for ref in refs:
            if (definition := self._definition(ref)) is not None:
                return field_of_type(definition.type, ("id", definition.id), definition.name)
        if self._definitions is not None and value is not UNSET:
            self._definitions.get(refs[0])
        for ref in refs:
            # Webhooks carry values without their type.
            if state.local.get(ref) is not UNSET or state.remote(ref) is not None:
                return UntypedField(ref)
        return UntypedField(refs[0])


class UntypedField(Raw):
    """Field of unknown type; the Python type of a value decides how it is written."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(field_id=0)
        self.ref = ref

    def decode(self, items: Any, zone: Any) -> Any:
        values = [item.value if item.value is not UNSET else item.enum_id for item in items]
        return None if not values else values[0] if len(values) == 1 else values

    def encode(self, value: Any) -> tuple[Item, ...]:
        if value is None:
            return ()
        if isinstance(value, list | tuple | set | frozenset):
            return tuple(item for member in value for item in self.encode(member))
        if is_item(value):
            return (Item(**value),)
        if isinstance(value, Enum) and isinstance(value.value, int):
            return (Item(enum_id=value.value),)
        if isinstance(value, str | int | float | bool | Decimal | date | datetime | Enum):
            return (Item(value=value),)
        raise TypeError(
            f"{self!r} must be a text, number, flag, date, option or a list of them, got {shown_value(value)}; "
            "write lead.custom['City'] = 'Kazan', or the form of the API, [{'value': 'Kazan'}], with the keys "
            f"{', '.join(Item.__struct_fields__)}"
        )

    def __repr__(self) -> str:
        return f"custom[{self.ref[1]!r}]"
