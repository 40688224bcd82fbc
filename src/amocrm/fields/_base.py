"""Base class of all custom fields and the operators of a query on them; open it to add a type of field.

A field is a descriptor and the codec of its type: it keeps no value, the entity does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar, overload

from msgspec import UNSET

from .._core.arguments import shown_value
from .._core.orm.filters import Condition, InclusiveOnly, check, range_in_words
from ._state import Item, Ref, ref_of

if TYPE_CHECKING:
    from ._state import FieldState

__all__ = ["Equality", "Field", "Holder", "Ordering", "members"]

R = TypeVar("R")
W = TypeVar("W")


class Holder(Protocol):
    """Entity as a field sees it."""

    def _fields(self) -> FieldState: ...

    def _field_items(self, field: Any) -> Any: ...

    def _set_field(self, field: Any, items: tuple[Item, ...]) -> None: ...

    @property
    def _zone(self) -> tzinfo | None: ...


class Field(ABC, Generic[R, W]):
    """Declared custom field, an attribute of an entity class.

    On an instance it is the value, typed by the kind of field; assigning ``None`` clears the field. On the
    class it is the field itself, with the operators that the list can filter by.

    Args:
        field_id: id of the field in this account; it never changes.
        code: symbolic code, the same in every account that defines it (``PHONE``).
        name: name as users see it. Writing by name makes one request for the definitions at the commit.

    Raises:
        TypeError: none of the three is given.
    """

    #: Type of the field in the API.
    wire_type: ClassVar[str] = ""
    #: Whether the value is a collection; an empty field then reads as an empty one and not as ``None``.
    many: ClassVar[bool] = False

    def __init__(
        self, *, field_id: int | None = None, code: str | None = None, name: str | None = None
    ) -> None:
        self.ref: Ref = ref_of(field_id, code, name)
        self.field_id, self.code, self.name = field_id, code, name
        self.attribute = ""
        self.owner: Any = None

    def __set_name__(self, owner: Any, name: str) -> None:
        self.attribute, self.owner = name, owner

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> R: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        if instance is None:
            return self
        return self.decode(instance._field_items(self), instance._zone)

    def __set__(self, instance: Holder, value: W) -> None:
        instance._set_field(self, self.encode(value))

    def __delete__(self, instance: Holder) -> None:
        raise AttributeError(f"{self!r} cannot be deleted; assign None to clear it")

    @abstractmethod
    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> R:
        """Return the Python value of stored or pending items."""

    @abstractmethod
    def encode(self, value: W) -> tuple[Item, ...]:
        """Return the items for a Python value; no items clear the field.

        Raises:
            TypeError, ValueError: the value does not fit this type of field.
        """

    def same(self, first: Any, second: Any) -> bool:
        """Return whether two sets of items mean the same value."""
        return bool(self.decode(first, None) == self.decode(second, None))

    def _unreadable(self, raw: Any) -> None:
        """Warn that a stored value cannot be read, so it reads as ``None``; an empty text draws no warning."""
        if raw not in (None, ""):
            from .._core.orm.unreadable import warn_unreadable  # rarely needed

            warn_unreadable(
                getattr(self.owner, "_kind", "") or "custom fields",
                f"custom_fields_values.{self.ref[1]}",
                raw,
            )

    def cleared(self) -> list[dict[str, Any]] | None:
        """Return the value that clears the field in a request."""
        return None

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Pickled by reference: another process finds the field in its class.
        return (getattr, (self.owner, self.attribute)) if self.owner else super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        if self.owner:
            return f"{self.owner.__name__}.{self.attribute}"
        return f"<{type(self).__name__}: {self.wire_type} field {self.ref[1]!r}>"

    def _condition(self, op: Any, shown: str, **parts: Any) -> Condition:
        def get(item: Any) -> Any:
            for value in item.custom_fields_values or ():
                if (value.field_id, value.field_code, value.field_name)[_PLACE[self.ref[0]]] == self.ref[1]:
                    return self._compared(value.values)
            return UNSET if item.custom_fields_values is UNSET else None

        kind = self.owner._kind if self.owner is not None else ""
        condition = Condition(
            kind=kind, key=self.ref, op=op, get=get, shown=shown, field_type=self.wire_type, **parts
        )
        check(condition, getattr(self.owner, "_filter", None))
        return condition

    def _compared(self, items: Sequence[Any]) -> Any:
        """Return the value that a condition compares, by default the decoded one."""
        return self.decode(items, None)

    def _wanted(self, value: Any) -> Any:
        """Return a value of a condition in the form that is compared and sent."""
        (item,) = self.encode(value)
        return item.value if item.value is not UNSET else item.enum_id


def members(field: Field[Any, Any], value: Any) -> tuple[Any, ...]:
    """Return the members of a value of a field that takes several.

    Raises:
        TypeError: the value is one text, or cannot be iterated.
    """
    if isinstance(value, str):
        raise TypeError(f"{field!r} must be a list of values, got the text {value!r}; write [{value!r}]")
    if value is not None and (isinstance(value, bytes | Mapping) or not isinstance(value, Iterable)):
        raise TypeError(f"{field!r} must be an iterable of several values, got {shown_value(value)}")
    return () if value is None else tuple(value)


_PLACE = {"id": 0, "code": 1, "name": 2}


class Equality(Field[R, W]):
    """Field that lists can be filtered by, by value."""

    def is_(self, value: W) -> Condition:
        """Require this value (or this option among others)."""
        return self.in_(value)

    def in_(self, *values: W) -> Condition:
        """Require one of these values."""
        wanted = tuple(self._wanted(value) for value in values)
        return self._condition("in", f"{self!r} in {values!r}", values=wanted)


class Ordering(InclusiveOnly, Field[R, W]):
    """Field that lists can be filtered by, by a range."""

    def between(self, low: W, high: W) -> Condition:
        """Require a value between the two, both included."""
        return self._range(low, high)

    def __ge__(self, low: W) -> Condition:
        return self._range(low, None)

    def __le__(self, high: W) -> Condition:
        return self._range(None, high)

    def _range(self, low: Any, high: Any) -> Condition:
        ends = tuple(None if end is None else self._wanted(end) for end in (low, high))
        return self._condition(
            "range", range_in_words(repr(self), low, high), low=ends[0], high=ends[1], sent=self._sent(*ends)
        )

    def _sent(self, low: Any, high: Any) -> tuple[Any, Any]:
        return low, high
