"""Rules of collections: second ways, names of keys, and what the facade is told of a collection."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .bundle import Bundle, Operation
from .resources import collections_of, item_of
from .rules_batches import json_schema
from .source import Map, Problem

__all__ = ["RULES", "check"]

RULES: dict[str, str] = {
    "x-twin": "A second way names the better one with x-twin; one item beside a batch is a second way.",
    "pair": "A second way takes what an item of the better way takes, and needs nothing more of it.",
    "x-collection": "A collection is told its name, its class and the key of its items where they are not evident.",
}
_FACTS = frozenset({"name", "class", "key", "without", "relations", "fields"})
_CLASS = re.compile(r"(?:[A-Z][a-z]*)+")


def check(bundle: Bundle) -> Iterator[Problem]:
    """Problems of all second ways and collections."""
    by_id = {operation.id: operation for operation in bundle.operations()}
    batches = {
        (operation.method, operation.path) for operation in bundle.operations() if "x-batch" in operation.data
    }
    for operation in by_id.values():
        yield from _twin(operation, by_id, batches)
        yield from _pair(bundle, operation, by_id)
    yield from _collections(bundle)


def _twin(
    operation: Operation, by_id: dict[str, Operation], batches: set[tuple[str, str]]
) -> Iterator[Problem]:
    data, twin = operation.data, operation.data.get("x-twin")
    if twin is None:
        whole = re.sub(r"/\{[^}]*\}$", "", operation.path)
        if operation.method in ("patch", "delete") and (operation.method, whole) in batches - {
            (operation.method, operation.path)
        }:
            message = f"{operation.method.upper()} {whole} does this for several items: name it with x-twin"
            yield data.problem("x-twin", message, "operationId")
        return
    better = by_id.get(twin)
    if better is None or "x-twin" in better.data or better.method != operation.method:
        message = f"{twin!r} must be an operation with the same method that is no second way itself"
        yield data.problem("x-twin", message, "x-twin")


def _pair(bundle: Bundle, operation: Operation, by_id: dict[str, Operation]) -> Iterator[Problem]:
    better = by_id.get(operation.data.get("x-twin") or "")
    if better is None:
        return
    item, better_item = _item(bundle, operation), _item(bundle, better)
    if (
        not (isinstance(item, Map) and isinstance(better_item, Map))
        or item.get("additionalProperties") is True
    ):
        return
    lacks = sorted(set(better_item.get("properties") or ()) - set(item.get("properties") or ()))
    needs = sorted(set(item.get("required") or ()) - set(better_item.get("required") or ()))
    for words, keys in (("does not know", lacks), ("needs", needs)):
        if keys:
            message = f"{words} {', '.join(keys)}, other than an item of {better.id}"
            yield operation.data.problem("pair", message, "x-twin")


def _item(bundle: Bundle, operation: Operation) -> object:
    """Return the schema of an item of the body, or of the body that is one."""
    schema = bundle.resolve(json_schema(bundle, operation.data.get("requestBody")))
    return bundle.resolve(schema.get("items")) if isinstance(schema, Map) and "items" in schema else schema


def _collections(bundle: Bundle) -> Iterator[Problem]:
    classes: dict[str, str] = {}
    for operation in bundle.operations():
        facts = operation.data.get("x-collection")
        if isinstance(facts, Map) and not set(facts) <= _FACTS:
            yield facts.problem("x-collection", f"knows {', '.join(sorted(_FACTS))}")
    for collection in collections_of(bundle):
        first = next(iter(collection.roles.values()))
        name = collection.facts.get("class", "")
        if name and (
            not _CLASS.fullmatch(name) or classes.setdefault(name, collection.name) != collection.name
        ):
            message = f"{name} must be the name of one class; {classes.get(name, 'no collection')} has it"
            yield collection.facts.problem("x-collection", message, "class")
        try:
            item = bundle.schemas[item_of(bundle, collection)]
        except StopIteration:
            message = f"the items of {collection.name} must be a named schema"
            yield first.data.problem("x-collection", message, "operationId")
            continue
        takes = {node.rpartition("{")[2][:-1] for role, node in _item_paths(collection.roles)}
        if (collection.key not in item["properties"] and ("get" in collection.roles or collection.facts)) or (
            takes - {"id"} and "key" not in collection.facts
        ):
            message = f"the key of {collection.name} must be named, x-collection: {{key: …}}, and its items must have it"
            yield first.data.problem("x-collection", message, "operationId")


def _item_paths(roles: dict[str, Operation]) -> Iterator[tuple[str, str]]:
    for role in ("get", "update", "delete"):
        if role in roles and roles[role].path.endswith("}"):
            yield role, roles[role].path
