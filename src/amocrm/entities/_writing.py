"""From a changed entity to the works of a flush plan.

An item carries what changed and nothing else: read shapes are never sent back. New leads name their
contacts and company while they are created; every other link has an operation of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from msgspec import UNSET

from .._core.orm.operations import CREATE, UPDATE, Operation
from .._core.orm.plan import Work
from .._core.orm.tracking import SetChanges, SetSent
from ..fields._state import FieldState, finish
from ._base import Entity
from ._relations import LinkState, OneLink, _Links

__all__ = ["unwritable", "works_of"]

_ELSEWHERE = {
    "users": "crm.users.create(...)",
    "tags": "crm.tags.create(...)",
    "pipelines": "crm.pipelines.create(...) and .save(...)",
    "statuses": "crm.pipelines.save(...)",
    "catalog_elements": "crm.api.catalogs",
}


def unwritable(entity: Entity) -> str | None:
    """Why a session cannot write this entity, ``None`` if it can."""
    if entity._kind not in CREATE:
        return f"{type(entity).__name__} is not written by a session; see {_ELSEWHERE.get(entity._kind)}"
    if entity._kind == "notes" and entity._key is None and "parent" not in (entity._related or {}):
        return f"{entity!r} belongs to nothing: add it with lead.notes.add(...) or Note(..., entity=lead)"
    return None


def works_of(entity: Entity) -> Iterator[Work]:
    """What is to be sent for one entity: a creation or an update, then its links."""
    new = entity._key is None
    if new:
        yield _create(entity)
    elif entity._dirty_fields():
        yield _update(entity)
    for relation in entity._each_relation():
        if not isinstance(relation, _Links) or (new and relation.on_create):
            continue
        if state := relation.known_state(entity):
            yield from _links(entity, relation, state)


# ---- creations and updates --------------------------------------------------------------------------------------------


def _create(entity: Entity) -> Work:
    related = entity._related or {}
    parent = related.get("parent")
    needs = [] if parent is None else [parent]
    for relation in entity._each_relation():
        if isinstance(relation, _Links) and relation.on_create and (state := relation.known_state(entity)):
            needs += [target for target in state.changes.content() if target._key is None]
    flight = _Flight(entity)

    def build() -> dict[str, Any]:
        body = flight.scalars()
        if fields := flight.fields():
            body["custom_fields_values"] = fields
        embedded = {**flight.tags_on_create(), **flight.links_on_create()}
        if embedded:
            body["_embedded"] = embedded
        if parent is not None:
            body["entity_id"] = parent._key
            if entity._kind == "tasks":
                body["entity_type"] = parent._kind
        return body

    path = (("entity_type", parent._kind),) if entity._kind == "notes" and parent is not None else ()
    return Work(
        "create",
        Operation(CREATE[entity._kind], path),
        entity,
        build=build,
        landed=flight.landed,
        turned_back=flight.turned_back,
        needs=needs,
    )


def _update(entity: Entity) -> Work:
    flight = _Flight(entity)

    def build() -> dict[str, Any]:
        body: dict[str, Any] = {"id": entity._key, **flight.scalars()}
        if entity._kind == "notes":
            # The content is checked for the type that is sent beside it.
            body.setdefault("note_type", entity._data.note_type)
            body = {key: value for key, value in body.items() if value is not UNSET}
        if fields := flight.fields():
            body["custom_fields_values"] = fields
        body.update(flight.tags_on_update())
        return body

    path: tuple[tuple[str, str], ...] = ()
    if entity._kind == "notes":
        path = (("entity_type", _note_parent(entity)),)
    return Work(
        "update",
        Operation(UPDATE[entity._kind], path),
        entity,
        build=build,
        landed=flight.landed,
        turned_back=flight.turned_back,
    )


def _note_parent(note: Entity) -> str:
    related = note._related or {}
    parent = related.get("parent")
    return str(parent._kind if parent is not None else related.get("entity_type", "leads"))


class _Flight:
    """The changes of one entity on their way: taken off when the body is built, landed with the answer."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.tags: SetSent[str] | None = None
        self.links: list[tuple[LinkState, SetSent[Any]]] = []
        self.sent_fields: Mapping[Any, Any] = {}

    @property
    def zone(self) -> tzinfo | None:
        return self.entity._zone

    def scalars(self) -> dict[str, Any]:
        changes = self.entity._changes
        found = {} if changes is None else dict(changes.take_off())
        if isinstance(found.get("price"), float):
            _warn_of_fraction(self.entity, found["price"])
        return found

    def fields(self) -> list[dict[str, Any]]:
        state = self.entity._cf
        if state is None or not state.local:
            return []
        self.sent_fields = state.local.take_off()
        return [self._field(state, ref, items) for ref, items in self.sent_fields.items()]

    def _field(self, state: FieldState, ref: Any, items: Sequence[Any]) -> dict[str, Any]:
        field = state.kind(ref)
        empty = None if field is None else field.cleared()
        key = {"id": "field_id", "code": "field_code", "name": "field_name"}[ref[0]]
        return {key: ref[1], "values": finish(items, self.zone) if items else empty}

    def _tag_state(self) -> SetChanges[str] | None:
        return (self.entity._related or {}).get("tags")

    def tags_on_create(self) -> dict[str, Any]:
        state = self._tag_state()
        if not state:
            return {}
        self.tags = state.take_off()
        return {"tags": [{"name": name} for name in state.content()]}

    def tags_on_update(self) -> dict[str, Any]:
        state = self._tag_state()
        if not state:
            return {}
        self.tags = sent = state.take_off()
        if sent.replace is not None:
            return {"_embedded": {"tags": [{"name": name} for name in sent.replace] or None}}
        body: dict[str, Any] = {}
        if sent.added:
            body["tags_to_add"] = [{"name": name} for name in sent.added]
        if sent.removed:
            body["tags_to_delete"] = [{"name": name} for name in sent.removed]
        return body

    def links_on_create(self) -> dict[str, Any]:
        embedded: dict[str, Any] = {}
        for relation in self.entity._each_relation():
            if not isinstance(relation, _Links) or not relation.on_create:
                continue
            state = relation.known_state(self.entity)
            if not state:
                continue
            self.links.append((state, state.changes.take_off()))
            items = [
                {"id": target._key, "is_main": True} if target is state.main else {"id": target._key}
                for target in state.changes.content()
            ]
            if items:
                embedded[relation.key] = items
        return embedded

    def landed(self, answer: Any) -> None:
        """Takes the answered item: ids and what was sent become what the server has."""
        entity, data = self.entity, self.entity._data
        if entity._key is None:
            data.id = answer.id
        if (updated := getattr(answer, "updated_at", UNSET)) is not UNSET and hasattr(data, "updated_at"):
            data.updated_at = updated
        if entity._changes is not None:
            for wire, value in entity._changes.land().items():
                if hasattr(data, wire):  # some things are written and never shown
                    setattr(data, wire, value)
        if entity._cf is not None:
            entity._cf.land(self.sent_fields)
        if self.tags is not None and (tags := self._tag_state()) is not None:
            tags.land(self.tags)
        for state, sent in self.links:
            state.changes.land(sent)
            state.main_changed = False
        related = entity._related or {}
        parent = related.get("parent")
        if parent is not None:
            children = (parent._related or {}).get("children", [])
            if entity in children:
                children.remove(entity)
            data.entity_id = parent._key
            if entity._kind == "tasks":
                data.entity_type = parent._kind

    def turned_back(self) -> None:
        """The server did not take it: everything is a change again."""
        entity = self.entity
        if entity._changes is not None:
            entity._changes.turn_back(lambda wire: getattr(entity._data, wire, UNSET))
        if entity._cf is not None:
            entity._cf.turn_back()


