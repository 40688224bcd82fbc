"""Refused values of an item in the words of the caller: attributes, names and options of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .._core.orm.outcome import Issue, describe
from ..errors import ItemIssue
from ._base import Entity

__all__ = ["issues_of"]


def issues_of(entity: Entity, body: Mapping[str, Any], item: ItemIssue) -> list[Issue]:
    """Return what a server refused of the body of an entity."""
    return describe(item, body, partial(_label, entity), partial(_options, entity))


def _definition(entity: Entity, key: Any) -> Any:
    definitions = (
        None if entity._session is None else entity._session.directory.fields.get(entity._field_kind)
    )
    definition = (
        None if definitions is None else definitions.find(("id" if isinstance(key, int) else "code", key))
    )
    return definitions, definition


def _options(entity: Entity, key: Any) -> Sequence[str]:
    """Return the labels of the options of a custom field, as far as its definition was read."""
    definitions, definition = _definition(entity, key)
    return [] if definition is None else list(definitions.options(definition))


def _label(entity: Entity, key: Any) -> str | None:
    """Return the name of a custom field as the caller knows it."""
    for attribute, field in type(entity)._declared.items():
        if field.ref[1] == key:
            return attribute
    _, definition = _definition(entity, key)
    if definition is not None:
        return str(definition.name)
    remote = entity._fields().remote(("id" if isinstance(key, int) else "code", key))
    name = None if remote is None else remote.field_name
    return name if isinstance(name, str) else None
