"""Bodies against schemas: a compiled check first, and a walk that names every error once it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

try:
    import fastjsonschema
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        'the sandbox needs the package fastjsonschema: pip install "amocrm-orm[sandbox]"',
        name="fastjsonschema",
    ) from None

from .refusals import field_error

__all__ = ["Validator", "compile_validator", "walk"]

Validator = Callable[[Any], list[dict[str, str]]]

_PREFIX = "#/components/schemas/"
_NUMBERS = {"minimum": "TooLow", "maximum": "TooHigh"}
_LENGTHS = {"minLength": "TooShort", "maxLength": "TooLong"}
_COUNTS = {"minItems": "TooFew", "maxItems": "TooMany"}


def compile_validator(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Validator:
    """Return a function that lists the errors of a value in the server's form; an empty list is "valid".

    The compiled check (`fastjsonschema`) decides; it stops at its first error, so what it refuses is walked once
    more to collect them all. The clean path never walks.

    Args:
        schema: The schema of the value; may be a reference.
        schemas: All component schemas by name.
    """
    needed: dict[str, Any] = {}
    _reach(schema, schemas, needed)
    document = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    document["components"] = {"schemas": needed}
    check = fastjsonschema.compile(document, use_default=False, use_formats=False)

    def validate(value: Any) -> list[dict[str, str]]:
        try:
            check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            if _empty_lists_to_objects(value, schema, schemas):
                return validate(value)
            errors = list(walk(value, schema, schemas, ""))
            path = ".".join(str(part) for part in error.path[1:])
            return errors or [field_error("InvalidFormat", path, detail=str(error.message))]
        return []

    return validate


def _empty_lists_to_objects(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    """Put `{}` in the place of every `[]` where the schema has an object and no list; return whether any was there.

    PHP writes both alike and reads both alike, and the vendor's SDK sends `[]` for objects without keys.
    """
    schema = _resolved(schema, schemas)
    changed = False
    if isinstance(value, list) and "items" in schema:
        for child in value:
            changed = _empty_lists_to_objects(child, schema["items"], schemas) or changed
    for key, child in list(value.items()) if isinstance(value, dict) else ():
        if key not in schema.get("properties", {}):
            continue
        wanted = schema["properties"][key]
        options = _types(wanted, schemas)
        if child == [] and "object" in options and "array" not in options:
            value[key] = {}
            changed = True
        else:
            changed = _empty_lists_to_objects(child, wanted, schemas) or changed
    return changed


def _types(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> set[str]:
    """Return the types that a value may have."""
    result: set[str] = set()
    for option in schema.get("anyOf", [schema]):
        types = _resolved(option, schemas).get("type") or ()
        result.update([types] if isinstance(types, str) else types)
    return result


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_PREFIX)]
    return schema


def _reach(node: Any, schemas: Mapping[str, Any], reached: dict[str, Any]) -> None:
    if isinstance(node, list):
        for child in node:
            _reach(child, schemas, reached)
    elif isinstance(node, dict):
        ref = node.get("$ref")
        if isinstance(ref, str):
            name = ref.removeprefix(_PREFIX)
            if name not in reached:
                reached[name] = schemas[name]
                _reach(schemas[name], schemas, reached)
        for child in node.values():
            _reach(child, schemas, reached)


def walk(
    value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str
) -> list[dict[str, str]]:
    """Return every error of a value. Knows the keywords that the rules of the description allow."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_PREFIX)]
    if "anyOf" in schema:
        return _any_of(value, schema["anyOf"], schemas, path)
    types = schema.get("type")
    allowed = [types] if isinstance(types, str) else list(types or ())
    if allowed and not any(_is(value, name) for name in allowed):
        if value is None:
            return [field_error("NotNullable", path)]
        return [field_error("InvalidType", path, " or ".join(allowed))]
    if "enum" in schema and value not in schema["enum"]:
        return [field_error("NotSupportedChoice", path)]
    if isinstance(value, dict):
        return _object(value, schema, schemas, path)
    if isinstance(value, list):
        return _array(value, schema, schemas, path)
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return [field_error("InvalidFormat", path)]
    size: Any = len(value) if isinstance(value, str) else value
    limits = _LENGTHS if isinstance(value, str) else _NUMBERS
    return _limits(size, schema, limits, path) if isinstance(size, int | float) else []


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str
) -> list[dict[str, str]]:
    errors = [
        field_error("FieldMissing", _join(path, key))
        for key in schema.get("required", ())
        if key not in value
    ]
    properties = schema.get("properties", {})
    if len(value) < schema.get("minProperties", 0) and not errors:
        errors.append(
            field_error("FieldMissing", _join(path, next((k for k in properties if k not in value), "")))
        )
    most = schema.get("maxProperties", len(value))
    errors += [field_error("FieldNotExpected", _join(path, key)) for key in list(value)[most:]]
    extra = schema.get("additionalProperties", True)
    for key, child in value.items():
        if key in properties:
            errors += walk(child, properties[key], schemas, _join(path, key))
        elif extra is False:
            errors.append(field_error("FieldNotExpected", _join(path, key)))
        elif isinstance(extra, dict):
            errors += walk(child, extra, schemas, _join(path, key))
    return errors


def _array(
    value: list[Any], schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str
) -> list[dict[str, str]]:
    errors = _limits(len(value), schema, _COUNTS, path)
    item = schema.get("items")
    if item:
        for index, child in enumerate(value):
            errors += walk(child, item, schemas, _join(path, str(index)))
    return errors


def _any_of(
    value: Any, options: list[Mapping[str, Any]], schemas: Mapping[str, Any], path: str
) -> list[dict[str, str]]:
    best: list[dict[str, str]] | None = None
    for option in options:
        errors = walk(value, option, schemas, path)
        if not errors:
            return []
        if option.get("type") != "null" and (best is None or len(errors) < len(best)):
            best = errors
    return best or []


def _limits(
    size: float, schema: Mapping[str, Any], limits: Mapping[str, str], path: str
) -> list[dict[str, str]]:
    errors = []
    for keyword, code in limits.items():
        bound = schema.get(keyword)
        if bound is not None and (size < bound if keyword.startswith("min") else size > bound):
            errors.append(field_error(code, path, bound))
    return errors


def _is(value: Any, name: str) -> bool:
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "object": dict, "array": list}[name])


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
