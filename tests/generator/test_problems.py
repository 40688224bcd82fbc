"""Error answers: four shapes of bodies, pages that are no JSON, and errors that can travel."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from generator.runtime import errors
from generator.runtime.op import Op
from generator.runtime.problems import problem_of
from generator.runtime.response_status import is_page
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
    assert is_page(Response(status=502, content=b"<html>"))


@pytest.mark.parametrize(
    ("content", "media", "detail"),
    [(b"token is over", "text/plain", "token is over"), (b"", "", ""), (b"\x00\x01", "image/png", "")],
)
def test_a_403_of_the_files_service_is_no_block(content: bytes, media: str, detail: str) -> None:
    """Plain text and empty bodies are refusals of a service; only a page is the gateway's."""
    refused = problem(403, content, **{"content-type": media})
    assert type(refused) is errors.ForbiddenError
    assert (refused.detail, refused.html) == (detail, False)


@pytest.mark.parametrize(
    ("body", "code", "words", "hint"),
    [
        ({"title": "Bad Request", "detail": "Ошибка, код ошибки: 244"}, "244", "244", "no right to add"),
        ({"detail": "error code 330"}, "330", "330", "too many linked"),
        ({"response": {"error": "Аккаунт не найден", "error_code": "101"}}, "101", "не найден", "subdomain"),
        (
            {
                "status": 0,
                "error_code": 403,
                "error_type": "ORIGIN_INVALID_SIGNATURE",
                "error_description": "bad",
            },
            "ORIGIN_INVALID_SIGNATURE",
            "bad",
            "channel secret",
        ),
        ({"hint": "Authorization code has expired", "detail": "x"}, "", "expired", "20 minutes"),
        ({"hint": "Redirect URI is not associated with client"}, "", "Redirect", "must equal"),
        ({"detail": "Client doesn't have the required scope"}, "", "scope", "existing grants keep"),
        ({"code": 5, "status": "error", "error_reason": "busy"}, "5", "busy", ""),
        ({"detail": "Limit 250 per page"}, "", "Limit 250", ""),
    ],
)
def test_codes_and_phrases_are_explained(body: Any, code: str, words: str, hint: str) -> None:
    """The vendor's numbers, the chats service's words and the token endpoint's hints become readable."""
    error = problem(400, body)
    assert error.code == code
    assert words in str(error)
    assert hint in error.hint
    assert error.hint in str(error)


def test_a_number_means_what_it_means_in_its_area() -> None:
    """The same legacy number is about leads on contacts and about contacts on leads."""
    about = {
        tag: problem_of(
            Op(id="w", tag=tag, method="POST", path="/w", safety="unsafe"),
            Response(status=400, content=b'{"detail":"error code 330"}'),
        ).hint
        for tag in ("leads", "contacts")
    }
    assert "contacts are linked" in about["leads"]
    assert "leads are linked" in about["contacts"]


def test_what_the_server_repeats_of_an_address_has_no_values() -> None:
    """An answer that quotes the address of the request shows its path and not its query."""
    error = problem(404, {"detail": "Cannot GET https://demo.amocrm.ru/api/v4/x?query=secret&a=1 at all"})
    assert "secret" not in str(error) + error.detail
    assert error.detail == "Cannot GET https://demo.amocrm.ru/api/v4/x?… at all"


def test_calls_name_refused_items_by_a_number() -> None:
    """The items of the calls service carry a legacy number as their status and words as their title."""
    (item,) = problem(400, {"errors": [{"title": "Entity not found", "status": 263}]}).items
    assert (item.issues[0].code, item.issues[0].detail) == ("263", "Entity not found")


def test_a_trace_id_stands_in_for_a_request_id() -> None:
    """Where the answer has no id of the request, the id of its trace is kept for the vendor's support."""
    assert problem(500, {"title": "ErrInternalServer", "trace_id": "8e9b"}).request_id == "8e9b"
    assert problem(500, {"trace_id": "8e9b"}, **{"x-request-id": "r7"}).request_id == "r7"


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"retry_after": 300}, {}, 300.0),
        (b"<html>", {"retry-after": "7"}, 7.0),
        (
            b"",
            {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT", "date": "Thu, 01 Jan 1970 00:00:10 GMT"},
            90.0,
        ),
        ({"retry_after": 300}, {"retry-after": "later"}, 300.0),
        ({"retry_after": True}, {}, None),
        ({"retry_after": "-inf"}, {}, None),
        (b"", {}, None),
    ],
)
def test_how_long_a_429_asks_to_wait(body: Any, headers: dict[str, str], seconds: float | None) -> None:
    """Header in seconds, header as a date by the server's own clock, JSON; nonsense asks for nothing."""
    error = problem(429, body, **headers)
    assert isinstance(error, errors.RateLimitedError)
    assert error.retry_after == seconds


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
