"""Built-in entity class of each collection of the API, imported on request."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__all__ = ["entity_class"]

#: Collection -> module and class of those with a handwritten class; imported on request, because they refer to each
#: other. All others are made from the description.
_CLASSES: Final = {
    "leads": ("lead", "Lead"),
    "contacts": ("contact", "Contact"),
    "companies": ("company", "Company"),
    "customers": ("customer", "Customer"),
    "catalog_elements": ("catalog_element", "CatalogElement"),
    "tasks": ("task", "Task"),
    "notes": ("note", "Note"),
    "events": ("event", "Event"),
    "users": ("user", "User"),
    "pipelines": ("pipeline", "Pipeline"),
    "statuses": ("pipeline", "Status"),
}


def entity_class(kind: str) -> Any:
    """Return the built-in class of a collection such as ``leads``."""
    from ._generated import CLASSES

    if kind in _CLASSES:
        module, name = _CLASSES[kind]
    else:
        area, name = CLASSES[kind]
        module = f"_generated.{area}"
    return getattr(import_module(f"{__package__}.{module}"), name)
