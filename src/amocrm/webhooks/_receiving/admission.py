"""Whether a delivery is taken: secret, size, account and signature, before anything is kept of it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .._events.base import Event
from .._events.chats import ChatEvent
from .._events.integration import IntegrationUninstalled
from .._parsing.parse import decode, parse_tree
from .._parsing.php_forms import DEFAULT, Limits
from ..errors import BodyMalformed, SenderRefused, WebhookError
from .delivery import Delivery
from .inbox_entry import delivery_key
from .signatures import check_secret, verify_chat, verify_uninstall

__all__ = ["Admission", "Ticket"]


@attrs.frozen
class Ticket:
    """A delivery may be kept.

    Attributes:
        key: by which it is told from its repetitions.
        problem: why it cannot be read; it is kept for a decision.
    """

    key: str
    problem: str | None = None


def _tuple(given: str | Iterable[str] | None) -> tuple[str, ...] | None:
    listed = None if given is None else (given,) if isinstance(given, str) else tuple(given)
    if listed is not None and not (listed and all(listed)):
        raise ValueError("a secret is empty and would protect nothing; to take everything say secret=None")
    return listed


def _address(given: str | Iterable[str] | None) -> tuple[str, ...] | None:
    listed = _tuple(given)
    if listed is not None and any("/" in secret for secret in listed):
        raise ValueError("a secret with a slash is no segment of a path; new_secret_path() makes one")
    return listed


def _accounts(given: Iterable[int | str] | None) -> frozenset[int | str] | None:
    if isinstance(given, str):
        raise TypeError("accounts takes several ids or subdomains: accounts={12345678, 'demo'}")
    return None if given is None else frozenset(given)


@attrs.frozen(kw_only=True, repr=False)
class Admission:
    """The rules by which deliveries are taken; see ``Hooks`` for what each of them means."""

    secret: tuple[str, ...] | None = attrs.field(default=None, converter=_address)
    accounts: frozenset[int | str] | None = attrs.field(default=None, converter=_accounts)
    chat_secret: tuple[str, ...] | None = attrs.field(default=None, converter=_tuple)
    client_id: str | None = None
    client_secret: str | None = None
    limits: Limits = DEFAULT

    def check_address(self, path: str, query: str) -> None:
        """Refuses an address without the secret.

        Raises:
            SenderRefused: so it is.
        """
        if self.secret is not None:
            check_secret(path, query, self.secret)

    def admit(self, delivery: Delivery) -> Ticket | None:
        """A ticket, or ``None`` when there is nothing to keep (a probe without a body).

        A body that cannot be read is kept when the sender knew the secret: it may be genuine, and the platform
        would give up after a few attempts.

        Raises:
            WebhookError: it is refused; ``status`` is what to answer.
        """
        self.check_address(delivery.path, delivery.query)
        if len(delivery.body) > self.limits.bytes:
            raise self.limits.refuse("bytes")
        announced = delivery.headers.get("content-length", "")
        if announced.isdecimal() and len(delivery.body) < int(announced[:18]):
            # Half a form is a form as well. With 5xx the platform repeats it most often.
            raise BodyMalformed("the delivery was cut off on its way", status=503)
        try:
            tree = decode(delivery, limits=self.limits)
            events = parse_tree(tree, delivery)
        except WebhookError as error:
            if self.secret is None or self.accounts is not None:
                raise
            return Ticket(delivery_key(delivery, dated=False), f"{type(error).__name__}: {error}")
        for event in events:
            self._check(event, delivery)
        if not events or set(tree) == {"secret"}:
            return None
        return Ticket(delivery_key(delivery, dated=all(event._is_dated() for event in events)))

    def _check(self, event: Event[object], delivery: Delivery) -> None:
        account = event.account
        if self.accounts is not None and not self.accounts.intersection(account.names):
            raise SenderRefused(
                "the delivery names no account"
                if not account
                else f"account {', '.join(map(str, account.names))} is not on the list",
                account=account.id or account.subdomain or account.amojo_id,
            )
        if self.chat_secret is not None and isinstance(event, ChatEvent):
            verify_chat(delivery.body, delivery.headers.get("x-signature"), self.chat_secret)
        if self.client_id and self.client_secret and isinstance(event, IntegrationUninstalled):
            verify_uninstall(event, self.client_id, self.client_secret)
