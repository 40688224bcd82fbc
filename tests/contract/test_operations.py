"""Every described operation as low-level functions and as bound calls."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import typing
from collections.abc import Iterator
from types import NoneType, UnionType
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
def test_each_operation_has_one_signature_and_four_ways_to_be_called(operation: Operation) -> None:
    """The function takes exactly what is described, by name only; sync and async, plain and detailed take its arguments."""
    function = operation.function
    assert keywords(function.request) == keywords(function) == arguments(operation)
    assert f"crm.api.{operation.tag}.{operation.data['x-name']}" in function.__doc__
    for name in FUNCTIONS:
        assert inspect.iscoroutinefunction(getattr(function, name)) == name.startswith("asyncio")


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_what_an_answer_becomes_is_what_its_annotation_says(operation: Operation) -> None:
    """The model that answers are read into is the one that type checkers see; only a page is never None."""
    function, promised = operation.function, operation.answer
    found = {option for model in (function.model, *function.models.values()) for option in options(model)}
    assert found - {None} == {*options(promised)} - {NoneType}
    empty = any(
        "content" not in resolve(answer)
        for code, answer in operation.data["responses"].items()
        if code[0] == "2"
    )
    assert (NoneType in options(promised)) == (empty and function.OP.page is None)


def options(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type."""
    is_union = typing.get_origin(annotation) in (typing.Union, UnionType)
    return typing.get_args(annotation) if is_union else (annotation,)


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_each_operation_is_bound_in_both_flavours(operation: Operation) -> None:
    """``crm.api.<tag>.<name>`` takes the same arguments, has a docstring, and shows editors both."""
    for api in (Api(None), AsyncApi(None)):  # type: ignore[arg-type]
        method = getattr(getattr(api, operation.tag), operation.data["x-name"])
        assert keywords(method) == arguments(operation)
        assert inspect.isfunction(method.__func__)
        assert operation.data["summary"].rstrip(".") in inspect.getdoc(method)
        assert inspect.iscoroutinefunction(method) == isinstance(api, AsyncApi)


@pytest.mark.parametrize("operation", EVERY, ids=repr)
def test_the_facts_stand_beside_the_operation(operation: Operation) -> None:
    """The constant OP says what the description says."""
    op, data = operation.function.OP, operation.data
    assert (op.id, op.tag, op.method, op.path) == (
        operation.id,
        operation.tag,
        operation.method,
        operation.path,
    )
    assert (op.safety, op.host, op.source) == (data["x-safety"], data["x-host"], data["x-source"]["from"])
    assert op.auth == ("security" not in data)  # of its own: none, or the signature of a channel
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
    request = operation.function.request(**values)
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


def modules_after(code: str) -> set[str]:
    """The modules that are loaded in a new interpreter after some code."""
    command = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize(
    "name", ["list_currencies", "list_leads", "create_unsorted_forms", "send_chat_message"]
)
def test_importing_an_operation_loads_no_other_area_and_no_models(name: str) -> None:
    """Models come with the first answer: those of the areas that are referred to. An HTTP library never comes."""
    operation = OPERATIONS[name]
    module = f"amocrm_gen.api.{operation.tag}"
    loaded = modules_after(f"from {module} import {name}")
    later = modules_after(f"from {module} import {name}; {name}.model")

    assert {found for found in loaded if found.startswith("amocrm_gen.api.")} == {module}
    assert not {found for found in loaded if found.startswith("amocrm_gen.models")}
    models = {
        found.removeprefix("amocrm_gen.models.") for found in later if found.startswith("amocrm_gen.models.")
    }
    assert models
    assert models <= areas(operation)
    assert not {"httpx", "attrs", "amocrm"} & later
