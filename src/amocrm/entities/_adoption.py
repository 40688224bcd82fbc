"""Notes and tasks of an entity: read along with it, added through it and created with the next commit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from .._core.arguments import shown
from ..errors import ArgumentError, NotLoaded
from ._holder import Holder
from ._relations import Leading, Members, Valued, take_account

__all__ = ["ChildRelation", "Children", "attach_child"]

A = TypeVar("A")
C = TypeVar("C")


def attach_child(parent: Holder, child: Holder) -> None:
    """Make ``child`` a note or task of ``parent``; it is created with the next commit.

    Raises:
        ArgumentError: the parent is no entity.
        ValueError: the two belong to different accounts.
    """
    if not hasattr(parent, "_ensure_links"):
        raise ArgumentError(f"entity must be a lead, contact, company or customer, got {shown(parent)}")
    links = child._ensure_links()
    if links.parent is parent:
        return
    take_account(child, parent)
    if links.parent is not None:
        links.parent._ensure_links().drop_child(child)
    links.parent = parent
    siblings = parent._ensure_links()
    if siblings.children is None:
        siblings.children = {}
    if parent._key is None:  # what a new record has is known without reading it
        siblings.listed = siblings.listed or {}
        siblings.listed.setdefault(child._kind, [])
    siblings.children[child] = None
    parent._touch()


class Children(Members[C]):
    """Notes or tasks of one entity: iterate, ``add``.

    What was added stands at the end. Reading needs ``preload``; adding does not.
    """

    __slots__ = ()

    def _content(self) -> tuple[C, ...]:
        entity, relation, links = self._entity, self._relation, self._entity._links
        kind = relation.kind
        added = [item for item in (links.children or () if links is not None else ()) if item._kind == kind]
        listed = None if links is None or links.listed is None else links.listed.get(kind)
        if listed is None and entity._key is not None:
            raise NotLoaded(
                f"{relation.attribute} of {entity!r} are not loaded: "
                f"crm.query({type(entity).__name__}).preload({relation!r}) brings them with the list, "
                f"crm.{kind}.of({type(entity).__name__.lower()}) lists them",
                attribute=relation.attribute,
            )
        return cast("tuple[C, ...]", (*(listed or ()), *added))

    def __repr__(self) -> str:
        try:
            return repr(list(self._content()))
        except NotLoaded:
            return f"<{self._relation!r} of {self._entity!r}, not loaded>"


class ChildRelation(Leading, Valued[A]):
    """Relation with the notes or tasks of an entity.

    Args:
        kind: collection of the notes or tasks.
        children: class of the value.
    """

    def __init__(self, kind: str, children: type[A]) -> None:
        self.kind, self.children = kind, children

    def _value(self, instance: Holder) -> Any:
        return cast("Any", self.children)(instance, self)

    def is_listed(self, entity: Holder) -> bool:
        """Return whether the notes or tasks that the server has were read."""
        return entity._links is not None and self.kind in (entity._links.listed or ())

    def take(self, entities: Iterable[Holder], items: Iterable[Any]) -> None:
        """Give each entity those of the read notes or tasks that belong to it."""
        lists: dict[Any, list[Any]] = {}
        for entity in entities:
            links = entity._ensure_links()
            links.listed = links.listed or {}
            lists[entity._key] = links.listed[self.kind] = []
        for item in items:
            if (own := lists.get(item.entity_id)) is not None:
                own.append(item)
