"""One delivery as it arrived over HTTP, and its answer, independent of any web framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from .._core.arguments import checked

__all__ = ["Account", "Answer", "Delivery", "headers_of"]

#: The header by which the platform names a delivery (or the request behind it).
REQUEST_ID: Final = "x-amocrm-requestid"
#: Headers that are stored with a delivery: those that describe it, none with credentials.
KEPT: Final = frozenset(
    {"content-type", "user-agent", "x-signature", "uber-trace-id", "date", REQUEST_ID, "x-request-id"}
)


def headers_of(headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None) -> dict[str, str]:
    """Return the headers of any framework with lower-case names; the last value of a repeated one counts."""
    if headers is None:
        return {}
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {_text(name).lower(): _text(value) for name, value in pairs}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes | bytearray) else str(value)


@checked()
@attrs.frozen(kw_only=True)
class Account:
    """Account that a delivery names. No signature proves it.

    Attributes:
        id: account id.
        subdomain: first label of its host.
        url: its address with scheme.
        amojo_id: its id in the chats API (chat hooks have no other).
    """

    id: int | None = None
    subdomain: str | None = None
    url: str | None = None
    amojo_id: str | None = None

    @property
    def host(self) -> str:
        """Host of its address, empty where the delivery does not say it."""
        return urlsplit(self.url or "").hostname or ""

    @property
    def names(self) -> tuple[int | str, ...]:
        """The id, subdomain and ``amojo_id`` that are known."""
        return tuple(name for name in (self.id, self.subdomain, self.amojo_id) if name is not None)

    def __bool__(self) -> bool:
        return not (self.id is None and self.subdomain is None and self.amojo_id is None)


@checked()
@attrs.frozen(slots=False, kw_only=True, eq=False)
class Delivery:
    """Request of the platform.

    Attributes:
        body: the bytes of the body, exactly as they arrived (signatures are made of them).
        headers: names in lower case.
        query: query string without the question mark; some hooks come as ``GET`` and have nothing else.
        path: path of the request; its last segment may be the secret, so it is neither stored nor printed.
        received_at: Unix seconds, ``None`` before it is stored.
        key: key that repetitions share, ``None`` before it is stored.
    """

    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=headers_of)
    query: str = ""
    path: str = ""
    received_at: float | None = None
    key: str | None = None

    @property
    def request_id(self) -> str | None:
        """The platform's id of the delivery. It is unknown whether a repetition has the same one."""
        return self.headers.get(REQUEST_ID)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of query and body, hexadecimal."""
        return sha256(self.query.encode("utf-8", "replace") + b"\n" + self.body).hexdigest()

    def __repr__(self) -> str:
        # Neither path and query (secrets) nor the body (personal data).
        return f"Delivery({len(self.body)} bytes, request_id={self.request_id!r})"


@checked()
@attrs.frozen(slots=True)
class Answer:
    """Answer of the receiver. The platform uses the status only.

    Attributes:
        status: HTTP status; the platform counts everything below 300 as accepted.
        text: body, plain text.
    """

    status: int = 200
    text: str = "ok"

    @property
    def body(self) -> bytes:
        """The body as bytes."""
        return self.text.encode()
