"""The sandbox: one amoCRM account, request in, response out. No transport, no waiting."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from .control.control import Control, fresh_directories
from .domain.change_log import Changes
from .domain.context import Routes
from .engine.description import Description
from .engine.faults import Faults
from .engine.journal import Journal
from .engine.messages import Request, Response
from .engine.rate_limits import Limiter, Limits
from .engine.router import Router
from .engine.service_hosts import service_of
from .exchange import Exchange
from .routes import ALL
from .storage import seed as seeding
from .storage.clock import Clock
from .storage.store import Store
from .storage.tokens import Integration, Tokens
from .ui_actions import ByHand
from .webhooks import installations as installs
from .webhooks.chat_signature import signature_headers
from .webhooks.delivery import Webhooks

__all__ = ["Sandbox"]


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
        clock: Both clocks; give a `ManualClock` to stand still. None for the machine's; how far that is moved is kept
            with the data.
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
        if clock is None:
            self.clock.offset = self.store.setting("clock") or 0.0
            self.clock.on_move = self._keep_clock
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
        self.faults = Faults(seed, self._operations())
        self.journal = Journal(log_size)
        self.control = Control(self)
        self.webhooks = Webhooks(self)
        self.by_hand = ByHand(self)
        self.router = _routes(ALL)
        self._token: str | None = None

    def _operations(self) -> set[str]:
        """The names that counters and faults know requests by."""
        plain = {f"{method} {template}" for routes in ALL for method, template, _ in routes.table}
        return plain | self.description.operations.keys()

    def _keep_clock(self, offset: float) -> None:
        with self.lock:
            self.store.set_setting("clock", offset)

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
            return self.tokens.issue_access(
                self.integration.client_id, user_id or self.admin_id, days * 86400
            )

    def authorization_code(self, user_id: int | None = None) -> str:
        """Return a new authorization code of the first integration: valid for 20 minutes, usable once."""
        with self.lock:
            return self.tokens.issue_code(self.integration.client_id, user_id or self.admin_id)

    def disposable_token(self, user_id: int | None = None) -> str:
        """Return a one-time token of the first integration, as its widget sends it to the integration's server."""
        with self.lock:
            return installs.disposable_token(self, self.integration, user_id or self.admin_id)

    def uninstall(self) -> None:
        """Switch the first integration off: its tokens die at once, and its "access revoked" address is told."""
        with self.lock:
            installs.uninstall(self, self.integration)
        self.webhooks.pump()

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
        """Put a lead, contact, company or customer into the bin, as a user does in the interface; the API cannot.

        Raises:
            ValueError: There are no such entities here.
        """
        if kind not in ("leads", "contacts", "companies", "customers"):
            raise ValueError(f"{kind} can not be deleted")
        with self.lock, self.store.transaction():
            changed = self.store.execute(
                f"UPDATE {kind} SET is_deleted=1, updated_at=? WHERE id=? AND is_deleted=0",
                (self.clock.now(), id),
            )
            changes = Changes(self, self.admin_id)
            if changed.rowcount:
                changes.deleted(kind, id)
            deliveries = changes.flush()
        self.webhooks.send_all(deliveries)
        self.webhooks.pump()

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

    def reset(
        self, *, data: bool = True, counters: bool = True, limits: bool = True, faults: bool = True
    ) -> None:
        """Go back to an empty account, or to a part of it; users, integrations and tokens stay."""
        with self.lock:
            if data:
                with self.store.transaction():
                    fresh_directories(self)
                self.webhooks.clear()
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

    def act(self, method: str, target: str, body: Any = None) -> Response:
        """Do from inside what a user does in the interface: validated and carried out like a request of the API.

        No limit, fault, counter or journal knows of it; webhooks are delivered.

        Args:
            method: HTTP method.
            target: Path with query.
            body: Anything that JSON can hold; None for no body.

        Example:
            >>> sandbox = Sandbox()
            >>> sandbox.act("POST", "/api/v4/leads", [{"name": "Order 17"}]).status
            200
            >>> sandbox.counters()["total"]
            0
        """
        content = b"" if body is None else msgspec.json.encode(body)
        request = Request(method, target, f"{self.subdomain}.amocrm.ru", {}, content)
        return Exchange(self, request, from_inside=True).carry_out(self.integration.client_id, self.admin_id)

    def get(self, target: str) -> Response:
        """GET as the administrator."""
        return self.call("GET", target)

    def call(
        self, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send one request as the administrator, the body given as a value.

        Args:
            method: HTTP method.
            target: Path with query.
            body: Anything that JSON can hold, or bytes as they are; None for no body. Paths of the file and chat
                services go to their hosts, those of chats signed for the first channel.
            headers: Additional headers by lower-case name.
        """
        content = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        service = service_of(target)
        if service == "amojo":
            sent = dict(signature_headers(self.channel, method, target, content, self.clock.now()))
        else:
            sent = {"authorization": f"Bearer {self.token}"}
        host = {None: self.subdomain, "drive": "drive-a", "amojo": "amojo"}[service]
        return self.handle(Request(method, target, f"{host}.amocrm.ru", {**sent, **(headers or {})}, content))

    @property
    def channel(self) -> dict[str, Any]:
        """The first chat channel: `channel_id`, `secret`, `bot_id`, `hook_url` and more."""
        return next(iter(self.store.documents("channels").values()))
