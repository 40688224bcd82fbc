"""Related entities of a page, in as few requests as the account allows."""
# GENERATED from src/amocrm/_async/orm/preload.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from msgspec import UNSET

from amocrm._core.orm.filters import cut_ids, order_fields
from amocrm._core.orm.identity import Origin, checked_id
from amocrm._core.orm.lookup_planner import ListSize, choose
from amocrm._core.orm.operations import GET, LIST, endpoint
from amocrm._core.orm.paging import has_next, items_of
from amocrm.entities._attributes import Attribute
from amocrm.entities._kinds import entity_class
from amocrm.entities._relations import Relation
from amocrm_gen._runtime.wire import Response

from .._primitives import Result, run_all
from .account import AccountState

__all__ = ["Brought", "Loadable", "by_ids", "check_loadable", "preload"]

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


class Brought:
    """What the pages of one query have brought along.

    Attributes:
        objects: entities by kind and id, as long as somebody holds them.
        lists: items by id of the kinds whose whole list was read.
        spent: requests for single entities so far, by kind.
    """

    __slots__ = ("lists", "objects", "spent")

    def __init__(self) -> None:
        self.objects: WeakValueDictionary[tuple[str, int], Any] = WeakValueDictionary()
        self.lists: dict[str, dict[int, Any]] = {}
        self.spent: Counter[str] = Counter()


def preload(
    account: AccountState,
    origin: Origin,
    entities: Sequence[Any],
    relations: Iterable[Loadable],
    brought: Brought,
) -> None:
    """Reads what the relations of these entities lead to and puts it in place."""
    for relation in relations:
        if isinstance(relation, Attribute) or not relation.kind:
            continue  # the list itself shows it
        if relation.kind == "users":
            account.load_users()
        elif relation.kind == "statuses":
            account.load_pipelines()
        else:
            wanted = dict.fromkeys(key for entity in entities for key in relation.ids(entity))
            cls = entity_class(relation.kind)
            found = {key: one for key in wanted if (one := _known(origin, brought, cls, key)) is not None}
            missing = [key for key in wanted if key not in found]
            read = by_ids(account, origin, cls, missing, brought)
            found.update(read)
            for key, one in read.items():
                brought.objects[(cls._kind, key)] = one
            for entity in entities:
                relation.attach(entity, found)


def _known(origin: Origin, brought: Brought, cls: Any, key: int) -> Any:
    known = origin.find(cls, key) or brought.objects.get((cls._kind, key))
    return None if known is None or known._data.created_at is UNSET else known


def by_ids(
    account: AccountState, origin: Origin, cls: Any, ids: Sequence[int], brought: Brought | None = None
) -> dict[int, Any]:
    """Return the entities with these ids that exist.

    250 in a request where the account has the filter option; else one in a request, or the whole list where one
    request more tells that it has fewer pages than there were and are ids to ask for.
    """
    kind, brought = cls._kind, brought or Brought()
    for key in ids:
        checked_id(cls, key)
    if not ids:
        return {}
    if kind not in brought.lists and account.directory.filters is not False:
        parts = cut_ids(ids)
        answers = _parsed(account, LIST[kind], [partial(_list, account, kind, part) for part in parts])
        listed = [items_of(parsed, kind) for parsed in answers]
        # Each answer is held against its own ids: a list that was not filtered shows others.
        if all({item.id for item in items} <= set(part) for part, items in zip(parts, listed, strict=True)):
            return {item.id: origin.make(cls, item) for items in listed for item in items}
        account.directory.filters = False
    if kind not in brought.lists and _is_list_shorter(account, kind, len(ids) + brought.spent[kind]):
        brought.lists[kind] = _whole(account, cls)
    if kind in brought.lists:
        whole = brought.lists[kind]
        return {key: origin.make(cls, whole[key]) for key in ids if key in whole}
    brought.spent[kind] += len(ids)
    single = [partial(_one, account, kind, key) for key in ids]
    items = _parsed(account, GET[kind], single)
    return {item.id: origin.make(cls, item) for item in items if item is not None}


def _is_list_shorter(account: AccountState, kind: str, count: int) -> bool:
    while True:
        size = account.directory.sizes.get(kind, ListSize())
        means = choose(
            "auto",
            keys=count,
            filter_requests=None,
            is_paid=False,
            searchable=kind in GET,
            sure=False,
            size=size,
        )
        if means != "probe":
            return means == "list"
        account.probe(kind, count)


def _whole(account: AccountState, cls: Any) -> dict[int, Any]:
    """Read a whole list, in the order of its ids where it can be, so that nothing that is created disturbs it."""
    by_id = cls._order is not None and "id" in order_fields(cls._order)
    options: dict[str, Any] = {"order": {"id": "asc"}} if by_id else {}
    operation, number = endpoint(LIST[cls._kind]), 0
    found: dict[int, Any] = {}
    while True:
        number += 1
        parsed = operation.parse(account.send(operation.request(page=number, limit=250, **options)))
        found.update((item.id, item) for item in items_of(parsed, cls._kind))
        if not has_next(parsed):
            account.directory.sizes[cls._kind] = ListSize(number, number)
            return found


def _parsed(
    account: AccountState, operation: str, thunks: Sequence[Callable[[], Result[Response]]]
) -> list[Any]:
    parsed = []
    for answer in run_all(thunks, account.in_flight):
        if isinstance(answer, Exception):
            raise answer
        parsed.append(endpoint(operation).parse(answer))
    return parsed


def _list(account: AccountState, kind: str, ids: Sequence[int]) -> Response:
    return account.send(endpoint(LIST[kind]).request(limit=250, filter={"id": list(ids)}))


def _one(account: AccountState, kind: str, key: int) -> Response:
    return account.send(endpoint(GET[kind]).request(id=key))
