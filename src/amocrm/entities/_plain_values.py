"""Entities as plain values: many attributes at once."""

from __future__ import annotations

from typing import Any, Self

from ._names import checked_names

__all__ = ["PlainValues"]


class PlainValues:
    """What an entity does with several attributes at once."""

    __slots__ = ()

    def update(self, **values: Any) -> Self:
        """Assign several attributes and return the entity.

        Raises:
            TypeError: the class has no such attribute; nothing was assigned.

        Example:
            >>> session.ref(Lead, 17).update(**form)
        """
        for name, value in checked_names(type(self), values).items():
            setattr(self, name, value)
        return self
