"""Making a row the record that was found: only differences stay changes, several values are added to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import UNSET

from .._core.orm.tracking import OneValue
from ..fields._base import Field
from ..fields._lists import MultiSelect
from ..fields._objects import Phone, Phones, _items, _values
from ..fields._state import CLEAR, Ref
from ._adoption import attach_child
from ._base import Entity
from ._keys import spelling
from ._links import LinkState
from ._sent import Sent

__all__ = ["absorb_found", "content", "fill_new", "move_changes", "redirect"]


def absorb_found(row: Entity, record: Entity, replace: Collection[Any], region: str) -> None:
    """Let a row that stands for a record know what the record holds.

    Args:
        row: the object that was adopted.
        record: the record as it was read.
        replace: fields of several values that the row replaces; all others are added to.
        region: country whose national phone numbers are read.
    """
    row._refresh_from(record._data)
    state = row._custom_fields
    if state is None:
        return
    for ref in tuple(state.cleared):
        row._set_field(state.kind(ref), CLEAR)
    replaced = _refs(row, replace)
    for ref in list(state.local):
        field, local = state.kind(ref), state.local.get(ref)
        remote = state.remote_items(ref)
        if state.canonical(ref) not in replaced and local and remote:
            row._set_field(field, _added_to(field, remote, local, region))


def _refs(entity: Entity, fields: Collection[Any]) -> set[Ref]:
    """Return the references under which an entity keeps fields."""
    return {entity._fields().canonical(entity._field_ref(field.ref)) for field in fields}


def _added_to(field: Any, stored: Any, items: Any, region: str) -> Any:
    """Return numbers, addresses or options behind those that are there; the items as they are of other fields."""
    if isinstance(field, Phone | Phones):
        numbers = _values(stored)
        forms = {spelling(field, number.value, region) or number.value for number in numbers}
        added = [
            number
            for number in _values(items)
            if (spelling(field, number.value, region) or number.value) not in forms
        ]
        return _items((*numbers, *added))
    if isinstance(field, MultiSelect):
        return field.encode(tuple(dict.fromkeys((*field.decode(stored, None), *field.decode(items, None)))))
    return items


def fill_new(row: Entity, values: Mapping[str, Any]) -> None:
    """Assign values to a row that is going to be created, except where the row has its own."""
    set_already = set(row.changes)
    for name, value in values.items():
        part = getattr(type(row), name)
        if isinstance(part, Field) and not _refs(row, [part]).isdisjoint(row._fields().cleared):
            continue
        wire = getattr(part, "wire", name)
        if set_already.isdisjoint((name, wire, f"{name}_id", f"{name}_user_id")):
            setattr(row, name, value)


def content(row: Entity) -> tuple[Any, ...]:
    """Return what a row would write, to compare rows."""
    sent = Sent.of(row)
    fields = {} if row._custom_fields is None else row._custom_fields.assigned()
    return sent.scalars, fields, sent.links, bool(row._links is not None and row._links.children)


def move_changes(
    row: Entity, target: Entity, *, override: bool, replace: Collection[Any] = (), region: str = ""
) -> None:
    """Put the changes of a row on another object, its notes and tasks included.

    Args:
        row: where they are.
        target: where they go.
        override: whether they win over changes of the target; numbers, addresses and options are added to those.
        replace: fields of several values that are not added to.
        region: country whose national phone numbers are read.
    """
    sent, fields, target_fields = Sent.of(row), row._fields(), target._fields()
    replaced = _refs(target, replace)
    for wire, value in sent.scalars.items():
        if override or wire not in (target._changes or ()):
            target._set(wire, value)
    for ref, items in fields.assigned().items():
        field, target_ref = fields.kind(ref), target_fields.canonical(target._field_ref(ref))
        local = target_fields.local.get(target_ref)
        if local and items and target_ref not in replaced:
            items = _added_to(field, local, items, region)
        if override or local is UNSET:
            target._set_field(field, items)
    links = row._links
    if links is None:
        return
    for relation in row._relations:
        if relation.attribute not in sent.links:
            continue
        old, new = relation.state(row), relation.state(target)
        if isinstance(old, LinkState):
            old.move_to(new, override=override)
        elif not isinstance(old, OneValue):
            for item in old.added:
                new.add(item)
        elif override or not new:
            new.set(old.local)
    for child in list(links.children or ()):
        attach_child(target, child)
    target._touch()


def redirect(entities: Iterable[Entity], targets: Mapping[Entity, Entity]) -> None:
    """Let everything that is linked to the keys be linked to their values instead."""
    for entity in entities if targets else ():
        for state in () if entity._links is None else entity._links.states.values():
            if isinstance(state, OneValue):
                if (target := targets.get(state.local)) is not None:
                    state.set(target)
            elif isinstance(state, LinkState):
                state.redirect(targets)
