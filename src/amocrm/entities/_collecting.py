"""What a session has to write: everything that its objects reach, checked before anything moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, cast

from .._core.orm.identity import IdentityMap, check_account, foreign_reason
from .._core.orm.plan import PendingWrite
from ._base import Entity
from ._scope import unwritable
from ._writing import nested_partners, writes_of

__all__ = ["Collected", "collect", "join_linked", "refusal"]


def refusal(identities: IdentityMap, entity: Entity) -> str | None:
    """Return why a session cannot take an entity over, None if it can."""
    if entity._session is None and entity._doubt is None:
        return unwritable(entity) or identities.refuse(entity)
    if reason := foreign_reason(entity, identities.directory.host, "this session"):
        return reason
    doubt = entity._doubt
    if doubt is not None and doubt.account and doubt.account != identities.directory.host:
        return f"{entity!r} was sent to the account {doubt.account}, this session is of {identities.directory.host}"
    other = entity._session
    alive = isinstance(other, IdentityMap) and other is not identities and not other.ended
    if alive and (cast(IdentityMap, other).busy or entity._key is None or entity._is_dirty()):
        return (
            f"{entity!r} belongs to another session, which has not ended: leave its block first, or "
            "discard() the object there"
        )
    return unwritable(entity) or identities.refuse(entity)


class Collected:
    """Objects to write, in the order in which they were met.

    Attributes:
        entities: what a commit looks at.
        joining: those of them that are not in the session yet.
    """

    __slots__ = ("entities", "joining")

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self.joining: list[Entity] = []

    def writes(self) -> list[PendingWrite]:
        """Return what is to be sent, without changing anything."""
        nested = nested_partners(self.entities)
        return [
            write for entity in self.entities if entity._doubt is None for write in writes_of(entity, nested)
        ]


def collect(identities: IdentityMap, starts: Iterable[Entity]) -> Collected:
    """Walk from some objects to everything that they bring along.

    Raises:
        ValueError: something of it cannot be written by this session; nothing was moved.
    """
    collected = Collected()
    seen: set[int] = set()
    refused = set(map(id, identities.discarded))
    ids: dict[tuple[str, int], Entity] = {}
    queue = deque(starts)
    while queue:
        entity = queue.popleft()
        if id(entity) in seen:
            continue
        seen.add(id(entity))
        if entity._session is not identities:
            if id(entity) in refused:
                continue
            if _belongs_elsewhere(entity):
                check_account(entity, identities.directory.host, "this session")
                continue
            if (reason := refusal(identities, entity)) is not None:
                raise ValueError(reason)
            if entity._key is not None:
                first = ids.setdefault((entity._kind, entity._key), entity)
                if first is not entity:
                    raise ValueError(
                        f"{entity!r} and another object stand for the same id; change one of them"
                    )
            collected.joining.append(entity)
        collected.entities.append(entity)
        if entity._links is not None:  # what is in the session is among the starts of a commit, if it changed
            queue.extend(near for near in entity._cascade() if near._session is not identities)
    return collected


def join_linked(identities: IdentityMap, entity: Entity, add: Callable[[Any], Any]) -> None:
    """Take existing entities of no session along with one that is linked to them.

    Args:
        identities: the session's objects.
        entity: an entity with links.
        add: takes one in.
    """
    states = {} if entity._links is None else entity._links.states
    for relation in entity._link_relations:
        for target in relation.linked(entity) if relation.attribute in states else ():
            if target._key is None or isinstance(target._session, IdentityMap) or unwritable(target):
                continue  # new ones come along with the commit
            held = identities.holds(target)
            if held is None:
                add(target)
            elif held is not target and not target._is_dirty():
                relation.attach(entity, {target._key: held})


def _belongs_elsewhere(entity: Entity) -> bool:
    """Return whether an entity exists and its changes, if there are any, belong to another session."""
    if entity._key is None:
        return False
    other = entity._session
    return not entity._is_dirty() or (isinstance(other, IdentityMap) and not other.ended)
