"""Keys by which a record is known without its id: attributes, custom fields, several of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .._core.arguments import shown
from .._core.orm.filters import Condition, kinds
from .._core.orm.phone_keys import email_key, phone_key, search_digits
from ..fields._base import Field
from ..fields._custom import PARTED
from ..fields._objects import Email, Emails, Phone, Phones
from ._attributes import Amount, Attribute, Id, Moment, Text

if TYPE_CHECKING:
    from ._base import Entity

__all__ = ["AnyOf", "Key", "KeyLike", "KeyValue", "Sought", "any_of", "checked_key", "spelling"]

#: What a record holds under a key, in the form that is compared.
KeyValue: TypeAlias = tuple[Any, ...]
Part: TypeAlias = Attribute[Any, Any] | Field[Any, Any]

_FILTERED: Final = frozenset({"text", "url", "textarea", "numeric", "select", "radiobutton"})
_OPTIONS: Final = frozenset({"select", "radiobutton", "multiselect", "category"})
_SEARCHED: Final = _FILTERED - _OPTIONS


class Key:
    """Attributes and fields that together name one record.

    Args:
        parts: attributes or declared fields of one class; all of them must be equal.
        ignore_case: compare texts without regard to case; the list is then never filtered.
        region: country whose national phone numbers are read, two letters; the account's without it.

    Raises:
        TypeError: a part is no attribute or field, or a class has nothing that can be compared there.

    Example:
        >>> Key(Contact.phones, region="KZ")
        Key(Contact.phones)
    """

    __slots__ = ("ignore_case", "parts", "region")

    def __init__(self, *parts: Part, ignore_case: bool = False, region: str | None = None) -> None:
        for part in parts:
            if getattr(part, "attribute", "") == "id":
                raise TypeError(
                    f"a key must not be the id, got {shown(part)}; for a known id write session.ref(cls, id)"
                )
            is_plain = isinstance(part, Text | Id | Amount | Moment | Field) and not isinstance(part, PARTED)
            if not is_plain or part.owner is None:
                raise TypeError(
                    f"a key must be an attribute to search by, such as a phone, an e-mail or a field of your own, got {shown(part)}; "
                    "write Contact.phones or Deal.order"
                )
        if not parts:
            raise TypeError("a key must have at least one part, got none; write Key(Contact.phones)")
        self.parts = parts
        self.ignore_case = ignore_case
        self.region = region

    def __repr__(self) -> str:
        return f"Key({', '.join(f'{part.owner.__name__}.{part.attribute}' for part in self.parts)})"

    @property
    def has_phones(self) -> bool:
        """Whether the region matters."""
        return any(isinstance(part, Phone | Phones) and not _is_email(part) for part in self.parts)

    def values(self, entity: Entity, region: str) -> list[KeyValue]:
        """Return the values of an entity; several where it has several numbers, none where a part is empty."""
        stored = [(part, part.__get__(entity, type(entity))) for part in self.parts]
        return self._forms([raw if getattr(part, "many", False) else (raw,) for part, raw in stored], region)

    def given(self, value: Any, region: str) -> KeyValue | None:
        """Return a given value in the form that is compared; None where it is none.

        Args:
            value: one value, or a tuple with one for each part.
            region: country whose national phone numbers are read.
        """
        several = value if len(self.parts) > 1 else (value,)
        return next(iter(self._forms([(part_value,) for part_value in several], region)), None)

    def _forms(self, several: Sequence[Iterable[Any]], region: str) -> list[KeyValue]:
        """Return all combinations of the values of each part, without those that lack one."""
        pairs = zip(self.parts, several, strict=True)
        forms = [dict.fromkeys(self._compared(part, value, region) for value in many) for part, many in pairs]
        return [form for form in product(*forms) if None not in form]

    def _compared(self, part: Part, value: Any, region: str) -> Any:
        plain = getattr(value, "value", value)  # a contact value or an option
        if plain is None:
            return None
        if isinstance(part, Phones | Phone):
            return spelling(part, str(plain), self.region or region)
        if isinstance(plain, Decimal | float | int) and getattr(part, "wire_type", "") not in _OPTIONS:
            return Decimal(str(plain)).normalize()
        if isinstance(plain, str):
            text = plain.strip()
            return (text.casefold() if self.ignore_case else text) or None
        return plain

    def keep_stored(self, row: Entity, record: Entity, region: str) -> None:
        """Let a row that was found keep the spelling of the record: equal keys are no difference."""
        for part in self.parts:
            if getattr(part, "many", False) or isinstance(part, Phone):
                continue
            record_value, row_value = (part.__get__(entity, type(entity)) for entity in (record, row))
            if len({self._compared(part, value, region) for value in (record_value, row_value)}) == 1:
                part.__set__(row, record_value)

    # ---- finding it on the server

    def filtered(self) -> Part | None:
        """Return the first part that the list can be filtered by, None without one."""
        parts = () if self.ignore_case else self.parts
        return next((part for part in parts if _can_filter(part)), None)

    def searched(self, value: KeyValue) -> str | None:
        """Return the words to search for, None where nothing of the value can be searched."""
        for part, part_value in zip(self.parts, value, strict=True):
            if isinstance(part, Phones | Phone):
                return str(part_value) if _is_email(part) else search_digits(part_value)
            if isinstance(part, Text) or getattr(part, "wire_type", "") in _SEARCHED:
                return str(part_value) if isinstance(part_value, str) else f"{part_value:f}"
        return None


class Sought:
    """A number or an address that a list is searched for; every hit is compared here.

    Args:
        condition: ``Contact.phone.is_(…)``.

    Attributes:
        key: the field.
        shown: the condition in words.
        words: what the server searches for; known once ``learn`` was called.
    """

    __slots__ = ("_region", "_value", "_wanted", "key", "shown", "words")

    def __init__(self, condition: Condition) -> None:
        self.key = Key(condition.key)
        self.shown = condition.shown
        self._value: Any = condition.values[0]
        self.words: str | None = None

    def learn(self, region: str) -> None:
        """Take the country whose national numbers are read.

        Raises:
            ValueError: the value is no full number and no address.
        """
        wanted = self.key.given(self._value, region)
        if wanted is None:
            raise ValueError(
                f"the value to search for must be a full phone number or e-mail address, got {self.shown}; write .search('words') for a part of it"
            )
        self._region, self._wanted, self.words = region, wanted, self.key.searched(wanted)

    def fits(self, entity: Entity) -> bool:
        """Return whether a hit has it under the key."""
        return self._wanted in self.key.values(entity, self._region)


class AnyOf(tuple[Key, ...]):
    """Several keys, each of which names a record; see ``any_of``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return " or ".join(map(repr, self))

    @property
    def parts(self) -> list[Part]:
        """Attributes and fields of all of them."""
        return [part for key in self for part in key.parts]

    def values(self, entity: Entity, region: str) -> list[tuple[int, KeyValue]]:
        """Return the values of an entity under each of the keys, with the place of the key."""
        return [(place, item) for place, key in enumerate(self) for item in key.values(entity, region)]


