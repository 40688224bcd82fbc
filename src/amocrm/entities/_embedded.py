"""Parts of an entity that the API embeds on request (``with``): read, never written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from msgspec import UNSET

from ._relations import Relation

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["EmbeddedList", "EmbeddedOne"]

R = TypeVar("R")


class _Embedded(Relation):
    """Embedded part of an entity.

    Args:
        needs: value of ``with`` that shows it.
        key: key in ``_embedded``, by default the same word.
    """

    form = "embedded"

    def __init__(self, needs: str, key: str = "") -> None:
        self.needs, self.key = needs, key or needs

    def _read(self, instance: Holder) -> Any:
        value = instance._embedded(self.key)
        if value is UNSET:
            return instance._absent(self, nullable=True)
        return value

    def __set__(self, instance: Holder, value: Any) -> None:
        by_id = f"assign {self.attribute}_id, or " if hasattr(type(instance), f"{self.attribute}_id") else ""
        raise AttributeError(f"{self!r} is read-only; {by_id}use the operations under crm.api to change it")


class EmbeddedList(_Embedded, Generic[R]):
    """Several embedded objects as the API has them, such as the list elements of a lead."""

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> Sequence[R]: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        return self if instance is None else tuple(self._read(instance) or ())


class EmbeddedOne(_Embedded, Generic[R]):
    """Embedded object as the API has it, or ``None``, such as the loss reason of a lead."""

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> R | None: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        if instance is None:
            return self
        embedded = self._read(instance)
        if isinstance(embedded, list):  # one object in a list, or an empty list
            return embedded[0] if embedded else None
        return embedded
