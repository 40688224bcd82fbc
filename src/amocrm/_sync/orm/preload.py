"""Related entities of a page, in as few requests as the account allows."""
# GENERATED from src/amocrm/_async/orm/preload.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from msgspec import UNSET

from amocrm._core.orm.filters import cut_ids, order_fields
from amocrm._core.orm.identity import Origin, checked_id
from amocrm._core.orm.lookup_planner import ListSize, choose
from amocrm._core.orm.operations import GET, LIST, resource_of
from amocrm._core.orm.paging import has_next, items_of
from amocrm.entities._adoption import ChildRelation
from amocrm.entities._attributes import Attribute
from amocrm.entities._element_links import ElementLinks
from amocrm.entities._embedded import EmbeddedList, EmbeddedOne
from amocrm.entities._kinds import entity_class
from amocrm.entities._relations import NestedRelation, Relation, Unlisted

from .._primitives import run_all
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
        raise TypeError(
            f"preload() must be given relations such as Lead.contacts, got {wanted!r}, which every answer holds; leave it out"
        )
    if isinstance(wanted, Unlisted):
        how = wanted.call.format(cls.__name__.lower())
        raise TypeError(f"{wanted!r} must be read for one entity, got a list; write {how}, {wanted.cost}")
    if not isinstance(wanted, Relation | Attribute):
        raise TypeError(f"preload() must be given relations such as Lead.contacts, got {wanted!r}")
    kind = getattr(wanted.owner, "_kind", "") or cls._kind  # a shared base has no kind
    if kind != cls._kind:
        raise TypeError(
            f"preload() must be given relations of {cls.__name__}, got {wanted!r}; write {cls.__name__}.responsible"
        )


