"""Exceptions for error answers: four shapes of bodies, and pages that are not JSON.

The shapes are ``validation-errors``; ``errors`` as a list, as one object, or as an object keyed by entity
id; the token endpoint's ``hint``; the chats service's ``error_type``; old methods wrap ``error_code`` into
``response``. Other bodies are a page of a gateway, plain text of the files service, or empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .error_hints import advice_of, code_in, hint_of, meaning_of
from .errors import (
    APIError,
    BlockedError,
    FieldIssue,
    ForbiddenError,
    GatewayError,
    ItemIssue,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    ServerError,
    UnauthorizedError,
    UnprocessableError,
    ValidationError,
)
from .op import Op
from .response_status import asked_to_wait, is_page, problem_body
from .token_hiding import hide_tokens
from .wire import Response

__all__ = ["problem_of"]

_BY_STATUS: Mapping[int, type[APIError]] = {
    400: ValidationError,
    401: UnauthorizedError,
    402: PaymentRequiredError,
    403: ForbiddenError,
    404: NotFoundError,
    422: UnprocessableError,
    429: RateLimitedError,
    502: GatewayError,
    503: GatewayError,
    504: GatewayError,
}
_SHOWN = 5
_LONGEST = 300
#: the server repeats the address of a request, query values and all
_QUERY = re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]*")


def problem_of(op: Op, response: Response) -> APIError:
    """Return, without raising it, the exception for an answer with an error status."""
    body = problem_body(response)
    inner = body.get("response")
    if isinstance(inner, dict):
        body = inner
    page = not body and is_page(response)
    kind = _BY_STATUS.get(response.status, ServerError if response.status >= 500 else APIError)
    if kind is ForbiddenError and page:
        kind = BlockedError
    items = tuple(_items(body))
    title, detail = _title(body), _detail(body, response, page)
    code = _code(body, detail)
    attributes: dict[str, Any] = {
        "op": op.id,
        "status": response.status,
        "title": title,
        "detail": detail,
        "code": code,
        "hint": _hint(op, code, f"{title} {detail}"),
        "request_id": response.request_id or _text(body.get("trace_id")) or None,
        "items": items,
        "html": page,
    }
    if kind is RateLimitedError:
        attributes["retry_after"] = asked_to_wait(response)
    return kind(_sentence(op, response, kind, attributes), **attributes)


def _sentence(op: Op, response: Response, kind: type[APIError], facts: Mapping[str, Any]) -> str:
    what = f"{op.id} ({op.method} {op.path}) was answered with {response.status}"
    if kind is BlockedError:
        what += ": a page of the gateway; the API is blocked for this account or address, so stop sending and ask support"
    elif facts["detail"] or facts["title"]:
        what += f": {facts['detail'] or facts['title']}"
    elif response.content:
        what += f" and a body that is no JSON ({response.media_type or 'unknown type'})"
    items = facts["items"]
    named = [
        f"item {item.key if item.key is not None else '?'}: {issue.path or '(whole item)'}: {issue.code or issue.detail}"
        for item in items
        for issue in item.issues
    ]
    if named:
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        what += f"; {'; '.join(named[:_SHOWN])}{more}"
    if facts["hint"]:
        what += f" ({facts['hint']})"
    elif kind is not BlockedError and not named:
        what += f"; {advice}" if (advice := advice_of(response.status, is_read=op.safety == "safe")) else ""
    return f"{what} [request id {facts['request_id']}]" if facts["request_id"] else what


def _title(body: Mapping[str, Any]) -> str:
    return _text(body.get("title") or body.get("error_type"))


def _detail(body: Mapping[str, Any], response: Response, page: bool) -> str:
    for name in ("hint", "detail", "error_description", "error_reason", "error", "message"):
        value = body.get(name)
        # "errors" of the token endpoint and of old methods are words; other shapes are read as items.
        if isinstance(value, str | int | float) and value != "":
            return _text(value)
    if not body and not page and response.media_type == "text/plain":
        return _text(response.content[:_LONGEST].decode("utf-8", "replace").strip())
    return ""


def _code(body: Mapping[str, Any], detail: str) -> str:
    for name in ("error_type", "error_code", "code"):
        value = body.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return _text(value)
    errors = body.get("errors")
    if isinstance(errors, dict) and isinstance(errors.get("code"), str | int):
        return _text(errors["code"])
    number = code_in(detail)
    return "" if number is None else str(number)


def _hint(op: Op, code: str, words: str) -> str:
    if code.isdecimal():
        meaning = meaning_of(int(code), op.tag)
        if meaning:
            return meaning
    return hint_of(words)


def _items(body: Mapping[str, Any]) -> Iterator[ItemIssue]:
    listed = body.get("validation-errors") or body.get("errors")
    if isinstance(listed, list):
        for entry in listed:
            if isinstance(entry, dict):
                inner = entry.get("errors", entry)
                fields = inner if isinstance(inner, list) else [inner]
                key = entry.get("request_id")
                yield ItemIssue(None if key is None else str(key), tuple(_field(field) for field in fields))
    elif isinstance(listed, dict) and "code" in listed:
        key = listed.get("id")
        yield ItemIssue(None if key is None else str(key), (_field(listed),), "id")
    elif isinstance(listed, dict):
        for key, detail in listed.items():
            yield ItemIssue(str(key), (_field(detail),), "id")


def _field(raw: object) -> FieldIssue:
    if not isinstance(raw, dict):
        return FieldIssue("", "", _text(raw))
    detail = raw.get("detail") or raw.get("message") or raw.get("title")
    code = raw.get("code")
    # The items of calls carry a legacy number as their status.
    return FieldIssue(
        _text(raw.get("status") if code is None else code), _text(raw.get("path")), _text(detail)
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    text = hide_tokens(_QUERY.sub(r"\1?…", str(value)))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
