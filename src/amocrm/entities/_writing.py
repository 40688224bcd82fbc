"""From a changed entity to the writes of a flush plan, and back from an answer to the entity.

Changes are taken off once, as plain data; what is read is never sent back. New leads name their contacts
and company while they are created; every other link has an operation of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

from msgspec import UNSET

from .._core.orm.operations import CREATE, UPDATE, Operation
from .._core.orm.plan import Action, PendingWrite
from .._core.orm.tracking import OneValue, SetChanges
from ..fields._state import FieldState, finish
from ._base import Entity
from ._links import Links
from ._relations import LinkRelation
from ._scope import path_of
from ._sent import LinkSent, Sent

__all__ = ["let_merge", "nested_partners", "writes_of"]

#: Creates leads with one contact and one company each; the server may merge them into leads that they repeat.
_MERGING = "leads.create_leads_complex"


# ---- taking off -------------------------------------------------------------------------------------------------------


def let_merge(entity: Entity, duplicates: object) -> None:
    """Note that the server may merge a new lead into one that it repeats.

    Raises:
        ValueError: it is no new lead, or the word is another one.
    """
    if duplicates != "server":
        raise ValueError(f'duplicates must be "server" or left out, got {duplicates!r}')
    if entity._kind != "leads" or entity._key is not None:
        raise ValueError(
            f'session.add(..., duplicates="server") must be given a new Lead, got {entity!r}; add the lead, its '
            "contacts go along"
        )
    entity._ensure_links().merges = True


def nested_partners(entities: Sequence[Entity]) -> set[int]:
    """Return the new contacts and companies that one lead alone brings along to be merged, by ``id(object)``."""
    if not any(entity._links is not None and entity._links.merges for entity in entities):
        return set()
    here = {id(entity): entity for entity in entities if entity._key is None and entity._doubt is None}
    owners: Counter[int] = Counter()
    for entity in here.values():
        if (links := entity._links) is not None and links.merges:
            relations = [
                relation
                for relation in entity._link_relations
                if relation.on_create and relation.attribute in links.states
            ]
            owners.update({id(target) for relation in relations for target in relation.reach(entity)})
    return {partner for partner, number in owners.items() if number == 1 and partner in here}


def writes_of(entity: Entity, nested: Collection[int] = ()) -> list[PendingWrite]:
    """Return what is to be sent for one entity: a creation or an update, then its links.

    Nothing is changed: ``begin`` marks the writes that are going to be sent.

    Args:
        entity: the entity.
        nested: what is created by the lead that brings it along; see ``nested_partners``.
    """
    writes: list[PendingWrite] = []
    new = entity._key is None
    if new:
        if not nested or id(entity) not in nested:
            writes.append(_create(entity, nested))
    elif entity._dirty_fields():
        writes.append(_update(entity))
    links = entity._links
    if links is None or not links.states:
        return writes
    for relation in entity._link_relations:
        if new and relation.on_create:
            continue
        if state := links.states.get(relation.attribute):
            writes += _link_writes(entity, relation, state)
    return writes


#: Keeps the operations of all kinds: a commit needs one of them for each object.
_operation = cache(Operation)


def _create(entity: Entity, nested: Collection[int] = ()) -> PendingWrite:
    name = CREATE[entity._kind]
    write = PendingWrite("create", _operation(name, path_of(entity, name)), entity, {}, sent=Sent())
    write.body, write.problem = _values(entity, write.sent)
    if (links := entity._links) is None:
        return write
    if links.merges:
        write.operation = _operation(_MERGING)
    if links.states and (embedded := _embedded(write, links, nested)):
        write.body["_embedded"] = embedded
    if (parent := links.parent) is not None:
        _put(write, write.body, "entity_id", parent)
        if entity._kind == "tasks":
            write.body["entity_type"] = parent._kind
    if links.embedded is not None:
        write.body["_embedded"] = {**write.body.get("_embedded", {}), **links.embedded}
    return write


def _embedded(write: PendingWrite, links: Links, nested: Collection[int]) -> dict[str, Any]:
    """Return the tags and links that a new entity names, and note them as sent."""
    embedded: dict[str, Any] = {}
    write.sent.links = taken = {}
    tags: Any = links.states.get("tags")
    if tags:
        taken["tags"] = tags.pending()
        embedded["tags"] = [{"name": name} for name in tags.content()]
    for relation in write.entity._link_relations:
        state: Any = links.states.get(relation.attribute) if relation.on_create else None
        if not state:
            continue
        taken[relation.attribute] = state.pending()
        if isinstance(state, OneValue):
            targets, main = [] if state.local is None else [state.local], None
        else:
            targets, main = state.changes.content(), state.main.local
        items: list[dict[str, Any]] = []
        for target in targets:
            item: dict[str, Any] = {"is_main": True} if target is main else {}
            if links.merges and id(target) in nested:
                inner = _create(target)
                item.update(inner.body)
                write.nested = write.nested or []
                write.nested.append(inner)
                write.problem = write.problem or inner.problem
            else:
                _put(write, item, "id", target)
            items.append(item)
        if items:
            embedded[relation.key] = items
    if links.merges and len(embedded.get("contacts", ())) > 1:
        write.problem = 'a lead with duplicates="server" must have at most one contact'
    return embedded


def _update(entity: Entity) -> PendingWrite:
    sent = Sent()
    values, problem = _values(entity, sent)
    operation = _operation(UPDATE[entity._kind], path_of(entity, UPDATE[entity._kind]))
    body: dict[str, Any] = values if operation.op.batch is None else {"id": entity._key, **values}
    if entity._kind == "notes" and entity._data.note_type is not UNSET:
        # The content is checked for the type that is sent beside it.
        body.setdefault("note_type", entity._data.note_type)
    tags = None if entity._links is None else entity._links.states.get("tags")
    if isinstance(tags, SetChanges) and tags:
        changed = tags.pending()
        sent.links = {"tags": changed}
        if changed.replace is not None:
            body["_embedded"] = {"tags": [{"name": name} for name in changed.replace] or None}
        if changed.added:
            body["tags_to_add"] = [{"name": name} for name in changed.added]
        if changed.removed:
            body["tags_to_delete"] = [{"name": name} for name in changed.removed]
    return PendingWrite("update", operation, entity, body, sent=sent, problem=problem)


def _values(entity: Entity, sent: Sent) -> tuple[dict[str, Any], str]:
    """Return the scalars and fields of a body, and why they cannot be written, empty if they can."""
    if entity._changes:
        sent.scalars = entity._changes.pending()
    body = dict(sent.scalars)
    if entity._links is not None and entity._links.password is not None:
        body["password"] = entity._links.password
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


def _put(write: PendingWrite, part: dict[str, Any], key: str, target: Any) -> None:
    """Put the id of an entity into a part of a body, or the entity itself until it has one."""
    target_key = target._key
    if target_key is None:
        write.places = write.places or []
        write.places.append((part, key, target))
    part[key] = target if target_key is None else target_key


def _link_writes(entity: Entity, relation: LinkRelation[Any], state: Any) -> Iterator[PendingWrite]:
    if isinstance(state, OneValue):
        before = []
        if state.base is not UNSET and state.base is not None:
            # One company replaces another: the old link goes first.
            unlink = LinkSent(relation, state.base, last=state.local is None)
            before = [_link(entity, unlink, "unlink")]
            yield from before
        if state.local is not None:
            yield _link(entity, LinkSent(relation, state.local), "link", before)
        return
    for target in state.changes.pending().removed:
        yield _link(entity, LinkSent(relation, target, state.metadata(target)), "unlink")
    for target in state.changed():
        yield _link(entity, LinkSent(relation, target, state.metadata(target)), "link")


def _link(entity: Entity, sent: LinkSent, action: Action, after: Sequence[PendingWrite] = ()) -> PendingWrite:
    operation = _operation(f"links.{action}_entities", (("entity_type", entity._kind),))
    write = PendingWrite(action, operation, entity, {}, sent=sent, after=after)
    _put(write, write.body, "entity_id", entity)
    _put(write, write.body, "to_entity_id", sent.target)
    write.body["to_entity_type"] = sent.relation.kind
    if sent.metadata:
        write.body["metadata"] = sent.metadata
    return write
