"""Entities as fields, items and bodies of pydantic models, which it asks for by itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from ..fields._base import Field
from ._attributes import Amount, Attribute, Flag, Id, Key, Moment, Text
from ._names import attributes_of
from ._relations import Relation

__all__ = ["core_schema_of", "json_schema_of"]

_ATTRIBUTES: Final[tuple[tuple[Any, dict[str, Any]], ...]] = (
    (Key | Id, {"type": "integer"}),
    (Text, {"type": "string"}),
    (Amount, {"type": "number"}),
    (Flag, {"type": "boolean"}),
    (Moment, {"type": "string", "format": "date-time"}),
)
_FIELDS: Final[dict[str, dict[str, Any]]] = {
    **{kind: {"type": "string"} for kind in ("text", "textarea", "url", "streetaddress", "tracking_data")},
    **{kind: {"type": "string", "format": "decimal"} for kind in ("numeric", "monetary", "price")},
    **{kind: {"type": "string", "format": "date"} for kind in ("date", "birthday")},
    "date_time": {"type": "string", "format": "date-time"},
    "checkbox": {"type": "boolean"},
    "smart_address": {"type": "object"},
}
_LINK: Final[dict[str, Any]] = {"type": "object", "properties": {"id": {"type": "integer"}}}
_RELATIONS: Final[dict[str, dict[str, Any]]] = {
    "names": {"type": "array", "items": {"type": "string"}},
    "links": {"type": "array", "items": _LINK},
    "link": {"anyOf": [_LINK, {"type": "null"}]},
    "elements": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "catalog_id": {"type": "integer"},
                "quantity": {"type": "number"},
            },
            "required": ["catalog_id"],
        },
    },
}
_CONTACT_VALUE: Final = {
    "anyOf": [{"type": "string"}, {"type": "object", "properties": {"value": {"type": "string"}}}]
}


def core_schema_of(cls: Any) -> Any:
    """Return how pydantic validates and serializes entities of a class."""
    core_schema = import_module("pydantic_core.core_schema")

    def validate(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(f"the value must be a {cls.__name__} or an object with its attributes")
        try:
            return cls.from_dict(value)
        except (TypeError, AttributeError, KeyError) as error:
            raise ValueError(str(error)) from error

    def serialize(value: Any, info: Any) -> Any:
        return value.to_dict(json=info.mode == "json")

    shown = core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True)
    return core_schema.no_info_plain_validator_function(validate, serialization=shown)


def json_schema_of(cls: Any) -> dict[str, Any]:
    """Return the JSON schema of a class."""
    properties = {}
    for name, member in attributes_of(cls).items():
        if (shape := _shape(member)) is None:
            continue
        is_readonly = isinstance(member, Attribute) and member.readonly
        properties[name] = {**shape, "readOnly": True} if is_readonly else shape
    return {"title": cls.__name__, "type": "object", "properties": properties, "additionalProperties": False}


def _shape(member: Any) -> dict[str, Any] | None:
    if isinstance(member, Relation):
        return _RELATIONS.get(member.form)
    if isinstance(member, Field):
        options = getattr(member, "options", None)
        schema = {} if options is None else {"enum": [option.value for option in options]}
        if member.wire_type == "multitext":
            schema = _CONTACT_VALUE
        schema = schema or _FIELDS.get(member.wire_type, {})
        return {"type": "array", "items": schema} if member.many else _or_null(schema)
    shape = next((shape for kinds, shape in _ATTRIBUTES if isinstance(member, kinds)), {})
    return shape if isinstance(member, Key | Flag) else _or_null(shape)


def _or_null(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of a value that a record may lack."""
    return {"anyOf": [shape, {"type": "null"}]} if shape else shape
