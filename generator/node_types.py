"""Check of the kinds of values in the description: a text, a list, a mapping.

It runs file by file before the other rules, which rely on it. They check the meaning and place of the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .source import Map, Problem, Seq

__all__ = ["RULES", "check"]

RULES: dict[str, str] = {
    "kind": "Under every known key stands the kind of value that belongs there.",
    "key": "Paths, operations, parameters, bodies and answers have no keys that nothing reads.",
}


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    Attributes:
        words: how messages call it.
        types: what it is read as.
        keys: of a mapping: the kinds under certain keys.
        each: of a list, and of a mapping with any keys: the kind of all members.
        closed: of a mapping: whether other keys are a slip; extensions have a rule of their own.
    """

    words: str
    types: tuple[type, ...]
    keys: Mapping[str, Kind] = field(default_factory=dict)
    each: Kind | None = None
    closed: bool = False


TEXT = Kind("a text", (str,))
FLAG = Kind("true or false", (bool,))
NUMBER = Kind("a number", (int, float))
SCALAR = Kind("a text, a number or true or false", (str, int, float, bool))
TEXTS = Kind("a list of texts", (Seq,), each=TEXT)
SCALARS = Kind("a list of values", (Seq,), each=SCALAR)
LIST = Kind("a list", (Seq,))


def _mapping(keys: Mapping[str, Kind] | None = None, each: Kind | None = None) -> Kind:
    return Kind("a mapping", (Map,), {} if keys is None else keys, each)


def _closed(**keys: Kind) -> Kind:
    return Kind("a mapping", (Map,), keys, closed=True)


def _list_of(each: Kind) -> Kind:
    return Kind("a list", (Seq,), each=each)


_schema: dict[str, Kind] = {}
SCHEMA = _mapping(_schema)
_schema.update(
    {
        **dict.fromkeys(("$ref", "description", "format", "pattern"), TEXT),
        **dict.fromkeys(("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"), NUMBER),
        **dict.fromkeys(("minProperties", "maxProperties"), NUMBER),
        **dict.fromkeys(("deprecated", "x-dirty"), FLAG),
        **dict.fromkeys(("enum", "x-values"), SCALARS),
        **dict.fromkeys(("anyOf", "oneOf", "allOf"), _list_of(SCHEMA)),
        **dict.fromkeys(("x-by-type", "x-by-key"), _mapping(each=TEXT)),
        "type": Kind("a text or a list of texts", (str, Seq), each=TEXT),
        "properties": _mapping(each=SCHEMA),
        "required": TEXTS,
        "items": SCHEMA,
        "additionalProperties": Kind("true, false or a mapping", (bool, Map), _schema),
    }
)
MEDIA = _mapping(each=_closed(schema=SCHEMA))
_SHARED = {"$ref": TEXT, "description": TEXT}
BODY = _closed(**_SHARED, required=FLAG, content=MEDIA)
RESPONSE = _closed(**_SHARED, content=MEDIA)
PARAMETER = _closed(
    **_SHARED,
    **dict.fromkeys(("name", "in", "style"), TEXT),
    **dict.fromkeys(("required", "explode", "deprecated"), FLAG),
    **{"schema": SCHEMA, "x-values": SCALARS},
)
_NULLABLE = type(None)
OPERATION = _closed(
    **dict.fromkeys(
        ("operationId", "summary", "description", "x-name", "x-safety", "x-host", "x-twin"), TEXT
    ),
    tags=TEXTS,
    externalDocs=_mapping({"url": TEXT}),
    security=LIST,
    deprecated=FLAG,
    parameters=_list_of(PARAMETER),
    requestBody=BODY,
    responses=_mapping(each=RESPONSE),
    **{
        "x-source": _mapping({"from": TEXT, "confidence": TEXT, "note": TEXT}),
        "x-collection": _mapping(
            {
                **dict.fromkeys(("name", "class", "key"), TEXT),
                **dict.fromkeys(("relations", "fields"), _mapping(each=TEXT)),
                "without": TEXTS,
            }
        ),
        "x-page": _mapping({"key": TEXT, "limit": NUMBER}),
        "x-batch": _mapping(
            {
                "max": NUMBER,
                "recommended": Kind("a number or null", (int, _NULLABLE)),
                "items": Kind("a text or null", (str, _NULLABLE)),
                "match": TEXTS,
                "partial": FLAG,
                "atomic": TEXT,
            }
        ),
    },
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PATHS = _mapping(each=_closed(parameters=_list_of(PARAMETER), **dict.fromkeys(METHODS, OPERATION)))
_REFERENCES = _mapping(each=_mapping({"$ref": TEXT}))
ROOT = _mapping(
    {
        "openapi": TEXT,
        "info": _mapping({"title": TEXT, "description": TEXT}),
        "tags": _list_of(_mapping({"name": TEXT, "description": TEXT})),
        "components": _mapping(each=_mapping(each=_mapping())),
        "paths": _REFERENCES,
        "webhooks": _REFERENCES,
    }
)
_FILES = {"parameters.yaml": _mapping(each=PARAMETER), "responses.yaml": _mapping(each=RESPONSE)}
_FOLDERS = {"paths": PATHS, "schemas": _mapping(each=SCHEMA)}


def check(name: str, content: Map) -> Iterator[Problem]:
    """Values of the wrong kind in one file; ``name`` is its path inside the description."""
    kind = _FILES.get(name) or _FOLDERS.get(name.partition("/")[0], ROOT)
    yield from _members(content, kind)


def _members(node: Any, kind: Kind) -> Iterator[Problem]:
    if isinstance(node, Map):
        for key, value in node.items():
            wanted = kind.keys.get(key, kind.each)
            if wanted is not None:
                yield from _value(value, wanted, node.at(key), key)
            elif kind.closed and not key.startswith("x-"):
                yield node.problem("key", f"{key} is not known here; there are {', '.join(kind.keys)}", key)
    elif isinstance(node, Seq) and kind.each is not None:
        for value, line in zip(node, node.lines, strict=True):
            yield from _value(value, kind.each, (node.file, line), "a member of the list")


def _value(value: Any, kind: Kind, place: tuple[str, int], name: str) -> Iterator[Problem]:
    # A boolean is a number for Python and none for the description.
    fits = isinstance(value, kind.types) and (bool in kind.types or not isinstance(value, bool))
    if fits:
        yield from _members(value, kind)
    else:
        yield Problem(*place, "kind", f"{name} must be {kind.words}")
