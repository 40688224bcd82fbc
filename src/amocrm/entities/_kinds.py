"""Built-in entity class of each collection of the API, imported on request."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__all__ = ["entity_class"]

#: Collection -> module and class; imported on request, because the classes refer to each other.
_CLASSES: Final = {
    "leads": ("lead", "Lead"),
    "contacts": ("contact", "Contact"),
    "companies": ("company", "Company"),
    "customers": ("customer", "Customer"),
    "catalog_elements": ("catalog_element", "CatalogElement"),
    "tasks": ("task", "Task"),
    "notes": ("note", "Note"),
    "tags": ("tag", "Tag"),
    "users": ("user", "User"),
    "pipelines": ("pipeline", "Pipeline"),
    "statuses": ("pipeline", "Status"),
}


def entity_class(kind: str) -> Any:
    """Return the built-in class of a collection such as ``leads``."""
    module, name = _CLASSES[kind]
    return getattr(import_module(f"{__package__}.{module}"), name)
