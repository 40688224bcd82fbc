"""Attributes of entities: the value on an instance, the operators of a query on the class.

An attribute keeps no value: it reads the local change of its entity, else what the server sent.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, overload

from msgspec import UNSET

from .._core.arguments import as_bool, shown_value
from .._core.orm.filters import Condition, InclusiveOnly, check, range_in_words
from .._core.orm.times import moment, seconds
from ..errors import UnreadableError

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["LIMIT", "Amount", "Attribute", "Flag", "Id", "Key", "Moment", "Plain", "Scope", "Text", "TextKey"]

#: Numbers of the API have 64 bits at most.
LIMIT: Final = 10**18
R = TypeVar("R")
W = TypeVar("W")


class Attribute(Generic[R, W]):
    """Property of an entity.

    Args:
        wire: its name in the API; by default the name of the attribute.
        readonly: the server sets it.
        nullable: it may be missing on an object that is not created yet, and reads as ``None`` there.
        fixed: it is set when the object is created and is read-only afterwards.
        needs: value of ``with`` that shows it; ``preload`` and ``get(preload=)`` request it.
    """

    def __init__(
        self,
        wire: str = "",
        *,
        readonly: bool = False,
        nullable: bool = True,
        fixed: bool = False,
        needs: str = "",
    ) -> None:
        self.wire = wire
        self.needs = needs
        self.readonly = readonly
        self.fixed = fixed
        self.nullable = nullable
        self.attribute = wire
        self.owner: Any = None

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner, self.attribute = owner, name
        self.wire = self.wire or name

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> R: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        if instance is None:
            return self
        changes = instance._changes
        if changes is not None and (local := changes.get(self.wire)) is not UNSET:
            return self._out(local, instance)
        raw = getattr(instance._data, self.wire, UNSET)
        return instance._absent(self) if raw is UNSET else self._out(raw, instance)

    def __set__(self, instance: Holder, value: W) -> None:
        if self.readonly:
            raise AttributeError(f"{self!r} is read-only: the server sets it; remove the assignment")
        if self.fixed and instance._key is not None:
            raise AttributeError(
                f"{self!r} is read-only after creation: the API cannot change it; change it in the web interface of amoCRM, or create another object"
            )
        instance._set(self.wire, self._in(value))

    def __delete__(self, instance: Holder) -> None:
        raise AttributeError(f"{self!r} cannot be deleted; assign None to clear it")

    def _out(self, raw: Any, instance: Holder) -> Any:
        """Return the Python value of a value of the API."""
        return raw

    def _in(self, value: Any) -> Any:
        """Return the value of the API for a Python value."""
        return value

    def __repr__(self) -> str:
        return f"{self.owner.__name__}.{self.attribute}" if self.owner else f"{type(self).__name__} attribute"

    def _condition(self, op: Any, shown: str, **parts: Any) -> Condition:
        wire = self.wire
        condition = Condition(
            kind=self.owner._kind, key=wire, op=op, get=lambda item: getattr(item, wire), shown=shown, **parts
        )
        check(condition, self.owner._filter)
        return condition


class _Matched(Attribute[R, W]):
    """Attribute that can be compared with values."""

    def is_(self, value: W) -> Condition:
        """Require this value; ``==`` is not overloaded, so attributes stay hashable."""
        return self.in_(value)

    def in_(self, *values: W) -> Condition:
        """Require one of these values; without any, the result is empty and no request is made."""
        if any(value is None for value in values):
            raise ValueError(
                f"{self!r} must be compared with values, got None; the API has no filter for empty values"
            )
        wanted = tuple(self._in(value) for value in values)
        return self._condition("in", f"{self!r} in {wanted!r}", values=wanted)


class _Ranged(InclusiveOnly, Attribute[R, W]):
    """Attribute that can be compared with a range."""

    def between(self, low: W, high: W) -> Condition:
        """Require a value between the two, both included."""
        return self._range(low, high)

    def is_(self, value: W) -> Condition:
        """Require this value."""
        return self._range(value, value)

    def __ge__(self, low: W) -> Condition:
        return self._range(low, None)

    def __le__(self, high: W) -> Condition:
        return self._range(None, high)

    def _range(self, low: Any, high: Any) -> Condition:
        ends = self._ends(low, high)
        return self._condition("range", range_in_words(repr(self), *ends), low=ends[0], high=ends[1])

    def _ends(self, low: Any, high: Any) -> tuple[Any, Any]:
        return None if low is None else self._in(low), None if high is None else self._in(high)


class Text(_Matched[str | None, str | None]):
    """Attribute with a text."""

    def _in(self, value: Any) -> Any:
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{self!r} must be a text, got {shown_value(value)}")
        return value


class Id(_Matched[int | None, int | None]):
    """Attribute with the id of another object."""

    def _in(self, value: Any) -> Any:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise TypeError(f"{self!r} must be an id (int), got {shown_value(value)}; write the number")
        if value is not None and not -LIMIT < value < LIMIT:
            raise ValueError(f"{self!r} must be an id of at most 18 digits, got a longer number")
        return value if value is None or type(value) is int else int(value)  # a member of an IntEnum


class Key(_Matched[int, int]):
    """Attribute with the entity's own id, ``None`` while its creation is in doubt."""

    if not TYPE_CHECKING:  # it is an id everywhere but in a doubt

        def __get__(self, instance: Any, owner: Any) -> Any:
            if instance is not None and instance._key is None and instance._doubt is not None:
                return None
            return super().__get__(instance, owner)


