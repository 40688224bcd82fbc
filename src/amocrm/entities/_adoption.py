"""Notes and tasks of an entity: added through it and created with the next commit.

The library cannot list them from here; ``crm.notes.of(lead)`` and ``crm.tasks.of(lead)`` do.
"""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

from ._holder import Holder
from ._relations import Relation, take_account

__all__ = ["Adder", "attach_child"]

A = TypeVar("A")


def attach_child(parent: Holder, child: Holder) -> None:
    """Make ``child`` a note or task of ``parent``; it is created with the next commit.

    Raises:
        ValueError: the two belong to different accounts.
    """
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
    siblings.children[child] = None
    parent._touch()


class Adder(Relation, Generic[A]):
    """Relation that can only be added to: on the instance it is an object with ``add``."""

    adder: Any

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> A: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        return self if instance is None else self.adder(instance)
