"""Built-in entity class of each collection of the API, imported on request."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["entity_class"]


@cache
def entity_class(kind: str) -> Any:
    """Return the built-in class of a collection such as ``leads``."""
    from ._generated import CLASSES

    # The classes refer to each other: each is imported when it is used.
    return getattr(import_module("amocrm.entities"), CLASSES[kind][1])
