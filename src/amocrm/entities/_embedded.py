"""Parts of an entity that the API embeds on request (``with``): read, never written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from ._relations import Valued

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["EmbeddedList", "EmbeddedOne", "types_of"]

R = TypeVar("R")
V = TypeVar("V")


def types_of(data: Any) -> dict[str, Any]:
    """Return the types of what an object of the API holds, by name."""
    return {field.name: field.type for field in msgspec.structs.fields(type(data))}


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

    def settle(self, entity: Holder) -> None:
        """Note that there is none, after an answer that was asked for it and does not hold it."""
        data, links = entity._data, entity._links
        is_unknown = links is not None and self.attribute in links.unreadable
        if (
            entity._embedded(self.key) is UNSET
            and not is_unknown
            and getattr(data, "is_deleted", False) is not True
        ):
            self.put(data, [])

    def put(self, data: Any, value: Any) -> None:
        """Put a value of JSON among what an object of the API embeds.

        Raises:
            TypeError: it is not of the form that the API has.
        """
        if data.embedded is UNSET:
            data.embedded = msgspec.convert({}, types_of(data)["embedded"])
        kind = types_of(data.embedded)[self.key]
        for shape in self._shapes(value):
            try:
                part = msgspec.convert(shape, kind)
            except msgspec.ValidationError:
                continue
            if not isinstance(part, list) or not any(isinstance(item, Mapping) for item in part):
                setattr(data.embedded, self.key, part)
                return
        raise TypeError(
            f"{self!r} must be as the API has it, got {shown_value(value)}; write what to_dict shows, or leave it out"
        )

    def _shapes(self, value: Any) -> Iterable[Any]:
        """Return the forms in which the API may have a value."""
        return (value,)

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

    def _shapes(self, value: Any) -> Iterable[Any]:
        if isinstance(value, Mapping):
            return (value, [value])
        return (None, []) if value in (None, []) else ()

    def _value(self, instance: Holder) -> Any:
        embedded = self._read(instance)
        if isinstance(embedded, list):  # one object in a list, or an empty list
            return embedded[0] if embedded else None
        return embedded
