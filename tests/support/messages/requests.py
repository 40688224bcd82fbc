"""Messages about requests and the answers of the server."""

from __future__ import annotations

import gzip
from typing import Any, Final

import httpx

from . import Message
from ._clients import answering, client

TITLE: Final = "Requests and answers"
_PROBLEM: Final = "application/problem+json"
_PAGE: Final = {"html": "<html><body>Too many requests</body></html>"}


def answer(status: int, json: Any = None, **options: Any) -> Any:
    """Return a call that reads a lead from a server with this answer."""
    return lambda: answering(status, json, **options).leads.get(17)


def failing(error: Exception) -> Any:
    """Return a call that reads a lead over a connection that fails."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return lambda: client(httpx.MockTransport(fail)).leads.get(17)


def _create() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    client(httpx.MockTransport(fail)).api.leads.create(body=[{"name": "Order"}])


def _blocked_twice() -> None:
    crm = answering(403, **_PAGE)
    for _ in range(2):
        try:
            crm.leads.get(17)
        except Exception as error:
            last = error
    raise last


def _refused(errors: list[dict[str, Any]]) -> Any:
    body = {
        "title": "Bad Request",
        "status": 400,
        "detail": "Request validation failed",
        "validation-errors": [{"request_id": "0", "errors": errors}],
    }
    return lambda: answering(400, body, headers={"content-type": _PROBLEM}).api.leads.create(
        body=[{"name": "Order"}]
    )


MESSAGES: Final = (
    Message(
        "connection-refused",
        failing(httpx.ConnectError("")),
        ("get_lead", "could not be sent", "mycompany.amocrm.ru"),
        "There is no connection to the server; nothing was sent. Reading is tried again before you see this.",
        "Check the network and the proxy, and repeat.",
    ),
    Message(
        "answer-late",
        failing(httpx.ReadTimeout("")),
        ("get_lead", "not answered"),
        "The server did not answer in time.",
        "Repeat, or allow more time: `AmoCRM(..., timeout=120)`.",
    ),
    Message(
        "answer-late-write",
        _create,
        ("create_leads", "not answered", "unknown"),
        "The answer to a write was lost: the objects may exist or not.",
        "Look for them before you send again. In a session, `session.reconcile()` does so.",
    ),
    Message(
        "token-refused",
        answer(401, {"title": "Unauthorized", "status": 401, "detail": "Неверный логин или пароль"}),
        ("401",),
        "The token was revoked, has expired, or belongs to another account.",
        "Create a token on the Keys tab of the integration, or log in again; `amocrm doctor` checks one.",
    ),
    Message(
        "payment-required",
        answer(402, {"title": "Payment Required", "status": 402, "detail": "Account is not paid"}),
        ("402",),
        "The account is not paid.",
        "Pay for the account.",
    ),
    Message(
        "forbidden",
        answer(403, {"title": "Forbidden", "status": 403, "detail": "Forbidden"}),
        ("403",),
        "The user of the token has no right to do this.",
        "Use the token of an administrator, or change the rights of the user.",
    ),
    Message(
        "blocked",
        answer(403, **_PAGE),
        ("403", "blocked"),
        "The gateway blocked the API for this integration or address after too many requests.",
        "Wait; share one limiter between all processes (docs/transport.md). If the block stays, write to the vendor.",
    ),
    Message(
        "paused",
        _blocked_twice,
        ("paused", "403", "try again"),
        "The API is blocked, so the client sends nothing for a while.",
        "Wait; share one limiter between all processes (docs/transport.md).",
    ),
    Message(
        "lead-missing",
        answer(204),
        ("there is no Lead 17", "may not see it"),
        "No lead has this id, or the user of the token may not see it.",
        "Check the id; `crm.leads.get_or_none(17)` returns `None` instead.",
    ),
    Message(
        "path-missing",
        lambda: answering(404, {"title": "Not Found", "status": 404}).api.tasks.get(id=5),
        ("404", "get_task"),
        "The server knows no such object.",
        "Check the id.",
    ),
    Message(
        "rate-limited",
        answer(429, **_PAGE),
        ("429",),
        "Too many requests were sent, by this or another program of the integration.",
        "Share one limiter between all processes (docs/transport.md).",
    ),
    Message(
        "server-error",
        answer(500, {"title": "Internal Server Error", "status": 500}),
        ("500",),
        "The server failed; reading is tried again before you see this.",
        "Repeat later.",
    ),
    Message(
        "validation",
        _refused([{"code": "NotSupportedChoice", "path": "status_id", "detail": "The value is not valid."}]),
        ("create_leads", "status_id", "NotSupportedChoice"),
        "The server refused a value; the message names the item and the field.",
        "Correct the value.",
    ),
    Message(
        "answer-html",
        answer(200, html="<html></html>"),
        ("get_lead", "complete JSON", "text/html"),
        "A page came in place of an answer, often from a proxy or during maintenance.",
        "Check the proxy, and repeat later.",
    ),
    Message(
        "answer-json",
        answer(200, content=b"{", headers={"content-type": "application/json"}),
        ("get_lead",),
        "The answer is not complete JSON.",
        "Repeat; if it stays, report it.",
    ),
    Message(
        "answer-large",
        lambda: client(
            httpx.MockTransport(lambda request: httpx.Response(200, json={"id": 17, "name": "x" * 200})),
            max_response_bytes=100,
        ).leads.get(17),
        ("get_lead", "larger than 100 bytes", "max_response_bytes"),
        "The answer is larger than the client accepts.",
        "Ask for less at once, or raise `max_response_bytes`.",
    ),
    Message(
        "answer-cut",
        answer(200, content=gzip.compress(b"{}" * 100)[:-9], headers={"content-encoding": "gzip"}),
        ("get_lead", "cut short"),
        "The connection ended in the middle of the answer.",
        "Repeat.",
    ),
    Message(
        "redirect",
        answer(301, headers={"location": "https://newname.amocrm.ru/api/v4/leads/17"}),
        ("redirect", "newname.amocrm.ru", "renamed"),
        "The account was renamed, or the subdomain is wrong. A redirect is not followed with a token.",
        '`AmoCRM("newname", token="…")`',
    ),
)
