"""Rules of schemas: names, shapes, read against write, arrows between areas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from .bundle import Bundle
from .naming import class_name_problem, field_name
from .source import Map, Problem, Seq

__all__ = ["RULES", "check", "check_inline", "check_text"]

RULES: dict[str, str] = {
    "schema-name": "A schema has a name that both generators leave as it is.",
    "schema-unique": "The bare name of a schema is unique over all areas.",
    "schema-kind": "A named schema is an object, an enum, or a dirty union; everything else stands inline.",
    "schema-keyword": "Only keywords that the generators and the sandbox understand are used, with a fitting type.",
    "inline-object": "Objects with properties are named schemas.",
    "inline-enum": "Enums are named schemas.",
    "inline-union": "The only inline union is a reference or null; scalar unions are type lists.",
    "dirty-union": "A dirty union is marked x-dirty and has at most one object and one array among its forms.",
    "free-value": "A property of any type says in its description what it holds.",
    "x-values": "x-values is a list of different known values.",
    "x-by-type": "x-by-type and x-by-key stand on free values and name schemas of the same file.",
    "required": "A required property is described.",
    "property-name": "No two properties of an object get the same Python name.",
    "default": "Schemas and parameters have no default.",
    "format": "The formats are binary, for uploads, and unix-time, which every moment in whole seconds has.",
    "text": "Descriptions have no triple quotes and no backslashes, and are not empty.",
    "read-constraint": "What the server sends is not restricted: no enum, length, range, pattern or closed object.",
    "read-write": "A schema is used by requests or by answers, not by both.",
    "write-closed": "An object that is sent says with additionalProperties whether unknown keys are refused.",
    "area-arrow": "common refers to nothing, errors and fields to common only.",
    "area-cycle": "References between areas form no cycle.",
}

_MOMENT = re.compile(r"\bUnix seconds\b")
_CONSTRAINTS = frozenset(
    {"const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
     "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
)  # fmt: skip
_UNIONS = frozenset({"oneOf", "anyOf", "allOf", "not", "if", "then", "else"})
_PLAIN = frozenset({"type", "description", "properties", "required", "additionalProperties", "items", "enum", "$ref",
                    "format", "default", "examples", "deprecated", "x-values", "x-by-type", "x-by-key", "x-dirty"})  # fmt: skip
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_TYPES = _SCALARS | {"array", "object"}
_ARROWS = {"common": frozenset[str](), "errors": frozenset({"common"}), "fields": frozenset({"common"})}


def check(bundle: Bundle, read: frozenset[str], write: frozenset[str]) -> Iterator[Problem]:
    """Problems of all named schemas; ``read`` and ``write`` are the names that answers and requests use."""
    areas: dict[str, str] = {}
    for name, schema in bundle.schemas.items():
        area, _, short = name.partition(".")
        line = bundle.schemas.lines[name]
        if not isinstance(schema, Map):
            yield Problem(bundle.schemas.file, line, "schema-kind", f"{name} must be a mapping")
            continue
        reason = class_name_problem(short)
        if reason is not None:
            yield Problem(schema.file, line, "schema-name", f"{short} {reason}")
        if short in areas:
            yield Problem(
                schema.file, line, "schema-unique", f"{short} is a schema of {areas[short]} already"
            )
        areas.setdefault(short, area)
        if name in read and name in write:
            message = f"{short} is used by requests and by answers; make two schemas of it"
            yield Problem(schema.file, line, "read-write", message)
        yield from _named(bundle, schema, is_read=name in read, is_write=name in write)
    yield from _arrows(bundle)


def _named(bundle: Bundle, schema: Map, *, is_read: bool, is_write: bool) -> Iterator[Problem]:
    yield from _common(schema)
    if "enum" in schema:
        yield from _enum(schema, is_read=is_read)
    elif "anyOf" in schema or "x-dirty" in schema:
        yield from _dirty(bundle, schema, is_read=is_read)
    elif schema.get("type") == "object" and isinstance(schema.get("properties"), Map):
        yield from _object(bundle, schema, is_read=is_read, is_write=is_write)
    else:
        message = (
            "a named schema must be an object with properties, an enum or a dirty union; write others inline"
        )
        yield schema.problem("schema-kind", message)


def _enum(schema: Map, *, is_read: bool) -> Iterator[Problem]:
    values = schema["enum"]
    if is_read:
        message = "an answer refers to this enum; use a string with x-values there"
        yield schema.problem("read-constraint", message, "enum")
    good = isinstance(values, Seq) and values and all(isinstance(value, str | int) for value in values)
    if not good or len(set(values)) != len(values) or schema.get("type") not in ("string", "integer"):
        yield schema.problem(
            "schema-kind", "an enum is a string or an integer with a list of different values", "enum"
        )


def _dirty(bundle: Bundle, schema: Map, *, is_read: bool) -> Iterator[Problem]:
    forms = schema.get("anyOf")
    if schema.get("x-dirty") is not True or not isinstance(forms, Seq):
        yield schema.problem("dirty-union", "a union of known dirt needs x-dirty: true and anyOf")
        return
    objects = arrays = 0
    for form in forms:
        if not isinstance(form, Map):
            continue
        yield from check_inline(bundle, form, is_read=is_read, inner=True)
        target = bundle.resolve(form)
        objects += target is not form or "object" in _types(form)
        arrays += "array" in _types(form)
        if target is not form and isinstance(target, Map) and "properties" not in target:
            yield form.problem(
                "dirty-union", "a form of a dirty union must be an object, an array or a scalar"
            )
    if objects > 1 or arrays > 1:
        yield schema.problem("dirty-union", "at most one object and one array can be told apart", "anyOf")
    yield from _keywords(schema, {"x-dirty", "anyOf", "description"})


def _object(bundle: Bundle, schema: Map, *, is_read: bool, is_write: bool) -> Iterator[Problem]:
    properties: Map = schema["properties"]
    extra = schema.get("additionalProperties")
    if is_write and not isinstance(extra, bool):
        message = "say additionalProperties: false (the server refuses unknown keys) or true"
        yield schema.problem("write-closed", message)
    if is_read and extra is False:
        message = "an answer may bring new keys; leave additionalProperties out"
        yield schema.problem("read-constraint", message, "additionalProperties")
    if extra is not None and not isinstance(extra, bool):
        yield schema.problem(
            "schema-keyword", "an object with properties has no map beside them", "additionalProperties"
        )
    yield from _keywords(
        schema, {"type", "description", "properties", "required", "additionalProperties", "deprecated", "examples",
                 "minProperties", "maxProperties"}
    )  # fmt: skip
    if is_read:
        yield from _constraints(schema)
    for name in schema.get("required") or ():
        if name not in properties:
            yield schema.problem("required", f"{name} is required but not described", "required")
    names: dict[str, str] = {}
    for name, node in properties.items():
        python = field_name(name)
        if python in names:
            message = f"{name} and {names[python]} would both be called {python}"
            yield properties.problem("property-name", message, name)
        names[python] = name
        if not isinstance(node, Map):
            yield properties.problem("schema-kind", f"{name} must be a schema", name)
            continue
        if not set(node) - {"description", "x-values", "x-by-type", "x-by-key"} and not node.get(
            "description"
        ):
            yield properties.problem("free-value", f"{name} can be anything: say what it holds", name)
        for key in ("x-by-type", "x-by-key"):
            if key in node:
                yield from _shapes(bundle, node, key)
        yield from check_inline(bundle, node, is_read=is_read)


def _shapes(bundle: Bundle, node: Map, key: str) -> Iterator[Problem]:
    shapes, area = node[key], PurePosixPath(node.file).stem
    free = node.get("items") == {} or not {"type", "$ref", "anyOf"} & node.keys()
    if not isinstance(shapes, Map) or not free:
        yield node.problem(
            "x-by-type", f"{key} maps types to schemas, beside a free value or a list of them", key
        )
        return
    for kind, name in shapes.items():
        if f"{area}.{name}" not in bundle.schemas:
            yield shapes.problem("x-by-type", f"there is no schema {name} in {area}", kind)


def check_inline(bundle: Bundle, node: Map, *, is_read: bool, inner: bool = False) -> Iterator[Problem]:
    """Problems of a schema that stands where it is used: in a property, list, parameter, body or answer."""
    yield from _common(node)
    if "$ref" in node:
        yield from _keywords(node, {"$ref", "description"})
        if not node["$ref"].startswith("#/components/schemas/"):
            yield node.problem("reference", f"{node['$ref']} is no schema", "$ref")
        return
    for keyword in sorted(_UNIONS & node.keys()):
        if keyword != "anyOf" or inner or not _is_nullable_reference(node):
            message = (
                f"{keyword} must not stand inline, except anyOf of one reference and null; name the schema"
            )
            yield node.problem("inline-union", message, keyword)
            return
    if "anyOf" in node:
        yield from _keywords(node, {"anyOf", "description"})
        return
    if "enum" in node or "const" in node:
        yield node.problem(
            "inline-enum", "name the enum and refer to it", "enum" if "enum" in node else "const"
        )
    if "properties" in node or "patternProperties" in node:
        yield node.problem("inline-object", "name the object and refer to it")
        return
    yield from _typed(bundle, node, is_read=is_read)
    if is_read:
        yield from _constraints(node)


def _typed(bundle: Bundle, node: Map, *, is_read: bool) -> Iterator[Problem]:
    yield from _keywords(node, _PLAIN | _CONSTRAINTS)
    types = _types(node)
    if "type" in node and (not types or len(set(types)) != len(types) or not set(types) <= _TYPES):
        yield node.problem("schema-keyword", f"{node['type']!r} is no type", "type")
    if len({"array", "object"} & set(types)) > 1:
        yield node.problem("dirty-union", "object or array is a named schema with x-dirty", "type")
    if ("items" in node) != ("array" in types):
        yield node.problem("schema-keyword", "an array, and only an array, has items")
    if "additionalProperties" in node and "object" not in types:
        yield node.problem(
            "schema-keyword", "only an object has additionalProperties", "additionalProperties"
        )
    if "object" in types:
        extra = node.get("additionalProperties")
        if extra is not True and not isinstance(extra, Map):
            message = "an inline object is free (additionalProperties: true) or a map; name it otherwise"
            yield node.problem("inline-object", message)
        if isinstance(extra, Map):
            yield from check_inline(bundle, extra, is_read=is_read)
    if isinstance(node.get("items"), Map):
        yield from check_inline(bundle, node["items"], is_read=is_read)


def _common(node: Map) -> Iterator[Problem]:
    """Check the rules for every schema."""
    if "default" in node:
        yield node.problem("default", "a default would be sent or pretended; describe it in words", "default")
    if "format" in node and (node["format"], node.get("type")) not in (
        ("binary", "string"),
        ("unix-time", "integer"),
        ("unix-time", ["integer", "null"]),
    ):
        yield node.problem(
            "format", "only binary texts and whole numbers of unix-time have a format", "format"
        )
    if (
        _MOMENT.search(str(node.get("description", "")))
        and node.get("type")
        in (
            "integer",
            ["integer", "null"],
        )
        and "format" not in node
    ):
        yield node.problem("format", "a moment in Unix seconds says format: unix-time", "type")
    if "x-values" in node:
        values = node["x-values"]
        if not isinstance(values, Seq) or not values or len({repr(value) for value in values}) != len(values):
            yield node.problem("x-values", "must be a list of different values", "x-values")
    yield from check_text(node)


def check_text(node: Map) -> Iterator[Problem]:
    """Problems of the texts beside a node."""
    for key in ("description", "summary"):
        if key in node:
            text = node[key]
            if not isinstance(text, str) or not text.strip() or '"""' in text or "\\" in text:
                yield node.problem("text", "must be a text without triple quotes and backslashes", key)


