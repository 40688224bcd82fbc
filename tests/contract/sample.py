"""Values made from a schema: everything that it allows, or the least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from .description import SCHEMAS

__all__ = ["MODES", "Mode", "sample"]

Mode: TypeAlias = Literal["full", "least", "nulls"]
#: ``full`` has every property, ``least`` only the required ones, ``nulls`` every property with its emptiest value.
MODES: tuple[Mode, ...] = ("full", "least", "nulls")
_OMIT = object()


def sample(schema: dict[str, Any], mode: Mode) -> Any:
    """A value that satisfies the schema; a schema that holds itself is cut at its second level."""
    value = _value(schema, mode, ())
    assert value is not _OMIT
    return value


def _value(schema: dict[str, Any], mode: Mode, above: tuple[str, ...]) -> Any:
    ref = schema.get("$ref")
    if ref is not None:
        name = ref.rpartition("/")[2]
        return _OMIT if name in above else _value(SCHEMAS[name], mode, (*above, name))
    if "anyOf" in schema:
        options = schema["anyOf"]
        return _value(options[-1] if mode == "nulls" else options[0], mode, above)
    if "enum" in schema:
        return schema["enum"][0]
    types = schema.get("type")
    kinds = [types] if isinstance(types, str) else list(types or ())
    if mode == "nulls" and "null" in kinds:
        return None
    kind = kinds[-1 if mode == "nulls" else 0] if kinds else None
    match kind:
        case "object":
            return _object(schema, mode, above)
        case "array":
            return _array(schema, mode, above)
        case "string":
            text = str(next(iter(schema.get("x-values", ())), "text"))
            return text[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "x")
        case "integer":
            number = min(max(17, schema.get("minimum", 17)), schema.get("maximum", 17))
            return next(iter(schema.get("x-values", ())), number)
        case "number":
            return max(1.5, schema.get("minimum", 1.5))
        case "boolean":
            return mode != "nulls"
        case "null":
            return None
    return {"free": [1, "two", None]}


def _array(schema: dict[str, Any], mode: Mode, above: tuple[str, ...]) -> list[Any]:
    count = max(schema.get("minItems", 0), mode == "full")
    item = _value(schema.get("items", {}), mode, above) if count else _OMIT
    return [] if item is _OMIT else [item] * count


def _object(schema: dict[str, Any], mode: Mode, above: tuple[str, ...]) -> dict[str, Any]:
    found = {name: _value(inner, mode, above) for name, inner in _wanted(schema, mode)}
    further = schema.get("additionalProperties")
    if not found and mode == "full" and further not in (None, False):
        found["one"] = _value(further if isinstance(further, dict) else {}, mode, above)
    return {name: value for name, value in found.items() if value is not _OMIT}


def _wanted(schema: dict[str, Any], mode: Mode) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties that the mode wants, at least as many as the schema demands."""
    properties, required = schema.get("properties", {}), schema.get("required", ())
    left, most = schema.get("minProperties", 0), schema.get("maxProperties", len(properties))
    for name, inner in list(properties.items())[:most]:
        if mode != "least" or name in required or left > 0:
            left -= 1
            yield name, inner
