"""Requests and answers, independent of any HTTP library, and the protocol of a client."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from .drift import Drift
from .encoding import encode_json
from .op import Op
from .query import Param, encode_query, quote_segment

__all__ = [
    "AsyncClient",
    "Body",
    "Client",
    "Detailed",
    "ItemsOf",
    "Request",
    "RequestOf",
    "Response",
    "Sink",
    "build",
    "detailed",
]

T = TypeVar("T")
Item = TypeVar("Item")
Body: TypeAlias = bytes | Iterable[bytes] | AsyncIterable[bytes]


class Sink(Protocol):
    """Receiver of an answer that is not kept in memory as a whole."""

    def begin(self) -> object:
        """Forget what an earlier attempt has written: the answer begins."""

    def write(self, part: bytes, /) -> object:
        """Take the next part."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Request without its host and credentials.

    Attributes:
        op: facts of the operation.
        path: percent-encoded path.
        query: encoded query string without the question mark, may be empty.
        content: body as bytes (or a stream of bytes for uploads), ``None`` without one.
        content_type: media type of the body.
        headers: further headers of this request.
        timeout: seconds to wait for a byte of the answer, ``None`` for the client's timeout.
        sink: is given the parts of a successful answer as they come; ``content`` of the answer is empty then.
    """

    op: Op
    path: str
    query: str = ""
    content: Body | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = {}
    timeout: float | None = None
    sink: Sink | None = None

    @property
    def target(self) -> str:
        """Path and query of the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def shown(self) -> str:
        """The path for logs: an address that is itself a credential keeps its placeholder."""
        return self.op.path if "_token}" in self.op.path else self.path

    def __repr__(self) -> str:
        # Neither query values nor the body: both may contain personal data.
        return f"Request({self.op.id}: {self.op.method} {self.shown})"


class RequestOf(Request, Generic[T], frozen=True, kw_only=True):
    """Request whose answer becomes a ``T``."""


class ItemsOf(RequestOf[T], Generic[T, Item], frozen=True, kw_only=True):
    """Request whose answer becomes a page ``T`` with items of the type ``Item``."""


class Response(msgspec.Struct, kw_only=True):
    """Answer as it arrived. Header names are lower case.

    The reader fills ``drift``; it calls ``report`` once for each drift, or issues a Python warning if the client
    sets none. ``sent`` is how often the request may have reached the server: more than once after a retry of an
    idempotent request. ``timeouts`` is the number of earlier attempts that a gateway answered with 504.
    """

    status: int
    headers: Mapping[str, str] = {}
    content: bytes = b""
    report: Callable[[Drift], None] | None = None
    drift: Sequence[Drift] = ()
    sent: int = 1
    timeouts: int = 0

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, for the vendor's support."""
        return self.headers.get("x-request-id")

    @property
    def media_type(self) -> str:
        """Media type without its parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.content)} bytes of {self.media_type or 'unknown type'})"


class Detailed(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Parsed answer together with the answer itself.

    Attributes:
        parsed: return value of the plain call.
        status_code, headers, content: those of the answer.
        drift: values that differ from the description and were converted or left out.
    """

    parsed: T
    status_code: int
    headers: Mapping[str, str]
    content: bytes
    drift: Sequence[Drift]


def detailed(parsed: T, response: Response) -> Detailed[T]:
    """Join a parsed value with its answer."""
    return Detailed(
        parsed=parsed,
        status_code=response.status,
        headers=response.headers,
        content=response.content,
        drift=response.drift,
    )


class Client(Protocol):
    """Protocol of a client: it sends a request and returns the answer, of any status."""

    def send(self, request: Request, /) -> Response:
        """Send the request and return the answer; raise only if there is none."""
        ...


class AsyncClient(Protocol):
    """Protocol of an async client."""

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the answer; raise only if there is none."""
        ...


def build(
    op: Op,
    *,
    path: Mapping[str, object] | None = None,
    query: Iterable[Param] = (),
    body: Any = None,
    content: Body | None = None,
    content_type: str = "application/json",
    headers: Mapping[str, object] | None = None,
) -> ItemsOf[Any, Any]:
    """Make the request of an operation; ``body`` is encoded as JSON, ``content`` is sent as it is.

    A body or header that is ``None`` is left out: no operation takes a bare null.

    Raises:
        ValueError: a path parameter is empty, or the body has more items than the operation takes.
        EncodingError: a value of the path, the query or the body cannot be encoded; it names the place.
    """
    filled = op.path
    for name, value in (path or {}).items():
        filled = filled.replace("{" + name + "}", quote_segment(value))
    if body is not None and body is not msgspec.UNSET:
        if op.batch is not None and isinstance(body, Sequence) and len(body) > op.batch.max:
            raise ValueError(
                f"body of {op.id} must have at most {op.batch.max} items, got {len(body)}; "
                "send several requests, or use a session, which splits them"
            )
        content = encode_json(body)
    return ItemsOf(
        op=op,
        path=filled,
        query=encode_query(query),
        content=content,
        content_type=content_type if content is not None else None,
        headers={name: str(value) for name, value in (headers or {}).items() if value is not None},
    )
