"""Every operation of the description against the sandbox over real HTTP: carried out, and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import pytest

from amocrm_gen._runtime.errors import APIError
from amocrm_sandbox import Request, Response, Sandbox, SandboxServer
from amocrm_sandbox.engine.description import Operation
from amocrm_sandbox.engine.validate import Validator, compile_validator

from . import description
from .over_http import FLAVOURS
from .registry import INVALID, PAGES, VALID, Call, operations, proof_of, refused, valid
from .wire import arguments_for, pairs
from .world import World

OPERATIONS = operations()
PROBLEM = {"$ref": "#/components/schemas/errors.Problem"}


@pytest.fixture
def world() -> Iterator[World]:
    """An account with one of everything."""
    made = World()
    yield made
    made.close()


@pytest.fixture
def server(world: World) -> Iterator[SandboxServer]:
    """The account over real connections."""
    with SandboxServer(world.sandbox) as served:
        yield served


@cache
def validator(name: str, schema: str) -> Validator:
    """Return what validates values of a schema; both flavours ask for the same ones."""
    return compile_validator(json.loads(schema), OPERATIONS[name][2].schemas)


def check(operation: Operation, answer: Response) -> None:
    """Fail unless the description declares the status and the body fits its schema."""
    declared = operation.raw["responses"]
    assert str(answer.status) in declared, (operation.id, answer.status, answer.body)
    content = declared[str(answer.status)].get("content", {})
    schema = next(iter(content.values()), {}).get("schema")
    if schema is None and answer.status >= 400 and operation.raw.get("x-host") != "amojo":
        schema = PROBLEM
    if answer.body and schema is not None:
        assert validator(operation.id, json.dumps(schema))(answer.json()) == [], (operation.id, answer.body)


def test_the_registry_names_every_operation_and_no_other() -> None:
    """There is a request for each operation of the description, and each stands in the table of coverage."""
    assert set(VALID) == set(OPERATIONS)
    assert set(INVALID) <= set(OPERATIONS)
    assert all(proof_of(name) for name in OPERATIONS)
    assert proof_of("nothing") == ""


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - PAGES))
def test_an_operation_is_carried_out_and_refused_as_described(
    world: World, server: SandboxServer, name: str, flavour: str
) -> None:
    """The typed call succeeds with what is right and raises for what is not, each time as described.

    It makes exactly the target that stands in the registry, and the answer has a declared status and a body that fits.
    """
    described, operation = description.OPERATIONS[name], OPERATIONS[name][2]

    def call(request: Call) -> tuple[object, Response]:
        target, body, headers = request.prepare(world)
        arguments = arguments_for(described, target, body, headers)
        made = described.function.request(**arguments)
        assert (made.path, pairs(made.query)) == (target.partition("?")[0], pairs(target.partition("?")[2]))
        token = headers.get("authorization", "").removeprefix("Bearer ") or None
        result, kept = FLAVOURS[flavour](server, described, arguments, token)
        check(operation, kept.last)
        return result, kept.last

    result, answer = call(refused(operation))
    if answer.status == 204:
        assert result is None
    else:
        assert 400 <= answer.status < 500, (answer.status, answer.body)
        assert isinstance(result, APIError), result
        assert result.status == answer.status
    result, answer = call(valid(operation))
    assert 200 <= answer.status < 400, (answer.status, answer.body)
    content = operation.raw["responses"].get(str(answer.status), {}).get("content")
    assert bool(answer.body) == bool(content), (name, answer.status, answer.body)
    assert not isinstance(result, Exception), result
    assert (result is not None) == bool(content)


def others() -> Iterator[tuple[str, str]]:
    """Operations whose path stands for several entities, with each of these but the leads."""
    for name, found in description.OPERATIONS.items():
        for parameter in found.parameters:
            if parameter["name"] == "entity_type" and parameter["in"] == "path":
                words = description.resolve(parameter["schema"])["enum"]
                yield from ((name, word) for word in words if word != "leads")


@pytest.mark.parametrize(("name", "kind"), sorted(others()))
def test_an_operation_serves_all_entities_of_its_path(world: World, name: str, kind: str) -> None:
    """What the leads have at ``/{entity_type}/…`` the other entities of the path have as well."""
    method, _, operation = OPERATIONS[name]
    world.move_to(kind)
    target, body, headers = valid(operation).prepare(world)
    if isinstance(body, list) and body[0].get("to_entity_type") == kind:
        # Neither contacts nor companies are linked to their like.
        word, id = ("companies", "company") if kind == "contacts" else ("contacts", "contact")
        body = [{**body[0], "to_entity_type": word, "to_entity_id": world.ids[id]}]
    answer = world.call(method, target.replace("/leads/", f"/{kind}/"), body, headers)
    assert 200 <= answer.status < 300, (answer.status, answer.body)
    check(operation, answer)


def test_the_authorization_page_redirects_with_a_code(world: World) -> None:
    """The page agrees at once: it leads to the redirect address with a code and the state; unknown keys are a 404."""

    def open_page(client_id: str) -> Response:
        request = Request("GET", f"/oauth?client_id={client_id}&state=x", "www.amocrm.ru")
        return Sandbox.handle(world.sandbox, request)

    answer = open_page(world.ids["client_id"])
    location = answer.header("Location") or ""
    assert answer.status == 302
    assert location.startswith(world.ids["redirect_uri"])
    assert "code=def502" in location
    assert "state=x" in location
    assert open_page("nonsense").status == 404
