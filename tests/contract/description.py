"""The bundled description, as the tests of the contract read it."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import keyword
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = json.loads(
    (REPOSITORY / "src/amocrm_sandbox/description.json").read_text(encoding="utf-8")
)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
METHODS = ("get", "post", "put", "patch", "delete")


class Operation:
    """One operation of the description, or one delivery of its ``webhooks`` section."""

    def __init__(self, path: str, method: str, item: dict[str, Any]) -> None:
        self.path, self.method, self.data = path, method.upper(), item[method]
        self.id: str = self.data["operationId"]
        self.tag: str = self.data["tags"][0]
        self.parameters = [
            resolve(entry) for entry in (*item.get("parameters", ()), *self.data.get("parameters", ()))
        ]

    def __repr__(self) -> str:
        return self.id

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of a JSON (of a delivery: any) request body."""
        content = self.data.get("requestBody", {}).get("content", {})
        found = content.get("application/json") or content.get("application/x-www-form-urlencoded")
        return None if found is None else found["schema"]

    def answers(self, status: str) -> Iterator[dict[str, Any]]:
        """The schemas of the answers whose status begins so."""
        for code, answer in self.data["responses"].items():
            if code.startswith(status):
                for content in resolve(answer).get("content", {}).values():
                    yield content["schema"]

    @property
    def function(self) -> Any:
        """The generated operation."""
        return getattr(importlib.import_module(f"amocrm_gen.api.{self.tag}"), self.id)

    @property
    def hints(self) -> dict[str, Any]:
        """The types of its arguments, and what its answer becomes under ``return``."""
        found = typing.get_type_hints(self.function.request, localns=_typing_names(self.tag))
        return {**found, "return": typing.get_args(found["return"])[0]}

    @property
    def answer(self) -> Any:
        """What ``parse`` of the generated operation promises."""
        return self.hints["return"]


@cache
def _typing_names(area: str) -> dict[str, Any]:
    """What a module of operations imports for type checkers only."""
    module = importlib.import_module(f"amocrm_gen.api.{area}")
    tree = ast.parse(inspect.getsource(module))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    names: dict[str, Any] = {"__package__": module.__package__, "__name__": module.__name__}
    exec(compile(ast.Module(block.body, []), area, "exec"), names)
    return names


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """The node that a reference points at; anything else is returned as it is."""
    while "$ref" in node:
        kind, _, name = node["$ref"].removeprefix("#/components/").partition("/")
        node = DOCUMENT["components"][kind][name]
    return node


def argument_of(parameter: dict[str, Any]) -> str:
    """The keyword argument for a parameter: headers in lower case, words of Python with an underscore."""
    name: str = parameter["name"].replace("-", "_")
    name = name.lower() if parameter["in"] == "header" else name
    return f"{name}_" if keyword.iskeyword(name) else name


@cache
def model(schema: str) -> Any:
    """The generated class of a component such as ``leads.Lead``."""
    area, _, name = schema.rpartition("/")[2].partition(".")
    return getattr(importlib.import_module(f"amocrm_gen.models.{area}"), name)


def _all(section: str) -> dict[str, Operation]:
    found = (
        Operation(path, method, item)
        for path, item in DOCUMENT[section].items()
        for method in METHODS
        if method in item
    )
    return {operation.id: operation for operation in found}


OPERATIONS = _all("paths")
HOOKS = _all("webhooks")
