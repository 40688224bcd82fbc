"""Built-in entity class of each collection of the API, imported on request."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__all__ = ["entity_class"]

#: Collections whose classes are not made from the description.
_CLASSES: Final = {"leads": "Lead", "contacts": "Contact", "companies": "Company", "customers": "Customer"}


def entity_class(kind: str) -> Any:
    """Return the built-in class of a collection such as ``leads``."""
    from ._generated import CLASSES

    # The classes refer to each other: each is imported when it is used.
    return getattr(import_module("amocrm.entities"), _CLASSES.get(kind) or CLASSES[kind][1])
