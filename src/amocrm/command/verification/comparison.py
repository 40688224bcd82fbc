"""Answers beside the description: what differs, as places and types and never as values. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

__all__ = ["Comparison", "Deviation", "DeviationKind", "type_of"]

DeviationKind: TypeAlias = Literal[
    "unknown key",
    "missing key",
    "type",
    "word",
    "status",
    "media type",
    "body",
    "limit",
    "order",
    "paging",
    "round trip",
]

_PREFIX: Final = "#/components/schemas/"
#: A key of the protocol. Anything else may be data that stands as a key, and is not told.
_PLAIN_KEY: Final = re.compile(r"(?!.*[0-9]{3})[A-Za-z_@][A-Za-z0-9_@-]{0,39}")
_TYPE_WORDS: Final = ("type", "note_type", "field_type")
_TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    dict: "object",
    list: "array",
}


class Deviation(msgspec.Struct, frozen=True, order=True):
    """One way in which answers differ from the description.

    Attributes:
        kind: what differs.
        path: place in the answer; ``*`` for every member of a list and for keys that are data.
        detail: what was expected and what came, as types.
    """

    kind: DeviationKind
    path: str
    detail: str


class Comparison:
    """What the answers of one operation had otherwise than described.

    Args:
        schemas: component schemas of the description by name.

    Attributes:
        deviations: how often each deviation was seen.
    """

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self.deviations: Counter[Deviation] = Counter()
        self._objects: Counter[str] = Counter()
        self._described: set[tuple[str, str]] = set()
        self._present: set[tuple[str, str]] = set()

    @property
    def never_seen(self) -> list[str]:
        """Described keys that no object of the answers had, where there was an object at all."""
        unseen = self._described - self._present
        return sorted(f"{path}.{key}" for path, key in unseen if not path.endswith("._links"))

    @property
    def objects(self) -> int:
        """How many objects were compared, nested ones included."""
        return self._objects.total()

    def note(self, kind: DeviationKind, path: str, detail: str) -> None:
        """Count a deviation that was found elsewhere."""
        self.deviations[Deviation(kind, path, detail)] += 1

    def compare(self, value: Any, schema: Mapping[str, Any]) -> None:
        """Hold a decoded answer against its schema."""
        self._value(value, schema, "$", {})

    def _value(self, value: Any, schema: Mapping[str, Any], path: str, words: Mapping[str, str]) -> None:
        schema = self._resolved(schema)
        if shape := self._shape(value, schema, words):
            self._value(value, {"$ref": shape[1]}, f"{path}<{shape[0]}>", words)
            return
        if "anyOf" in schema:
            schema = self._closest(value, schema["anyOf"], path, words)
        allowed = _allowed(schema)
        if allowed and not any(_is(value, name) for name in allowed):
            self.note("type", path, f"{' or '.join(allowed)} expected, got {type_of(value)}")
            return
        listed_words = schema.get("enum") or schema.get("x-values")
        if listed_words and isinstance(value, str | int) and value not in ("", *listed_words):
            self.note("word", path, "none of the described words")
        if isinstance(value, dict):
            self._object(value, schema, path, words)
        elif isinstance(value, list) and "items" in schema:
            for item in value:
                self._value(item, schema["items"], f"{path}[*]", words)

    def _object(
        self, value: Mapping[str, Any], schema: Mapping[str, Any], path: str, words: Mapping[str, str]
    ) -> None:
        properties: Mapping[str, Any] = schema.get("properties", {})
        others = schema.get("additionalProperties", not properties)
        words = {**words, **{key: value[key] for key in _TYPE_WORDS if isinstance(value.get(key), str)}}
        self._objects[path] += 1
        self._described.update((path, key) for key in properties)
        self._present.update((path, key) for key in properties if key in value)
        for key in schema.get("required", ()):
            if key not in value:
                self.note("missing key", f"{path}.{key}", "always there by the description")
        for key, inner in value.items():
            if key in properties:
                self._value(inner, properties[key], f"{path}.{key}", words)
            elif isinstance(others, Mapping):
                self._value(inner, others, f"{path}.*", words)
            elif not others:
                shown = key if _PLAIN_KEY.fullmatch(key) else "*"
                self.note("unknown key", f"{path}.{shown}", type_of(inner))

    def _closest(
        self, value: Any, options: list[Mapping[str, Any]], path: str, words: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """Return the alternative that differs least."""

        def distance(option: Mapping[str, Any]) -> int:
            tried = Comparison(self._schemas)
            tried._value(value, option, path, words)
            wrong_type = any(
                deviation.kind == "type" and deviation.path == path for deviation in tried.deviations
            )
            return tried.deviations.total() + 1000 * wrong_type

        return self._resolved(min(options, key=distance))

    def _shape(
        self, value: Any, schema: Mapping[str, Any], words: Mapping[str, str]
    ) -> tuple[str, str] | None:
        """Return the word and the reference of the shape of a free object, or None."""
        if not isinstance(value, dict):
            return None
        by_type, by_key = schema.get("x-by-type", {}), schema.get("x-by-key", {})
        word = next((words[key] for key in reversed(_TYPE_WORDS) if words.get(key) in by_type), None)
        if word is None:
            word = next((key for key in by_key if key in value), None)
        if word is None:
            return None
        return word, self._reference({**by_key, **by_type}[word])

    def _reference(self, name: str) -> str:
        full = (
            name
            if name in self._schemas
            else next(schema for schema in self._schemas if schema.endswith(f".{name}"))
        )
        return f"{_PREFIX}{full}"

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].removeprefix(_PREFIX)]
        return schema


def type_of(value: Any) -> str:
    """Return the name that JSON has for the type of a value."""
    return _TYPES[type(value)]


def _allowed(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type")
    return [types] if isinstance(types, str) else list(types or ())


def _is(value: Any, name: str) -> bool:
    type_name = type_of(value)
    return type_name == name or (name == "number" and type_name == "integer")


def ordered(values: Iterator[Any], *, descending: bool) -> bool:
    """Return whether values are in order; values that cannot be compared are left out."""
    kept = [value for value in values if isinstance(value, int | float | str)]
    if len({isinstance(value, str) for value in kept}) > 1:
        return True
    return kept == sorted(kept, reverse=descending)
