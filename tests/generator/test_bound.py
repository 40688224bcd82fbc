"""Bound namespaces: the operations as methods."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.generator.clients import AsyncRecorder, Recorder

Load = Callable[[str], ModuleType]


def test_methods_call_the_operations(load: Load) -> None:
    """A method sends what its operation sends and returns what it returns, in both flavours."""
    response = load("_runtime.wire").Response(status=200, content=b'{"_page":3}')
    client, other = Recorder(response), AsyncRecorder(response)
    page = load("bound").Api(client).things.list(limit=5, filter={"id": [1]})
    assert page == asyncio.run(load("bound").AsyncApi(other).things.list(limit=5, filter={"id": [1]}))
    assert page.page == 3
    assert [r.target for r in client.requests + other.requests] == [
        "/api/v4/things?limit=5&filter[id][]=1"
    ] * 2


def test_methods_have_the_signatures_of_the_operations(load: Load) -> None:
    """Arguments and annotations are the same, but for the client, which is bound."""
    bound = load("bound.things").ThingsApi
    for name, operation in {
        "list": "list_things",
        "update_one": "update_thing",
        "create": "create_things",
    }.items():
        function = dict(inspect.signature(load(f"api.things.{operation}").sync).parameters)
        method = dict(inspect.signature(getattr(bound, name)).parameters)
        del function["client"], method["self"]
        assert [str(p).replace("builtins.", "") for p in method.values()] == [
            str(p) for p in function.values()
        ]


def test_areas_are_found_by_name(load: Load) -> None:
    """The areas are listed by dir, made once, and an unknown one is an error that lists them."""
    api = load("bound").Api(Recorder(None))
    assert {"boxes", "things"} <= set(dir(api))
    assert api.things is api.things
    with pytest.raises(AttributeError, match="no area 'thing'; there are boxes, things"):
        _ = api.thing


def test_the_package_offers_clients_and_namespaces(load: Load) -> None:
    """The package's own names are loaded when they are used."""
    module = sys.modules[load("bound").__name__.partition(".")[0]]
    assert module.Api is load("bound").Api
    assert module.Client is load("client").Client
    with pytest.raises(AttributeError, match="no attribute 'Clients'"):
        _ = module.Clients
