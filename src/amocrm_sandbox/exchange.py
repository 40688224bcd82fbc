"""One request under way: counted, authorized, validated, carried out or refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from time import perf_counter
from typing import Any

from .account import Account
from .domain.context import Context, Handler, Item
from .engine.description import Operation
from .engine.fault_effects import corrupt_response, effect_delay, latency, replacement_response, stored_items
from .engine.faults import Fault
from .engine.messages import Request, Response, decode_json, html_page, problem
from .engine.php_query import as_int, form_value
from .engine.refusals import Refused, field_error, own_form, refuse
from .engine.service_hosts import PUBLIC, SERVICES, service_of

__all__ = ["HttpExchange"]

_SLASHES = re.compile("/{2,}")

ControlHandler = Callable[[Request, str, str], Response]

# The front takes request lines of 8 KiB, method and protocol included.
LONGEST_TARGET = 8 * 2**10 - len("DELETE  HTTP/1.1\r\n")
_FAMILIES = (".amocrm.ru", ".kommo.com", ".amocrm.com")


class HttpExchange:
    """One request under way: `inbound_delay` seconds on the wire, then `finish`.

    Args:
        account: The account.
        request: The request.
        control: Answers the paths of the control endpoint; None for a request from inside, which no fault strikes.
    """

    __slots__ = (
        "_account",
        "_control",
        "_faults",
        "_handler",
        "_name",
        "_operation",
        "_params",
        "_path",
        "_query",
        "_request",
    )

    def __init__(self, account: Account, request: Request, control: ControlHandler | None) -> None:
        self._account = account
        self._control = control
        self._request = request
        path, _, self._query = request.target.partition("?")
        # The front merges slashes; the vendor's SDK sends some paths with two.
        self._path = _SLASHES.sub("/", path)
        self._handler: Handler | None = None
        self._params: dict[str, str] = {}
        self._operation: Operation | None = None
        self._name = f"{request.method} {self._path}"
        self._faults: list[Fault] = []
        if self._path.startswith("/_sandbox"):
            return
        match = account.router.find(request.method, self._path)
        if match is not None:
            self._handler, template = match.value
            self._params = match.params
            self._operation = account.description.find(request.method, self._path)
            self._name = self._operation.id if self._operation else f"{request.method} {template}"
        if control is not None:
            self._faults = account.faults.choose(request.method, self._path, self._name)

    @property
    def inbound_delay(self) -> float:
        """Seconds to wait before the request counts as arrived."""
        return latency(self._faults)[0] if self._faults else 0.0

    def finish(self, arrived: float | None = None) -> Response:
        """Count the arrival, carry the request out and return the answer.

        Args:
            arrived: Monotonic seconds of the arrival; None for now.
        """
        account = self._account
        # Before the lock: a request that has to wait for another one has arrived all the same.
        now = account.clock.monotonic() if arrived is None else arrived
        with account.lock:
            if self._control is not None and self._path.startswith("/_sandbox"):
                account.run_deferred()
                return _dated(self._control(self._request, self._path, self._query), account.clock.now())
            account.run_deferred()
            begun = perf_counter()
            client_id, response = self._respond(now)
            request_id = f"{account.random.getrandbits(64):016x}"
            spent, time = perf_counter() - begun, account.clock.now()
            response = _dated(response, time, ("X-Request-Id", request_id))
            account.journal.add(self._request, self._path, self._name, client_id, now, response, time, spent)
        account.hook_queue.pump()
        if self._faults:
            delay = latency(self._faults)[1]
            if delay:
                response = replace(response, transmission=replace(response.transmission, delay=delay))
        return response

    def carry_out(self, client_id: str, user_id: int) -> Response:
        """Carry the request out for a user from inside: no limit, no counter and no journal knows of it."""
        with self._account.lock:
            self._account.run_deferred()
            try:
                response = self._dispatch(client_id, user_id, from_inside=True)
            except Refused as refused:
                response = refused.response
        self._account.hook_queue.pump()
        return response

    def _respond(self, now: float) -> tuple[str, Response]:
        account, token = self._account, self._bearer()
        if account.cassette is not None:
            return "cassette", account.cassette.answer(self._request)
        grant = account.tokens.check(token) if token else None
        client_id = grant.client_id if grant else "anonymous"
        # No limit is published for the chat service, and it knows no integration.
        verdict = "ok" if service_of(self._path) == "amojo" else account.limiter.arrive(client_id, now)
        if verdict == "blocked":
            return client_id, html_page(403)
        if verdict == "limited":
            if account.limiter.limits.json_page:
                return client_id, problem(429, "Too many requests", retry_after=1)
            return client_id, html_page(429)
        if len(self._request.target) > LONGEST_TARGET:
            return client_id, html_page(414)
        instead = replacement_response(self._faults, after_commit=False)
        if instead is not None:
            self._defer(client_id, grant.user_id if grant else None)
            return client_id, instead
        try:
            response = self._dispatch(client_id, grant.user_id if grant else None)
        except Refused as refused:
            response = own_form(self._path, refused.response)
        except OverflowError:
            # A number that no database column holds.
            response = problem(400, "Request validation failed")
        if self._faults:
            response = replacement_response(self._faults, after_commit=True) or corrupt_response(
                response, self._faults
            )
        return client_id, response

    def _defer(self, client_id: str, user_id: int | None) -> None:
        """Let the request take effect later if a fault asks for that."""
        delay = effect_delay(self._faults)
        if delay is None:
            return

        def take_effect(at: int) -> None:
            # The answer is not sent: a refusal only means that nothing is changed.
            with suppress(Refused, OverflowError):
                self._dispatch(client_id, user_id, now=at)

        account = self._account
        account.deferred.add(account.clock.now() + math.ceil(delay), take_effect)

    def _dispatch(
        self, client_id: str, user_id: int | None, from_inside: bool = False, now: int | None = None
    ) -> Response:
        account, request = self._account, self._request
        ctx = Context(account, request, self._path, self._query, self._params, self._operation, now)
        is_public = self._path.startswith(PUBLIC)
        self._check_host(is_public)
        if not is_public:
            ctx.client_id = client_id
            ctx.user = self._user(user_id)
            if not account.settings["is_paid"]:
                raise refuse(402, "Payment required")
            if not from_inside and service_of(self._path) is None and not self._path.startswith("/v3/"):
                ctx.require_scope("crm")
        if self._handler is None:
            if account.router.methods(self._path):
                raise refuse(405, "Method Not Allowed")
            raise ctx.no_route()
        if request.method == "GET":
            return self._handler(ctx)
        with account.store.transaction():
            if not is_public:
                ctx.items = self._items()[: stored_items(self._faults)]
            response = self._handler(ctx)
            has_changes = "changes" in ctx.__dict__
            deliveries = ctx.changes.flush() if has_changes else ()
        if deliveries:
            account.hook_queue.send_all(deliveries)
        for kind, id in ctx.changes.created if has_changes else ():
            account.robot_rules.run_rules(kind, id, ctx.now)
        return response

    def _bearer(self) -> str:
        kind, _, token = self._request.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def _check_host(self, is_public: bool) -> None:
        host = self._request.host.partition(":")[0].lower()
        if not host.endswith(_FAMILIES):
            return
        label = host.partition(".")[0]
        service = service_of(self._path)
        if service is not None or label.startswith(SERVICES):
            # The file and chat services stand on hosts of their own.
            if service is None or not label.startswith(service):
                address = f"{self._request.scheme}://{self._request.host}{self._request.target}"
                raise refuse(404, f"Cannot {self._request.method} {address}")
            return
        if label == self._account.subdomain or (is_public and (label == "www" or label.startswith("api-"))):
            return
        # Legacy code 101: there is no such account. The token endpoint of a host that is gone answers 404.
        raise refuse(404, "Account not found") if is_public else refuse(401, "Account not found")

    def _user(self, user_id: int | None) -> dict[str, Any]:
        unauthorized = refuse(401, "Invalid user name or password")
        if user_id is None:
            raise unauthorized
        users = self._account.store.documents("users")
        user = users.get(user_id)
        if user is None or not user["rights"]["is_active"]:
            raise unauthorized
        other = self._request.headers.get("x-context-user-id")
        if other is None:
            return user
        acting = users.get(as_int(other, 0) or 0)
        is_admin = user["rights"]["is_admin"]
        if acting is None or not is_admin or acting["rights"]["is_free"] or not acting["rights"]["is_active"]:
            raise unauthorized
        return acting

    def _items(self) -> list[Item]:
        operation, body = self._operation, self._request.body
        takes_body = operation.has_body if operation else bool(body)
        if not takes_body:
            return []
        if not body:
            if operation and not operation.needs_body:
                return [Item(None, {}, [])]
            raise refuse(400, "Request data can not be empty")
        try:
            # The popup of a call may come as a form.
            is_form = self._path.startswith("/api/v2/") and "urlencoded" in self._request.headers.get(
                "content-type", ""
            )
            value = form_value(body.decode()) if is_form else decode_json(body)
        except ValueError:
            raise refuse(400, "Request body is not valid JSON") from None
        is_batch = operation.is_batch if operation else isinstance(value, list)
        if operation and operation.read_only and not self._account.behaviour.strict:
            _drop(value, operation.read_only, operation.embedded_read_only)
        _drop_nothing(value)
        if not is_batch:
            if value == []:
                value = {}
            if isinstance(value, list):
                return [Item(None, {}, [field_error("FieldNotExpected", "0")])]
            return [Item(None, value, operation.validate(value) if operation else [])]
        if not isinstance(value, list):
            return [Item(0, {}, [field_error("InvalidType", "", "array")])]
        if not value:
            raise refuse(400, "Request data can not be empty")
        most = (operation.max_items if operation else None) or 250
        if len(value) > most:
            raise refuse(422, f"Limit {most} per page")
        check = operation.validate if operation else (lambda item: [])
        return [Item(index, item, check(item)) for index, item in enumerate(value)]


def _dated(response: Response, now: int, *headers: tuple[str, str]) -> Response:
    """Return the response with a Date header of the account's clock, unless a fault has put one in."""
    if not any(name == "Date" for name, _ in response.headers):
        headers = (*headers, ("Date", _http_date(now)))
    return replace(response, headers=(*response.headers, *headers))


@lru_cache(maxsize=8)
def _http_date(now: int) -> str:
    return formatdate(now, usegmt=True)


def _drop_nothing(value: Any) -> None:
    """Take a `request_id` of null and an empty `_embedded` for none.

    The vendor's SDK sends the first where it numbers no items (`ChatLinkModel`), a client that is tested on live
    accounts the second with every object.
    """
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and "request_id" in item and item["request_id"] is None:
            del item["request_id"]
        if isinstance(item, dict) and item.get("_embedded") in ({}, []):
            del item["_embedded"]


def _drop(value: Any, keys: frozenset[str], embedded: frozenset[str] = frozenset()) -> None:
    """Remove keys from an object, or from each object of a list, and from their `_embedded`."""
    for item in value if isinstance(value, list) else [value]:
        for key in keys & item.keys() if isinstance(item, dict) else ():
            del item[key]
        if embedded and isinstance(item, dict):
            _drop(item.get("_embedded"), embedded)
