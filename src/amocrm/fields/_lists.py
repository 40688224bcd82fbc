"""Fields that choose from options: lists, multi-lists, switches, chains of lists.

An option that the declared enum does not have is read as its plain label or id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from enum import Enum
from typing import Any, Generic, TypeVar, cast, overload

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from .._core.orm.filters import Condition
from ._base import Equality, Field, members
from ._state import Item

__all__ = ["Category", "ChainItem", "ChainedList", "MultiSelect", "Radio", "Select"]

E = TypeVar("E", bound=str | int)
R = TypeVar("R")
W = TypeVar("W")


class _Options(Equality[R, W]):
    """Field with options: a ``StrEnum`` of labels, an ``IntEnum`` of ids, or plain labels and ids."""

    options: type[Any] | None

    def __init__(
        self, field_id: int | None, code: str | None, name: str | None, options: type[Any] | None
    ) -> None:
        super().__init__(field_id=field_id, code=code, name=name)
        if options is not None and not (isinstance(options, type) and issubclass(options, Enum)):
            raise TypeError(
                f"options of {self!r} must be a StrEnum of labels or an IntEnum of ids, got {options!r}; "
                'write class City(StrEnum): KAZAN = "Kazan"'
            )
        self.options = options

    def _read(self, item: Any) -> Any:
        """Return an option, or its plain label or id if the enum does not have it: new options break nothing."""
        by_id = self.options is not None and issubclass(self.options, int)
        label, number = _set(item.value), _set(item.enum_id)
        raw = number if by_id and number is not None else label if label is not None else number
        if self.options is None or raw is None:
            return raw
        try:
            return self.options(raw)
        except ValueError:
            return raw

    def _write(self, value: Any) -> Item:
        plain = value.value if isinstance(value, Enum) else value
        if isinstance(plain, bool) or not isinstance(plain, str | int):
            raise TypeError(
                f"{self!r} must be an option, its label (str) or its id (int), got {shown_value(value)}"
            )
        self._check(plain)
        return Item(enum_id=plain) if isinstance(plain, int) else Item(value=plain)

    def _check(self, plain: str | int) -> None:
        # Labels cannot be compared with an enum of ids, nor ids with one of labels; the definitions decide.
        if self.options is None or isinstance(plain, int) is not issubclass(self.options, int):
            return
        values = [option.value for option in cast("type[Enum]", self.options)]
        if plain in values:
            return
        from difflib import get_close_matches

        near = get_close_matches(str(plain), map(str, values), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"add it to {self.options.__name__}"
        raise ValueError(f"{self!r} must be an option of {self.options.__name__}, got {plain!r}; {hint}")

    def _compared(self, items: Sequence[Any]) -> Any:
        return frozenset(
            part for item in items for part in (item.value, item.enum_id) if isinstance(part, str | int)
        )

    def _wanted(self, value: Any) -> Any:
        item = self._write(value)
        return item.value if item.value is not UNSET else item.enum_id


def _set(value: Any) -> Any:
    return None if value is UNSET else value


class _One(_Options[E | None, E | str | int | None], Generic[E]):
    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> E | None:
        return self._read(items[0]) if items else None

    def encode(self, value: E | str | int | None) -> tuple[Item, ...]:
        return () if value is None else (self._write(value),)


class Select(_One[E]):
    """Field with one option of a list.

    Args:
        field_id, code, name: one of them finds the field; see ``Field``.
        options: a ``StrEnum`` of labels or an ``IntEnum`` of option ids. Without it you read labels and
            write labels or ids.

    Example:
        >>> class City(StrEnum):
        ...     KAZAN = "Казань"
        ...
        >>> class Deal(Lead):
        ...     city = fields.Select(field_id=1278, options=City)
        ...
        >>> Deal(city="Казань").city
        <City.KAZAN: 'Казань'>
    """

    wire_type = "select"

    @overload
    def __init__(
        self: Select[str],
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[E],
    ) -> None: ...
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[Any] | None = None,
    ) -> None:
        super().__init__(field_id, code, name, options)


class Radio(_One[E]):
    """Field with one option of a switch (radio buttons); see ``Select``."""

    wire_type = "radiobutton"

    @overload
    def __init__(
        self: Radio[str],
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[E],
    ) -> None: ...
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[Any] | None = None,
    ) -> None:
        super().__init__(field_id, code, name, options)


class Category(_One[E]):
    """Field with one node of a tree; see ``Select``. Lists cannot be filtered by it."""

    wire_type = "category"

    @overload
    def __init__(
        self: Category[str],
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[E],
    ) -> None: ...
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[Any] | None = None,
    ) -> None:
        super().__init__(field_id, code, name, options)


class MultiSelect(_Options[tuple[E, ...], Iterable[E | str | int] | None], Generic[E]):
    """Field with several options of a list, read as a tuple; assign any iterable.

    Example:
        >>> deal.products = [Product.BASIC, Product.PLUS]
        >>> deal.products
        (<Product.BASIC: 17>, <Product.PLUS: 19>)
    """

    wire_type = "multiselect"
    many = True

    @overload
    def __init__(
        self: MultiSelect[str],
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[E],
    ) -> None: ...
    def __init__(
        self,
        *,
        field_id: int | None = None,
        code: str | None = None,
        name: str | None = None,
        options: type[Any] | None = None,
    ) -> None:
        super().__init__(field_id, code, name, options)

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> tuple[E, ...]:
        return tuple(self._read(item) for item in items)

    def encode(self, value: Iterable[E | str | int] | None) -> tuple[Item, ...]:
        return tuple(self._write(option) for option in members(self, value))

    def same(self, first: Any, second: Any) -> bool:
        """Return whether the options are the same, in any order."""
        left, right = self.decode(first, None), self.decode(second, None)
        return all(option in right for option in left) and all(option in left for option in right)

    def is_(self, value: E | str | int) -> Condition:  # type: ignore[override]  # one of several
        """Require this option among the chosen ones."""
        return self.in_(value)

    def in_(self, *values: E | str | int) -> Condition:  # type: ignore[override]  # one of several
        """Require one of these options among the chosen ones."""
        wanted = tuple(self._wanted(value) for value in values)
        return self._condition("in", f"{self!r} in {values!r}", values=wanted)


class ChainItem(msgspec.Struct, frozen=True):
    """Link of a chain: the list and the chosen element."""

    catalog_id: int
    element_id: int


class ChainedList(Field[tuple[ChainItem, ...], Iterable[ChainItem] | None]):
    """Field with up to five elements, chosen in turn from lists that depend on each other."""

    wire_type = "chained_list"
    many = True

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> tuple[ChainItem, ...]:
        return tuple(
            ChainItem(item.catalog_id, item.catalog_element_id)
            for item in items
            if _set(item.catalog_id) is not None and _set(item.catalog_element_id) is not None
        )

    def encode(self, value: Iterable[ChainItem] | None) -> tuple[Item, ...]:
        chain = members(self, value)
        if wrong := [link for link in chain if not isinstance(link, ChainItem)]:
            raise TypeError(
                f"{self!r} must be a list of fields.ChainItem, got {shown_value(wrong[0])}; write [fields.ChainItem(catalog_id, element_id)]"
            )
        if len(chain) > 5:
            raise ValueError(f"{self!r} must have at most 5 elements, got {len(chain)}")
        return tuple(Item(catalog_id=link.catalog_id, catalog_element_id=link.element_id) for link in chain)
