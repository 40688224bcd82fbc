"""Refusals of requests: exceptions that carry the answer."""

from __future__ import annotations

from typing import Any

from .messages import JSON, Response, json_response, problem

__all__ = ["DETAILS", "Refused", "field_error", "invalid", "own_form", "refuse"]

DETAILS = {
    "NotSupportedChoice": "The value you selected is not a valid choice.",
    "FieldNotExpected": "This field was not expected.",
    "FieldMissing": "This field is missing.",
    "NotNullable": "This value should not be null.",
    "NotBlank": "This value should not be blank.",
    "InvalidType": "This value should be of type {}.",
    "TooLong": "This value is too long. It should have {} characters or less.",
    "TooShort": "This value is too short. It should have {} characters or more.",
    "TooLow": "This value should be {} or more.",
    "TooHigh": "This value should be {} or less.",
    "TooMany": "This collection should contain {} elements or less.",
    "TooFew": "This collection should contain {} elements or more.",
    "InvalidFormat": "This value is not valid.",
    "EntityNotFound": "Entity not found",
}


class Refused(Exception):
    """Refusal of a request; `response` is the answer. The writes of the request are rolled back."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def refuse(status: int, detail: str, **extra: Any) -> Refused:
    """Return the exception for a plain problem answer, to be raised by the caller."""
    return Refused(problem(status, detail, **extra))


def field_error(code: str, path: str, arg: object = "", detail: str | None = None) -> dict[str, str]:
    """Return one entry of `errors`: code, dotted path relative to the item, and a sentence."""
    return {
        "code": code,
        "path": path,
        "detail": detail or DETAILS.get(code, "This value is not valid.").format(arg),
    }


def invalid(errors: list[dict[str, Any]]) -> Refused:
    """Return the exception for the 400 of a failed validation (`validation-errors`)."""
    return refuse(400, "Request validation failed", **{"validation-errors": errors})


def own_form(path: str, response: Response) -> Response:
    """Return a refusal in the form of its service: the AI functions have one of their own for 401, 402 and 403."""
    if not path.startswith(("/api/v2/sources/", "/api/v2/agent/")) or response.status not in (401, 402, 403):
        return response
    detail = response.json()["detail"]
    body = {"code": response.status, "status": "error", "detail": detail, "error_reason": detail}
    return json_response(body, response.status, JSON)
