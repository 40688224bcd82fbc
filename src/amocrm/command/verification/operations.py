"""The operations of the description that can be read with a token, and what to ask each of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.query import quote_segment

__all__ = ["Described", "Identifiers", "reads"]

_PLACE: Final = re.compile(r"\{(\w+)\}")
#: Values of ``with`` that change what a list is about instead of adding to it.
_OTHER_LISTS: Final = frozenset({"only_deleted", "deleted"})
#: Hosts where a bearer token of the account says who asks.
_READABLE: Final = frozenset({"account", "drive"})
#: Where identifiers come from that no list above the path has.
_ELSEWHERE: Final[Mapping[str, str]] = {
    "file_uuid": "/v1.0/files",
    "catalog_id": "/api/v4/catalogs",
    "contact_id": "/api/v4/contacts",
}


class Described:
    """One operation as the description has it.

    Args:
        document: the OpenAPI document.
        path: its path template.
        method: in lower case.
    """

    def __init__(self, document: Mapping[str, Any], path: str, method: str) -> None:
        item = document["paths"][path]
        self._document = document
        self.path, self.data = path, item[method]
        self.id = str(self.data["operationId"])
        area = import_module(f"amocrm_gen.api.{self.data['tags'][0]}")
        self.op: Op = getattr(area, self.id).OP
        self.parameters: dict[tuple[str, str], Mapping[str, Any]] = {}
        for parameter in (*item.get("parameters", ()), *self.data.get("parameters", ())):
            definition = self._resolved(parameter)
            self.parameters[definition["in"], definition["name"]] = definition

    @property
    def places(self) -> list[str]:
        """Names of the placeholders of the path, from left to right."""
        return _PLACE.findall(self.path)

    @property
    def unreadable(self) -> str | None:
        """Why a token of the account cannot read it, or None."""
        return None if self.op.host in _READABLE else f"needs more than a token: served by {self.op.host}"

    @property
    def added(self) -> list[str]:
        """Values of ``with`` that add to the answer."""
        words = self.parameters.get(("query", "with"), {}).get("x-values", ())
        return [value for value in words if value not in _OTHER_LISTS]

    @property
    def orders(self) -> list[str]:
        """Keys that the list can be sorted by."""
        schema = self._resolved(self.parameters.get(("query", "order"), {}).get("schema", {}))
        return list(schema.get("properties", ()))

    def required(self, identifiers: Identifiers) -> list[tuple[str, str, object]] | None:
        """Return the query without which the server refuses, or None where nothing is known to ask about."""
        result: list[tuple[str, str, object]] = []
        if self.id == "list_contact_chats":
            wanted = ["contact_id"]
        else:
            wanted = [
                name
                for (place, name), parameter in self.parameters.items()
                if place == "query" and parameter.get("required")
            ]
        for name in wanted:
            kind = self.path.removesuffix("/links").replace("{entity_type}", "leads")
            values = identifiers.at(kind if name == "filter" else _ELSEWHERE.get(name, ""))
            if not values:
                return None
            value: object = {"entity_id": [values[0]]} if name == "filter" else values[0]
            result.append((name, "brackets" if name == "filter" else "plain", value))
        return result

    def words(self, place: str) -> Sequence[str]:
        """Return the described values of a placeholder, empty for an identifier."""
        schema = self._resolved(self.parameters.get(("path", place), {}).get("schema", {}))
        result: Sequence[str] = schema.get("enum", schema.get("x-values", ()))
        return result

    def answer(self, status: int) -> Mapping[str, Any] | None:
        """Return the described answer with this status, or None."""
        answer = self.data["responses"].get(str(status))
        return None if answer is None else self._resolved(answer)

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            kind, _, name = node["$ref"].removeprefix("#/components/").partition("/")
            node = self._document["components"][kind][name]
        return node


class Identifiers:
    """Identifiers that lists have shown, by the path of the list."""

    def __init__(self) -> None:
        self._known: dict[str, list[Mapping[str, Any]]] = {}

    def learn(self, path: str, items: Sequence[Any]) -> None:
        """Keep the items of a list."""
        self._known.setdefault(path, []).extend(item for item in items if isinstance(item, dict))

    def at(self, path: str, place: str = "id") -> list[str | int]:
        """Return identifiers from the list at a path.

        Args:
            path: path of the list.
            place: name of the placeholder that they are for; ``file_uuid`` is ``file_uuid`` or ``uuid`` of an item.
        """
        keys = (place, place.rpartition("_")[2], "id")
        values = (
            next((item[key] for key in keys if key in item), None) for item in self._known.get(path, ())
        )
        return [value for value in values if isinstance(value, str | int)]

    def paths(self, operation: Described) -> Iterator[str]:
        """Iterate over the paths of an operation: every described word, the first known identifier."""
        yield from self._filled(operation, operation.path)

    def _filled(self, operation: Described, path: str) -> Iterator[str]:
        place = _PLACE.search(path)
        if place is None:
            yield path
            return
        before = path[: place.start()].rstrip("/")
        values: Sequence[str | int] = operation.words(place[1])
        values = values or (self.at(before, place[1]) or self.at(_ELSEWHERE.get(place[1], ""), place[1]))[:1]
        for value in values:
            filled = f"{path[: place.start()]}{quote_segment(value)}{path[place.end() :]}"
            yield from self._filled(operation, filled)


def reads(document: Mapping[str, Any]) -> list[Described]:
    """Return every operation that reads, those without placeholders first: lists come before their items."""
    operations = [
        Described(document, path, "get") for path, item in document["paths"].items() if "get" in item
    ]
    return sorted(
        operations, key=lambda operation: (len(operation.places), operation.path.count("/"), operation.path)
    )
