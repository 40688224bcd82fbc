"""The entity that a note or a task belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from ._adoption import attach_child
from ._kinds import entity_class
from ._relations import Assigned, check_accounts, reference_to

if TYPE_CHECKING:
    from ._base import Entity
    from ._holder import Holder

__all__ = ["ParentLink"]

_PARENTS = ("leads", "contacts", "companies", "customers")


class ParentLink(Assigned["Entity | None"]):
    """The lead, contact or company of a note or task, ``None`` for a task that stands alone."""

    clearing = "assign another one"

    def _value(self, instance: Holder) -> Any:
        parent = None if instance._links is None else instance._links.parent
        if parent is not None or instance._key is None:
            return parent
        key, kind = instance._current_value("entity_id"), instance._current_value("entity_type")
        if kind is UNSET:
            # Notes do not say the type of their entity: their list does.
            kind = (
                UNSET if instance._links is None else (instance._links.scope or {}).get("entity_type", UNSET)
            )
        if key is UNSET or kind is UNSET:
            return instance._absent(self.attribute)
        return reference_to(entity_class(kind), key, instance._session) if key and kind else None

    def __set__(self, instance: Holder, value: Entity) -> None:
        if getattr(value, "_kind", None) not in _PARENTS:
            raise TypeError(f"{self!r} must be a lead, contact, company or customer, got {value!r}")
        if instance._key is None:
            attach_child(value, instance)
        elif instance._kind != "tasks":
            raise AttributeError(
                f"{self!r} is read-only after creation; create another note, since the API moves none"
            )
        else:
            check_accounts(value, instance)
            instance._set("entity_id", value._key or value._absent("id"))
            instance._set("entity_type", value._kind)

    def reach(self, entity: Holder) -> Any:
        """Return the parent, which must exist first."""
        parent = None if entity._links is None else entity._links.parent
        return () if parent is None else (parent,)
