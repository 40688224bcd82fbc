"""Requests of the generated operations: the request line, the body and the facts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Load = Callable[[str], ModuleType]


@pytest.fixture(name="request_of")
def fixture_request_of(load: Load) -> Callable[..., Any]:
    """Makes a request by the path of its operation."""
    return lambda operation, /, **arguments: load(f"api.{operation}").request(**arguments)


def test_nothing_given_is_nothing_sent(request_of: Callable[..., Any]) -> None:
    """Arguments that are left out, or are None, do not appear."""
    assert request_of("things.list_things").target == "/api/v4/things"
    assert request_of("things.list_things", limit=None, with_=None).target == "/api/v4/things"


def test_lists_are_joined_or_repeated_as_the_description_says(request_of: Callable[..., Any]) -> None:
    """A list without explode is joined by commas, one with explode is repeated with brackets."""
    request = request_of("things.list_things", with_=["boxes", "owner"], box_id=[1, 2], limit=250, type="a b")
    assert request.query == "limit=250&with=boxes,owner&box_id[]=1&box_id[]=2&type=a%20b"


def test_filters_nest_with_literal_brackets(load: Load, request_of: Callable[..., Any]) -> None:
    """Ranges, lists and lists of objects become PHP's brackets, in models and in mappings alike."""
    things, common = load("models.things"), load("models.common")
    line = "filter[id][]=1&filter[id][]=2&filter[price][from]=5&filter[stages][0][line_id]=1&filter[stages][0][stage_id]=142"
    model = things.ThingFilter(
        id=[1, 2], price=common.IntRange(from_=5), stages=[things.ThingStage(line_id=1, stage_id=142)]
    )
    mapping = {"id": [1, 2], "price": {"from": 5}, "stages": [{"line_id": 1, "stage_id": 142}]}
    mixed = {
        "id": (1, 2),
        "price": common.IntRange(from_=5),
        "stages": [things.ThingStage(line_id=1, stage_id=142)],
    }
    for given in (model, mapping, mixed):
        assert request_of("things.list_things", filter=given).query == line
    assert request_of("things.list_things", order=things.ThingOrder(id="desc")).query == "order[id]=desc"


def test_path_parameters_are_encoded(request_of: Callable[..., Any]) -> None:
    """A slash, a space or a letter beyond ASCII in a path parameter stays inside its segment."""
    request = request_of("boxes.get_box_data", entity_kind="things", name="a/б c?")
    assert request.path == "/api/v4/things/a%2F%D0%B1%20c%3F/box"
    with pytest.raises(ValueError, match="path segment"):
        request_of("boxes.get_box_data", entity_kind="things", name="..")


def test_a_body_is_json_without_what_is_unset(load: Load, request_of: Callable[..., Any]) -> None:
    """A property that was not set is not sent; None is sent as null."""
    things = load("models.things")
    request = request_of("things.create_things", body=[things.ThingCreate(name="a", price=None)])
    assert request.content == b'[{"name":"a","price":null}]'
    assert request.content_type == "application/json"
    update = request_of("things.update_thing", id=7, body=things.ThingUpdateOne(from_=None))
    assert (update.path, update.content) == ("/api/v4/things/7", b'{"from":null}')


def test_an_optional_body_may_be_left_out(request_of: Callable[..., Any]) -> None:
    """Without a body there is neither content nor content type."""
    request = request_of("things.update_thing", id=7)
    assert (request.content, request.content_type) == (None, None)


def test_a_delete_may_have_a_body(load: Load, request_of: Callable[..., Any]) -> None:
    """The body of a DELETE is sent as any other."""
    request = request_of("things.delete_thing", id=7, body=load("models.things").ThingUnlink(reason="old"))
    assert (request.op.method, request.content) == ("DELETE", b'{"reason":"old"}')


def test_too_many_items_are_refused_before_they_are_sent(load: Load, request_of: Callable[..., Any]) -> None:
    """A batch above its maximum is an error that names the operation and the numbers."""
    things = load("models.things")
    with pytest.raises(ValueError, match=r"body of create_things must have at most 3 items, got 4"):
        request_of("things.create_things", body=[things.ThingCreate(name="a")] * 4)


def test_an_upload_is_sent_as_it_is(request_of: Callable[..., Any]) -> None:
    """Bytes and streams of bytes go out untouched, with their content type; headers that are None are left out."""
    whole = request_of("boxes.upload_part", token="t", content=b"\x00[]", x_part_id=3)
    assert (whole.content, whole.content_type) == (b"\x00[]", "application/octet-stream")
    assert whole.headers == {"X-Part-Id": "3"}
    pieces = iter([b"a", b"b"])
    assert (
        request_of("boxes.upload_part", token="t", content=pieces, x_part_id=3, x_trace="x").content is pieces
    )


def test_the_facts_stand_beside_the_operation(load: Load) -> None:
    """OP says what the transport and the Unit of Work need to know, from the description alone."""
    create, complex_, upload = (
        load(f"api.{name}").OP
        for name in ("things.create_things", "things.create_complex_things", "boxes.upload_part")
    )
    assert (create.id, create.tag, create.method, create.path) == (
        "create_things",
        "things",
        "POST",
        "/api/v4/things",
    )
    assert (create.safety, create.host, create.auth, create.success) == (
        "unsafe",
        "account",
        True,
        (200, 202),
    )
    batch = create.batch
    assert (batch.max, batch.recommended, batch.items, batch.match) == (3, 2, "things", ("request_id", "id"))
    assert (batch.partial, batch.atomic) == (False, "inferred")
    assert (complex_.source, complex_.doc, complex_.batch.items, complex_.batch.partial) == (
        "sdk",
        None,
        None,
        True,
    )
    assert (upload.host, upload.auth, upload.safety) == ("drive", False, "idempotent")
    page = load("api.things.list_things").OP.page
    assert (page.key, page.limit) == ("things", 250)


def test_names_are_those_of_the_wire(load: Load) -> None:
    """Arguments are called as on the wire and are keyword-only; only Python's keywords get an underscore."""
    signature = inspect.signature(load("api.things.list_things"))
    names = ["page", "limit", "with_", "filter", "order", "box_id", "type"]
    assert list(signature.parameters) == names
    assert {parameter.kind for parameter in signature.parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}


def test_what_an_answer_becomes_is_known_at_run_time(load: Load) -> None:
    """The models of an operation are imported when they are first asked for, by success status where it matters."""
    operation = load("api.things.create_things")
    assert operation.model is load("models.things").ThingWriteResult
    assert operation.models == {202: load("models.things").ThingQueued}


def test_docstrings_teach_the_call(load: Load) -> None:
    """Summary, facts, arguments, answers, errors, the vendor's page and an example stand in the docstring."""
    text = inspect.getdoc(load("bound.things").ThingsApi.create) or ""
    for part in (
        "Create things.",
        "`POST /api/v4/things` on the account's host; not to be sent twice",
        "Takes 3 items (2 advised); answered items are",
        "https://www.amocrm.ru/developers/content/things#create",
        "body: The items, 3 at most.",
        "200: The new things. 202: They will be made later.",
        "documented: 400, 401, 403, 429",
        "crm.api.things.create(body=[ThingCreate(...)])",
    ):
        assert part in text
