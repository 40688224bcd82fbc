"""From an error answer to the right exception. Four body shapes, and pages that are no JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

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
from .wire import Response

__all__ = ["is_gateway_page", "problem_of", "problem_body"]

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


def problem_body(response: Response) -> Mapping[str, Any]:
    """The JSON object of an error answer, empty when there is none."""
    if response.content.lstrip()[:1] != b"{":
        return {}
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def is_gateway_page(response: Response) -> bool:
    """Whether the answer is no JSON, so that a gateway and not the application wrote it."""
    return not problem_body(response)


def problem_of(op: Op, response: Response) -> APIError:
    """The exception for an answer with an error status; it is returned, not raised."""
    body = problem_body(response)
    items = tuple(_items(body))
    kind = _BY_STATUS.get(response.status, ServerError if response.status >= 500 else APIError)
    if kind is ForbiddenError and not body:
        kind = BlockedError
    title, detail = _text(body.get("title")), _text(body.get("detail") or body.get("hint"))
    attributes: dict[str, Any] = {
        "op": op.id,
        "status": response.status,
        "title": title,
        "detail": detail,
        "request_id": response.request_id,
        "items": items,
        "html": not body,
    }
    if kind is RateLimitedError:
        wait = body.get("retry_after")
        attributes["retry_after"] = float(wait) if isinstance(wait, int | float) else None
    return kind(_sentence(op, response, kind, title, detail, items), **attributes)


def _sentence(
    op: Op, response: Response, kind: type[APIError], title: str, detail: str, items: tuple[ItemIssue, ...]
) -> str:
    what = f"{op.id} ({op.method} {op.path}) was answered with {response.status}"
    if kind is BlockedError:
        what += ": a page of the gateway; the API is blocked for this account or address, stop sending and ask support"
    elif detail or title:
        what += f": {detail or title}"
    elif response.content:
        what += f" and a body that is no JSON ({response.media_type or 'unknown type'})"
    named = [
        f"item {item.key if item.key is not None else '?'}: {issue.path or '(whole item)'}: {issue.code or issue.detail}"
        for item in items
        for issue in item.issues
    ]
    if named:
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        what += f"; {'; '.join(named[:_SHOWN])}{more}"
    return f"{what} [request id {response.request_id}]" if response.request_id else what


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
    detail = raw.get("detail") or raw.get("message")
    return FieldIssue(_text(raw.get("code")), _text(raw.get("path")), _text(detail))


def _text(value: object) -> str:
    return "" if value is None else str(value)
