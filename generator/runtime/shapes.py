"""Shapes of values that are untyped in their model, because another value decides about their type.

The generated modules have one table for each such property: ``NOTE_PARAMS`` maps ``note_type`` to the model of
``params`` of a note, ``EVENT_VALUE_AFTER`` maps the one key of a value to its model. The sets are open: a name
that is not in a table is not an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from .model import Model

__all__ = ["ByKey", "ByType"]

T = TypeVar("T", bound=Model)


class _Shapes(Mapping[str, type[T]], Generic[T]):
    """Models by words."""

    def __init__(self, shapes: Mapping[str, type[T]]) -> None:
        self._shapes = shapes

    def __getitem__(self, word: str) -> type[T]:
        return self._shapes[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)


class ByType(_Shapes[T]):
    """Models by a type that stands beside (or above) the value.

    Example:
        >>> from amocrm_gen.models.notes import NOTE_PARAMS
        >>> NOTE_PARAMS.read("sms_in", {"text": "Жду", "phone": "+79000000017"}).phone
        '+79000000017'
    """

    def read(self, kind: Any, raw: Any) -> T | None:
        """Return the value as its model, tolerantly; ``None`` for an unknown type or a value that is not an object.

        Args:
            kind: the type, such as ``note.note_type``.
            raw: the free value, such as ``note.params``.
        """
        return _read(self._shapes.get(kind) if isinstance(kind, str) else None, raw)


class ByKey(_Shapes[T]):
    """Models by the one key of the value.

    Example:
        >>> from amocrm_gen.models.events import EVENT_VALUE_AFTER
        >>> EVENT_VALUE_AFTER.read({"nps": {"rate": 7}}).nps.rate
        7
    """

    def read(self, raw: Any) -> T | None:
        """Return the value as its model, tolerantly; ``None`` if none of its keys is known."""
        models = (self._shapes[key] for key in self._shapes if isinstance(raw, dict) and key in raw)
        return _read(next(models, None), raw)


def _read(shape: type[T] | None, raw: Any) -> T | None:
    if shape is None or not isinstance(raw, dict):
        return None
    from .reader import mend  # models alone are imported without what reads answers

    return mend(raw, shape)
