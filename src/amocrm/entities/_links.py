"""What an entity is linked to and what belongs to it, beside its own values."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import msgspec
from msgspec import UNSET

from .._core.orm.doubt import Doubt
from .._core.orm.tracking import OneValue, SetChanges, SetSent

__all__ = ["LinkState", "Links"]


class LinkState:
    """Linked entities with their changes, and which of them is the main one."""

    __slots__ = ("changes", "main")

    def __init__(self, base: Any = None, main: Any = None) -> None:
        self.changes: SetChanges[Any] = SetChanges(base)
        self.main = OneValue(main)

    def __copy__(self) -> LinkState:
        link_state = LinkState()
        link_state.changes, link_state.main = copy(self.changes), copy(self.main)
        return link_state

    def __bool__(self) -> bool:
        return bool(self.changes) or bool(self.main)

    def clear(self) -> None:
        """Forget all changes."""
        self.changes.clear()
        self.main.clear()

    def forget_base(self) -> None:
        """Note that the links of the record are not known any more; changes are kept."""
        self.changes.forget_base()

    def pending(self) -> tuple[SetSent[Any], Any]:
        """Return what a creation would send now: the links, and the main one if it was chosen."""
        return self.changes.pending(), self.main.local

    def begin_flush(self) -> None:
        """Note that the changes are in flight."""
        if self.main:
            self.main.begin_flush()

    def confirm(self, sent: tuple[SetSent[Any], Any]) -> None:
        """Note that the server took these links."""
        changes, main = sent
        self.changes.confirm(changes)
        if main is not UNSET:
            self.main.confirm(main)

    def revert(self) -> None:
        """Note that the server did not take what was in flight."""
        self.main.revert()

    # ---- one link at a time

    def changed(self) -> list[Any]:
        """Return the entities whose links are to be made or made anew."""
        sent, main = self.pending()
        added = [*sent.added, *(sent.replace or ())]
        return added if main in (UNSET, None) or main in added else [*added, main]

    def metadata(self, target: Any) -> dict[str, Any]:
        """Return what is sent with a link."""
        return {"is_main": True} if target is self.main.local else {}

    def begin_link(self, target: Any, metadata: Mapping[str, Any]) -> None:
        """Note that a link is in flight."""
        if metadata:
            self.main.begin_flush()

    def confirm_link(self, target: Any, metadata: Mapping[str, Any], *, is_there: bool) -> None:
        """Note that the server made or removed a link."""
        if is_there:
            self.changes.confirm(SetSent(added=(target,)))
            if metadata:
                self.main.confirm(target)
            return
        self.changes.confirm(SetSent(removed=(target,)))
        if self.main.base is target:
            self.main.base = UNSET

    def revert_link(self, target: Any) -> None:
        """Note that the server did not take a link."""
        self.main.revert()

    def shown(self, base: Any, local: Any) -> tuple[Any, Any]:
        """Return the links before and after the changes as a user sees them."""
        return base, local

    def redirect(self, targets: Mapping[Any, Any]) -> None:
        """Link the values instead of the keys that were added."""
        for old in [item for item in self.changes.added if item in targets]:
            self.changes.remove(old)
            self.changes.add(targets[old])
        if self.main.local in targets:
            self.main.set(targets[self.main.local])

    def move_to(self, other: Any, *, override: bool) -> None:
        """Make the added links changes of another state.

        Args:
            other: the links of another object.
            override: whether they win over its changes.
        """
        for item in self.changes.added:
            other.changes.add(item)
        if self.main.local is not UNSET and (override or not other.main):
            other.main.set(self.main.local)


class Links(msgspec.Struct, eq=False):
    """Relations of one entity; made when the first of them is used.

    Attributes:
        states: tracked relations by attribute: tags, links to many, links to one.
        parent: entity that a new note or task belongs to.
        children: notes and tasks that were added and not created yet.
        listed: notes and tasks that the server has, by kind, as far as they were read.
        doubt: the creation that was sent and not answered.
        merges: whether the server may merge it into a record that it repeats.
        scope: what stands in the path beside its id, such as the ``entity_type`` of a note.
        unreadable: names of attributes that could not be read.
        password: of a new user.
        embedded: what only the creation embeds, such as the stages of a new pipeline.
        stages: of a pipeline.
    """

    states: dict[str, SetChanges[str] | LinkState | OneValue] = {}
    parent: Any = None
    children: dict[Any, None] | None = None
    listed: dict[str, list[Any]] | None = None
    doubt: Doubt | None = None
    merges: bool = False
    scope: dict[str, Any] | None = None
    unreadable: Any = ()
    password: str | None = None
    embedded: dict[str, Any] | None = None
    stages: tuple[Any, ...] | None = None

    def __copy__(self) -> Links:
        """Return the same neighbours for another entity; notes, tasks and doubt stay with the first."""
        links = Links()
        links.states = {name: copy(state) for name, state in self.states.items()}
        links.parent, links.scope, links.unreadable = self.parent, self.scope, self.unreadable
        links.password, links.stages, links.embedded = self.password, self.stages, self.embedded
        return links

    def is_dirty(self) -> bool:
        """Return whether something of it is to be sent."""
        return bool(self.children) or any(map(bool, self.states.values()))

    def keep_child(self, child: Any) -> None:
        """Note that an added note or task was created."""
        self.drop_child(child)
        if self.listed is not None and (siblings := self.listed.get(child._kind)) is not None:
            siblings.append(child)

    def drop_child(self, child: object) -> None:
        """Forget a note or task."""
        if self.children:
            self.children.pop(child, None)
