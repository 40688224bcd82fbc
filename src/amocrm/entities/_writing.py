"""From a changed entity to the writes of a flush plan, and back from an answer to the entity.

Changes are taken off once, as plain data; what is read is never sent back. New leads name their contacts
and company while they are created; every other link has an operation of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from msgspec import UNSET

from .._core.orm.operations import CREATE, UPDATE, Operation
from .._core.orm.plan import PendingWrite, Slot
from .._core.orm.tracking import OneValue, SetChanges
from ..fields._state import FieldState, finish
from ._base import Entity
from ._links import LinkState
from ._relations import LinkRelation
from ._sent import LinkSent, Sent

__all__ = ["let_merge", "nested_partners", "unwritable", "writes_of"]

#: Creates leads with one contact and one company each; the server may merge them into leads that they repeat.
_MERGING = "leads.create_leads_complex"

_ELSEWHERE = {
    "users": "crm.users.create(...)",
    "tags": "crm.tags.create(...)",
    "pipelines": "crm.pipelines.create(...) and .save(...)",
    "statuses": "crm.pipelines.save(...)",
    "catalog_elements": "crm.api.catalogs",
}
#: Gives the slot of an entity.
SlotOf = Callable[[Any], Slot]


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


def let_merge(entity: Entity, duplicates: object) -> None:
    """Note that the server may merge a new lead into one that it repeats.

    Raises:
        ValueError: it is no new lead, or the word is another one.
    """
    if duplicates != "server":
        raise ValueError(f'duplicates must be "server" or left out, got {duplicates!r}')
    if entity._kind != "leads" or entity._key is not None:
        raise ValueError(f'an object with duplicates="server" must be a new Lead, got {entity!r}')
    entity._ensure_links().merges = True


def nested_partners(entities: Iterable[Entity]) -> set[int]:
    """Return the new contacts and companies that one lead alone brings along to be merged, by ``id(object)``."""
    here = {id(entity): entity for entity in entities if entity._key is None and entity._doubt is None}
    owners: Counter[int] = Counter()
    for entity in here.values():
        links = entity._links
        if links is not None and links.merges:
            relations = [
                one for one in entity._link_relations if one.on_create and one.attribute in links.states
            ]
            owners.update({id(one) for relation in relations for one in relation.reach(entity)})
    return {one for one, number in owners.items() if number == 1 and one in here}


def writes_of(
    entity: Entity, slot_of: SlotOf = _own_slot, nested: Collection[int] = ()
) -> list[PendingWrite]:
    """Return what is to be sent for one entity: a creation or an update, then its links.

    Nothing is changed: ``begin`` marks the writes that are going to be sent.

    Args:
        entity: the entity.
        slot_of: gives the place of an entity in the commit.
        nested: what is created by the lead that brings it along; see ``nested_partners``.
    """
    writes: list[PendingWrite] = []
    new = entity._key is None
    if new:
        if id(entity) not in nested:
            writes.append(_create(entity, slot_of, nested))
    elif entity._dirty_fields():
        writes.append(_update(entity, slot_of))
    links = entity._links
    if links is None or not links.states:
        return writes
    for relation in entity._link_relations:
        if new and relation.on_create:
            continue
        state = links.states.get(relation.attribute)
        if isinstance(state, LinkState | OneValue) and state:
            writes += _link_writes(entity, relation, state, slot_of)
    return writes


_operation = cache(Operation)
"""Keeps the operations of all kinds: a commit needs one of them for each object."""


def _create(entity: Entity, slot_of: SlotOf, nested: Collection[int] = ()) -> PendingWrite:
    sent = Sent()
    needs: list[Any] = []
    inner: list[PendingWrite] = []
    links = entity._links
    merges = links is not None and links.merges

    def named(target: Any) -> dict[str, Any]:
        if not merges or id(target) not in nested:
            return {"id": _place(target, slot_of, needs)}
        inner.append(_create(target, slot_of))
        return inner[-1].body

    body, problem = _values(entity, sent)
    embedded: dict[str, Any] = {}
    tags = None if links is None else links.states.get("tags")
    if isinstance(tags, SetChanges) and tags:
        sent.tags = tags.pending()
        embedded["tags"] = [{"name": name} for name in tags.content()]
    path: tuple[tuple[str, str], ...] = ()
    if links is not None:
        for relation in entity._link_relations if links.states else ():
            if relation.on_create and (state := links.states.get(relation.attribute)):
                items = _links_on_create(relation.attribute, state, sent)
                if items:
                    embedded[relation.key] = [{**named(target), **extra} for target, extra in items]
        if (parent := links.parent) is not None:
            body["entity_id"] = _place(parent, slot_of, needs)
            if entity._kind == "tasks":
                body["entity_type"] = parent._kind
            elif entity._kind == "notes":
                path = (("entity_type", parent._kind),)
    if embedded:
        body["_embedded"] = embedded
    if merges and len(embedded.get("contacts", ())) > 1:
        problem = 'a lead with duplicates="server" must have at most one contact'
    return PendingWrite(
        "create",
        _operation(_MERGING if merges else CREATE[entity._kind], path),
        slot_of(entity),
        body,
        sent=sent,
        needs=needs,
        problem=problem or next((one.problem for one in inner if one.problem), ""),
        nested=inner,
    )


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
        "update", _operation(UPDATE[entity._kind], path), slot_of(entity), body, sent=sent, problem=problem
    )


def _note_parent(note: Entity) -> str:
    links = note._links
    if links is not None and links.parent is not None:
        return str(links.parent._kind)
    return str(((links.scope if links is not None else None) or {}).get("entity_type", "leads"))


def _values(entity: Entity, sent: Sent) -> tuple[dict[str, Any], str]:
    """Return the scalars and fields of a body, and why they cannot be written, empty if they can."""
    if entity._changes:
        sent.scalars = entity._changes.pending()
    body = dict(sent.scalars)
    state = entity._custom_fields
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


def _links_on_create(attribute: str, state: Any, sent: Sent) -> list[tuple[Any, dict[str, Any]]]:
    if isinstance(state, OneValue):
        sent.links = {**sent.links, attribute: state.local}
        return [] if state.local is None else [(state.local, {})]
    sent.links = {**sent.links, attribute: state.changes.pending()}
    main = state.main.local
    if main is not UNSET:
        sent.mains = {**sent.mains, attribute: main}
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
