"""Reads a page of everything and compares it: nothing is changed in the account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from amocrm_gen._runtime.query import encode_query
from amocrm_gen._runtime.wire import Request, Response

from ...errors import TransportError, UnauthorizedError
from .comparison import Comparison, ordered
from .operations import Described, Identifiers, reads

__all__ = ["Asked", "Reading"]

_DIRECTIONS: Final = ("asc", "desc")
#: Statuses that say that this account or this user has nothing there.
_CLOSED: Final = frozenset({402, 403, 404})


class Asked:
    """What one operation answered.

    Args:
        schemas: component schemas of the description.

    Attributes:
        statuses: how often each status came.
        items: how many items of lists came.
        comparison: what differs from the description.
    """

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.statuses: Counter[int] = Counter()
        self.items = 0
        self.comparison = Comparison(schemas)


class Reading:
    """One walk over everything that can be read.

    Args:
        document: the OpenAPI document.
        send: sends a request and returns the answer, also one with an error status.
        told: is told the name of each operation before it is asked.

    Attributes:
        asked: what was learned, by operation.
        left_out: why an operation was not asked, by operation.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        send: Callable[[Request], Response],
        told: Callable[[str], object] = lambda name: None,
    ) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._document, self._send, self._told = document, send, told
        self._known = Identifiers()
        self.asked: dict[str, Asked] = {}
        self.left_out: dict[str, str] = {}

    def run(self) -> None:
        """Ask everything.

        Raises:
            UnauthorizedError: the token is refused; nothing else can be learned. TokenError: there is none.
        """
        for operation in reads(self._document):
            if operation.unreadable is not None:
                self.left_out[operation.id] = operation.unreadable
                continue
            self._told(operation.id)
            paths = list(self._known.paths(operation))
            required = operation.required(self._known)
            if not paths or required is None:
                self.left_out[operation.id] = "nothing in the account to ask about"
                continue
            for path in paths:
                self._read(operation, path, required)

    def ask(self, operation: Described, request: Request) -> Any:
        """Send one request and compare the answer; the decoded body of a success, else None.

        Raises:
            UnauthorizedError: the token is refused.
        """
        asked = self.asked.setdefault(operation.id, Asked(self._schemas))
        try:
            response = self._send(request)
        except TransportError as error:
            asked.comparison.note("status", "$", f"no answer: {type(error).__name__}")
            return None
        asked.statuses[response.status] += 1
        if response.status == 401:
            raise UnauthorizedError("the token is refused", op=operation.id, status=401)
        return self._compared(operation, response, asked.comparison)

    def _read(self, operation: Described, path: str, required: Sequence[Any]) -> None:
        page = operation.op.page
        query = [*required, *([("with", "comma", operation.added)] if operation.added else ())]
        if page is None:
            self._known.learn(path, _items(self.ask(operation, _request(operation, path, query))))
            return
        items = _items(
            self.ask(operation, _request(operation, path, [*query, *_paging(page.limit, 1)])), page.key
        )
        asked = self.asked[operation.id]
        asked.items += len(items)
        self._known.learn(path, items)
        if len(items) > page.limit:
            asked.comparison.note(
                "limit", "$._embedded", f"more than the {page.limit} items that were asked for"
            )
        if len(items) >= 2 and not any(status in asked.statuses for status in _CLOSED):
            self._page_by_one(operation, path, required)
            for key in operation.orders:
                for direction in _DIRECTIONS:
                    self._sorted(operation, path, required, key, direction)

    def _page_by_one(self, operation: Described, path: str, required: Sequence[Any]) -> None:
        """Two pages of one item, where there are two."""
        page = operation.op.page
        assert page is not None
        comparison = self.asked[operation.id].comparison
        seen: list[Any] = []
        for number in (1, 2):
            body = self.ask(operation, _request(operation, path, [*required, *_paging(1, number)]))
            items = _items(body, page.key)
            if len(items) != 1:
                comparison.note("limit", "$._embedded", f"limit=1 gave {'more' if items else 'none'}")
            if isinstance(body, dict) and body.get("_page", number) != number:
                comparison.note("paging", "$._page", "another page than the one that was asked for")
            links = body.get("_links") if isinstance(body, dict) else None
            if number == 1 and isinstance(body, dict) and not (isinstance(links, dict) and links.get("next")):
                comparison.note("paging", "$._links.next", "missing although there is a next page")
            seen += [item["id"] for item in items if isinstance(item, dict) and "id" in item]
        if len(seen) == 2 and seen[0] == seen[1]:
            comparison.note("paging", "$._embedded", "page 2 is page 1 again")

    def _sorted(
        self, operation: Described, path: str, required: Sequence[Any], key: str, direction: str
    ) -> None:
        page = operation.op.page
        assert page is not None
        query = [*required, ("order", "brackets", {key: direction}), *_paging(min(page.limit, 50), 1)]
        items = _items(self.ask(operation, _request(operation, path, query)), page.key)
        values = (item.get(key) for item in items if isinstance(item, dict))
        if not ordered(values, descending=direction == "desc"):
            self.asked[operation.id].comparison.note(
                "order", f"$._embedded.{page.key}", f"order[{key}]={direction} is not kept"
            )

    def _compared(self, operation: Described, response: Response, comparison: Comparison) -> Any:
        described = operation.answer(response.status)
        if described is None:
            comparison.note("status", "$", f"{response.status} is not described")
            return None
        media: Mapping[str, Any] = described.get("content", {})
        if not media or (response.status >= 300 and response.media_type not in media):
            return None  # an error page of the gateway is no matter of this operation
        if not response.content.strip():
            comparison.note("body", "$", "empty")
            return None
        if response.media_type not in media:
            comparison.note(
                "media type", "$", f"{_shown(response.media_type)} instead of {' or '.join(media)}"
            )
        try:
            body = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            comparison.note("body", "$", "no whole JSON")
            return None
        schema = (media.get(response.media_type) or next(iter(media.values()))).get("schema")
        if schema is not None:
            comparison.compare(body, schema)
        return body if response.status < 300 else None


def _shown(media_type: str) -> str:
    return (
        media_type if media_type.replace("/", "").replace("+", "").replace("-", "").isalnum() else "another"
    )


def _request(operation: Described, path: str, query: Sequence[Any]) -> Request:
    return Request(op=operation.op, path=path, query=encode_query(query))


def _paging(limit: int, page: int) -> list[Any]:
    return [("limit", "plain", limit), ("page", "plain", page)]


def _items(body: Any, key: str | None = None) -> list[Any]:
    """Return the list in an answer: the named one, else the first under ``_embedded``, else the answer itself."""
    if isinstance(body, list):
        return body
    embedded = body.get("_embedded") if isinstance(body, dict) else None
    if not isinstance(embedded, dict):
        return []
    items = (
        embedded.get(key)
        if key is not None
        else next((v for v in embedded.values() if isinstance(v, list)), None)
    )
    return items if isinstance(items, list) else []
