"""Collections of the API, derived from paths, methods and facts: which operation lists, reads, writes or deletes what.

``collections_of`` makes them, ``resources_module`` writes them as the table ``amocrm_gen._resources``. Second ways
(``x-twin``) are in no collection. Operations that hang below a collection and do something else are its actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .bundle import Bundle, Operation
from .rules_batches import items_of, json_schema, success_schemas
from .source import Map

__all__ = ["Collection", "body_of", "collections_of", "item_of", "resources_module"]

_VERBS = ("list", "get", "create", "update", "delete")
_METHODS = {"list": "get", "get": "get", "create": "post", "update": "patch", "delete": "delete"}
_HEAD = '''\
"""The collections of the API: which operation lists, reads, creates, changes and deletes what."""

from typing import Final

from ._runtime.resource import Resource

__all__ = ["RESOURCES"]

RESOURCES: Final[dict[str, Resource]] = {
'''


@dataclass
class Collection:
    """One collection.

    Attributes:
        name: how the client calls it, such as ``leads``.
        path: its path; the ids of its items follow.
        facts: ``x-collection`` of its first operation.
        key: attribute of an item that stands in the path.
        roles: operations by what they do: ``list``, ``get``, ``create``, ``update``, ``delete``.
        within: operation that lists the items of one owner, None where there is none.
        actions: other operations below it by their short names.
    """

    name: str
    path: str
    facts: Map
    key: str = "id"
    roles: dict[str, Operation] = field(default_factory=dict)
    within: Operation | None = None
    actions: dict[str, Operation] = field(default_factory=dict)

    @property
    def operations(self) -> Iterator[Operation]:
        """All of its operations."""
        yield from self.roles.values()
        yield from self.actions.values()
        if self.within is not None:
            yield self.within


def collections_of(bundle: Bundle) -> list[Collection]:
    """Return the collections, in the order of their paths."""
    operations = [item for item in bundle.operations() if "x-twin" not in item.data]
    by_path: dict[str, Collection] = {}
    rest: list[Operation] = []
    for operation in sorted(operations, key=lambda operation: (operation.path, operation.method)):
        verb, path = operation.id.partition("_")[0], _home(operation)
        if verb not in _VERBS or _METHODS[verb] != operation.method or not path.startswith("/api/v4"):
            rest.append(operation)
            continue
        collection = by_path.get(path)
        if collection is None:
            collection = by_path[path] = Collection("", path, Map("", 0))
        collection.roles[verb] = operation
        facts = operation.data.get("x-collection")
        collection.facts = facts if facts is not None else collection.facts
    for collection in list(by_path.values()):
        _settle(bundle, collection, by_path)
    for operation in rest:
        _give(operation, _owner(operation, by_path))
    kept: dict[str, Collection] = {}
    for collection in by_path.values():
        namesake = kept.setdefault(collection.name, collection) if collection.name else collection
        if namesake is not collection:  # a part of it with a path of its own
            whole, part = (collection, namesake) if "list" in collection.roles else (namesake, collection)
            whole.roles.update(part.roles)
            kept[collection.name] = whole
    return [kept[name] for name in sorted(kept)]


def _home(operation: Operation) -> str:
    """Return the path of the collection that an operation would belong to."""
    return re.sub(r"/\{[^}]*\}$", "", operation.path)


def _settle(bundle: Bundle, collection: Collection, by_path: dict[str, Collection]) -> None:
    """Name a collection; one that is the part of another that belongs to an owner becomes its part."""
    roles = collection.roles
    whole = re.sub(r"/\{[^}]*\}(?=/[a-z_]+$)", "", collection.path)
    if whole != collection.path and whole in by_path:
        target = by_path[whole]
        target.within = roles.get("list")
        for verb, operation in roles.items():
            target.roles.setdefault(verb, operation)
        return
    first = roles.get("list") or roles.get("create") or (roles.get("update") if collection.facts else None)
    alone = set(roles) == {"list"} and "x-page" not in first.data if first is not None else True
    below = set(roles) == {"create"} and first is not None and _owner(first, by_path, collection) is not None
    if first is None or (not collection.facts and (alone or below)):
        # A single object, the answer to a question, or a creation of another kind; a page or an item makes one.
        for operation in roles.values():
            _give(operation, _owner(operation, by_path, collection))
        return
    collection.name = collection.facts.get("name") or first.id.partition("_")[2]
    collection.key = collection.facts.get("key", "id")


def _give(operation: Operation, owner: Collection | None) -> None:
    if owner is not None:
        owner.actions[operation.data["x-name"]] = operation


def _owner(
    operation: Operation, by_path: dict[str, Collection], besides: Collection | None = None
) -> Collection | None:
    """Return the collection with the longest path that an operation hangs below."""
    paths = [
        path
        for path, collection in by_path.items()
        if collection is not besides and operation.path.startswith(f"{path}/")
    ]
    return by_path[max(paths, key=len)] if paths else None


def body_of(bundle: Bundle, operation: Operation | None) -> Map | None:
    """Return the schema of one item of a body, None without one."""
    node = (
        None if operation is None else bundle.resolve(json_schema(bundle, operation.data.get("requestBody")))
    )
    if isinstance(node, Map) and node.get("type") == "array":
        node = bundle.resolve(node["items"])
    return node if isinstance(node, Map) and "properties" in node else None


def item_of(bundle: Bundle, collection: Collection) -> str:
    """Return the name of the schema of one item as it is read, such as ``leads.Lead``."""
    get = collection.roles.get("get")
    nodes: list[Any] = [] if get is None else list(success_schemas(bundle, get).values())
    first = collection.roles.get("list") or collection.roles["create"]
    nodes += [
        items_of(bundle, schema, embedded_key(bundle, first)) or schema
        for schema in success_schemas(bundle, first).values()
    ]
    return str(next(node["$ref"] for node in nodes if isinstance(node, Map) and "$ref" in node)).removeprefix(
        "#/components/schemas/"
    )


def embedded_key(bundle: Bundle, operation: Operation) -> str:
    """Return the key in ``_embedded`` of the items of an answer, empty without one."""
    if "x-page" in operation.data:
        return str(operation.data["x-page"]["key"])
    for schema in success_schemas(bundle, operation).values():
        answer = bundle.resolve(schema)
        embedded = bundle.resolve((answer or {}).get("properties", {}).get("_embedded"))
        for key, node in (embedded or {}).get("properties", {}).items():
            if node.get("type") == "array":
                return str(key)
    return ""


def resources_module(bundle: Bundle) -> str:
    """Return the text of the table."""
    lines = [_HEAD]
    for collection in collections_of(bundle):
        parts = {"name": collection.name, "path": collection.path}
        parts.update({verb: _name(collection.roles[verb]) for verb in _VERBS if verb in collection.roles})
        if collection.within is not None:
            parts["within"] = _name(collection.within)
        if "list" in collection.roles:
            parts["items"] = embedded_key(bundle, collection.roles["list"])
        if collection.key != "id":
            parts["key"] = collection.key
        actions = {name: _name(operation) for name, operation in sorted(collection.actions.items())}
        text = ", ".join(f"{key}={value!r}" for key, value in parts.items())
        lines.append(
            f'    "{collection.name}": Resource({text}{f", actions={actions!r}" if actions else ""}),\n'
        )
    return "".join([*lines, "}\n"])


def _name(operation: Operation) -> str:
    return f"{operation.data['tags'][0]}.{operation.id}"
