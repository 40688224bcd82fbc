"""Documented answers, bodies, deliveries and errors against the description and the generated models."""

from __future__ import annotations

from types import NoneType
from typing import Any

import msgspec
import pytest

from amocrm.webhooks._payload.typed_payload import typed_payload
from amocrm_gen._runtime.errors import APIError
from amocrm_gen._runtime.wire import Response
from amocrm_sandbox.engine.validate import compile_validator

from .description import HOOKS, OPERATIONS, SCHEMAS, Operation, model
from .fixtures import Fixture, fixtures
from .sample import MODES, Mode, sample
from .walk import lost

EXAMPLES, BODIES, DELIVERIES, ERRORS = map(fixtures, ("examples", "bodies", "hooks", "errors"))
ANSWERED = [found for found in OPERATIONS.values() if found.answer not in (NoneType, bytes)]
TAKING = [found for found in OPERATIONS.values() if found.body is not None]
JSON_TYPE = {"content-type": "application/hal+json"}


def success(operation: Operation) -> int:
    """The first documented success status that has a body."""
    return next(status for status in operation.function.OP.success if status != 204)


@pytest.mark.parametrize("example", EXAMPLES, ids=repr)
def test_a_documented_answer_is_read_strictly_and_whole(example: Fixture) -> None:
    """Every answer decodes without any mending, and no key of it is missing in the model."""
    wanted = OPERATIONS[example.operation].answer
    msgspec.json.decode(example.content, type=wanted)
    assert list(lost(example.value, wanted)) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=repr)
def test_a_documented_answer_is_no_drift(example: Fixture) -> None:
    """What users call reads the same answer without reporting a drift."""
    operation = OPERATIONS[example.operation]
    response = Response(status=success(operation), headers=JSON_TYPE, content=example.content)
    assert operation.function.parse(response) is not None
    assert list(response.drift) == []


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_documented_body_is_what_the_description_takes(body: Fixture) -> None:
    """Every body passes the compiled schema."""
    operation = OPERATIONS[body.operation]
    assert operation.body is not None
    assert compile_validator(operation.body, SCHEMAS)(body.value) == []


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_documented_body_goes_through_the_write_models_unchanged(body: Fixture) -> None:
    """Read into the write models and encoded by the operation, a body is the same JSON again."""
    assert sent(OPERATIONS[body.operation], body.value) == body.value


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_error_answer_has_its_model_and_becomes_an_error(error: Fixture) -> None:
    """Every shape of an error body is described, and raises the error of its status with the server's words."""
    operation, status = OPERATIONS[error.operation], error.variant.partition(".")[0]
    wanted = model(next(operation.answers(status))["$ref"])
    msgspec.json.decode(error.content, type=wanted)
    assert list(lost(error.value, wanted)) == []
    with pytest.raises(APIError) as caught:
        operation.function.parse(Response(status=int(status), headers=JSON_TYPE, content=error.content))
    assert caught.value.status == int(status)
    assert caught.value.detail or caught.value.items


@pytest.mark.parametrize("delivery", DELIVERIES, ids=repr)
def test_a_delivery_is_read_whole(delivery: Fixture) -> None:
    """JSON deliveries decode strictly; forms give every key of theirs to the model, each with a value."""
    operation = HOOKS[delivery.operation]
    schema = operation.body or operation.parameters[0]["schema"]
    wanted = model(schema["$ref"])
    content = operation.data.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        read = msgspec.json.decode(delivery.content, type=wanted)
        assert list(lost(delivery.value, wanted)) == []
    else:
        read = typed_payload(delivery.value, wanted)
        assert msgspec.convert(msgspec.to_builtins(read), wanted) == read
    assert list(dropped(delivery.value, msgspec.to_builtins(read))) == []


def dropped(raw: Any, read: Any, path: str = "$") -> Any:
    """Places of a tree that a reading does not have; one object may have become a list of one, a text an object."""
    if isinstance(raw, dict) and isinstance(read, list) and len(read) == 1:
        read = read[0]
    if isinstance(raw, dict) and isinstance(read, dict):
        for name, value in raw.items():
            if name in read:
                yield from dropped(value, read[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(raw, list) and isinstance(read, list) and len(raw) == len(read):
        for index, value in enumerate(raw):
            yield from dropped(value, read[index], f"{path}[{index}]")
    elif isinstance(raw, dict | list):
        yield path


def test_nothing_lacks_a_fixture() -> None:
    """Each operation with a JSON answer, with a JSON body, and each delivery has at least one fixture."""
    assert {found.id for found in ANSWERED} <= {fixture.operation for fixture in EXAMPLES}
    assert {found.id for found in TAKING} <= {fixture.operation for fixture in BODIES}
    assert set(HOOKS) == {fixture.operation for fixture in DELIVERIES}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", ANSWERED, ids=repr)
def test_whatever_the_description_allows_is_read_unchanged(operation: Operation, mode: Mode) -> None:
    """An answer made from the description, full or bare, comes out of the models as it went in."""
    for schema in operation.answers("2"):
        value = sample(schema, mode)
        read = msgspec.json.decode(msgspec.json.encode(value), type=operation.answer)
        assert msgspec.to_builtins(read) == value


@pytest.mark.parametrize("operation", TAKING, ids=repr)
def test_whatever_the_description_takes_is_sent_unchanged(operation: Operation) -> None:
    """A body made from the description passes its own schema and comes out of the write models as it went in."""
    assert operation.body is not None
    check = compile_validator(operation.body, SCHEMAS)
    for mode in MODES:
        value = sample(operation.body, mode)
        assert check(value) == []
        assert sent(operation, value) == value


def sent(operation: Operation, value: Any) -> Any:
    """The JSON that the operation sends for a body given as models."""
    body = msgspec.convert(value, operation.hints["body"])
    given = {
        parameter["name"]: 1
        for parameter in operation.parameters
        if parameter["in"] == "path" or parameter.get("required")
    }
    return msgspec.json.decode(operation.function.request(**given, body=body).content)
