"""The entity that a note or a task belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, overload

from msgspec import UNSET

from ._relations import Relation, _reference, entity_class

if TYPE_CHECKING:
    from ._base import Entity

__all__ = ["ParentLink"]


class ParentLink(Relation):
    """The lead, contact or company of a note or task, ``None`` for a task that stands alone."""

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Entity, owner: Any) -> Entity | None: ...
    def __get__(self, instance: Entity | None, owner: Any) -> Any:
        if instance is None:
            return self
        parent = (instance._related or {}).get("parent")
        if parent is not None or instance._key is None:
            return parent
        key, kind = instance._data.entity_id, getattr(instance._data, "entity_type", UNSET)
        if kind is UNSET:
            # Notes do not say the type of their entity: their list does.
            kind = (instance._related or {}).get("entity_type", UNSET)
        if key is UNSET or kind is UNSET:
            return instance._absent(self.attribute)
        return _reference(entity_class(kind), key, instance._session) if key and kind else None

    def reach(self, entity: Entity) -> Any:
        """The parent must exist first."""
        parent = (entity._related or {}).get("parent")
        return () if parent is None else (parent,)
