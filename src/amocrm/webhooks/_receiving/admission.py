"""Admission of a delivery: secret, size, account and signature are checked before it is stored."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .._delivery import Delivery
from .._events.base import Event
from .._events.chats import ChatEvent
from .._events.integration import IntegrationUninstalled
from .._parsing.parse import decode, parse_tree
from .._parsing.php_forms import DEFAULT, BodyLimits
from ..errors import BodyMalformed, SenderRefused, WebhookError
from .inbox_entry import delivery_key
from .signatures import check_secret, verify_chat, verify_uninstall

__all__ = ["Admission", "AdmittedDelivery"]


@attrs.frozen
class AdmittedDelivery:
    """Permission to store a delivery.

    Attributes:
        key: key that its repetitions share.
        problem: reason why it cannot be read; it is stored as dead.
    """

    key: str
    problem: str | None = None


def _tuple(secret: str | Iterable[str] | None) -> tuple[str, ...] | None:
    secrets = None if secret is None else (secret,) if isinstance(secret, str) else tuple(secret)
    if secrets is not None and not (secrets and all(secrets)):
        raise ValueError(
            f"secret must be a non-empty text, got {secret!r}; write secret=new_secret_path(), which is the last part "
            "of the webhook's address then, or secret=None to accept every request"
        )
    return secrets


def _address(secret: str | Iterable[str] | None) -> tuple[str, ...] | None:
    secrets = _tuple(secret)
    if secrets is not None and any("/" in text for text in secrets):
        raise ValueError(
            "secret must be one segment of a path, got a text with a slash; write the part after the last slash"
        )
    return secrets


def _accounts(accounts: Iterable[int | str] | None) -> frozenset[int | str] | None:
    return None if accounts is None else frozenset(accounts)


@attrs.frozen(kw_only=True, repr=False)
class Admission:
    """Rules for the acceptance of deliveries; ``WebhookReceiver`` describes each of them."""

    secret: tuple[str, ...] | None = attrs.field(default=None, converter=_address)
    accounts: frozenset[int | str] | None = attrs.field(default=None, converter=_accounts)
    chat_secret: tuple[str, ...] | None = attrs.field(default=None, converter=_tuple)
    client_id: str | None = None
    client_secret: str | None = None
    limits: BodyLimits = DEFAULT

    def check_address(self, path: str, query: str) -> None:
        """Raise SenderRefused for an address without the secret.

        Raises:
            SenderRefused: the address contains no or a wrong secret.
        """
        if self.secret is not None:
            check_secret(path, query, self.secret)

    def admit(self, delivery: Delivery) -> AdmittedDelivery | None:
        """Check a delivery; return ``None`` if there is nothing to store (a probe without a body).

        A body that cannot be read is stored if the sender knew the secret: it may be genuine, and the platform
        would give up after a few attempts.

        Raises:
            WebhookError: the delivery is refused; ``status`` is the status of the answer.
        """
        self.check_address(delivery.path, delivery.query)
        if len(delivery.body) > self.limits.bytes:
            raise self.limits.refuse("bytes")
        announced = delivery.headers.get("content-length", "")
        if announced.isdecimal() and len(delivery.body) < int(announced[:18]):
            # A truncated form is a valid form too. With 5xx the platform repeats it most often.
            raise BodyMalformed(
                "the body is shorter than its content-length; the platform sends it again", status=503
            )
        try:
            tree = decode(delivery, limits=self.limits)
            events = parse_tree(tree, delivery)
        except WebhookError as error:
            if self.secret is None or self.accounts is not None:
                raise
            return AdmittedDelivery(delivery_key(delivery, dated=False), f"{type(error).__name__}: {error}")
        for event in events:
            self._check(event, delivery)
        if not events or set(tree) == {"secret"}:
            return None
        return AdmittedDelivery(delivery_key(delivery, dated=all(event._is_dated() for event in events)))

    def _check(self, event: Event[object], delivery: Delivery) -> None:
        account = event.account
        if self.accounts is not None and not self.accounts.intersection(account.names):
            raise SenderRefused(
                "the delivery names no account, and accounts= is set"
                if not account
                else f"account {', '.join(map(str, account.names))} is not in accounts=; add it to accept it",
                account=account.id or account.subdomain or account.amojo_id,
            )
        if self.chat_secret is not None and isinstance(event, ChatEvent):
            verify_chat(delivery.body, delivery.headers.get("x-signature"), self.chat_secret)
        if self.client_id and self.client_secret and isinstance(event, IntegrationUninstalled):
            verify_uninstall(event, self.client_id, self.client_secret)
