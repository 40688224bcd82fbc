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
_FACTS = frozenset({"name", "class", "key", "without"})
_CLASS = re.compile(r"(?:[A-Z][a-z]*)+")


def check(made: Bundle) -> Iterator[Problem]:
    """Problems of all second ways and collections."""
    by_id = {operation.id: operation for operation in made.operations()}
    batches = {
        (operation.method, operation.path) for operation in made.operations() if "x-batch" in operation.data
    }
    for operation in by_id.values():
        yield from _twin(operation, by_id, batches)
        yield from _pair(made, operation, by_id)
    yield from _collections(made)


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


def _pair(made: Bundle, operation: Operation, by_id: dict[str, Operation]) -> Iterator[Problem]:
    better = by_id.get(operation.data.get("x-twin") or "")
    if better is None:
        return
    one, other = _item(made, operation), _item(made, better)
    if not (isinstance(one, Map) and isinstance(other, Map)) or one.get("additionalProperties") is True:
        return
    lacks = sorted(set(other.get("properties") or ()) - set(one.get("properties") or ()))
    needs = sorted(set(one.get("required") or ()) - set(other.get("required") or ()))
    for words, keys in (("does not know", lacks), ("needs", needs)):
        if keys:
            message = f"{words} {', '.join(keys)}, other than an item of {better.id}"
            yield operation.data.problem("pair", message, "x-twin")


def _item(made: Bundle, operation: Operation) -> object:
    """Return the schema of an item of the body, or of the body that is one."""
    schema = made.resolve(json_schema(made, operation.data.get("requestBody")))
    return made.resolve(schema.get("items")) if isinstance(schema, Map) and "items" in schema else schema


def _collections(made: Bundle) -> Iterator[Problem]:
    classes: dict[str, str] = {}
    for operation in made.operations():
        facts = operation.data.get("x-collection")
        if isinstance(facts, Map) and not set(facts) <= _FACTS:
            yield facts.problem("x-collection", f"knows {', '.join(sorted(_FACTS))}")
    for one in collections_of(made):
        first = next(iter(one.roles.values()))
        name = one.facts.get("class", "")
        if name and (not _CLASS.fullmatch(name) or classes.setdefault(name, one.name) != one.name):
            message = f"{name} must be the name of one class; {classes.get(name, 'no collection')} has it"
            yield one.facts.problem("x-collection", message, "class")
        try:
            item = made.schemas[item_of(made, one)]
        except StopIteration:
            message = f"the items of {one.name} must be a named schema"
            yield first.data.problem("x-collection", message, "operationId")
            continue
        takes = {node.rpartition("{")[2][:-1] for role, node in _item_paths(one.roles)}
        if (one.key not in item["properties"] and ("get" in one.roles or one.facts)) or (
            takes - {"id"} and "key" not in one.facts
        ):
            message = (
                f"the key of {one.name} must be named, x-collection: {{key: …}}, and its items must have it"
            )
            yield first.data.problem("x-collection", message, "operationId")


def _item_paths(roles: dict[str, Operation]) -> Iterator[tuple[str, str]]:
    for role in ("get", "update", "delete"):
        if role in roles and roles[role].path.endswith("}"):
            yield role, roles[role].path
