"""Every described operation as low-level functions and as bound calls."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from amocrm_gen.bound import Api, AsyncApi

from .description import OPERATIONS, SCHEMAS, Operation, argument_of, resolve
from .sample import sample

EVERY = list(OPERATIONS.values())
FUNCTIONS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")


def arguments(operation: Operation) -> dict[str, bool]:
    """The keyword arguments that the description asks for, and whether they must be given."""
    found: dict[str, bool] = {}
    for parameter in operation.parameters:
        found[argument_of(parameter)] = parameter["in"] == "path" or parameter.get("required", False)
    body = operation.data.get("requestBody")
    if body is not None:
        found["body" if operation.body is not None else "content"] = body.get("required", False)
    return found


def keywords(function: Any) -> dict[str, bool]:
    """The keyword-only arguments of a function, and whether they must be given."""
    return {
        name: parameter.default is parameter.empty
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def filled(operation: Operation) -> dict[str, Any]:
    """A value for every argument."""
    found: dict[str, Any] = {}
    for name, parameter in zip(arguments(operation), operation.parameters, strict=False):
        found[name] = sample(parameter["schema"], "full")
    if operation.body is not None:
        found["body"] = sample(operation.body, "full")
    elif "requestBody" in operation.data:
        found["content"] = b"\0\1"
    return found


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_each_operation_has_four_functions_with_all_described_arguments(operation: Operation) -> None:
    """Sync and async, plain and detailed take a client and exactly what is described, by name only."""
    expected = arguments(operation)
    assert keywords(operation.module.request) == expected
    for name in FUNCTIONS:
        function = getattr(operation.module, name)
        assert inspect.iscoroutinefunction(function) == name.startswith("asyncio")
        assert keywords(function) == {"client": True, **expected}
        assert inspect.getdoc(function)


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_each_operation_is_bound_in_both_flavours(operation: Operation) -> None:
    """``crm.api.<tag>.<name>`` takes the same arguments without the client."""
    for api in (Api(None), AsyncApi(None)):  # type: ignore[arg-type]
        method = getattr(getattr(api, operation.tag), operation.data["x-name"])
        assert keywords(method) == arguments(operation)
        assert inspect.iscoroutinefunction(method) == isinstance(api, AsyncApi)


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_the_facts_stand_beside_the_operation(operation: Operation) -> None:
    """The constant OP says what the description says."""
    op, data = operation.module.OP, operation.data
    assert (op.id, op.tag, op.method, op.path) == (
        operation.id,
        operation.tag,
        operation.method,
        operation.path,
    )
    assert (op.safety, op.host, op.source) == (data["x-safety"], data["x-host"], data["x-source"]["from"])
    assert op.auth == (data.get("security") != [])
    assert set(op.success) == {int(code) for code in data["responses"] if code[0] in "23"}
    assert op.doc == data.get("externalDocs", {}).get("url")
    page, batch = data.get("x-page"), data.get("x-batch")
    assert (op.page and (op.page.key, op.page.limit)) == (page and (page["key"], page["limit"]))
    assert (op.batch is None) == (batch is None)
    if op.batch is not None and batch is not None:
        assert (op.batch.max, op.batch.recommended, op.batch.items) == (
            batch["max"],
            batch.get("recommended"),
            batch.get("items"),
        )
        assert (list(op.batch.match), op.batch.partial) == (batch["match"], batch["partial"])


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_each_argument_reaches_the_wire(operation: Operation) -> None:
    """Path parameters are filled in, query parameters and headers are sent under their own names, the body whole."""
    values = filled(operation)
    request = operation.module.request(**values)
    assert "{" not in request.path
    for parameter in operation.parameters:
        name = parameter["name"]
        if parameter["in"] == "query":
            assert any(pair.startswith((f"{name}=", f"{name}[")) for pair in request.query.split("&"))
        elif parameter["in"] == "header":
            assert name in request.headers
    if operation.body is not None:
        assert json.loads(request.content) == values["body"]
    else:
        assert request.content == values.get("content")


def areas(operation: Operation) -> set[str]:
    """The areas whose models the operation can need: those that it refers to, and what these refer to."""
    graph: dict[str, set[str]] = {}
    for name, schema in SCHEMAS.items():
        graph.setdefault(name.partition(".")[0], set()).update(
            found.partition(".")[0] for found in refs(schema)
        )
    wanted = [found.partition(".")[0] for found in refs([operation.data, operation.parameters])]
    reached: set[str] = set()
    while wanted:
        area = wanted.pop()
        if area not in reached:
            reached.add(area)
            wanted += graph.get(area, ())
    return reached


def refs(node: Any) -> Iterator[str]:
    """Names of the schemas that a node refers to."""
    if isinstance(node, list):
        for inner in node:
            yield from refs(inner)
    elif isinstance(node, dict):
        ref = node.get("$ref", "")
        if ref.startswith("#/components/schemas/"):
            yield ref.rpartition("/")[2]
        elif ref:
            yield from refs(resolve(node))
        for inner in node.values():
            yield from refs(inner)


@pytest.mark.parametrize(
    "name", ["list_currencies", "list_leads", "create_unsorted_forms", "send_chat_message"]
)
def test_importing_an_operation_loads_what_it_needs_and_no_more(name: str) -> None:
    """No other operation, no model of an area that is not referred to, and no HTTP library."""
    operation = OPERATIONS[name]
    module = f"amocrm_gen.api.{operation.tag}.{name}"
    code = f"import {module}, sys; print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    models = {
        found.removeprefix("amocrm_gen.models.") for found in loaded if found.startswith("amocrm_gen.models.")
    }
    assert models
    assert models <= areas(operation)
    assert {found for found in loaded if found.startswith("amocrm_gen.api.") and found.count(".") == 3} == {
        module
    }
    assert not {"httpx", "attrs", "amocrm"} & loaded
