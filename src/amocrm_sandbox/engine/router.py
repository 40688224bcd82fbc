"""From method and path to what is registered for them."""

from __future__ import annotations

from typing import Any

__all__ = ["ENTITY_TYPES", "Match", "Router"]

ENTITY_TYPES = ("leads", "contacts", "companies", "customers")


class Match:
    """The result of a look-up: the value, the template it was registered under and the path parameters."""

    __slots__ = ("params", "template", "value")

    def __init__(self, value: Any, template: str, params: dict[str, str]) -> None:
        self.value = value
        self.template = template
        self.params = params


class _Node:
    __slots__ = ("children", "leaves", "parameter")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.leaves: dict[str, tuple[str, list[str], dict[str, str], Any]] = {}


class Router:
    """A tree of path segments; a fixed segment wins over a parameter.

    A segment `{entity_type}` stands for the four main entities and is spelled out: `/leads/notes` is found
    under it and not under `/leads/{id}`.

    Example:
        >>> router = Router()
        >>> router.add("GET", "/api/v4/leads/{id}", "one lead")
        >>> router.find("GET", "/api/v4/leads/17").params
        {'id': '17'}
    """

    def __init__(self) -> None:
        self._root = _Node()
        #: method and template of all that is registered
        self.names: set[str] = set()

    def add(self, method: str, template: str, value: Any) -> None:
        """Register a value for a method and a path template with `{name}` segments."""
        self.names.add(f"{method} {template}")
        if "{entity_type}" not in template:
            self._add(method, template, template, {}, value)
            return
        for kind in ENTITY_TYPES:
            path = template.replace("{entity_type}", kind)
            self._add(method, template, path, {"entity_type": kind}, value)

    def _add(self, method: str, template: str, path: str, fixed: dict[str, str], value: Any) -> None:
        node, names = self._root, []
        for segment in path.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if node.parameter is None:
                    node.parameter = _Node()
                node = node.parameter
            else:
                node = node.children.setdefault(segment, _Node())
        node.leaves[method] = (template, names, fixed, value)

    def find(self, method: str, path: str) -> Match | None:
        """Return what is registered, or None."""
        return self._walk(self._root, path.strip("/").split("/"), 0, [], method)

    def methods(self, path: str) -> set[str]:
        """Return the methods for which the path exists; used to tell 405 from 404."""
        candidates = ("GET", "POST", "PATCH", "PUT", "DELETE")
        return {method for method in candidates if self.find(method, path)}

    def _walk(
        self, node: _Node, segments: list[str], at: int, values: list[str], method: str
    ) -> Match | None:
        if at == len(segments):
            leaf = node.leaves.get(method)
            if leaf is None:
                return None
            template, names, fixed, value = leaf
            return Match(value, template, {**fixed, **dict(zip(names, values, strict=True))})
        segment = segments[at]
        child = node.children.get(segment)
        if child is not None:
            match = self._walk(child, segments, at + 1, values, method)
            if match is not None:
                return match
        if node.parameter is not None and segment:
            return self._walk(node.parameter, segments, at + 1, [*values, segment], method)
        return None