class TextKey(_Matched[str, str]):
    """Attribute with the entity's own key where it is a text."""


class Scope(Attribute[R, R]):
    """Attribute that names the owner in a path: the list of an element, the pipeline of a stage.

    It is set when the object is created, and no body has it.
    """

    if not TYPE_CHECKING:  # typed as any other attribute

        def __get__(self, instance: Any, owner: Any) -> Any:
            if instance is not None:
                links = instance._links
                scope = {**type(instance)._scope, **((links.scope if links is not None else None) or {})}
                if self.wire in scope:
                    return scope[self.wire]
            return super().__get__(instance, owner)

    def __set__(self, instance: Holder, value: R) -> None:
        if instance._key is not None:
            raise AttributeError(
                f"{self!r} is read-only after creation; the API moves nothing between owners"
            )
        links = instance._ensure_links()
        links.scope = {**(links.scope or {}), self.wire: value}


class Amount(_Ranged[int | float | None, int | float | Decimal | None]):
    """Attribute with a number."""

    def _in(self, value: Any) -> Any:
        if value is None:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise TypeError(f"{self!r} must be a number, got {shown_value(value)}")
        finite = value.is_finite() if isinstance(value, Decimal) else value == value
        if not finite or not -LIMIT < value < LIMIT:
            got = "one with more digits" if finite and abs(value) != float("inf") else "infinity or NaN"
            raise ValueError(f"{self!r} must be a finite number of at most 18 digits, got {got}")
        return int(value) if value == int(value) else float(value)


class Flag(_Matched[bool, bool]):
    """Attribute that is true or false."""

    def _out(self, raw: Any, instance: Holder) -> Any:
        return bool(raw)

    def _in(self, value: Any) -> Any:
        return as_bool(self, value)


class Moment(_Ranged[R, datetime | int | None]):
    """Attribute with a date and time, aware: in the account's zone once the account was read, in UTC before.

    Assign an aware datetime or Unix seconds. A naive datetime raises ``ValueError``.
    """

    def _out(self, raw: Any, instance: Holder) -> Any:
        if raw is None or raw <= 0:
            return None
        when = moment(raw, instance._zone)
        if when is None:
            from .._core.orm.unreadable import warn_unreadable  # rarely needed

            warn_unreadable(instance._kind, self.wire, raw)
            raise UnreadableError(
                f"{self.attribute} of {instance!r} must be a moment of the years 1 to 9999, got another number",
                attribute=self.attribute,
            )
        return when

    def _in(self, value: Any) -> Any:
        return None if value is None else seconds(value)

    def _ends(self, low: Any, high: Any) -> tuple[Any, Any]:
        return None if low is None else seconds(low, up=True), None if high is None else seconds(high)


class Plain(Attribute[R, R]):
    """Attribute with a value as the API has it."""
