"""Related entities of a page, in as few requests as the account allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from msgspec import UNSET

from amocrm._core.orm.filters import cut_ids
from amocrm._core.orm.identity import Origin, checked_id
from amocrm._core.orm.operations import GET, LIST, endpoint
from amocrm._core.orm.paging import items_of
from amocrm.entities._attributes import Attribute
from amocrm.entities._kinds import entity_class
from amocrm.entities._relations import Relation
from amocrm.errors import FilterIgnored
from amocrm_gen._runtime.wire import Response

from .._primitives import Result, run_all
from .account import AsyncAccountState

__all__ = ["Loadable", "by_ids", "check_loadable", "preload"]

#: What can be asked for: relations, and attributes that are shown only when asked for.
Loadable: TypeAlias = Relation | Attribute[Any, Any]


def check_loadable(wanted: Any, cls: type[Any]) -> None:
    """Refuses what cannot be read along.

    Raises:
        TypeError: it is no relation and no attribute that has to be asked for, or belongs to another kind.
    """
    if isinstance(wanted, Attribute) and not wanted.needs:
        raise TypeError(f"{wanted!r} always comes along; preload() takes relations such as Lead.contacts")
    kind = getattr(wanted, "kind", "")
    if kind in ("notes", "tasks"):
        raise TypeError(f"{wanted!r} are not read along; their list is crm.{kind}.of(entity)")
    if not isinstance(wanted, Relation | Attribute):
        raise TypeError(f"preload() takes relations such as Lead.contacts, not {wanted!r}")
    kind = getattr(wanted.owner, "_kind", "") or cls._kind  # a shared base has no kind
    if kind != cls._kind:
        raise TypeError(
            f"preload() takes relations of {cls.__name__}, such as {cls.__name__}.responsible, not {wanted!r}"
        )


async def preload(
    account: AsyncAccountState,
    origin: Origin,
    entities: Sequence[Any],
    relations: Iterable[Loadable],
    *,
    one_by_one: bool,
    cache: MutableMapping[tuple[str, int], Any],
) -> None:
    """Reads what the relations of these entities lead to and puts it in place.

    ``cache`` holds what earlier pages have brought, as long as somebody holds it.
    """
    for relation in relations:
        if isinstance(relation, Attribute) or not relation.kind:
            continue  # the list itself shows it
        if relation.kind == "users":
            await account.load_users()
        elif relation.kind == "statuses":
            await account.load_pipelines()
        else:
            wanted = dict.fromkeys(key for entity in entities for key in relation.ids(entity))
            cls = entity_class(relation.kind)
            found = {key: one for key in wanted if (one := _known(origin, cache, cls, key)) is not None}
            missing = [key for key in wanted if key not in found]
            read = await by_ids(account, origin, cls, missing, one_by_one=one_by_one, what=repr(relation))
            found.update(read)
            for key, one in read.items():
                cache[(cls._kind, key)] = one
            for entity in entities:
                relation.attach(entity, found)


def _known(origin: Origin, cache: MutableMapping[tuple[str, int], Any], cls: Any, key: int) -> Any:
    known = origin.find(cls, key) or cache.get((cls._kind, key))
    return None if known is None or known._data.created_at is UNSET else known


async def by_ids(
    account: AsyncAccountState, origin: Origin, cls: Any, ids: Sequence[int], *, one_by_one: bool, what: str
) -> dict[int, Any]:
    """Entities by their ids, those that exist.

    Raises:
        FilterIgnored: the account has no filter option, so that it would take a request for each.
    """
    found: dict[int, Any] = {}
    for key in ids:
        checked_id(cls, key)
    if not ids:
        return found
    if account.directory.filters is not False:
        parts = cut_ids(ids)
        answers = await _parsed(
            account, LIST[cls._kind], [partial(_list, account, cls._kind, part) for part in parts]
        )
        listed = [items_of(parsed, cls._kind) for parsed in answers]
        # Each answer is held against its own ids: a list that was not filtered shows others.
        if all({item.id for item in items} <= set(part) for part, items in zip(parts, listed, strict=True)):
            return {item.id: origin.make(cls, item) for items in listed for item in items}
        account.directory.filters = False
    if not one_by_one:
        raise FilterIgnored(
            f"{what}: the account has no filter option, so that {len(ids)} {cls._kind} would take {len(ids)} requests, "
            f"at least {len(ids) / 7:.0f} seconds, instead of {len(cut_ids(ids))}; "
            "ask for it with one_by_one=True",
            entity_type=cls._kind,
            keys=("id",),
        )
    single = [partial(_one, account, cls._kind, key) for key in ids]
    for item in await _parsed(account, GET[cls._kind], single):
        if item is not None:
            found[item.id] = origin.make(cls, item)
    return found


async def _parsed(
    account: AsyncAccountState, operation: str, thunks: Sequence[Callable[[], Result[Response]]]
) -> list[Any]:
    parsed = []
    for answer in await run_all(thunks, account.in_flight):
        if isinstance(answer, Exception):
            raise answer
        parsed.append(endpoint(operation).parse(answer))
    return parsed


async def _list(account: AsyncAccountState, kind: str, ids: Sequence[int]) -> Response:
    return await account.send(endpoint(LIST[kind]).request(limit=250, filter={"id": list(ids)}))


async def _one(account: AsyncAccountState, kind: str, key: int) -> Response:
    return await account.send(endpoint(GET[kind]).request(id=key))
