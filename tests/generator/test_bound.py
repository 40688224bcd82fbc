"""Bound namespaces: the operations as methods."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.generator.clients import AsyncRecorder, Recorder

Load = Callable[[str], Any]


@pytest.mark.slow
def test_methods_call_the_operations(load: Load) -> None:
    """A method sends what its operation sends and returns what it returns, in both flavours."""
    response = load("_runtime.wire").Response(status=200, content=b'{"_page":3,"_embedded":{"things":[]}}')
    client, other = Recorder(response), AsyncRecorder(response)
    page = load("bound").Api(client).things.list(limit=5, filter={"id": [1]})
    assert page == asyncio.run(load("bound").AsyncApi(other).things.list(limit=5, filter={"id": [1]}))
    assert page.page == 3
    assert [r.target for r in client.requests + other.requests] == [
        "/api/v4/things?limit=5&filter[id][]=1"
    ] * 2


def test_methods_have_the_signatures_of_the_operations(load: Load) -> None:
    """Arguments and annotations are the same."""
    bound = load("bound.things").ThingsApi
    for name, operation in {
        "list": "list_things",
        "update_one": "update_thing",
        "create": "create_things",
    }.items():
        function = dict(inspect.signature(load(f"api.things.{operation}")).parameters)
        method = dict(inspect.signature(getattr(bound, name)).parameters)
        del method["self"]
        assert [str(p).replace("builtins.", "") for p in method.values()] == [
            str(p) for p in function.values()
        ]


PAGE = b'{"_page":3,"_embedded":{"things":[]}}'


def test_the_async_method_names_the_sync_one_for_its_arguments(load: Load) -> None:
    """The docstring is written once: the async method has one line that says where."""
    text = load("bound.things").AsyncThingsApi.list.__doc__
    assert "ThingsApi.list" in text
    assert "\n" not in text


def test_options_are_added_to_every_request(load: Load) -> None:
    """Unknown parameters, headers, keys of the body and a timeout travel with what the description knows."""
    response = load("_runtime.wire").Response(status=200, content=b'{"_embedded":{"things":[]}}')
    client, other = Recorder(response), AsyncRecorder(response)
    options = {
        "timeout": 5.0,
        "extra_query": {"beta": 1, "filter": {"new": [2]}},
        "extra_headers": {"X-Trace": "t"},
        "extra_body": {"later": True},
    }
    body = [load("models.things").ThingCreate(name="A"), load("models.things").ThingCreate(name="B")]
    load("bound").Api(client).with_options(**options).things.create(body=body)
    asyncio.run(load("bound").AsyncApi(other).with_options(**options).things.create(body=body))

    for request in client.requests + other.requests:
        assert request.target == "/api/v4/things?beta=1&filter[new][]=2"
        assert (request.headers, request.timeout) == ({"X-Trace": "t"}, 5.0)
        assert json.loads(request.content) == [{"name": "A", "later": True}, {"name": "B", "later": True}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", "5"),
        ("timeout", 0),
        ("extra_query", [1]),
        ("extra_headers", {"X-Trace": 1}),
        ("extra_body", 1),
    ],
)
def test_options_that_can_be_no_part_of_a_request_are_refused(load: Load, name: str, value: object) -> None:
    """When they are given, with their name; nothing is sent."""
    with pytest.raises((TypeError, ValueError), match=name):
        load("bound").Api(Recorder(load("_runtime.wire").Response(status=200))).with_options(**{name: value})


def test_keys_cannot_be_added_to_what_is_no_object(load: Load) -> None:
    """A body of bytes is refused, and nothing is sent."""
    client = Recorder(None)
    extended = load("bound").Api(client).with_options(extra_body={"later": True})
    with pytest.raises(ValueError, match="extra_body"):
        extended.boxes.upload(token="t", content=b"\0", x_part_id=1)
    assert client.requests == []


def test_detailed_shows_the_answer_of_any_method(load: Load) -> None:
    """A bound method can be called so that the answer itself comes with what it was read into, in both flavours."""
    response = load("_runtime.wire").Response(status=200, headers={"x-request-id": "r"}, content=PAGE)
    api, other = load("bound").Api(Recorder(response)), load("bound").AsyncApi(AsyncRecorder(response))
    for found in (
        api.detailed(api.things.list, limit=5),
        asyncio.run(other.detailed(other.things.list, limit=5)),
    ):
        assert (found.parsed.page, found.status_code, found.content) == (3, 200, PAGE)
        assert found.headers["x-request-id"] == "r"
    with pytest.raises(TypeError, match="method of an area"):
        api.detailed(len, [])


def test_areas_are_found_by_name(load: Load) -> None:
    """The areas are listed by dir, made once, and an unknown one is an error that lists them."""
    api = load("bound").Api(Recorder(None))
    assert {"boxes", "things"} <= set(dir(api))
    assert api.things is api.things
    with pytest.raises(AttributeError, match="one of boxes, things, got 'thing'"):
        _ = api.thing


def test_the_package_offers_clients_and_namespaces(load: Load) -> None:
    """The package's own names are loaded when they are used."""
    module = sys.modules[load("bound").__name__.partition(".")[0]]
    assert module.Api is load("bound").Api
    assert module.Client is load("client").Client
    with pytest.raises(AttributeError, match="no attribute 'Clients'"):
        _ = module.Clients
