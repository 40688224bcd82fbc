"""Properties of an answer before it is read: HTML page or JSON, and how long it asks to wait."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .decoding import decode_json
from .wire import Response

__all__ = ["asked_to_wait", "is_page", "problem_body", "retry_after"]


def problem_body(response: Response) -> Mapping[str, Any]:
    """Return the JSON object of an error answer, empty if there is none."""
    if response.content.lstrip()[:1] != b"{":
        return {}
    try:
        body, _ = decode_json(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def is_page(response: Response) -> bool:
    """Return whether the body is an HTML page instead of JSON: a gateway wrote it, not the application.

    A plain text or an empty body is no page: the files service refuses with both.
    """
    return response.media_type == "text/html" or response.content[:64].lstrip()[:1] == b"<"


def asked_to_wait(response: Response, now: float | None = None) -> float | None:
    """Seconds that an answer asks to wait, ``None`` if it does not.

    A date is compared with the server's own clock where the answer shows it (``Date``).

    Args:
        response: the answer.
        now: Unix seconds, used when the answer has no ``Date``; the system's clock without it.
    """
    header = response.headers.get("retry-after")
    if header is None and b"retry_after" not in response.content:
        return None
    clock = _unix(response.headers.get("date", ""))
    if clock is None:
        clock = time.time() if now is None else now
    return retry_after(header, problem_body(response), clock)


def retry_after(header: str | None, body: object, now: float) -> float | None:
    """Seconds to wait: ``Retry-After`` as seconds or as a date, else ``retry_after`` in the JSON.

    Args:
        header: value of the header.
        body: decoded JSON body, anything else is ignored.
        now: Unix seconds, for dates.

    Example:
        >>> retry_after(None, {"retry_after": 300}, 0.0)
        300.0
    """
    if header is not None:
        asked = _seconds(header.strip())
        if asked is not None:
            return asked
        until = _unix(header)
        if until is not None:
            return max(0.0, until - now)
    return _seconds(body.get("retry_after")) if isinstance(body, Mapping) else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, seconds) if seconds == seconds and abs(seconds) != float("inf") else None


def _unix(date: str) -> float | None:
    if not date:
        return None
    from email.utils import parsedate_to_datetime  # rarely needed, and slow to import

    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
