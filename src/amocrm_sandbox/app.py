"""The sandbox: one amoCRM account, request in, response out. No transport, no waiting."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from .account import Account
from .control.control import Control
from .control.page import WebPage
from .engine.behaviour import Behaviour
from .engine.cassette import Cassette
from .engine.description import Description
from .engine.messages import Request, Response
from .engine.rate_limits import ServerLimits
from .engine.router import Router
from .engine.service_hosts import service_of
from .exchange import HttpExchange
from .robots import Robots
from .routes import ALL
from .storage.clock import Clock
from .ui_actions import UserActions
from .webhooks import installations
from .webhooks.chat_signature import signature_headers
from .webhooks.delivery import Webhooks

__all__ = ["Sandbox"]


@cache
def _routes() -> Router:
    router = Router()
    for area in ALL:
        for method, template, handler in area.table:
            router.add(method, template, (handler, template))
    return router


class Sandbox(Account):
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
        behaviour: Switches for what the vendor does not document; None for the defaults.
        cassette: File of `amocrm record`; its answers are played back, and the account itself answers nothing.

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
        limits: bool | ServerLimits = True,
        api_filter: bool | None = None,
        seed: int = 0,
        clock: Clock | None = None,
        link_base: str | None = None,
        timezone: str = "Europe/Moscow",
        description: Description | None = None,
        log_size: int = 2000,
        behaviour: Behaviour | None = None,
        cassette: str | Path | None = None,
    ) -> None:
        super().__init__(
            _routes(),
            db=db,
            subdomain=subdomain,
            limits=limits,
            api_filter=api_filter,
            seed=seed,
            clock=clock,
            link_base=link_base,
            timezone=timezone,
            description=description,
            log_size=log_size,
            behaviour=behaviour,
            cassette=Cassette(cassette) if cassette is not None else None,
        )
        self.webhooks = self.hook_queue = Webhooks(self)
        self.ui = UserActions(self, self.call)
        self.robots = self.robot_rules = Robots(self)
        page = WebPage(self, self.act)
        self.control = Control(self, page, self.ui, self.robots, self.webhooks, self.reset)
        self._token: str | None = None

    def close(self) -> None:
        """Close the database; what is in a file stays."""
        with self.lock:
            self.store.close()

    # ---- the account

    @property
    def account(self) -> dict[str, Any]:
        """The account's own properties."""
        return self.settings

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
            return installations.disposable_token(self, self.integration, user_id or self.admin_id)

    def uninstall(self) -> None:
        """Switch the first integration off: its tokens die at once, and its "access revoked" address is told."""
        with self.lock:
            installations.uninstall(self, self.integration)
        self.webhooks.pump()

    def delete(self, kind: str, id: int) -> None:
        """Put a lead, contact, company or customer into the bin, as a user does in the interface; the API cannot.

        Raises:
            ValueError: There are no such entities here.
        """
        self.ui.delete(kind, id)

    def reset(
        self, *, data: bool = True, counters: bool = True, limits: bool = True, faults: bool = True
    ) -> None:
        """Go back to an empty account, or to a part of it; users, integrations and tokens stay."""
        with self.lock:
            if data:
                self.clear_data()
                self.webhooks.clear()
            if counters:
                self.journal.reset()
            if limits:
                self.limiter.reset()
            if faults:
                self.faults.clear()
                self.robots.clear()

    # ---- requests

    def begin(self, request: Request) -> HttpExchange:
        """Take a request in: find its operation and the faults that strike it. Nothing is carried out yet."""
        with self.lock:
            return HttpExchange(self, request, self.control.handle)

    def handle(self, request: Request) -> Response:
        """Carry out a request; the delays that faults ask for are left to the caller (`Response.transmission`)."""
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
        return HttpExchange(self, request, None).carry_out(self.integration.client_id, self.admin_id)

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
