"""Which generated operation writes or reads what.

The areas of the operations are imported when they are first used; their facts (limits, how an answer
is matched) come with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any, Final, Protocol, TypeVar, cast

import msgspec
from msgspec import UNSET

from amocrm_gen._resources import RESOURCES
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.resource import Resource
from amocrm_gen._runtime.wire import Request, Response

from ...errors import NotFoundError

__all__ = [
    "batches",
    *("CREATE", "GET", "LIST", "UPDATE", "Endpoint", "Operation", "endpoint", "field_kind", "field_place"),
    *("filled", "key_parameter", "lacking", "not_found", "placeholders", "query_parameters", "resource_of"),
]

T = TypeVar("T")


class Endpoint(Protocol):
    """The part of a generated operation that the facade uses."""

    OP: Op

    def request(self, **parameters: Any) -> Request: ...

    def parse(self, response: Response) -> Any: ...


@cache
def endpoint(name: str) -> Endpoint:
    """Return a generated operation, named ``area.operation_id``."""
    area, _, operation = name.partition(".")
    return cast(Endpoint, getattr(import_module(f"amocrm_gen.api.{area}"), operation))


class Operation(msgspec.Struct, frozen=True, gc=False):
    """An operation with the parameters of its path: what can share one request."""

    name: str
    path: tuple[tuple[str, Any], ...] = ()

    @property
    def op(self) -> Op:
        """Its facts."""
        return endpoint(self.name).OP

    @property
    def target(self) -> str:
        """Its path with the parameters filled in."""
        target = self.op.path
        for key, value in self.path:
            target = target.replace("{" + key + "}", str(value))
        return target

    def request(self, bodies: Sequence[Any]) -> Request:
        """Return the request with these items, which is one item where the operation takes one only."""
        body = bodies[0] if self.op.batch is None else bodies
        return endpoint(self.name).request(body=body, **dict(self.path))

    def parse(self, response: Response) -> Any:
        """Return the parsed answer; raise the error of an error status."""
        return endpoint(self.name).parse(response)

    def items(self, answer: Any) -> list[Any]:
        """Return the answered items of a batch."""
        key = None if self.op.batch is None else self.op.batch.items
        items = answer if key is None else getattr(getattr(answer, "embedded", None), key, None)
        return items if isinstance(items, list) else []


_NOTHING: Final = Resource(name="", path="")


def resource_of(kind: str) -> Resource:
    """Return what the API has of a kind, such as ``leads``; an empty row where it has nothing."""
    return RESOURCES.get(kind, _NOTHING)


@cache
def placeholders(name: str) -> tuple[str, ...]:
    """Return the parameters in the path of an operation."""
    return tuple(re.findall(r"\{(\w+)\}", endpoint(name).OP.path))


@cache
def query_parameters(name: str) -> tuple[str, ...]:
    """Return the parameters that an operation takes beside those of its path and its body."""
    taken = signature(endpoint(name).request).parameters
    return tuple(word for word in taken if word not in (*placeholders(name), "body"))


def key_parameter(name: str) -> str:
    """Return the parameter that names one item in the path of an operation, empty where it takes none."""
    return placeholders(name)[-1] if endpoint(name).OP.path.endswith("}") else ""


def batches(operation: Endpoint, items: Sequence[T]) -> list[Sequence[T]]:
    """Return the items in parts as large as one request of an operation takes."""
    assert operation.OP.batch is not None
    size = operation.OP.batch.max
    return [items[start : start + size] for start in range(0, len(items), size)]


def filled(**values: Any) -> dict[str, Any]:
    """Return the parts of a body that have a value; None and ``UNSET`` leave one out."""
    return {name: value for name, value in values.items() if value is not None and value is not UNSET}


def lacking(kind: str, title: str, role: str) -> str:
    """Return in words that the API cannot do something, and what it can.

    Args:
        kind: collection, such as ``events``.
        title: class of its items.
        role: ``list``, ``get``, ``create``, ``update`` or ``delete``.

    Example:
        >>> lacking("events", "Event", "create")
        'the API has no operation to create an Event; it has: list, get, list_types'
    """
    article = "an" if title[:1] in "AEIOU" else "a"
    has = ", ".join(resource_of(kind).has) or "none"
    return f"the API has no operation to {role} {article} {title}; it has: {has}"


def not_found(name: str, message: str) -> NotFoundError:
    """Return the error for an answer of an operation that holds nothing."""
    return NotFoundError(
        message,
        op=endpoint(name).OP.id,
        status=204,
        title="",
        detail="",
        request_id=None,
        items=(),
        html=False,
    )


def field_kind(kind: str, catalog_id: object) -> str:
    """Return whose custom fields the entities of a kind have: those of their list for elements."""
    return f"catalogs/{catalog_id}" if kind == "catalog_elements" else kind


def field_place(kind: str, groups: str = "s") -> tuple[str, dict[str, Any]]:
    """Return the collection of the custom fields of a kind, and what stands in its path.

    Args:
        kind: such as ``leads``, ``segments`` or ``catalogs/6101``.
        groups: ending of the collection's name: ``s`` for fields, ``_groups`` for their groups.
    """
    if kind.startswith("catalogs/"):
        return f"catalog_custom_field{groups}", {"catalog_id": int(kind.partition("/")[2])}
    if kind == "segments":
        return f"segment_custom_field{groups}", {}
    return f"custom_field{groups}", {"entity_type": kind}


def _by_kind(role: str) -> Mapping[str, str]:
    return {kind: name for kind, resource in RESOURCES.items() if (name := getattr(resource, role))}


LIST: Final = _by_kind("list")
GET: Final = _by_kind("get")
CREATE: Final = _by_kind("create")
UPDATE: Final = _by_kind("update")