#: What a parameter ``key`` takes.
KeyLike: TypeAlias = Part | Key | AnyOf | tuple[Part, ...]


def any_of(*keys: Part | Key | tuple[Part, ...]) -> AnyOf:
    """Return a key that names a record by any of several; records found by different ones are ambiguous.

    Example:
        >>> any_of(Contact.phones, Contact.emails)
        Key(Contact.phones) or Key(Contact.emails)
    """
    parts = [key if isinstance(key, Key | tuple) else (key,) for key in keys]
    return AnyOf(part if isinstance(part, Key) else Key(*part) for part in parts)


def checked_key(cls: type[Entity], key: KeyLike, *, derived: bool = False) -> AnyOf:
    """Return a key in its full form.

    Args:
        cls: class of the rows or records.
        key: the key.
        derived: whether it may be one of a derived class.

    Raises:
        TypeError: it is no key, or none of this class.
    """
    full = key if isinstance(key, AnyOf) else any_of(key)
    for part in full.parts:
        if not issubclass(cls, part.owner) and not (derived and issubclass(part.owner, cls)):
            raise TypeError(
                f"the key of {cls.__name__} must be one of its attributes or fields, got {part!r}"
            )
    return full


def spelling(field: object, text: str, region: str) -> str | None:
    """Return a number or an address of a field in the one spelling that is compared, None where it is neither."""
    return email_key(text) if _is_email(field) else phone_key(text, region)


def _is_email(part: object) -> bool:
    return isinstance(part, Email | Emails)


def _can_filter(part: Any) -> bool:
    if isinstance(part, Field):
        return part.wire_type in _FILTERED
    model = part.owner._filter
    return isinstance(part, Text) and model is not None and kinds(model).get(part.wire) == "many"
