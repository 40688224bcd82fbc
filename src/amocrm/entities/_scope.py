"""What stands in the path of an entity's requests, and whether the API has an operation to write it.

An element belongs to a list, a stage to a pipeline, a note to a type of entity: the path names them, no body does.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import UNSET

from .._core.orm.operations import key_parameter, lacking, placeholders, query_parameters, resource_of
from ._base import Entity

__all__ = ["path_of", "scope_of", "unwritable"]

_HOW = {
    "notes": "add it with lead.notes.add(...) or Note(..., entity=lead)",
    "tags": "create it with crm.tags.create(Lead, [...])",
}


def scope_of(entity: Entity, name: str) -> Any:
    """Return a part of the path of an entity, ``UNSET`` where it is not known.

    Args:
        entity: the entity.
        name: placeholder of the path, such as ``catalog_id``.
    """
    links = entity._links
    if links is not None and name == "entity_type" and links.parent is not None:
        return links.parent._kind
    if links is not None and links.scope is not None and name in links.scope:
        return links.scope[name]
    value = type(entity)._scope.get(name, getattr(entity._data, name, UNSET))
    # A note that was found in no list is one of a lead.
    return "leads" if value is UNSET and entity._kind == "notes" and entity._key is not None else value


def path_of(entity: Entity, operation: str) -> tuple[tuple[str, Any], ...]:
    """Return the parameters of an operation's path for one entity, its key and what it says for the query included."""
    names = placeholders(operation)
    if not names:
        return ()
    key = key_parameter(operation)
    path = [(name, entity._key if name == key else scope_of(entity, name)) for name in names]
    said = (None if entity._links is None else entity._links.scope) or {}
    return (*path, *((name, said[name]) for name in query_parameters(operation) if name in said))


@cache
def _is_free(kind: str, role: str) -> bool:
    """Return whether every object of a kind can be written, because the path names nothing."""
    operation = getattr(resource_of(kind), role)
    return bool(operation) and not placeholders(operation) and kind != "tags"


def unwritable(entity: Entity) -> str | None:
    """Return why a session cannot write this entity, None if it can."""
    kind, role = entity._kind, "create" if entity._key is None else "update"
    if _is_free(kind, role):
        return None
    operation = getattr(resource_of(kind), role)
    if not operation:
        return lacking(kind, type(entity).__name__, role)
    if not placeholders(operation):
        if kind == "tags" and role == "update" and scope_of(entity, "entity_type") not in (UNSET, "leads"):
            return f"{entity!r} cannot be renamed: the API renames tags of leads only"
        return None
    missing = [name for name, value in path_of(entity, operation) if value is UNSET]
    if missing:
        how = _HOW.get(kind, f"give it {missing[0]}=...")
        return f"{entity!r} belongs to nothing: {how}"
    return None
