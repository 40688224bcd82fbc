"""Context of one request for its handler, with the helpers that every area shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from ..account import Account
from ..engine.description import Operation
from ..engine.messages import Request, Response, json_response
from ..engine.php_query import as_int, as_list, parse_query, with_page
from ..engine.refusals import field_error, invalid, refuse
from ..storage.store import Store
from .change_log import Changes

__all__ = ["ENTITY_TABLES", "Context", "Handler", "Item", "Routes"]

ENTITY_TABLES = frozenset({"leads", "contacts", "companies", "customers", "catalog_elements"})


class Item:
    """One item of a batch body, or the whole of a single-object body.

    Attributes:
        index: Position in the batch; None for a single object.
        data: What was sent.
        errors: What is wrong with it so far, in the server's form.
    """

    __slots__ = ("data", "errors", "index")

    def __init__(self, index: int | None, data: Any, errors: list[dict[str, str]]) -> None:
        self.index = index
        self.data = data
        self.errors = errors

    @property
    def request_id(self) -> str:
        """The item's own `request_id`, or its index as a string."""
        sent = self.data.get("request_id") if isinstance(self.data, dict) else None
        return str(sent) if sent is not None else str(self.index or 0)

    def error(self, code: str, path: str, arg: object = "", detail: str | None = None) -> None:
        """Add an error at a dotted path relative to the item."""
        self.errors.append(field_error(code, path, arg, detail))

    def needs_one(self, *keys: str) -> None:
        """Add an error when none of the keys was sent."""
        if not any(key in self.data for key in keys):
            self.error("FieldMissing", keys[0])


