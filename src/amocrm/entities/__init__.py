"""Entity classes: leads, contacts, companies, tasks, notes, tags, users, pipelines and their stages.

Each class is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._base import Entity
    from ._stage import Stage
    from .catalog_element import CatalogElement
    from .company import Company
    from .contact import Contact
    from .customer import Customer
    from .lead import Lead
    from .note import Note
    from .pipeline import Pipeline, Status
    from .tag import Tag
    from .task import Task
    from .user import User

__all__ = [
    "CatalogElement",
    "Company",
    "Contact",
    "Customer",
    "Entity",
    "Lead",
    "Note",
    "Pipeline",
    "Stage",
    "Status",
    "Tag",
    "Task",
    "User",
]

_PLACES = {"CatalogElement": "catalog_element", "Entity": "_base", "Stage": "_stage", "Status": "pipeline"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_PLACES.get(name, name.lower())}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
