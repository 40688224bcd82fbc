"""Making an object stand for a record that exists, and withdrawing what was added to an entity."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.orm.identity import IdentityMap
from .._core.orm.states import Event, following
from ._base import Entity
from ._collecting import refusal
from ._sent import adopt_id

__all__ = ["adopt", "join_links", "withdraw_children"]


def adopt(identities: IdentityMap, entity: Entity, key: int) -> Entity | None:
    """Make a new or doubtful object stand for a record, in a session.

    Args:
        identities: the session's objects.
        entity: the object.
        key: id of the record.

    Returns:
        An unchanged object that stood for the record until now and was taken out, None without one.

    Raises:
        ValueError: the object stands for another id, the id for another changed object, or one of them
            belongs elsewhere.
    """
    following(entity, Event.ADOPT)
    if key < 1:
        raise ValueError(f"key must be the id of a record, got {key}; write the id that amoCRM shows")
    if identities.busy or (isinstance(entity._session, IdentityMap) and entity._session.busy):
        raise ValueError("a commit is under way; call adopt() when it has ended")
    if (reason := refusal(identities, entity)) is not None:
        raise ValueError(reason)
    place = (entity._kind, key)
    other: Entity | None = identities.of(*place)
    if other is not None and (place in identities.created or other._is_dirty()):
        raise ValueError(f"{entity!r} cannot become {key}: that is {other!r} of this session")
    if entity._session is not None:
        entity._session.release(entity)
    identities.discarded.discard(entity)
    doubt, marks = entity._doubt, identities.directory.marks
    adopt_id(entity, key, None if doubt is None else doubt.sent)
    if doubt is None:
        # Only found: it may be what a creation without an answer made, so it stays a candidate.
        marks.see(entity._kind, [key])
    else:
        marks.settle(doubt.token, key)
        marks.take(entity._kind, [key], None)
    if other is not None:
        identities.let_go(other)
        entity._refresh_from(other._data)
    entity._session = identities
    identities.place(entity)
    return other


def join_links(identities: IdentityMap, adopted: Sequence[Entity]) -> None:
    """Let links of a session that hold other objects of the same ids hold these."""
    by_kind: dict[str, dict[int, Entity]] = {}
    for entity in adopted:
        if entity._key is not None:
            by_kind.setdefault(entity._kind, {})[entity._key] = entity
    for entity in identities if by_kind else ():
        states = {} if entity._links is None else entity._links.states
        for relation in entity._relations if states else ():
            if relation.kind in by_kind and relation.attribute in states:
                relation.attach(entity, by_kind[relation.kind])


def withdraw_children(entity: Entity) -> list[Entity]:
    """Take away notes and tasks that were added to an entity and not created yet; return them."""
    links = entity._links
    if links is None or not links.children:
        return []
    children = list(links.children)
    links.children = None
    for child in children:
        child._ensure_links().parent = None
    return children
