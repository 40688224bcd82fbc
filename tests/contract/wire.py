"""From a request as it stands on the wire to the arguments of the generated function that should make it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl

from .description import Operation, argument_of, resolve

__all__ = ["arguments_for", "pairs"]

_KEY = re.compile(r"\[([^\]]*)\]")


def arguments_for(
    operation: Operation, target: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The keyword arguments that stand for a target such as ``/api/v4/leads/7?with=contacts``."""
    path, _, query = target.partition("?")
    place = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation.path)), path)
    assert place is not None, f"{path} is no path of {operation.id}"
    found: dict[str, Any] = {}
    for parameter in operation.parameters:
        name, argument = parameter["name"], argument_of(parameter)
        if parameter["in"] == "path":
            found[argument] = place[name]
        elif parameter["in"] == "header":
            if headers and name.lower() in headers:
                found[argument] = headers[name.lower()]
        else:
            values = [(key, value) for key, value in pairs(query) if re.split(r"\[", key)[0] == name]
            if values:
                found[argument] = _value(parameter, values)
            elif parameter.get("required"):
                found[
                    argument
                ] = {}  # what cannot be left out is sent empty, which leaves nothing on the wire
    if body is not None:
        found["content" if isinstance(body, bytes) else "body"] = body
    return found


def pairs(query: str) -> list[tuple[str, str]]:
    """The pairs of a query string; lists keep their order, the names are sorted."""
    return sorted(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)), key=itemgetter(0))


def _value(parameter: dict[str, Any], values: list[tuple[str, str]]) -> Any:
    schema = resolve(parameter["schema"])
    if parameter.get("style") == "deepObject":
        tree: dict[str, Any] = {}
        for key, value in values:
            _plant(tree, _KEY.findall(key), value)
        return tree
    if parameter.get("style") == "form":
        return [value for _, value in values] if parameter["explode"] else values[0][1].split(",")
    return int(values[0][1]) if schema.get("type") == "integer" else values[0][1]


def _plant(tree: dict[str, Any], keys: list[str], value: str) -> None:
    """Puts a value of ``filter[a][b][]`` where it belongs."""
    *above, last = keys
    for key, following in zip(above, keys[1:], strict=True):
        tree = tree.setdefault(key, [] if following == "" else {})
    if last == "":
        tree.append(value)  # type: ignore[attr-defined]
    else:
        tree[last] = value
