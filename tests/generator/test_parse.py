"""Answers of the generated operations: what is returned, what is raised, what drifts."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.generator.clients import AsyncRecorder, Recorder

Load = Callable[[str], ModuleType]
Answer = Callable[..., Any]


@pytest.fixture
def answer(load: Load) -> Answer:
    """Makes an answer from JSON or from bytes."""

    def make(status: int, body: Any = b"", media: str = "application/hal+json", **more: Any) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return load("_runtime.wire").Response(
            status=status, content=content, headers={"content-type": media, "x-request-id": "r1"}, **more
        )

    return make


PAGE = {
    "_page": 1,
    "_links": {"next": {"href": "https://x/api/v4/things?page=2"}},
    "_embedded": {"things": [{"id": 1, "must": None, "from": 5, "result": [], "unknown": 1}]},
}


def test_a_page_is_typed(load: Load, answer: Answer) -> None:
    """An answer becomes models; unknown properties are kept, and dirt that is described is no drift."""
    response = answer(200, PAGE)
    page = load("api.things.list_things").parse(response)
    (thing,) = page.embedded.things
    assert (page.page, page.links.next.href) == (1, "https://x/api/v4/things?page=2")
    assert (thing.id, thing.must, thing.from_, thing.result) == (1, None, 5, [])
    assert thing.name is load("_runtime.model").UNSET
    assert response.drift == ()


def test_an_empty_answer_is_none_or_an_empty_page(load: Load, answer: Answer) -> None:
    """An empty answer is None, without any drift where it is documented."""
    response = answer(204)
    assert load("api.things.list_things").parse(response).embedded.things == []
    assert load("api.things.delete_thing").parse(answer(204)) is None
    assert response.drift == ()


def test_an_empty_answer_that_is_not_documented_is_a_drift(load: Load, answer: Answer) -> None:
    """No body where one was promised does not fail: the request took effect; it is reported."""
    found: list[Any] = []
    assert load("api.things.get_thing").parse(answer(204, report=found.append)) is None
    assert [(drift.path, drift.kind) for drift in found] == [("$", "missing")]


def test_each_status_has_its_model(load: Load, answer: Answer) -> None:
    """Where success statuses differ in their bodies, the status decides; one that is not described reads as the first."""
    parse, things = load("api.things.create_things").parse, load("models.things")
    assert parse(answer(202, {"job": "j"})) == things.ThingQueued(job="j")
    written = things.ThingWritten(id=1, request_id="0")
    for status in (200, 201):
        parsed = parse(answer(status, {"_embedded": {"things": [{"id": 1, "request_id": "0"}]}}))
        assert parsed.embedded.things == [written]


def test_bare_arrays_maps_free_values_and_bytes(load: Load, answer: Answer) -> None:
    """Answers that are no object are typed as well."""
    things, common = load("models.things"), load("models.common")
    complex_ = load("api.things.create_complex_things").parse(
        answer(200, [{"id": 1, "request_id": ["a", "b"]}])
    )
    assert complex_ == [things.ThingComplexWritten(id=1, request_id=["a", "b"])]
    assert load("api.things.update_thing").parse(answer(200, {"a": {"id": 1}})) == {"a": common.Ref(id=1)}
    assert load("api.boxes.get_box_data").parse(answer(200, {"a": [1, None]})) == {"a": [1, None]}
    assert load("api.boxes.upload_part").parse(answer(200, b"<p>", "text/html")) == b"<p>"


def test_odd_values_are_mended_and_reported(load: Load, answer: Answer) -> None:
    """One odd value never loses a page: it is converted, unset or left out, and the drift says where."""
    found: list[Any] = []
    items = [{"id": "7", "must": 1}, "no object", {"id": 8, "must": 1, "owner": [], "ratio": "x", "tags": {}}]
    response = answer(200, {"_embedded": {"things": items}}, report=found.append)
    page = load("api.things.list_things").parse(response)
    first, second = page.embedded.things
    unset = load("_runtime.model").UNSET
    assert (first.id, second.id, second.owner, second.ratio, second.tags) == (7, 8, None, unset, None)
    assert [(drift.path, drift.kind) for drift in found] == [
        ("$._embedded.things[0].id", "converted"),
        ("$._embedded.things[1]", "left out"),
        ("$._embedded.things[2].ratio", "unset"),
        ("$._embedded.things[2].owner", "converted"),
        ("$._embedded.things[2].tags", "converted"),
    ]
    assert found[2].raw == "x"
    assert list(response.drift) == found


def test_a_drift_is_warned_of_where_nobody_listens(load: Load, answer: Answer) -> None:
    """Without a listener each drift is a warning, without the value and with the path free of indexes."""
    with pytest.warns(
        load("_runtime.drift").DriftWarning, match=r"\$\._embedded\.things\[\*\]\.id .*got str"
    ) as caught:
        load("api.things.list_things").parse(
            answer(200, {"_embedded": {"things": [{"id": "secret", "must": 1}]}})
        )
    assert not any("secret" in str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "ValidationError"),
        (401, "UnauthorizedError"),
        (402, "PaymentRequiredError"),
        (403, "ForbiddenError"),
        (404, "NotFoundError"),
        (418, "APIError"),
        (422, "UnprocessableError"),
        (429, "RateLimitedError"),
        (500, "ServerError"),
        (502, "GatewayError"),
        (520, "ServerError"),
        (302, "APIError"),
    ],
)
def test_a_status_that_nobody_registered_raises(load: Load, answer: Answer, status: int, kind: str) -> None:
    """Every status beyond success is an error of the tree, also one that nobody registered."""
    errors = load("_runtime.errors")
    with pytest.raises(errors.APIError) as caught:
        load("api.things.list_things").parse(answer(status, {"title": "T", "detail": "D"}))
    assert type(caught.value) is getattr(errors, kind)
    assert (caught.value.status, caught.value.op, caught.value.request_id) == (status, "list_things", "r1")
    assert f"list_things (GET /api/v4/things) was answered with {status}: D" in str(caught.value)


def test_a_refused_batch_names_items_and_fields(load: Load, answer: Answer) -> None:
    """A 400 carries what the server said of each item."""
    body = {
        "title": "Bad Request",
        "validation-errors": [
            {"request_id": "1", "errors": [{"code": "NotBlank", "path": "name", "detail": "Fill it in."}]}
        ],
    }
    with pytest.raises(load("_runtime.errors").ValidationError) as caught:
        load("api.things.create_things").parse(answer(400, body))
    (item,) = caught.value.items
    assert (item.key, item.issues[0].path, item.issues[0].code) == ("1", "name", "NotBlank")
    assert "item 1: name: NotBlank" in str(caught.value)


def test_pages_of_html_are_understood(load: Load, answer: Answer) -> None:
    """A gateway's page is no crash: with 403 it is a block, with 200 an answer that cannot be understood."""
    errors, parse = load("_runtime.errors"), load("api.things.list_things").parse
    with pytest.raises(errors.BlockedError, match="blocked"):
        parse(answer(403, b"<html>", "text/html"))
    with pytest.raises(errors.ServerError, match="no JSON"):
        parse(answer(520, b"<html>", "text/html"))
    with pytest.raises(errors.DecodeError, match="complete JSON"):
        parse(answer(200, b"<html>", "text/html"))
    with pytest.raises(errors.DecodeError, match="complete JSON"):
        parse(answer(200, b'{"_page": 1'))


