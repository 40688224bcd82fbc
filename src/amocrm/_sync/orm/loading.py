"""Reading one entity or making a query, for clients, collections and sessions."""
# GENERATED from src/amocrm/_async/orm/loading.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from amocrm._core.orm.identity import Origin, checked_id
from amocrm._core.orm.operations import (
    GET,
    endpoint,
    key_parameter,
    lacking,
    not_found,
    placeholders,
    resource_of,
)
from amocrm._core.orm.unreadable import unreadable
from amocrm.entities._adoption import ChildRelation
from amocrm.entities._base import Entity
from amocrm.errors import DecodeError, NotFoundError

from .account import AccountState
from .preload import Brought, Loadable, by_ids, check_loadable, preload
from .query import Query

__all__ = ["get_entity", "get_entity_or_none", "query_of", "refresh_entities"]

T = TypeVar("T", bound=Entity)

_HOW = {
    "notes": "crm.notes.of(lead) for one lead, crm.notes.of(Lead) for all leads, or crm.notes[Lead].get(17)",
    "tags": "crm.tags.of(Lead)",
    "statuses": "crm.pipelines[sales].statuses",
    "catalog_elements": "crm.catalogs[6101].elements, or class Product(CatalogElement, catalog_id=6101)",
    "talk_messages": "crm.talks[talk].messages",
}


def query_of(
    account: AccountState, cls: type[T], origin: Origin, path: dict[str, Any] | None = None
) -> Query[T]:
    """Make a query over the list of a class.

    Args:
        account: the account.
        cls: built-in or derived class.
        origin: where its entities belong to, a session's map or the account's origin.
        path: parameters of the path, such as ``entity_type`` of notes.

    Raises:
        TypeError: the class has no list of its own.
    """
    resource = resource_of(cls._kind)
    name = resource.within if path and resource.within else resource.list
    if not name:
        raise TypeError(lacking(cls._kind, cls.__name__, "list"))
    return Query(account, cls, origin, name, _path(cls, name, path))


def _path(cls: type[Entity], operation: str, path: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what stands in a path beside the key.

    Raises:
        TypeError: a part is missing, because what belongs to an owner is read by the owner; says how to give it.
    """
    parts = {**cls._scope, **(path or {})}
    names = [name for name in placeholders(operation) if name != key_parameter(operation)]
    missing = [name for name in names if name not in parts]
    if missing:
        raise TypeError(f"{cls._kind} cannot be read without {missing[0]}; write {_HOW[cls._kind]}")
    return {name: parts[name] for name in names}


def get_entity(
    account: AccountState,
    cls: type[T],
    key: Any,
    origin: Origin,
    relations: Iterable[Loadable] = (),
    path: Mapping[str, Any] | None = None,
) -> T:
    """Read one entity by its id.

    Raises:
        NotFoundError: there is none, or the user may not see it.
    """
    entity = get_entity_or_none(account, cls, key, origin, relations, path)
    if entity is None:
        raise not_found(
            GET[cls._kind], f"there is no {cls.__name__} {key}, or the user of the token may not see it"
        )
    return entity


def get_entity_or_none(
    account: AccountState,
    cls: type[T],
    key: Any,
    origin: Origin,
    relations: Iterable[Loadable] = (),
    path: Mapping[str, Any] | None = None,
) -> T | None:
    """Read one entity by its id; return None if there is none."""
    checked_id(cls, key)
    if cls._kind not in GET:
        raise TypeError(lacking(cls._kind, cls.__name__, "get"))
    path = _path(cls, GET[cls._kind], path)
    operation, wanted = endpoint(GET[cls._kind]), tuple(relations)
    for relation in wanted:
        check_loadable(relation, cls)
    needs = list(dict.fromkeys(relation.needs for relation in wanted if relation.needs))
    options = {"with_": needs} if needs else {}
    response = account.send(
        operation.request(**path, **{key_parameter(GET[cls._kind]): key}, **options)
    )
    try:
        item = operation.parse(response)
    except NotFoundError:
        return None
    if item is None:
        return None
    if (other := getattr(item, cls._key_name)) != key:
        raise DecodeError(
            f"the answer to {operation.OP.id} is about id {other!r}, not {key}: it belongs to another request; "
            "a proxy or cache on the way may mix answers up",
            op=operation.OP.id,
            status=response.status,
            request_id=response.request_id,
        )
    entity = origin.make(cls, item)
    if path:
        entity._ensure_links().scope = path
    if response.drift:
        for names in unreadable(response.drift).values():
            entity._ensure_links().unreadable = names
    if wanted:
        preload(account, origin, [entity], wanted, Brought())
    return entity


def refresh_entities(account: AccountState, origin: Origin, entities: Iterable[Entity]) -> None:
    """Read entities of a session anew, with the notes and tasks that were preloaded: one by its id, several by lists.

    Raises:
        NotFoundError: one of them does not exist any more.
    """
    groups: dict[str, dict[int, Entity]] = {}
    for entity in entities:
        groups.setdefault(entity._kind, {})[entity.id] = entity
    for group in groups.values():
        cls = type(next(iter(group.values())))
        read = by_ids(account, origin, cls, list(group)) if len(group) > 1 else {}
        for key in group:
            if key not in read:
                get_entity(account, cls, key, origin)
        for relation in cls._relations:
            if isinstance(relation, ChildRelation):
                parents = [entity for entity in group.values() if relation.is_listed(entity)]
                preload(account, origin, parents, [relation], Brought())