def _constraints(node: Map) -> Iterator[Problem]:
    for keyword in sorted(_CONSTRAINTS & node.keys()):
        yield node.problem("read-constraint", f"{keyword} would refuse what the server sends", keyword)


def _keywords(node: Map, keywords: set[str] | frozenset[str]) -> Iterator[Problem]:
    for key in node:
        if key not in keywords and key not in ("default", "format"):
            hint = "; quote texts with commas inside braces" if node[key] is None else ""
            yield node.problem("schema-keyword", f"{key!r} is not known here{hint}", key)


def _types(node: Map) -> list[str]:
    types = node.get("type")
    return [types] if isinstance(types, str) else list(types) if isinstance(types, Seq) else []


def _is_nullable_reference(node: Map) -> bool:
    forms = node["anyOf"]
    return (
        isinstance(forms, Seq)
        and len(forms) == 2
        and isinstance(forms[0], Map)
        and set(forms[0]) == {"$ref"}
        and forms[1] == {"type": "null"}
    )


def _arrows(bundle: Bundle) -> Iterator[Problem]:
    """Yield references to areas that an area must not use, and those that close a circle of areas."""
    arrows: dict[str, dict[str, Map]] = {}
    for name, schema in bundle.schemas.items():
        area = name.partition(".")[0]
        for node in _references(schema):
            target = node["$ref"].rpartition("/")[2].partition(".")[0]
            if target != area:
                arrows.setdefault(area, {}).setdefault(target, node)
                if target not in _ARROWS.get(area, frozenset({target})):
                    yield node.problem("area-arrow", f"{area} must not refer to {target}", "$ref")
    for area, targets in sorted(arrows.items()):
        for target, node in targets.items():
            back = _way(arrows, target, area)
            if back:
                yield node.problem("area-cycle", f"a circle of areas: {' -> '.join([area, *back])}", "$ref")


def _way(arrows: dict[str, dict[str, Map]], start: str, end: str) -> list[str]:
    """Return a path along the arrows, empty if there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        for target in sorted(arrows.get(way[-1], ())):
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


def _references(node: Any) -> Iterator[Map]:
    if isinstance(node, Map):
        if isinstance(node.get("$ref"), str) and node["$ref"].startswith("#/components/schemas/"):
            yield node
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