def test_the_four_calls_differ_in_waiting_and_detail_only(load: Load, answer: Answer) -> None:
    """sync and asyncio return the parsed answer, their detailed twins the answer beside it."""
    operation = load("api.things.list_things")
    client, other = Recorder(answer(200, PAGE)), AsyncRecorder(answer(200, PAGE))
    plain, detailed = operation.sync(client=client, limit=1), operation.sync_detailed(client=client, limit=1)
    assert plain == detailed.parsed == asyncio.run(operation.asyncio(client=other, limit=1))
    assert asyncio.run(operation.asyncio_detailed(client=other, limit=1)).parsed == plain
    assert (detailed.status_code, detailed.headers["x-request-id"], detailed.drift) == (200, "r1", ())
    assert {request.target for request in client.requests + other.requests} == {"/api/v4/things?limit=1"}


def test_calls_without_an_answer_return_none(load: Load, answer: Answer) -> None:
    """An operation with nothing but 204 returns None in all four calls."""
    operation, body = load("api.things.delete_thing"), load("models.things").ThingUnlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert operation.sync(client=Recorder(answer(204)), id=1, body=body) is None
        assert operation.sync_detailed(client=Recorder(answer(204)), id=1, body=body).parsed is None
        assert asyncio.run(operation.asyncio(client=AsyncRecorder(answer(204)), id=1, body=body)) is None