def _warn_of_fraction(entity: Entity, price: float) -> None:
    """The documentation has whole prices for amoCRM: what becomes of the rest is not said, and it may be cut off."""
    if entity._session is not None and entity._session.directory.whole_prices:
        warnings.warn(
            f"price {price} of {entity!r}: amoCRM keeps whole prices and may cut the fraction off; round it, "
            "or keep it in a fields.Monetary",
            stacklevel=2,
        )


# ---- links ------------------------------------------------------------------------------------------------------------


def _links(entity: Entity, relation: _Links[Any], state: LinkState) -> Iterator[Work]:
    sent = state.changes.take_off()
    removed = [_link(entity, relation, state, target, "unlink") for target in sent.removed]
    yield from removed
    added = [*sent.added, *(sent.replace or ())]
    if state.main_changed and state.main is not None and state.main not in added:
        added.append(state.main)
    # One company replaces another: the old link goes first.
    before = removed if isinstance(relation, OneLink) else []
    for target in added:
        yield _link(entity, relation, state, target, "link", before)


def _link(
    entity: Entity,
    relation: _Links[Any],
    state: LinkState,
    target: Any,
    action: Any,
    before: Sequence[Any] = (),
) -> Work:
    main = action == "link" and state.main_changed and state.main is target

    def build() -> dict[str, Any]:
        body = {"entity_id": entity._key, "to_entity_id": target._key, "to_entity_type": relation.kind}
        if main:
            body["metadata"] = {"is_main": True}
        return body

    def landed(answer: Any) -> None:
        if action == "unlink":
            state.changes.land(SetSent((), (target,), None))
        elif state.changes.base is None and isinstance(relation, OneLink):
            state.changes.land(SetSent((), (), (target,)))
        else:
            state.changes.land(SetSent((target,), (), None))
        if main:
            state.main_changed = False

    needs = [one for one in (entity, target) if one._key is None]
    return Work(
        action,
        Operation(f"links.{action}_entities", (("entity_type", entity._kind),)),
        entity,
        build=build,
        landed=landed,
        turned_back=_nothing,
        needs=[*needs, *before],
    )


def _nothing() -> None:
    """A link that was not made stays a change; there is nothing to take back."""
