"""The state of one account: its data, clock, tokens, limits, faults and journal. No request is carried out here."""

from __future__ import annotations

import threading
from pathlib import Path
from random import Random
from typing import Any, Protocol

from .engine.behaviour import Behaviour
from .engine.cassette import Cassette
from .engine.deferred import DeferredActions
from .engine.description import Description
from .engine.faults import Faults
from .engine.hook_delivery import HookQueue
from .engine.journal import Journal
from .engine.rate_limits import Limiter, ServerLimits
from .engine.router import Router
from .storage import seed as seeding
from .storage.clock import Clock
from .storage.schema import TABLES
from .storage.store import Store
from .storage.tokens import Integration, Tokens

__all__ = ["Account"]


class RobotRules(Protocol):
    """Rules of robots for entities that are added."""

    def run_rules(self, kind: str, id: int, now: int) -> None:
        """Apply the rules to an entity that was added at `now`."""
        ...


class Account:
    """State that the rules of the domain, the control endpoint and the webhooks share.

    Attributes:
        control_hosts: Names in `Host` that the control endpoint takes beside those of this machine.

    Args:
        router: Handler and path template of every route; accounts share it.
        db: File to keep the account in, or None for memory.
        subdomain: First label of the account's host.
        limits: True for the vendor's limits, False for none, or limits of your own.
        api_filter: Whether the account has the paid option; None keeps what the data say.
        seed: Seed of everything random.
        clock: Both clocks; None for the machine's, whose offset is stored with the data.
        link_base: Scheme and host of links in answers; None for those of the request.
        timezone: Time zone of the account, IANA name.
        description: The OpenAPI description; None for the bundled one.
        log_size: Number of requests that the journal remembers.
        behaviour: Switches for undocumented behaviour; None for the defaults.
        cassette: Answers every request in the account's place; None for the account itself.
    """

    #: set by `Sandbox` before the first request
    hook_queue: HookQueue
    robot_rules: RobotRules

    def __init__(
        self,
        router: Router,
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
        cassette: Cassette | None = None,
    ) -> None:
        self.cassette = cassette
        self.clock = clock or Clock()
        self.description = description or Description.bundled()
        self.link_base = link_base
        self.lock = threading.RLock()
        self.control_hosts: set[str] = set()
        self.behaviour = behaviour or Behaviour()
        self.deferred = DeferredActions()
        self.store = Store(db, lambda: self.behaviour.ids_ascend)
        if clock is None:
            self.clock.offset = self.store.setting("clock") or 0.0
            self.clock.on_move = self._store_clock
        opened = (self.store.setting("opened") or 0) + 1
        self.store.set_setting("opened", opened)
        self.random = Random(f"{seed}:{opened}")
        if self.store.is_new:
            with self.store.transaction():
                seeding.create_account(self.store, self.clock.now(), subdomain, timezone, self.random)
        self.settings: dict[str, Any] = self.store.setting("account")
        if api_filter is not None:
            self.set_option("is_api_filter_enabled", api_filter)
        self.tokens = Tokens(self.store, self.clock, self.random, self.settings["id"], "api-a.amocrm.ru")
        existing = self.tokens.integrations()
        self.integration: Integration = existing[0] if existing else self.tokens.create_integration()
        self.limiter = Limiter(
            limits if isinstance(limits, ServerLimits) else ServerLimits() if limits else ServerLimits.off()
        )
        self.router = router
        self.faults = Faults(seed, router.names.union(self.description.operations))
        self.journal = Journal(log_size)

    def _store_clock(self, offset: float) -> None:
        with self.lock:
            self.store.set_setting("clock", offset)

    @property
    def subdomain(self) -> str:
        """First label of the account's host."""
        return str(self.settings["subdomain"])

    @property
    def url(self) -> str:
        """The account's address when it is used in process."""
        return f"https://{self.subdomain}.amocrm.ru"

    @property
    def admin_id(self) -> int:
        """Id of the first administrator."""
        return min(id for id, user in self.store.documents("users").items() if user["rights"]["is_admin"])

    @property
    def channel(self) -> dict[str, Any]:
        """The first chat channel: `channel_id`, `secret`, `bot_id`, `hook_url` and more."""
        return next(iter(self.store.documents("channels").values()))

    def set_option(self, name: str, value: Any) -> None:
        """Change a property of the account, for example ``is_api_filter_enabled`` or ``subdomain`` (a move)."""
        with self.lock:
            self.settings = {**self.store.setting("account"), name: value}
            self.store.set_setting("account", self.settings)

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

    def run_deferred(self) -> int:
        """Let everything take effect that the clock makes due, and return how many actions that were.

        Every request does this first; call it before you look at the data without a request.
        """
        with self.lock:
            return self.deferred.run(self.clock.now())

    def clear_data(self) -> None:
        """Empty the account and seed it again; users stay, and with them every token stays valid."""
        self.deferred.clear()
        with self.store.transaction():
            users = list(self.store.documents("users").values())
            sequence = self.store.value("SELECT value FROM sequences WHERE name='users'")
            self.store.clear(TABLES)
            for user in users:
                self.store.put("users", user)
            self.store.execute("INSERT INTO sequences VALUES ('users', ?)", (sequence,))
            seeding.create_reference_data(self.store, self.clock.now(), self.random)
