"""Making a row the record that was found: only differences stay changes, several values are added to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from .._core.orm.tracking import OneValue
from ..fields._base import Field
from ..fields._lists import MultiSelect
from ..fields._objects import Phone, Phones, _items, _values
from ..fields._state import CLEAR
from ._base import Entity
from ._keys import spelling
from ._links import LinkState

__all__ = ["absorb_found", "content", "fill_new", "move_changes", "redirect"]


def absorb_found(row: Entity, found: Entity, replace: Collection[Any], region: str) -> None:
    """Let a row that stands for a record know what the record holds.

    Args:
        row: the object that was adopted.
        found: the record as it was read.
        replace: fields of several values that the row replaces; all others are added to.
        region: country whose national phone numbers are read.
    """
    row._refresh_from(found._data)
    state = row._custom_fields
    if state is None:
        return
    for ref in tuple(state.cleared):
        row._set_field(state.kind(ref), CLEAR)
    kept = {state.canonical(field.ref) for field in replace if isinstance(field, Field)}
    for ref in list(state.local):
        field, local = state.kind(ref), state.local.get(ref)
        remote = state.remote_items(ref)
        if state.canonical(ref) in kept or not local or not remote:
            continue
        if isinstance(field, Phone | Phones):
            merged = _items(_added(field, _values(remote), _values(local), region))
        elif isinstance(field, MultiSelect):
            chosen = field.decode(remote, None)
            merged = field.encode(
                (*chosen, *(item for item in field.decode(local, None) if item not in chosen))
            )
        else:
            continue
        row._set_field(field, merged)


def _added(field: Any, stored: Sequence[Any], given: Iterable[Any], region: str) -> list[Any]:
    """Return stored numbers or addresses and those given that are not among them in another spelling."""
    known = {spelling(field, item.value, region) or item.value for item in stored}
    return [
        *stored,
        *(item for item in given if (spelling(field, item.value, region) or item.value) not in known),
    ]


def fill_new(row: Entity, values: Mapping[str, Any]) -> None:
    """Assign values to a row that is going to be created, except where the row has its own."""
    set_already = set(row.changes)
    for name, value in values.items():
        wire = getattr(getattr(type(row), name), "wire", name)
        if set_already.isdisjoint((name, wire, f"{name}_id", f"{name}_user_id")):
            setattr(row, name, value)


def content(row: Entity) -> tuple[Any, ...]:
    """Return what a row would write, to compare rows."""
    links = {} if row._links is None else row._links.states
    return (
        {} if row._changes is None else row._changes.pending(),
        {} if row._custom_fields is None else row._custom_fields.local.pending(),
        {name: state.pending() for name, state in links.items() if state},
        bool(row._links is not None and row._links.children),
    )


def move_changes(row: Entity, target: Entity, *, override: bool) -> None:
    """Put the changes of a row on another object, its notes and tasks included.

    Args:
        row: where they are.
        target: where they go.
        override: whether they win over changes of the target.
    """
    for wire in row._changes or ():
        if override or target._changes is None or wire not in target._changes:
            target._set(wire, row._changes.get(wire) if row._changes is not None else UNSET)
    state = row._custom_fields
    for ref in () if state is None else state.local:
        assert state is not None
        if (
            override
            or target._custom_fields is None
            or target._fields().canonical(target._field_ref(ref)) not in target._custom_fields.local
        ):
            target._set_field(state.kind(ref), state.local.get(ref))
    links = row._links
    if links is None:
        return
    for relation in row._relations:
        known = links.states.get(relation.attribute)
        if not known:
            continue
        ours: Any = relation.state(target)
        if isinstance(known, OneValue):
            if override or not ours:
                ours.set(known.local)
        elif isinstance(known, LinkState):
            known.move_to(ours, override=override)
        else:
            for item in known.added:
                ours.add(item)
        target._touch()
    for child in list(links.children or ()):
        child._links.parent = target
        mine = target._ensure_links()
        mine.children = {**(mine.children or {}), child: None}
        links.drop_child(child)
        target._touch()


def redirect(entities: Iterable[Entity], row: Entity, target: Entity) -> None:
    """Let everything that is linked to a row be linked to another object instead."""
    for entity in entities:
        for state in () if entity._links is None else entity._links.states.values():
            if isinstance(state, OneValue):
                if state.local is row:
                    state.set(target)
            elif isinstance(state, LinkState):
                state.redirect(row, target)
