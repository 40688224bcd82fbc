"""Local changes of one entity as a whole: taking them back, and showing them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from .._core.orm.changes import Change
from .._core.orm.tracking import OneValue, SetChanges
from ..fields._state import FieldState
from ._attributes import Attribute
from ._links import LinkState

__all__ = ["changes_of", "revert", "rollback"]


def revert(entity: Any, attributes: Iterable[str] | None = None) -> None:
    """Note that nothing of an entity is in flight any more: what was sent is a change again.

    Args:
        entity: the entity.
        attributes: relations that were sent with it; all of them without.
    """
    if entity._changes is not None:
        data = entity._data
        entity._changes.revert(lambda wire: getattr(data, wire, UNSET))
    if entity._custom_fields is not None:
        entity._custom_fields.revert()
    states = {} if entity._links is None else entity._links.states
    for name in states if attributes is None else attributes:
        states[name].revert()


def rollback(entity: Any) -> None:
    """Forget all changes of an entity; what the server has stays."""
    if entity._changes is not None:
        entity._changes.clear()
    if entity._custom_fields is not None:
        entity._custom_fields.local.clear()
        entity._custom_fields.cleared = frozenset()
    for state in () if entity._links is None else entity._links.states.values():
        state.clear()


def changes_of(entity: Any) -> dict[str, Change]:
    """Return the changes of an entity by attribute."""
    result: dict[str, Change] = {}
    data, attributes = entity._data, _attributes(type(entity))
    for wire in entity._changes or ():
        overlay = entity._changes
        assert overlay is not None
        name: str = attributes.get(wire) or wire
        result[name] = Change(overlay.base(wire), overlay.get(wire), getattr(data, wire, UNSET))
    state = entity._custom_fields
    for ref in () if state is None else state.local:
        assert state is not None
        result[_field_name(entity, ref)] = Change(
            _decoded(entity, state, ref, state.local.base(ref)),
            _decoded(entity, state, ref, state.local.get(ref)),
            _decoded(entity, state, ref, state.remote_items(ref)),
        )
    for name, links in () if entity._links is None else entity._links.states.items():
        if not links:
            continue
        if isinstance(links, OneValue):
            result[name] = Change(links.base, links.local, links.base)
            continue
        tracked: SetChanges[Any] = links.changes if isinstance(links, LinkState) else links
        base = UNSET if tracked.base is None else tracked.base
        local = tracked.content() if tracked.loaded else tracked.added
        if isinstance(links, LinkState):
            base, local = links.shown(base, local)
        result[name] = Change(base, local, base)
    return result


def _attributes(cls: Any) -> dict[str, str]:
    return {
        value.wire: name
        for base in reversed(cls.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Attribute)
    }


def _field_name(entity: Any, ref: Any) -> str:
    for attribute, field in type(entity)._declared.items():
        if field.ref == ref or (
            entity._custom_fields is not None and entity._custom_fields.canonical(field.ref) == ref
        ):
            return str(attribute)
    return f"custom[{ref[1]!r}]"


def _decoded(entity: Any, state: FieldState, ref: Any, items: Any) -> Any:
    field = state.kind(ref)
    return items if items is UNSET or field is None else field.decode(items, entity._zone)
