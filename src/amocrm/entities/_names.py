"""The attributes of an entity class by name, and names held against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from .._core.validation import did_you_mean
from ..fields._base import Field
from ._attributes import Attribute
from ._relations import Relation

__all__ = ["attributes_of", "checked_names"]

N = TypeVar("N", bound=Iterable[str])


@cache
def attributes_of(cls: Any) -> Mapping[str, Any]:
    """Return attributes, declared fields and relations of a class by their names."""
    return {
        name: value
        for base in reversed(cls.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Attribute | Field | Relation)
    }


def checked_names(cls: Any, names: N) -> N:
    """Return names that a class has.

    Raises:
        TypeError: it does not have one of them; names the nearest.
    """
    attributes = attributes_of(cls)
    for name in names:
        if name not in attributes:
            raise TypeError(
                f"a name must be an attribute or a declared field of {cls.__name__}, got {name!r}"
                f"{did_you_mean(name, attributes)}"
            )
    return names
