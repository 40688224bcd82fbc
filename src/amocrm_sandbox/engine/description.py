"""The bundled OpenAPI description: which operation a request is, and what its body may look like."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import msgspec

from .router import Router
from .validate import Validator, compile_validator

__all__ = ["Description", "Operation"]

BUNDLED = "description.json"
_CACHE: dict[str, Description] = {}


class Operation:
    """One operation of the description.

    Attributes:
        id: The `operationId`.
        max_items: Greatest number of items in a batch body, or None for a body that is no batch.
        max_limit: Greatest `limit` of a paged list.
        is_batch: Whether the body is an array.
        tag: The area.
        read_only: Keys of the object as it is read that an update of it does not know.
        embedded_read_only: The same of its `_embedded`.
    """

    __slots__ = (
        "_body",
        "_validator",
        "embedded_read_only",
        "id",
        "is_batch",
        "max_items",
        "max_limit",
        "raw",
        "read_only",
        "schemas",
        "tag",
    )

    def __init__(self, raw: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
        self.raw = raw
        self.id: str = raw["operationId"]
        self.tag: str = (raw.get("tags") or [""])[0]
        self.schemas = schemas
        self._validator: Validator | None = None
        self.read_only: frozenset[str] = frozenset()
        self.embedded_read_only: frozenset[str] = frozenset()
        content = raw.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("schema")
        self.is_batch = bool(body) and body.get("type") == "array"
        self._body = body.get("items") if self.is_batch else body
        self.max_items: int | None = (raw.get("x-batch") or {}).get("max") or (body or {}).get("maxItems")
        self.max_limit: int | None = (raw.get("x-page") or {}).get("limit")

    @property
    def body_keys(self) -> frozenset[str]:
        """Keys of the body, or of an item of it."""
        return _keys(self._body, self.schemas)

    @property
    def embedded_keys(self) -> frozenset[str]:
        """Keys of `_embedded` of the body, or of an item of it."""
        return _embedded_keys(self._body, self.schemas)

    def ignore_what_is_read(self, read: Operation) -> None:
        """Learn from the reading of the object which keys of it an update does not know."""
        content: Mapping[str, Any] = read.raw["responses"].get("200", {}).get("content", {})
        for media in list(content.values())[:1]:
            self.read_only = _keys(media.get("schema"), self.schemas) - self.body_keys
            self.embedded_read_only = _embedded_keys(media.get("schema"), self.schemas) - self.embedded_keys

    @property
    def needs_body(self) -> bool:
        """Whether a request without a body is refused."""
        return bool(self.raw.get("requestBody", {}).get("required"))

    @property
    def has_body(self) -> bool:
        """Whether the operation takes a JSON body."""
        return self._body is not None

    def validate(self, item: Any) -> list[dict[str, str]]:
        """Return the errors of one item of a batch, or of the whole body; compiled at the first call."""
        if self._body is None:
            return []
        if self._validator is None:
            self._validator = compile_validator(self._body, self.schemas)
        return self._validator(item)


def _properties(schema: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    while schema is not None and "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    result: Mapping[str, Any] = (schema or {}).get("properties", {})
    return result


def _keys(schema: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_properties(schema, schemas))


def _embedded_keys(schema: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> frozenset[str]:
    return _keys(_properties(schema, schemas).get("_embedded"), schemas)


class Description:
    """All operations, found by method and path.

    Args:
        document: The whole OpenAPI 3.1 document, references resolved to named components.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._router = Router()
        self.operations: dict[str, Operation] = {}
        self._validators: dict[str, Validator] = {}
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
        for path, item in document.get("paths", {}).items():
            for method, raw in item.items():
                if isinstance(raw, dict) and "operationId" in raw:
                    operation = Operation(raw, self._schemas)
                    self.operations[operation.id] = operation
                    self._router.add(method.upper(), path, operation)
            self._find_read_only(document["paths"], path)

    def _find_read_only(self, paths: Mapping[str, Any], path: str) -> None:
        """Learn from the reading of one object which of its keys the update of it, or of several, does not know."""
        update = paths[path].get("patch")
        item_path = path if path.endswith("}") else f"{path}/{{id}}"
        read = paths.get(item_path, {}).get("get", {})
        if update is not None and "operationId" in read:
            self.operations[update["operationId"]].ignore_what_is_read(Operation(read, self._schemas))

    @classmethod
    def bundled(cls) -> Description:
        """Return the description that ships with the package; parsed once per process.

        Raises:
            FileNotFoundError: The package is incomplete (`python -m generator build` writes the file).
        """
        if BUNDLED not in _CACHE:
            text = resources.files("amocrm_sandbox").joinpath(BUNDLED).read_bytes()
            _CACHE[BUNDLED] = cls(msgspec.json.decode(text))
        return _CACHE[BUNDLED]

    def check(self, name: str, value: Any) -> list[dict[str, str]]:
        """Return the errors of a value against a component schema; a name that is not described has none."""
        if name not in self._schemas:
            return []
        validator = self._validators.get(name)
        if validator is None:
            validator = self._validators[name] = compile_validator(self._schemas[name], self._schemas)
        return validator(value)

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation of a request, or None for one that is not described."""
        match = self._router.find(method, path)
        return match.value if match else None
