"""Entity classes: leads, contacts, companies, tasks, notes, tags, users, pipelines, and all others that the API has.

Each class is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._base import Entity
    from ._element_links import LinkedElement
    from ._generated.bots import Bot
    from ._generated.catalogs import Catalog
    from ._generated.currencies import Currency
    from ._generated.customer_statuses import CustomerStatus
    from ._generated.loss_reasons import LossReason
    from ._generated.roles import Role
    from ._generated.segments import Segment
    from ._generated.sources import Source
    from ._generated.tags import Tag
    from ._generated.talks import Talk, TalkMessage
    from ._generated.templates import ChatTemplate
    from ._generated.transactions import Purchase
    from ._generated.unsorted import Unsorted
    from ._generated.website_buttons import WebsiteButton
    from ._generated.widgets import Widget
    from ._stage import Stage
    from .call import Call
    from .catalog_element import CatalogElement
    from .company import Company
    from .contact import Contact
    from .customer import Customer
    from .event import Event
    from .goods import Invoice, Product
    from .lead import Lead
    from .note import Note
    from .pipeline import Pipeline, Status
    from .task import Task
    from .user import User

__all__ = [
    "Bot",
    "Call",
    "Catalog",
    "CatalogElement",
    "ChatTemplate",
    "Company",
    "Contact",
    "Currency",
    "Customer",
    "CustomerStatus",
    "Entity",
    "Event",
    "Invoice",
    "Lead",
    "LinkedElement",
    "LossReason",
    "Note",
    "Pipeline",
    "Product",
    "Purchase",
    "Role",
    "Segment",
    "Source",
    "Stage",
    "Status",
    "Tag",
    "Talk",
    "TalkMessage",
    "Task",
    "Unsorted",
    "User",
    "WebsiteButton",
    "Widget",
]

#: Classes with a module of their own; all others are made from the description.
_WRITTEN = frozenset(
    {"Call", "Company", "Contact", "Customer", "Event", "Lead", "Note", "Pipeline", "Task", "User"}
)
_PLACES = {
    "CatalogElement": "catalog_element",
    "Entity": "_base",
    "Invoice": "goods",
    "Product": "goods",
    "LinkedElement": "_element_links",
    "Stage": "_stage",
    "Status": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._generated import CLASSES

    places = {title: f"_generated.{area}" for area, title in CLASSES.values()}
    places |= {title: title.lower() for title in _WRITTEN} | _PLACES
    value = globals()[name] = getattr(import_module(f".{places[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
