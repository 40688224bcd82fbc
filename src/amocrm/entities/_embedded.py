"""Parts of an entity that the API embeds on request (``with``): read, never written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import UNSET

from ._relations import Valued

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["EmbeddedList", "EmbeddedOne"]

R = TypeVar("R")
V = TypeVar("V")


class _Embedded(Valued[V]):
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

    def __delete__(self, instance: Holder) -> None:
        self.__set__(instance, None)

    def __set__(self, instance: Holder, value: Any) -> None:
        key = getattr(type(instance), f"{self.attribute}_id", None)
        how = "use the operations under crm.api to change it"
        if key is not None and not key.readonly:
            how = f"assign {key.attribute} to change it"
        raise AttributeError(f"{self!r} is read-only; {how}")


class EmbeddedList(_Embedded[Sequence[R]], Generic[R]):
    """Several embedded objects as the API has them, such as the list elements of a lead."""

    def _value(self, instance: Holder) -> Sequence[R]:
        return tuple(self._read(instance) or ())


class EmbeddedOne(_Embedded[R | None], Generic[R]):
    """Embedded object as the API has it, or ``None``, such as the loss reason of a lead."""

    def _value(self, instance: Holder) -> Any:
        embedded = self._read(instance)
        if isinstance(embedded, list):  # one object in a list, or an empty list
            return embedded[0] if embedded else None
        return embedded