class Context:
    """One authorized request on its way through a handler."""

    def __init__(
        self,
        account: Account,
        request: Request,
        path: str,
        query: str,
        params: dict[str, str],
        operation: Operation | None,
        now: int | None = None,
    ) -> None:
        self.account = account
        self.store: Store = account.store
        self.request = request
        self.path = path
        self.query_text = query
        self.params = params
        self.operation = operation
        self.user: dict[str, Any] = {}
        self.client_id = ""
        self.items: list[Item] = []
        self.now = account.clock.now() if now is None else now

    # ---- reading the request

    @cached_property
    def query(self) -> dict[str, Any]:
        """The query string as nested dictionaries."""
        return parse_query(self.query_text)

    @cached_property
    def with_(self) -> set[str]:
        """The values of `with`."""
        return {part.strip() for value in as_list(self.query.get("with")) for part in value.split(",")}

    @cached_property
    def filter(self) -> dict[str, Any]:
        """The `filter` parameter; empty when there is none."""
        conditions = self.query.get("filter")
        return conditions if isinstance(conditions, dict) else {}

    @cached_property
    def changes(self) -> Changes:
        """Changes that the handler records."""
        return Changes(self.account, self.user.get("id", 0), self.now)

    def id(self, name: str = "id") -> int:
        """Return a numeric path parameter; anything else is a path that does not exist."""
        value = as_int(self.params[name])
        if value is None:
            raise self.no_route()
        return value

    @property
    def item(self) -> Item:
        """The body of an operation that takes one object."""
        return self.items[0]

    def refuse_bad_items(self) -> None:
        """Refuse the whole request when any item has an error; what was written is rolled back."""
        if any(item.errors for item in self.items):
            raise self.refusal()

    def refusal(self) -> Exception:
        """Return the 400 that names the errors of all items; those of a single object carry no `request_id`."""
        errors: list[dict[str, Any]] = []
        for item in self.items:
            if item.errors:
                entry: dict[str, Any] = {} if item.index is None else {"request_id": item.request_id}
                errors.append({**entry, "errors": item.errors})
        return invalid(errors)

    # ---- reading the account

    def exists(self, kind: str, id: Any) -> bool:
        """Return whether there is such an entity or list element, and not in the bin."""
        sql = f"SELECT 1 FROM {kind} WHERE id=? AND is_deleted=0"
        return kind in ENTITY_TABLES and self.store.row(sql, (id,)) is not None

    def check_users(self, item: Item, data: dict[str, Any], *keys: str, prefix: str = "") -> None:
        """Add an error for every key that names no user; 0 is the robot.

        Args:
            item: Where errors go.
            data: The sent object.
            *keys: Keys that hold ids of users; null passes.
            prefix: Path of the object in the item, with its trailing dot.
        """
        users = self.store.documents("users")
        for key in keys:
            value = data.get(key)
            if value is not None and value not in users and value != 0:
                item.error("NotSupportedChoice", prefix + key)

    # ---- refusing

    def no_route(self) -> Exception:
        """Return the 404 of a path that does not exist."""
        address = f"{self.request.scheme}://{self.request.host}{self.path}"
        return refuse(404, f"Cannot {self.request.method} {address}")

    def require_admin(self) -> None:
        """Refuse users who are not administrators."""
        if not self.user["rights"]["is_admin"]:
            raise refuse(403, "Access denied")

    def require_scope(self, scope: str) -> None:
        """Refuse tokens of integrations without a scope."""
        if scope not in self.account.tokens.scopes(self.client_id):
            raise refuse(403, "Client doesn't have the required scope")

    # ---- building the answer

    @cached_property
    def base(self) -> str:
        """Scheme and host of links: those of the request, or the shard that the sandbox was told to name."""
        return self.account.link_base or f"{self.request.scheme}://{self.request.host}"

    def href(self, path: str) -> str:
        """Return the absolute address of a path below `/api/v4`."""
        return f"{self.base}/api/v4/{path}"

    def links(self, path: str) -> dict[str, Any]:
        """Return `_links` with the address of a path below `/api/v4`."""
        return {"self": {"href": f"{self.base}/api/v4/{path}"}}

    def ref(self, kind: str, id: int) -> dict[str, Any]:
        """Return an embedded reference: the id and the link."""
        return {"id": id, "_links": {"self": {"href": f"{self.base}/api/v4/{kind}/{id}"}}}

    def written(self, kind: str, items: Iterable[dict[str, Any]]) -> Response:
        """Return the answer to a batch write: a link and the items, no totals."""
        return json_response({"_links": self.links(kind), "_embedded": {kind: list(items)}})

    # ---- pages

    @cached_property
    def page(self) -> int:
        """The requested page, from 1."""
        return min(max(1, as_int(self.query.get("page"), 1) or 1), 10**9)

    @cached_property
    def limit(self) -> int:
        """Items per page: 50 unless asked otherwise; more than the operation allows is refused with 422."""
        most = (self.operation.max_limit if self.operation else None) or 250
        limit = as_int(self.query.get("limit"), None) or 50
        if limit > most:
            raise refuse(422, f"Limit {most} per page")
        return max(1, limit)

    def page_links(self, has_next: bool, last: int | None = None) -> dict[str, Any]:
        """Return the paging links; they keep every query parameter as it was sent."""

        def link(page: int) -> dict[str, str]:
            return {"href": f"{self.base}{self.path}?{with_page(self.query_text, page, self.limit)}"}

        links = {"self": link(self.page)}
        if has_next:
            links["next"] = link(self.page + 1)
        if self.page > 1:
            links["first"] = link(1)
            links["prev"] = link(self.page - 1)
        if last is not None:
            links["last"] = link(last)
        return links

    def page_answer(self, key: str, items: Sequence[Any], has_next: bool) -> Response:
        """Return a page without totals, or the 204 of an empty one."""
        if not items:
            return Response(204)
        return json_response(
            {"_page": self.page, "_links": self.page_links(has_next), "_embedded": {key: items}}
        )

    def sliced_page(self, key: str, every: Sequence[Any], render: Callable[[Any], Any]) -> Response:
        """Return a page without totals of a directory, or the 204 of an empty one."""
        start = (self.page - 1) * self.limit
        items = [render(document) for document in every[start : start + self.limit]]
        return self.page_answer(key, items, len(every) > start + self.limit)

    def counted_page(
        self, key: str, every: list[Any], render: Callable[[Any], Any], last: bool = False
    ) -> Response:
        """Return a page with `_total_items` and `_page_count` of a directory, or the 204 of an empty one."""
        start = (self.page - 1) * self.limit
        items = [render(item) for item in every[start : start + self.limit]]
        if not items:
            return Response(204)
        pages = -(-len(every) // self.limit)
        links = self.page_links(self.page < pages, pages if last and pages > 1 else None)
        body = {"_total_items": len(every), "_page": self.page, "_page_count": pages, "_links": links}
        return json_response({**body, "_embedded": {key: items}})


Handler = Callable[[Context], Response]


class Routes:
    """The routes of one area.

    Example:
        >>> routes = Routes()
        >>> @routes("GET", "/api/v4/account")
        ... def account(ctx): ...
        >>> routes.table[0][:2]
        ('GET', '/api/v4/account')
    """

    def __init__(self) -> None:
        self.table: list[tuple[str, str, Handler]] = []

    def __call__(self, method: str, *templates: str) -> Callable[[Handler], Handler]:
        """Register a handler for a method and one or more path templates."""

        def register(handler: Handler) -> Handler:
            self.table.extend((method, template, handler) for template in templates)
            return handler

        return register
