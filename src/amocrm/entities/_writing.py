"""From a changed entity to the writes of a flush plan, and back from an answer to the entity.

Changes are taken off once, as plain data; what is read is never sent back. New leads name their contacts
and company while they are created; every other link has an operation of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from .._core.orm.operations import CREATE, UPDATE, Operation
from .._core.orm.plan import PendingWrite, Slot
from .._core.orm.tracking import OneValue, SetChanges, SetSent
from ..fields._state import FieldState, finish
from ._base import Entity
from ._links import LinkState
from ._local_changes import revert
from ._relations import LinkRelation, ManyLinks, OneLink

__all__ = [
    "LinkSent",
    "Sent",
    "adopt_id",
    "begin",
    "confirm",
    "revert_write",
    "unwritable",
    "writes_of",
]

_ELSEWHERE = {
    "users": "crm.users.create(...)",
    "tags": "crm.tags.create(...)",
    "pipelines": "crm.pipelines.create(...) and .save(...)",
    "statuses": "crm.pipelines.save(...)",
    "catalog_elements": "crm.api.catalogs",
}
#: Gives the slot of an entity.
SlotOf = Callable[[Any], Slot]


class Sent:
    """What was taken off one entity: its values as they were when the commit was planned."""

    __slots__ = ("fields", "links", "mains", "scalars", "tags")

    def __init__(self) -> None:
        self.scalars: Mapping[str, Any] = {}
        self.fields: Mapping[Any, Any] = {}
        self.tags: SetSent[str] | None = None
        #: by attribute: changes of a set, or the one entity
        self.links: dict[str, Any] = {}
        self.mains: dict[str, Any] = {}


class LinkSent:
    """One link or unlink: the relation, the entity at its other end, whether it is to be the main one."""

    __slots__ = ("last", "main", "relation", "target")

    def __init__(
        self, relation: LinkRelation[Any], target: Any, *, main: bool = False, last: bool = True
    ) -> None:
        self.relation, self.target, self.main, self.last = relation, target, main, last


def unwritable(entity: Entity) -> str | None:
    """Return why a session cannot write this entity, None if it can."""
    if entity._kind not in CREATE:
        return f"{type(entity).__name__} is not written by a session; see {_ELSEWHERE.get(entity._kind)}"
    if (
        entity._kind == "notes"
        and entity._key is None
        and (entity._links is None or entity._links.parent is None)
    ):
        return f"{entity!r} belongs to nothing: add it with lead.notes.add(...) or Note(..., entity=lead)"
    return None


# ---- taking off -------------------------------------------------------------------------------------------------------


def _own_slot(entity: Any) -> Slot:
    return Slot(entity, entity._key)


def writes_of(entity: Entity, slot_of: SlotOf = _own_slot) -> list[PendingWrite]:
    """Return what is to be sent for one entity: a creation or an update, then its links.

    Nothing is changed: ``begin`` marks the writes that are going to be sent.
    """
    writes: list[PendingWrite] = []
    new = entity._key is None
    if new:
        writes.append(_create(entity, slot_of))
    elif entity._dirty_fields():
        writes.append(_update(entity, slot_of))
    links = entity._links
    if links is None or not links.states:
        return writes
    for relation in entity._relations:
        if not isinstance(relation, ManyLinks | OneLink) or (new and relation.on_create):
            continue
        state = relation.known_state(entity)
        if state:
            writes += _link_writes(entity, relation, state, slot_of)
    return writes


def _create(entity: Entity, slot_of: SlotOf) -> PendingWrite:
    sent = Sent()
    needs: list[Any] = []
    body, problem = _values(entity, sent)
    embedded: dict[str, Any] = {}
    links = entity._links
    tags = None if links is None else links.states.get("tags")
    if isinstance(tags, SetChanges) and tags:
        sent.tags = tags.pending()
        embedded["tags"] = [{"name": name} for name in tags.content()]
    path: tuple[tuple[str, str], ...] = ()
    if links is not None:
        for relation in entity._relations if links.states else ():
            if isinstance(relation, ManyLinks | OneLink) and relation.on_create:
                items = _links_on_create(entity, relation, sent)
                if items:
                    embedded[relation.key] = [
                        {"id": _place(target, slot_of, needs), **extra} for target, extra in items
                    ]
        if (parent := links.parent) is not None:
            body["entity_id"] = _place(parent, slot_of, needs)
            if entity._kind == "tasks":
                body["entity_type"] = parent._kind
            elif entity._kind == "notes":
                path = (("entity_type", parent._kind),)
    if embedded:
        body["_embedded"] = embedded
    operation = Operation(CREATE[entity._kind], path)
    return PendingWrite("create", operation, slot_of(entity), body, sent=sent, needs=needs, problem=problem)


def _update(entity: Entity, slot_of: SlotOf) -> PendingWrite:
    sent = Sent()
    values, problem = _values(entity, sent)
    body: dict[str, Any] = {"id": entity._key, **values}
    path: tuple[tuple[str, str], ...] = ()
    if entity._kind == "notes":
        # The content is checked for the type that is sent beside it.
        if entity._data.note_type is not UNSET:
            body.setdefault("note_type", entity._data.note_type)
        path = (("entity_type", _note_parent(entity)),)
    tags = None if entity._links is None else entity._links.states.get("tags")
    if isinstance(tags, SetChanges) and tags:
        sent.tags = changed = tags.pending()
        if changed.replace is not None:
            body["_embedded"] = {"tags": [{"name": name} for name in changed.replace] or None}
        if changed.added:
            body["tags_to_add"] = [{"name": name} for name in changed.added]
        if changed.removed:
            body["tags_to_delete"] = [{"name": name} for name in changed.removed]
    return PendingWrite(
        "update", Operation(UPDATE[entity._kind], path), slot_of(entity), body, sent=sent, problem=problem
    )


def _note_parent(note: Entity) -> str:
    links = note._links
    if links is not None and links.parent is not None:
        return str(links.parent._kind)
    return (None if links is None else links.entity_type) or "leads"


def _values(entity: Entity, sent: Sent) -> tuple[dict[str, Any], str]:
    """Return the scalars and fields of a body, and why they cannot be written, empty if they can."""
    if entity._changes:
        sent.scalars = entity._changes.pending()
    body = dict(sent.scalars)
    state = entity._cf
    if state is not None and state.local:
        sent.fields = state.local.pending()
        try:
            body["custom_fields_values"] = [
                _field(entity, state, ref, items) for ref, items in sent.fields.items()
            ]
        except (TypeError, ValueError) as error:
            return body, f"cannot be written: {error}"
    return body, ""


_FIELD_KEYS = {"id": "field_id", "code": "field_code", "name": "field_name"}


def _field(entity: Entity, state: FieldState, ref: Any, items: Sequence[Any]) -> dict[str, Any]:
    if items:
        return {_FIELD_KEYS[ref[0]]: ref[1], "values": finish(items, entity._zone)}
    field = state.kind(ref)
    return {_FIELD_KEYS[ref[0]]: ref[1], "values": None if field is None else field.cleared()}


def _place(target: Any, slot_of: SlotOf, needs: list[Any]) -> Any:
    """Return the id of an entity, or its slot, which the write then needs."""
    key = target._key
    if key is not None:
        return key
    slot = slot_of(target)
    needs.append(slot)
    return slot


def _links_on_create(
    entity: Entity, relation: ManyLinks[Any] | OneLink[Any], sent: Sent
) -> list[tuple[Any, dict[str, Any]]]:
    state = relation.known_state(entity)
    if not state:
        return []
    if isinstance(state, OneValue):
        sent.links[relation.attribute] = state.local
        return [] if state.local is None else [(state.local, {})]
    sent.links[relation.attribute] = state.changes.pending()
    main = state.main.local
    if main is not UNSET:
        sent.mains[relation.attribute] = main
    content = state.changes.content()
    return [(target, {"is_main": True} if target is main else {}) for target in content]


def _link_writes(
    entity: Entity, relation: LinkRelation[Any], state: LinkState | OneValue, slot_of: SlotOf
) -> Iterator[PendingWrite]:
    if isinstance(state, OneValue):
        before = []
        if state.base is not UNSET and state.base is not None:
            # One company replaces another: the old link goes first.
            unlink = LinkSent(relation, state.base, last=state.local is None)
            before = [_link(entity, unlink, slot_of, "unlink")]
            yield from before
        if state.local is not None:
            yield _link(entity, LinkSent(relation, state.local), slot_of, "link", before)
        return
    changed, main = state.changes.pending(), state.main.local
    for target in changed.removed:
        yield _link(entity, LinkSent(relation, target), slot_of, "unlink")
    added = [*changed.added, *(changed.replace or ())]
    if main not in (UNSET, None) and main not in added:
        added.append(main)
    for target in added:
        yield _link(entity, LinkSent(relation, target, main=target is main), slot_of, "link")


def _link(
    entity: Entity, sent: LinkSent, slot_of: SlotOf, action: Any, before: Sequence[PendingWrite] = ()
) -> PendingWrite:
    needs: list[Any] = [*before]
    body: dict[str, Any] = {
        "entity_id": _place(entity, slot_of, needs),
        "to_entity_id": _place(sent.target, slot_of, needs),
        "to_entity_type": sent.relation.kind,
    }
    if sent.main:
        body["metadata"] = {"is_main": True}
    operation = Operation(f"links.{action}_entities", (("entity_type", entity._kind),))
    return PendingWrite(action, operation, slot_of(entity), body, sent=sent, needs=needs)


def begin(write: PendingWrite) -> None:
    """Note that a write is in flight: what is changed from now on stays a change."""
    entity, sent = write.slot.entity, write.sent
    if isinstance(sent, LinkSent):
        state: Any = sent.relation.known_state(entity)  # type: ignore[attr-defined]
        if isinstance(state, OneValue):
            state.begin_flush()
        elif sent.main:
            state.main.begin_flush()
        return
    if sent.scalars:
        entity._changes.begin_flush(sent.scalars)
        if isinstance(sent.scalars.get("price"), float):
            _warn_of_fraction(entity, sent.scalars["price"])
    if sent.fields:
        entity._cf.local.begin_flush(sent.fields)
    for attribute in sent.links:
        state = entity._links.states[attribute]
        if isinstance(state, OneValue):
            state.begin_flush()
        elif attribute in sent.mains:
            state.main.begin_flush()


def _warn_of_fraction(entity: Entity, price: float) -> None:
    """The documentation has whole prices for amoCRM: what becomes of the rest is not said, and it may be cut off."""
    if entity._session is not None and entity._session.directory.whole_prices:
        warnings.warn(
            f"price {price} of {entity!r}: amoCRM keeps whole prices and may cut the fraction off; round it, "
            "or keep it in a fields.Monetary",
            stacklevel=2,
        )


# ---- answers ----------------------------------------------------------------------------------------------------------


def confirm(write: PendingWrite, answer: Any) -> None:
    """Take the answered item of a write: what was sent becomes what the server has."""
    entity, sent = write.slot.entity, write.sent
    if isinstance(sent, LinkSent):
        _confirm_link(entity, sent, write.action)
        return
    if write.action == "create":
        write.slot.key = answer.id
        adopt_id(entity, answer.id, sent)
    else:
        _confirm_values(entity, sent)
    data, updated = entity._data, getattr(answer, "updated_at", UNSET)
    if updated is not UNSET and hasattr(data, "updated_at"):
        data.updated_at = updated


def adopt_id(entity: Entity, key: int, sent: Sent | None) -> None:
    """Make an entity stand for a record.

    Args:
        entity: an entity without id.
        key: id of the record.
        sent: what was sent when the record was created; None where nobody knows what it holds.
    """
    data, links = entity._data, entity._links
    data.id = key
    if links is not None:
        links.doubt = None
    if sent is None:
        _forget_bases(entity)
    else:
        _confirm_values(entity, sent)
    if links is not None and links.parent is not None:
        links.parent._ensure_links().drop_child(entity)
        data.entity_id = UNSET if links.parent._key is None else links.parent._key
        if entity._kind == "tasks":
            data.entity_type = links.parent._kind


def _forget_bases(entity: Entity) -> None:
    """Note that a record stands behind the entity whose content is not known."""
    if entity._cf is not None:
        entity._cf.loaded = False
    for state in () if entity._links is None else entity._links.states.values():
        if isinstance(state, OneValue):
            state.base = UNSET
        else:
            (state.changes if isinstance(state, LinkState) else state).forget_base()


def _confirm_values(entity: Entity, sent: Sent) -> None:
    data, links = entity._data, entity._links
    if sent.scalars and entity._changes is not None:
        entity._changes.confirm(sent.scalars)
        for wire, value in sent.scalars.items():
            if hasattr(data, wire):  # some things are written and never shown
                setattr(data, wire, value)
    if entity._cf is not None:
        entity._cf.confirm(sent.fields)
    if links is None:
        return
    tags = links.states.get("tags")
    if sent.tags is not None and isinstance(tags, SetChanges):
        tags.confirm(sent.tags)
    for attribute, value in sent.links.items():
        state = links.states[attribute]
        if isinstance(state, OneValue):
            state.confirm(value)
        elif isinstance(state, LinkState):
            state.changes.confirm(value)
            if attribute in sent.mains:
                state.main.confirm(sent.mains[attribute])


def _confirm_link(entity: Entity, sent: LinkSent, action: str) -> None:
    state: Any = sent.relation.known_state(entity)  # type: ignore[attr-defined]
    if isinstance(state, OneValue):
        if action == "link":
            state.confirm(sent.target)
        elif sent.last:
            state.confirm(None)
        else:
            state.base = None
        return
    if action == "unlink":
        state.changes.confirm(SetSent(removed=(sent.target,)))
        if state.main.base is sent.target:
            state.main.base = UNSET
        return
    state.changes.confirm(SetSent(added=(sent.target,)))
    if sent.main:
        state.main.confirm(sent.target)


def revert_write(write: PendingWrite) -> None:
    """Note that the server did not take a write: everything is a change again."""
    entity, sent = write.slot.entity, write.sent
    if isinstance(sent, LinkSent):
        state: Any = sent.relation.known_state(entity)  # type: ignore[attr-defined]
        (state if isinstance(state, OneValue) else state.main).revert()
    else:
        revert(entity, sent.links)
