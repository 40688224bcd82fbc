"""What was taken off entities to be sent, as plain data; what an answer makes of it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final, Self

from msgspec import UNSET

from .._core.orm.plan import Action, PendingWrite
from .._core.orm.tracking import OneValue, SetChanges, SetSent
from ._local_changes import revert
from ._relations import LinkRelation

__all__ = ["LinkSent", "Sent", "adopt_id", "begin", "merge_into"]


#: Shared, since most writes send a few of these only.
_NOTHING: Final[Mapping[Any, Any]] = {}


class Sent:
    """What was taken off one entity: its values as they were when the commit was planned."""

    __slots__ = ("fields", "links", "scalars")

    def __init__(self) -> None:
        self.scalars: Mapping[str, Any] = _NOTHING
        self.fields: Mapping[Any, Any] = _NOTHING
        #: by attribute: what its state had pending, tags included
        self.links: Mapping[str, Any] = _NOTHING

    @classmethod
    def of(cls, entity: Any) -> Self:
        """Return everything that an entity has to send."""
        sent, links = cls(), entity._links
        if entity._changes is not None:
            sent.scalars = entity._changes.pending()
        if entity._custom_fields is not None:
            sent.fields = entity._custom_fields.local.pending()
        if links is not None:
            sent.links = {name: state.pending() for name, state in links.states.items() if state}
        return sent

    def begin(self, entity: Any) -> None:
        """Note that it is in flight: what is changed from now on stays a change."""
        if self.scalars:
            entity._changes.begin_flush(self.scalars)
            if isinstance(self.scalars.get("price"), float):
                _warn_of_fraction(entity, self.scalars["price"])
        if self.fields:
            entity._custom_fields.local.begin_flush(self.fields)
        for attribute in self.links:
            entity._links.states[attribute].begin_flush()

    def confirm(self, entity: Any, answer: Any, action: Action) -> None:
        """Take the answered item: what was sent becomes what the server has."""
        if action == "create":
            adopt_id(entity, getattr(answer, entity._key_name), self)
        else:
            self.settle(entity)
        if type(answer) is type(entity)._model:
            entity._refresh_from(answer)
            return
        data, updated = entity._data, getattr(answer, "updated_at", UNSET)
        if updated is not UNSET and hasattr(data, "updated_at"):
            data.updated_at = updated

    def settle(self, entity: Any) -> None:
        """Note that the server has these values."""
        data = entity._data
        if self.scalars and entity._changes is not None:
            if not entity._changes.confirm(self.scalars):
                entity._changes = None
            for wire, value in self.scalars.items():
                if hasattr(data, wire):  # some things are written and never shown
                    setattr(data, wire, value)
        if self.fields and entity._custom_fields is not None:
            entity._custom_fields.confirm(self.fields)
        for attribute, value in self.links.items():
            entity._links.states[attribute].confirm(value)

    def revert(self, entity: Any) -> None:
        """Note that the server did not take it: everything is a change again."""
        revert(entity, self.links)

    def lose(self, entity: Any, action: Action) -> None:
        """Note that the server may have taken an update or not: what it has now is not known."""
        if self.scalars:
            entity._changes.lose()
        for wire in self.scalars:
            if hasattr(entity._data, wire):
                setattr(entity._data, wire, UNSET)
        if self.fields:
            entity._custom_fields.lose(self.fields)
        for attribute, value in self.links.items():
            entity._links.states[attribute].lose(value)


class LinkSent:
    """One link or unlink: the relation, the entity at its other end, what is sent with it."""

    __slots__ = ("last", "metadata", "relation", "target")

    def __init__(
        self,
        relation: LinkRelation[Any],
        target: Any,
        metadata: Mapping[str, Any] = _NOTHING,
        *,
        last: bool = True,
    ) -> None:
        self.relation, self.target, self.metadata, self.last = relation, target, metadata, last

    def begin(self, entity: Any) -> None:
        """Note that it is in flight."""
        state = self.relation.known_state(entity)
        if isinstance(state, OneValue):
            state.begin_flush()
        else:
            state.begin_link(self.target, self.metadata)

    def confirm(self, entity: Any, answer: Any, action: Action) -> None:
        """Note that the server has the link, or has it no more."""
        state = self.relation.known_state(entity)
        if isinstance(state, OneValue):
            if action == "link":
                state.confirm(self.target)
            elif self.last:
                state.confirm(None)
            else:
                state.base = None
            return
        state.confirm_link(self.target, self.metadata, is_there=action == "link")

    def revert(self, entity: Any) -> None:
        """Note that the server did not take it: it is a change again."""
        state = self.relation.known_state(entity)
        if isinstance(state, OneValue):
            state.revert()
        else:
            state.revert_link(self.target)

    def lose(self, entity: Any, action: Action) -> None:
        """Note that the server may have made or removed the link or not."""
        state = self.relation.known_state(entity)
        if isinstance(state, OneValue):
            state.lose(self.target)
            return
        part = "added" if action == "link" else "removed"
        state.changes.lose(SetSent(**{part: (self.target,)}))
        state.revert_link(self.target)


def begin(write: PendingWrite) -> None:
    """Note that a write is in flight: what is changed from now on stays a change."""
    for item in write.whole:
        item.sent.begin(item.entity)


def _warn_of_fraction(entity: Any, price: float) -> None:
    """Warn of a price with a fraction: by the documentation prices are whole, and the rest may be cut off."""
    if entity._session is not None and entity._session.directory.whole_prices:
        warnings.warn(
            f"price {price} of {entity!r}: amoCRM keeps whole prices and may cut the fraction off; round it, "
            "or keep it in a fields.Monetary",
            stacklevel=2,
        )


def adopt_id(entity: Any, key: int, sent: Sent | None) -> None:
    """Make an entity stand for a record.

    Args:
        entity: an entity without id.
        key: id of the record.
        sent: what was sent when the record was created; None if that is unknown.
    """
    data, links = entity._data, entity._links
    setattr(data, entity._key_name, key)
    SetChanges.keys_given += 1
    if links is not None:
        links.doubt = None
    if sent is None:
        _forget_bases(entity)
    else:
        sent.settle(entity)
    if links is not None and links.parent is not None:
        links.parent._ensure_links().keep_child(entity)
        data.entity_id = UNSET if links.parent._key is None else links.parent._key
        if entity._kind == "tasks":
            data.entity_type = links.parent._kind


def merge_into(entity: Any, key: int, sent: Sent) -> None:
    """Make an entity stand for a record that the server merged it into: what the record holds now is not known."""
    adopt_id(entity, key, sent)
    entity._data = type(entity)._model(id=key)
    _forget_bases(entity)
    if entity._custom_fields is not None:
        entity._custom_fields.index(UNSET)


def _forget_bases(entity: Any) -> None:
    """Note that a record stands behind the entity whose content is not known."""
    if entity._custom_fields is not None:
        entity._custom_fields.loaded = False
    for state in () if entity._links is None else entity._links.states.values():
        state.forget_base()
