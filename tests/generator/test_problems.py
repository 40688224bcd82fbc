"""Error answers: four shapes of bodies, pages that are no JSON, and errors that can travel."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from generator.runtime import errors
from generator.runtime.op import Op
from generator.runtime.problems import is_gateway_page, problem_of
from generator.runtime.wire import Request, Response, build

OP = Op(id="write_it", tag="t", method="POST", path="/it", safety="unsafe")


def problem(status: int, body: Any, **headers: str) -> errors.APIError:
    """The error for an answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return problem_of(OP, Response(status=status, content=content, headers=headers))


@pytest.mark.parametrize(
    ("body", "key", "by", "issue"),
    [
        (
            {
                "validation-errors": [
                    {"request_id": "3", "errors": [{"code": "NotBlank", "path": "name", "detail": "d"}]}
                ]
            },
            "3",
            "request_id",
            ("NotBlank", "name", "d"),
        ),
        ({"errors": {"17": "not found"}}, "17", "id", ("", "", "not found")),
        ({"errors": {"code": 244, "id": 9, "message": "no"}}, "9", "id", ("244", "", "no")),
        ({"errors": [{"request_id": 0, "errors": {"detail": "d"}}]}, "0", "request_id", ("", "", "d")),
    ],
)
def test_every_shape_names_items(body: Any, key: str, by: str, issue: tuple[str, str, str]) -> None:
    """The server names refused items in four ways; all end as the same records."""
    (item,) = problem(400, body).items
    assert (item.key, item.by) == (key, by)
    assert (item.issues[0].code, item.issues[0].path, item.issues[0].detail) == issue


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{", {"errors": "text"}, {"validation-errors": [1]}]
)
def test_odd_bodies_do_no_harm(body: Any) -> None:
    """A body of another shape is an error without items, not another error."""
    assert problem(400, body).items == ()


def test_the_sentence_has_what_a_reader_needs() -> None:
    """Operation, status, the server's words, the first items and the request id; a long list is cut."""
    items = [{"request_id": str(n), "errors": [{"code": "NotBlank", "path": "name"}]} for n in range(8)]
    text = str(problem(400, {"detail": "Bad", "validation-errors": items}, **{"x-request-id": "r7"}))
    assert text.startswith("write_it (POST /it) was answered with 400: Bad; item 0: name: NotBlank; ")
    assert text.endswith("and 3 more [request id r7]")


def test_a_gateway_page_with_403_is_a_block() -> None:
    """403 with JSON is a missing right, 403 with a page is a block of the API."""
    assert type(problem(403, {"title": "Forbidden"})) is errors.ForbiddenError
    blocked = problem(403, b"<html>")
    assert type(blocked) is errors.BlockedError
    assert blocked.html
    assert is_gateway_page(Response(status=502, content=b"<html>"))


def test_errors_can_be_pickled_with_what_they_know() -> None:
    """An error keeps type, text and attributes when it crosses a process."""
    error = problem(429, {"retry_after": 3, "title": "Slow"}, **{"x-request-id": "r"})
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)
    assert again.retry_after == 3.0


def test_errors_are_also_those_of_python() -> None:
    """A handler for Python's own errors catches those that mean the same."""
    assert isinstance(problem(404, {}), LookupError)
    assert isinstance(problem(403, {}), PermissionError)
    assert isinstance(problem(400, {}), ValueError)


def test_a_request_shows_no_data() -> None:
    """The repr of a request has neither query values nor body nor headers."""
    op = Op(id="write_it", tag="t", method="POST", path="/it/{id}", safety="unsafe")
    request: Request = build(
        op, path={"id": 1}, query=[("q", "plain", "secret")], body={"a": "secret"}, headers={"X": "secret"}
    )
    assert request.target == "/it/1?q=secret"
    assert repr(request) == "Request(write_it: POST /it/1)"
    assert repr(Response(status=200, content=b"secret")) == "Response(200, 6 bytes of unknown type)"
