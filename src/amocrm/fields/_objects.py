"""Fields whose value has parts: telephones, mail addresses, postal addresses.

The API replaces such a field as a whole, so writing one part sends the others along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Any, Final, Self, overload

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from .._core.orm.filters import Condition
from ._base import Field, Holder, members
from ._state import Item

__all__ = [
    "Address",
    "ContactValue",
    "ContactValues",
    "Email",
    "Emails",
    "Phone",
    "Phones",
    "SmartAddress",
]


class ContactValue(msgspec.Struct, frozen=True):
    """Telephone number or mail address with its kind.

    Attributes:
        value: number or address.
        kind: ``WORK``, ``WORKDD``, ``MOB``, ``FAX``, ``HOME``, ``PRIV`` or ``OTHER``.
        enum_id: id of a kind that has no code of its own in this account.
    """

    value: str
    kind: str | None = "WORK"
    enum_id: int | None = None

    def __str__(self) -> str:
        return self.value


class ContactValues(Sequence[ContactValue]):
    """All numbers or addresses of a field; adding and removing changes the entity.

    The API replaces a field as a whole, so the others are sent along; they must have been loaded.

    Example:
        >>> contact.phones.add("+7 900 000-00-00", kind="MOB")
        >>> [str(phone) for phone in contact.phones]
        ['+7 900 000-00-00']
    """

    __slots__ = ("_field", "_holder", "_values")

    def __init__(self, holder: Holder | None, field: Field[Any, Any], values: Iterable[ContactValue]) -> None:
        self._holder, self._field = holder, field
        self._values = tuple(values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> ContactValue: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ContactValue, ...]: ...
    def __getitem__(self, index: int | slice) -> ContactValue | tuple[ContactValue, ...]:
        return self._values[index]

    def __iter__(self) -> Iterator[ContactValue]:
        return iter(self._values)

    def __contains__(self, value: object) -> bool:
        return any(value in (entry, entry.value) for entry in self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._values == tuple(other)

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        return repr(list(map(str, self._values)))

    def add(self, value: str, kind: str = "WORK") -> None:
        """Append a number or an address, unless it is there already.

        Raises:
            ValueError: it is empty.
        """
        _check_filled(self._field, [value])
        if all(entry.value != value for entry in self._values):
            self._replace((*self._values, ContactValue(value, kind)))

    def remove(self, value: str) -> None:
        """Remove a number or an address.

        Raises:
            ValueError: it is not there.
        """
        if all(entry.value != value for entry in self._values):
            raise ValueError(f"the value to remove must be one of {self!r}, got {value!r}")
        self._replace(entry for entry in self._values if entry.value != value)

    def _replace(self, values: Iterable[ContactValue]) -> None:
        self._values = tuple(values)
        if self._holder is not None:
            self._holder._set_field(self._field, _items(self._values))


def _values(items: Sequence[Any]) -> tuple[ContactValue, ...]:
    values = []
    for item in items:
        code = item.enum_code if item.enum_code is not UNSET else getattr(item, "enum", UNSET)
        kind = None if code is UNSET else code
        number = None if item.enum_id is UNSET or kind is not None else item.enum_id
        values.append(ContactValue("" if item.value in (None, UNSET) else str(item.value), kind, number))
    return tuple(values)


def _check_filled(field: Field[Any, Any], values: Iterable[ContactValue | str]) -> None:
    """Raise ValueError for empty values, which the API would store as numbers."""
    for value in values:
        text = value.value if isinstance(value, ContactValue) else value
        if not isinstance(text, str):
            raise TypeError(f"{field!r} must be a text or a ContactValue, got {shown_value(text)}")
        if not text.strip():
            raise ValueError(f"{field!r} must not be empty, got {text!r}; write None to take the value away")


def _items(values: Iterable[ContactValue | str]) -> tuple[Item, ...]:
    items = []
    for value in values:
        entry = ContactValue(value) if isinstance(value, str) else value
        if not isinstance(entry, ContactValue) or not isinstance(entry.value, str):
            raise TypeError(
                f"a number or an address must be text or a fields.ContactValue, got {shown_value(entry)}"
            )
        if not entry.value:  # an empty value that the account holds is not written again
            continue
        if entry.kind is None and entry.enum_id is not None:
            items.append(Item(value=entry.value, enum_id=entry.enum_id))
        else:
            items.append(Item(value=entry.value, enum_code=entry.kind or "WORK"))
    return tuple(items)


class _Searched:
    """What the server finds by its search and this library compares."""

    owner: Any

    def is_(self, value: str) -> Condition:
        """Require this number or address, however it is written; the list is searched, every hit is compared.

        A search that finds nothing is no proof, because the server decides which spellings are equal:
        ``crm.contacts.find_by(key=Contact.phone, value=…, sure=True)`` reads the list.
        """
        if not isinstance(value, str):
            raise TypeError(f"{self!r} must be compared with a text, got {shown_value(value)}")
        return Condition(
            kind=getattr(self.owner, "_kind", ""),
            key=self,
            op="search",
            get=lambda item: UNSET,
            shown=f"{self!r} is {value!r}",
            values=(value,),
        )


class Phones(_Searched, Field[ContactValues, Iterable[ContactValue | str] | None]):
    """Field with all numbers of a telephone field; assign any iterable of texts or ``ContactValue``."""

    wire_type = "multitext"
    many = True

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> ContactValues:
        return ContactValues(None, self, _values(items))

    def encode(self, value: Iterable[ContactValue | str] | None) -> tuple[Item, ...]:
        values = members(self, value)
        _check_filled(self, values)
        return _items(values)

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> ContactValues: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        if instance is None:
            return self
        return ContactValues(instance, self, _values(instance._field_items(self)))


class Emails(Phones):
    """Field with all addresses of a mail field; see ``Phones``."""


class Phone(_Searched, Field[str | None, str | ContactValue | None]):
    """Field with the first number of a telephone field; assigning replaces it and keeps the others.

    The API replaces the whole field, so the others must have been loaded. On a contact that was not read,
    assigning raises ``NotLoaded`` and names ``phones``, which replaces all numbers.
    """

    wire_type = "multitext"

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> str | None:
        values = _values(items)
        return values[0].value if values else None

    def encode(self, value: str | ContactValue | None) -> tuple[Item, ...]:
        if value is None:
            return ()
        _check_filled(self, [value])
        return _items([value])

    def same(self, first: Any, second: Any) -> bool:
        """Return whether all numbers are the same, not only the first."""
        return _values(first) == _values(second)

    def __set__(self, instance: Holder, value: str | ContactValue | None) -> None:
        values = list(_values(instance._field_items(self)))
        if value is None:
            values = values[1:]
        else:
            _check_filled(self, [value])
            kind = values[0].kind if values else "WORK"
            values[:1] = [ContactValue(value, kind) if isinstance(value, str) else value]
        instance._set_field(self, _items(values))


class Email(Phone):
    """Field with the first address of a mail field; see ``Phone``."""


_PARTS: Final = ("address_line_1", "address_line_2", "city", "state", "zip", "country")


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """Postal address in parts; ``country`` is a code of two letters."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None


class SmartAddress(Field[Address | None, Address | None]):
    """Field with an address in parts; it is replaced as a whole."""

    wire_type = "smart_address"

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> Address | None:
        parts: dict[str, Any] = {}
        for item in items:
            code: Any = item.enum_code
            if code in (None, UNSET) and item.enum_id in range(1, len(_PARTS) + 1):
                code = _PARTS[item.enum_id - 1]
            if code in _PARTS:
                parts[str(code)] = item.value
        return Address(**parts) if parts else None

    def encode(self, value: Address | None) -> tuple[Item, ...]:
        if value is not None and not isinstance(value, Address):
            raise TypeError(f"{self!r} must be a fields.Address, got {shown_value(value)}")
        parts = [] if value is None else [(part, getattr(value, part)) for part in _PARTS]
        return tuple(Item(value=text, enum_code=part) for part, text in parts if text is not None)
