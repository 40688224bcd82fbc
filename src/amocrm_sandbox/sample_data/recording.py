"""The objects of recorded answers: what `amocrm record` has kept, sorted by kind. Pure.

Read this to add a kind of object that `fill_from` can lay into an account.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Found", "objects_of"]

_ENTITIES = "leads|contacts|companies|customers"
#: Kind, and the pattern of its list below `/api/v4/`; one object has an id behind it. Groups say whose it is.
_PATHS = (
    ("users", "users"),
    ("roles", "roles"),
    ("pipelines", "leads/pipelines"),
    ("statuses", r"leads/pipelines/(\d+)/statuses"),
    ("loss_reasons", "leads/loss_reasons"),
    ("customer_statuses", "customers/statuses"),
    ("segments", "customers/segments"),
    ("transactions", r"customers(?:/\d+)?/transactions"),
    ("catalogs", "catalogs"),
    ("elements", r"catalogs/(\d+)/elements"),
    ("fields", rf"({_ENTITIES}|customers/segments|catalogs/\d+)/custom_fields"),
    ("tags", rf"({_ENTITIES})/tags"),
    ("notes", rf"({_ENTITIES})(?:/\d+)?/notes"),
    ("links", rf"((?:{_ENTITIES})/\d+)/links"),
    ("tasks", "tasks"),
    ("entities", f"({_ENTITIES})"),
)
_PATTERNS = tuple((kind, re.compile(rf"/api/v4/{path}(/[\w-]+)?")) for kind, path in _PATHS)

Found = dict[tuple[str, str], dict[Any, dict[str, Any]]]
"""Objects by id, by kind and owner: the entity type, the list or the path that the address names."""


def objects_of(interactions: Iterable[dict[str, Any]]) -> tuple[Found, dict[str, Any]]:
    """Return the objects that were read, and the account itself; a later answer completes an earlier one."""
    objects: defaultdict[tuple[str, str], dict[Any, dict[str, Any]]] = defaultdict(dict)
    account: dict[str, Any] = {}
    for interaction in interactions:
        body = interaction["response"]
        if interaction["method"] != "GET" or interaction["status"] != 200 or not isinstance(body, dict):
            continue
        path = interaction["target"].partition("?")[0]
        if path == "/api/v4/account":
            account |= body
        for kind, owner, item in _items(path, body):
            key = item.get("id", len(objects[kind, owner])) if kind != "links" else len(objects[kind, owner])
            objects[kind, owner][key] = _merged(objects[kind, owner].get(key, {}), item)
    return dict(objects), account


def _items(path: str, body: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, pattern in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        *owner, single = match.groups()
        embedded = body.get("_embedded") or {}
        listed = (
            [body] if single else next((rows for rows in embedded.values() if isinstance(rows, list)), [])
        )
        for item in listed:
            if isinstance(item, dict) and (kind == "links" or isinstance(item.get("id"), int)):
                yield kind, owner[0] if owner else "", item
        return


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    embedded = {**(old.get("_embedded") or {}), **(new.get("_embedded") or {})}
    return {**old, **new, "_embedded": embedded}