class Brought:
    """What the pages of one query have brought along.

    Attributes:
        objects: entities by kind and id, as long as the program holds them.
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
    """Read what the relations of these entities lead to and put it in place."""
    wanted: dict[Loadable, list[Loadable]] = {}
    for relation in relations:
        if isinstance(relation, NestedRelation):
            wanted.setdefault(relation.outer, []).append(relation.inner)
        else:
            wanted.setdefault(relation, [])
    for relation, further in wanted.items() if entities else ():
        if isinstance(relation, EmbeddedOne | EmbeddedList):
            for entity in entities:
                relation.settle(entity)
        if isinstance(relation, Attribute) or not relation.kind:
            continue  # the list itself shows it
        if relation.kind == "users":
            account.load_users()
        elif relation.kind in ("pipelines", "statuses"):
            account.load_pipelines()
        else:
            needs = [item.needs for item in further if item.needs]
            if isinstance(relation, ChildRelation):
                reached = _children(account, origin, entities, relation)
            else:
                if getattr(relation, "through", ()):
                    _link_through(account, entities, relation)
                reached = _linked(account, origin, entities, relation, needs, brought)
            if further:
                preload(account, origin, reached, further, brought)


def _linked(
    account: AccountState,
    origin: Origin,
    entities: Sequence[Any],
    relation: Relation,
    needs: Sequence[str],
    brought: Brought,
) -> list[Any]:
    wanted = dict.fromkeys(key for entity in entities for key in relation.ids(entity))
    cls = entity_class(relation.kind)
    reached: dict[int, Any] = {}
    # What was read without them may lack the links that are to be followed.
    place = "+".join((cls._kind, *needs))
    for key in wanted:
        target = brought.objects.get((place, key)) or (None if needs else origin.find(cls, key))
        if target is not None and target._data.created_at is not UNSET:
            reached[key] = target
    missing = [key for key in wanted if key not in reached]
    if isinstance(relation, ElementLinks):
        read = _elements(account, origin, cls, relation.by_catalog(entities, missing))
    else:
        read = by_ids(account, origin, cls, missing, brought, needs)
    reached.update(read)
    brought.objects.update({(place, key): target for key, target in read.items()})
    for entity in entities:
        relation.attach(entity, reached)
    return list(reached.values())


def _elements(
    account: AccountState, origin: Origin, cls: Any, ids: Mapping[int, Sequence[int]]
) -> dict[int, Any]:
    """Read elements by their ids, 250 in a request for each list; this filter is free."""
    asked = [
        {"catalog_id": catalog_id, "limit": 250, "filter": {"id": part}}
        for catalog_id, keys in ids.items()
        for part in cut_ids(keys)
    ]
    answers = _answers(account, "catalogs.list_catalog_elements", asked)
    return {item.id: origin.make(cls, item) for parsed in answers for item in items_of(parsed, "elements")}


def _children(
    account: AccountState, origin: Origin, entities: Sequence[Any], relation: ChildRelation[Any]
) -> list[Any]:
    """Read the notes or tasks of entities of one kind, as many entities in a request as its address can name."""
    cls, kind = entity_class(relation.kind), entities[0]._kind
    is_note = relation.kind == "notes"
    options: dict[str, Any] = {"entity_type": kind, "with_": ["is_pinned"]} if is_note else {}
    filters: dict[str, Any] = {} if is_note else {"entity_type": kind}
    parts = cut_ids([entity.id for entity in entities], "entity_id")
    if "id" in order_fields(cls._order):
        options["order"] = {"id": "asc"}
    asked = [{**options, "filter": {**filters, "entity_id": part}} for part in parts]
    children = origin.page(cls, _all_pages(account, LIST[relation.kind], relation.kind, asked))
    for child in children if is_note else ():
        child._ensure_links().scope = {"entity_type": kind}
    relation.take(entities, children)
    return children


def _link_through(account: AccountState, entities: Sequence[Any], relation: Any) -> None:
    """Read the links that the ends of other relations have, 250 ends in a request."""
    ends = {
        via: list(dict.fromkeys(key for entity in entities for key in via.ids(entity)))
        for via in (getattr(type(entities[0]), name) for name in relation.through)
    }
    linked: dict[tuple[str, int], list[int]] = {}
    for via, keys in ends.items():
        asked = [
            {"entity_type": via.kind, "filter": {"entity_id": part}} for part in cut_ids(keys, "entity_id")
        ]
        for parsed in _answers(account, "links.list_links", asked):
            for link in items_of(parsed, "links"):
                if link.to_entity_type == relation.kind:
                    linked.setdefault((via.kind, link.entity_id), []).append(link.to_entity_id)
    for entity in entities:
        own = [(via.kind, key) for via in ends for key in via.ids(entity)]
        relation.take(entity, dict.fromkeys(key for end in own for key in linked.get(end, ())))


def by_ids(
    account: AccountState,
    origin: Origin,
    cls: Any,
    ids: Sequence[int],
    brought: Brought | None = None,
    needs: Sequence[str] = (),
) -> dict[int, Any]:
    """Return the entities with these ids that exist.

    250 in a request where the account has the filter option; else one in a request, or the whole list where one
    request more tells that it has fewer pages than there were and are ids to ask for.
    """
    kind, brought = cls._kind, brought or Brought()
    options: dict[str, Any] = {"with_": list(needs)} if needs else {}
    place = "+".join((kind, *needs))
    for key in ids:
        checked_id(cls, key)
    if not ids:
        return {}
    has_filter = cls._filter is not None and account.directory.filters is not False
    if place not in brought.lists and has_filter:
        parts = cut_ids(ids)
        asked = [{**options, "limit": 250, "filter": {"id": part}} for part in parts]
        listed = [
            items_of(parsed, resource_of(kind).items) for parsed in _answers(account, LIST[kind], asked)
        ]
        # Each answer is held against its own ids: a list that was not filtered shows others.
        if all({item.id for item in items} <= set(part) for part, items in zip(parts, listed, strict=True)):
            return {item.id: origin.make(cls, item) for items in listed for item in items}
        account.directory.filters = False
    if place not in brought.lists and _is_list_shorter(account, kind, len(ids) + brought.spent[kind]):
        # In the order of its ids where it can be, nothing that is created disturbs the reading.
        by_id = cls._order is not None and "id" in order_fields(cls._order)
        ordered = {**options, "order": {"id": "asc"}} if by_id else options
        brought.lists[place] = {
            item.id: item for item in _all_pages(account, LIST[kind], kind, [ordered])
        }
        account.directory.sizes[kind] = ListSize.of(len(brought.lists[place]))
    if place in brought.lists:
        whole = brought.lists[place]
        return {key: origin.make(cls, whole[key]) for key in ids if key in whole}
    brought.spent[kind] += len(ids)
    items = _answers(account, GET[kind], [{**options, "id": key} for key in ids])
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


def _answers(
    account: AccountState, operation: str, asked: Iterable[Mapping[str, Any]]
) -> list[Any]:
    """Return the parsed answers to several requests of one operation."""
    calls = [partial(account.call, operation, **parameters) for parameters in asked]
    answers = run_all(calls, account.in_flight)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _all_pages(
    account: AccountState, operation: str, key: str, asked: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Return the items of several lists of one operation; pages of different lists may be under way at once."""
    result: list[Any] = []
    page = 0
    while asked:
        page += 1
        parameters = [{**options, "page": page, "limit": 250} for options in asked]
        answers = _answers(account, operation, parameters)
        result += [item for parsed in answers for item in items_of(parsed, resource_of(key).items)]
        asked = [options for options, parsed in zip(asked, answers, strict=True) if has_next(parsed)]
    return result
