"""Requests and responses as the sandbox sees them: plain values, free of any transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

__all__ = [
    "HAL",
    "HTML",
    "JSON",
    "PROBLEM",
    "TITLES",
    "Transmission",
    "Request",
    "Response",
    "decode_json",
    "encode",
    "html_page",
    "json_response",
    "problem",
]

HAL = "application/hal+json"
PROBLEM = "application/problem+json"
JSON = "application/json"
HTML = "text/html"

TITLES = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}

_encoder = msgspec.json.Encoder()
encode = _encoder.encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Transmission:
    """Orders to the transport for one response; the default is "at once and whole".

    Args:
        delay: Seconds to wait before the first byte.
        drop: Close the connection without sending anything.
        keep: Send only so many bytes of the body, then close the connection.
        chunks: Number of pieces in which the body is sent.
        chunk_delay: Seconds to wait before each piece.
    """

    delay: float = 0.0
    drop: bool = False
    keep: int | None = None
    chunks: int = 1
    chunk_delay: float = 0.0


AT_ONCE = Transmission()


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Args:
        method: Upper-case method.
        target: Path with query, as on the request line.
        host: Value of the Host header; decides which account is meant.
        headers: Header values by lower-case name.
        body: Raw body, empty when there is none.
        scheme: ``http`` or ``https``; used in the links of answers.
    """

    method: str
    target: str
    host: str = "localhost"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "https"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, with the orders for its delivery.

    Example:
        >>> Response(204).json() is None
        True
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    transmission: Transmission = AT_ONCE

    def json(self) -> Any:
        """Return the decoded body, or None for an empty one.

        Raises:
            msgspec.DecodeError: The body is not JSON.
        """
        return msgspec.json.decode(self.body) if self.body else None

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None."""
        low = name.lower()
        return next((value for key, value in self.headers if key.lower() == low), None)


def decode_json(body: bytes) -> Any:
    """Return the value of a JSON body.

    Raises:
        ValueError: It is no JSON, or nested too deeply.
    """
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("Request body is not valid JSON") from None


_HAL_HEADERS = (("Content-Type", HAL),)


def json_response(value: Any, status: int = 200, content_type: str = HAL) -> Response:
    """Return a response with a JSON body."""
    headers = _HAL_HEADERS if content_type == HAL else (("Content-Type", content_type),)
    return Response(status, headers, encode(value))


def problem(status: int, detail: str, **extra: Any) -> Response:
    """Return an error body of the v4 API: `title`, `type`, `status`, `detail` and what the case adds."""
    body = dict(extra)
    body.update(
        title=TITLES.get(status, "Error"),
        type=f"https://httpstatus.es/{status}",
        status=status,
        detail=detail,
    )
    return json_response(body, status, PROBLEM)


def html_page(status: int) -> Response:
    """Return the gateway's page, which is what 403 blocks, 429, 502 and 504 look like in practice."""
    title = f"{status} {TITLES.get(status, 'Error')}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(status, (("Content-Type", HTML),), body.encode())
