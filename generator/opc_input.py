"""Reduced description for openapi-python-client: names, parameters, bodies and success answers only.

Every component becomes an empty object of its name (an enum stays one, as a path may contain it). Values that
the tool would flatten, drop or turn into models of its own are replaced by references. ``overrides`` maps its
class names to ours.
"""

from __future__ import annotations

from typing import Any

from openapi_python_client.strings import pascal_case

from .bundle import Bundle
from .rules_batches import json_schema, parameters_of
from .source import Map

__all__ = ["MAPS", "Reduced", "reduce"]

#: Module name of the stand-ins for maps, which have no class of their own.
MAPS = "free_maps"
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


class Reduced:
    """The reduced document.

    Attributes:
        document: what the tool reads.
        overrides: its class name -> our class name and area.
        maps: stand-in class -> the type that it stands for, and the classes that this names.
    """

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self.overrides: dict[str, tuple[str, str]] = {}
        self.maps: dict[str, tuple[str, frozenset[tuple[str, str]]]] = {}

    def schema(self, node: Any) -> Any:
        """Return an inline schema: references stay, objects and free values become stand-ins, keywords are removed."""
        if not isinstance(node, Map):
            return {}
        if "$ref" in node:
            return {"$ref": node["$ref"]}
        if "anyOf" in node:
            return {"anyOf": [self.schema(form) for form in node["anyOf"]]}
        types = node.get("type")
        if types == "object":
            return {"$ref": f"#/components/schemas/{self._map(node)}"}
        if types == "array":
            return {"type": "array", "items": self.schema(node["items"])}
        if node.get("format") == "binary":
            return {"type": "string", "format": "binary"}
        return {} if types is None else {"type": list(types) if isinstance(types, list) else types}

    def _map(self, node: Map) -> str:
        text, classes = self._type(node)
        for name, free_map in self.maps.items():
            if free_map[0] == text:
                return name
        name = f"FreeMap{len(self.maps) + 1}"
        self.maps[name] = (text, classes)
        return name

    def _type(self, node: Any) -> tuple[str, frozenset[tuple[str, str]]]:
        """Python type of a value inside a map, and the classes it names."""
        if not isinstance(node, Map) or not ({"$ref", "type", "anyOf"} & node.keys()):
            return "Any", frozenset()
        if "$ref" in node:
            area, _, name = node["$ref"].rpartition("/")[2].partition(".")
            return name, frozenset({(area, name)})
        if "anyOf" in node:
            parts = [self._type(form) for form in node["anyOf"]]
            return " | ".join(text for text, _ in parts), frozenset().union(
                *(classes for _, classes in parts)
            )
        types = [node["type"]] if isinstance(node["type"], str) else list(node["type"])
        texts, classes = [], frozenset[tuple[str, str]]()
        for kind in types:
            inner = node.get("items") if kind == "array" else node.get("additionalProperties")
            if kind in ("array", "object"):
                text, classes = self._type(inner)
                texts.append(f"list[{text}]" if kind == "array" else f"dict[str, {text}]")
            else:
                texts.append(_SCALARS[kind])
        return " | ".join(texts), classes


def reduce(bundle: Bundle) -> Reduced:
    """Reduces a description that is free of problems."""
    result = Reduced()
    paths: dict[str, dict[str, Any]] = {}
    for operation in bundle.operations():
        data = operation.data
        responses = {
            status: _content(result, bundle, node)
            for status, node in data["responses"].items()
            if status[0] == "2"
        }
        reduced: dict[str, Any] = {
            "operationId": data["operationId"],
            "tags": list(data["tags"]),
            "summary": data["summary"],
            "parameters": [
                {
                    "name": parameter["name"],
                    "in": parameter["in"],
                    "required": parameter.get("required", False),
                    "schema": result.schema(parameter["schema"]),
                }
                for parameter in parameters_of(bundle, operation)
            ],
            "responses": responses,
        }
        if "requestBody" in data:
            body = bundle.resolve(data["requestBody"])
            reduced["requestBody"] = {
                "required": body.get("required", False),
                **_content(result, bundle, body),
            }
        paths.setdefault(operation.path, {})[operation.method] = reduced
    schemas: dict[str, Any] = {}
    for name, schema in bundle.schemas.items():
        area, _, short = name.partition(".")
        is_enum = "enum" in schema
        schemas[name] = (
            {"type": schema["type"], "enum": list(schema["enum"])} if is_enum else {"type": "object"}
        )
        result.overrides[pascal_case(name)] = (short, area)
    for name in result.maps:
        schemas[name] = {"type": "object"}
        result.overrides[name] = (name, MAPS)
    result.document = {
        "openapi": "3.1.0",
        "info": {"title": "endpoints", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return result


def _content(result: Reduced, bundle: Bundle, node: Any) -> dict[str, Any]:
    """Return description and content of a body or answer, with the schema reduced."""
    node = bundle.resolve(node)
    schema = json_schema(bundle, node)
    reduced: dict[str, Any] = {"description": ""}
    if schema is not None:
        media = next(iter(node["content"]))
        media = "application/octet-stream" if media.startswith("text/") else media
        reduced["content"] = {media: {"schema": result.schema(schema)}}
    return reduced
