"""The sandbox: one amoCRM account, request in, response out. No transport, no waiting."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from . import seed as seeding
from .areas import ALL
from .clock import Clock
from .context import Context, Handler, Item, Routes
from .control import Control, fresh_directories
from .description import Description, Operation
from .effects import answer_instead, deform, latency
from .errors import Refused, field_error, refuse
from .faults import Fault, Faults
from .journal import Journal
from .limits import Limiter, Limits
from .messages import Request, Response, html_page, problem
from .router import Router
from .store import Store
from .tokens import Integration, Tokens

__all__ = ["Exchange", "Sandbox"]

_FAMILIES = (".amocrm.ru", ".kommo.com", ".amocrm.com")
_decode = msgspec.json.Decoder().decode


def _routes(areas: tuple[Routes, ...]) -> Router:
    router = Router()
    for routes in areas:
        for method, template, handler in routes.table:
            router.add(method, template, (handler, template))
    return router


class Sandbox:
    """A local amoCRM account with the true wire format.

    One object is one account. Nothing is shared between two of them, and nothing sleeps: a response carries the
    orders for its delivery (delay, drop, truncation), and the transport on top obeys them.

    Args:
        db: File to keep the account in, or None for memory. An existing file is opened with all that it holds.
        subdomain: First label of the account's host.
        limits: True for the vendor's limits, False for none, or limits of your own.
        api_filter: Whether the account has the paid option. Without it (the default, as in a new account) filters of
            the four main lists are ignored and the unfiltered list comes back.
        seed: Makes ids of tokens, jitter and probabilities repeatable.
        clock: Both clocks; give a `ManualClock` to stand still.
        link_base: Scheme and host that links in answers name, for example ``https://shard7.amocrm.ru``; None for
            those of the request.
        timezone: Time zone of the account, IANA name.
        description: The OpenAPI description that requests are checked against; None for the bundled one.
        log_size: Number of requests that the journal remembers.

    Example:
        >>> sandbox = Sandbox()
        >>> sandbox.get("/api/v4/leads").status
        204
    """

    def __init__(
        self,
        *,
        db: str | Path | None = None,
        subdomain: str = "demo",
        limits: bool | Limits = True,
        api_filter: bool | None = None,
        seed: int = 0,
        clock: Clock | None = None,
        link_base: str | None = None,
        timezone: str = "Europe/Moscow",
        description: Description | None = None,
        log_size: int = 2000,
    ) -> None:
        self.clock = clock or Clock()
        self.description = description or Description.bundled()
        self.link_base = link_base
        self.lock = threading.RLock()
        self.store = Store(db)
        opened = (self.store.setting("opened") or 0) + 1
        self.store.set_setting("opened", opened)
        self.random = Random(f"{seed}:{opened}")
        if self.store.is_new:
            with self.store.transaction():
                seeding.create_account(self.store, self.clock.now(), subdomain, timezone, self.random)
        self.account: dict[str, Any] = self.store.setting("account")
        if api_filter is not None:
            self.set_option("is_api_filter_enabled", api_filter)
        self.tokens = Tokens(self.store, self.clock, self.random, self.account["id"], "api-a.amocrm.ru")
        existing = self.tokens.integrations()
        self.integration: Integration = existing[0] if existing else self.tokens.create_integration()
        self.limiter = Limiter(limits if isinstance(limits, Limits) else Limits() if limits else Limits.off())
        self.faults = Faults(seed)
        self.journal = Journal(log_size)
        self._control = Control(self)
        self._router = _routes(ALL)
        self._token: str | None = None

    def close(self) -> None:
        """Close the database; what is in a file stays."""
        with self.lock:
            self.store.close()

    # ---- the account

    @property
    def subdomain(self) -> str:
        """First label of the account's host."""
        return str(self.account["subdomain"])

    @property
    def url(self) -> str:
        """The account's address when it is used in process."""
        return f"https://{self.subdomain}.amocrm.ru"

    @property
    def token(self) -> str:
        """A long-lived token of the first integration, acting for the administrator."""
        if self._token is None:
            self._token = self.long_lived_token()
        return self._token

    def long_lived_token(self, days: int = 365, user_id: int | None = None) -> str:
        """Return a new long-lived token, valid for so many days."""
        with self.lock:
            return self.tokens.issue_access(self.integration.client_id, user_id or self.admin_id, days * 86400)

    def authorization_code(self, user_id: int | None = None) -> str:
        """Return a new authorization code of the first integration: valid for 20 minutes, usable once."""
        with self.lock:
            return self.tokens.issue_code(self.integration.client_id, user_id or self.admin_id)

    @property
    def admin_id(self) -> int:
        """Id of the first user, an administrator."""
        return min(self.store.documents("users"))

    def set_option(self, name: str, value: Any) -> None:
        """Change a property of the account, for example ``is_api_filter_enabled`` or ``subdomain`` (a move)."""
        with self.lock:
            self.account = {**self.store.setting("account"), name: value}
            self.store.set_setting("account", self.account)

    def delete(self, kind: str, id: int) -> None:
        """Put a lead, contact or company into the bin, as a user does in the interface; the API cannot.

        Raises:
            ValueError: There are no such entities here.
        """
        if kind not in ("leads", "contacts", "companies"):
            raise ValueError(f"{kind} can not be deleted")
        with self.lock:
            self.store.execute(f"UPDATE {kind} SET is_deleted=1, updated_at=? WHERE id=?", (self.clock.now(), id))

    def counters(self) -> dict[str, Any]:
        """Return what the server has counted.

        `total` and `operations` count requests, `peak` is the highest number of requests in any sliding second,
        `limited` and `blocked` count refusals by the limits.
        """
        with self.lock:
            return {
                "total": self.journal.total,
                "operations": dict(self.journal.operations),
                "statuses": {str(status): count for status, count in self.journal.statuses.items()},
                "peak": self.limiter.peak,
                "peaks": self.limiter.peaks,
                "limited": self.limiter.limited,
                "blocked": self.limiter.blocked,
                "is_blocked": self.limiter.is_blocked,
            }

    def reset(self, *, data: bool = True, counters: bool = True, limits: bool = True, faults: bool = True) -> None:
        """Go back to an empty account, or to a part of it; users, integrations and tokens stay."""
        with self.lock:
            if data:
                with self.store.transaction():
                    fresh_directories(self)
            if counters:
                self.journal.reset()
            if limits:
                self.limiter.reset()
            if faults:
                self.faults.clear()

    # ---- requests

    def begin(self, request: Request) -> Exchange:
        """Take a request in: find its operation and the faults that strike it. Nothing is carried out yet."""
        with self.lock:
            return Exchange(self, request)

    def handle(self, request: Request) -> Response:
        """Carry out a request; the delays that faults ask for are left to the caller (`Response.delivery`)."""
        return self.begin(request).finish()

    def get(self, target: str) -> Response:
        """GET as the administrator."""
        return self.call("GET", target)

    def call(self, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        """Send one request as the administrator, the body given as a value.

        Args:
            method: HTTP method.
            target: Path with query.
            body: Anything that JSON can hold; None for no body.
            headers: Additional headers by lower-case name.
        """
        sent = {"authorization": f"Bearer {self.token}", **(headers or {})}
        content = b"" if body is None else msgspec.json.encode(body)
        return self.handle(Request(method, target, f"{self.subdomain}.amocrm.ru", sent, content))


class Exchange:
    """One request under way: `inbound_delay` seconds on the wire, then `finish`."""

    __slots__ = ("_faults", "_handler", "_operation", "_path", "_query", "_request", "_sandbox", "_params", "_name")

    def __init__(self, sandbox: Sandbox, request: Request) -> None:
        self._sandbox = sandbox
        self._request = request
        self._path, _, self._query = request.target.partition("?")
        self._handler: Handler | None = None
        self._params: dict[str, str] = {}
        self._operation: Operation | None = None
        self._name = f"{request.method} {self._path}"
        self._faults: list[Fault] = []
        if self._path.startswith("/_sandbox"):
            return
        match = sandbox._router.find(request.method, self._path)
        if match is not None:
            self._handler, template = match.value
            self._params = match.params
            self._operation = sandbox.description.find(request.method, self._path)
            self._name = self._operation.id if self._operation else f"{request.method} {template}"
        self._faults = sandbox.faults.choose(request.method, self._path, self._name)

    @property
    def inbound_delay(self) -> float:
        """Seconds to wait before the request counts as arrived."""
        return latency(self._faults)[0] if self._faults else 0.0

    def finish(self, arrived: float | None = None) -> Response:
        """Count the arrival, carry the request out and return the answer.

        Args:
            arrived: Monotonic seconds of the arrival; None for now.
        """
        sandbox = self._sandbox
        with sandbox.lock:
            if self._path.startswith("/_sandbox"):
                return sandbox._control.handle(self._request, self._path, self._query)
            now = sandbox.clock.monotonic() if arrived is None else arrived
            client_id, response = self._respond(now)
            request_id = f"{sandbox.random.getrandbits(64):016x}"
            response = replace(response, headers=(*response.headers, ("X-Request-Id", request_id)))
            sandbox.journal.add(self._request, self._path, self._name, client_id, now, response)
        if self._faults:
            delay = latency(self._faults)[1]
            if delay:
                response = replace(response, delivery=replace(response.delivery, delay=delay))
        return response

    def _respond(self, now: float) -> tuple[str, Response]:
        sandbox, token = self._sandbox, self._bearer()
        grant = sandbox.tokens.check(token) if token else None
        client_id = grant.client_id if grant else "anonymous"
        verdict = sandbox.limiter.arrive(client_id, now)
        if verdict == "blocked":
            return client_id, html_page(403)
        if verdict == "limited":
            if sandbox.limiter.limits.json_page:
                return client_id, problem(429, "Too many requests", retry_after=1)
            return client_id, html_page(429)
        instead = answer_instead(self._faults, after_commit=False)
        if instead is not None:
            return client_id, instead
        try:
            response = self._dispatch(client_id, grant.user_id if grant else None)
        except Refused as refused:
            response = refused.response
        if self._faults:
            response = answer_instead(self._faults, after_commit=True) or deform(response, self._faults)
        return client_id, response

    def _dispatch(self, client_id: str, user_id: int | None) -> Response:
        sandbox, request = self._sandbox, self._request
        ctx = Context(sandbox, request, self._path, self._query, self._params, self._operation)
        is_public = self._path.startswith("/oauth")
        self._check_host(is_public)
        if not is_public:
            ctx.client_id = client_id
            ctx.user = self._user(user_id)
        if self._handler is None:
            if sandbox._router.methods(self._path):
                raise refuse(405, "Method Not Allowed")
            raise ctx.no_route()
        if request.method == "GET":
            return self._handler(ctx)
        with sandbox.store.transaction():
            if not is_public:
                ctx.items = self._items()
            return self._handler(ctx)

    def _bearer(self) -> str:
        kind, _, token = self._request.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def _check_host(self, is_public: bool) -> None:
        host = self._request.host.partition(":")[0].lower()
        if not host.endswith(_FAMILIES):
            return
        label = host.partition(".")[0]
        if label == self._sandbox.subdomain or (is_public and (label == "www" or label.startswith("api-"))):
            return
        # Legacy code 101: there is no such account. The token endpoint of a host that is gone answers 404.
        raise refuse(404, "Account not found") if is_public else refuse(401, "Account not found")

    def _user(self, user_id: int | None) -> dict[str, Any]:
        unauthorized = refuse(401, "Invalid user name or password")
        if user_id is None:
            raise unauthorized
        users = self._sandbox.store.documents("users")
        user = users.get(user_id)
        if user is None or not user["rights"]["is_active"]:
            raise unauthorized
        other = self._request.headers.get("x-context-user-id")
        if other is None:
            return user
        acting = users.get(int(other)) if other.isdigit() else None
        if acting is None or acting["rights"]["is_free"] or not user["rights"]["is_admin"]:
            raise unauthorized
        return acting

    def _items(self) -> list[Item]:
        operation, body = self._operation, self._request.body
        takes_body = operation.has_body if operation else bool(body)
        if not takes_body:
            return []
        if not body:
            raise refuse(400, "Request data can not be empty")
        try:
            value = _decode(body)
        except msgspec.DecodeError:
            raise refuse(400, "Request body is not valid JSON") from None
        is_batch = operation.is_batch if operation else isinstance(value, list)
        if not is_batch:
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
