"""Subscriptions to webhooks: ``crm.webhooks``."""
# GENERATED from src/amocrm/_async/resources/webhook_subscriptions.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.paging import items_of
from amocrm.errors import ConfigurationError, NotFoundError
from amocrm.webhooks._delivery import Answer, Delivery
from amocrm.webhooks._events.base import Event
from amocrm.webhooks._receiving.handler_registry import codes_of
from amocrm.webhooks._receiving.signatures import new_secret_path

from .._handlers import thread_portal
from .._primitives import shielded
from ..orm.account import Area

if TYPE_CHECKING:
    from collections.abc import Generator

    from amocrm_gen.models.webhooks import Webhook

__all__ = ["Webhooks"]


class _Receiver(Protocol):
    """A receiver of webhooks, as far as a subscription needs one."""

    @property
    def secret(self) -> str | None: ...

    @property
    def event_codes(self) -> Sequence[str]: ...

    def accept(self, delivery: Delivery, /) -> Answer: ...

    def running(self) -> AbstractContextManager[Any]: ...


@checked()
class Webhooks(Area):
    """The subscriptions of the account. The address is the key; an account has at most 100.

    Needs an administrator's token and a tariff with webhooks.
    """

    def list(self, url: str | None = None) -> list[Webhook]:
        """Return all subscriptions, or the one of an address."""
        wanted = {"destination": url} if url else None
        webhooks = items_of(self._account.call("webhooks.list_webhooks", filter=wanted), "webhooks")
        # The answer is checked: a filter that the server ignores must not find another subscription.
        return [webhook for webhook in webhooks if url is None or webhook.destination == url]

    def ensure(self, url: str, events: Iterable[type[Event[Any]] | str]) -> Webhook:
        """Subscribe an address to exactly these events, unless it is subscribed to them already.

        A subscription that was switched off, by hand or after too many failures, is made anew.

        Args:
            url: of the receiver, with its secret.
            events: classes of events, codes, or ``receiver.event_codes``.

        Raises:
            ValueError: no event among them can be subscribed to.

        Example:
            >>> hook = crm.webhooks.ensure("https://app.example.com/hook/s3cret", receiver.event_codes)
        """
        codes = codes_of(events)
        if not codes:
            raise ValueError(
                "events must contain at least one that a subscription sends, got none; write for example [LeadAdded] (the digital pipeline and "
                "chats send to addresses of their own)"
            )
        for webhook in self.list(url):
            settings = () if webhook.settings is UNSET else webhook.settings
            if set(settings) == set(codes) and webhook.disabled is not True:
                return webhook
        body = {"destination": url, "settings": list(codes)}
        return self._account.call("webhooks.subscribe_webhook", body=body)

    def remove(self, url: str) -> bool:
        """Remove the subscription of an address; return whether there was one."""
        try:
            self._account.call("webhooks.unsubscribe_webhook", body={"destination": url})
        except NotFoundError:
            return False
        return True

    @contextmanager
    def develop(
        self, receiver: _Receiver, *, public_url: str | None = None, port: int = 0
    ) -> Generator[str]:
        """Receive webhooks on a loopback port during the block: subscribe it, handle them, unsubscribe.

        Args:
            receiver: the receiver; the address gets its secret, or one of its own when it has none.
            public_url: where a tunnel to the port begins. Not needed with a sandbox on this machine.
            port: to listen on, 0 for a free one.

        Returns:
            The address that was subscribed.

        Raises:
            ConfigurationError: the account is not on this machine and there is no tunnel.

        Example:
            >>> with crm.webhooks.develop(receiver) as url:
            ...     print(url)  # change something in the account: handlers are called
            http://127.0.0.1:.../amocrm/...
        """
        if public_url is None and not self._account.connection.is_local:
            raise ConfigurationError(
                f"public_url must be an https address that {self._account.directory.host} can reach, got None; open a tunnel "
                "to this machine and pass its address, or use a sandbox (amocrm sandbox)"
            )
        # Brings the standard library's HTTP server, which nothing else needs.
        from amocrm._io.delivery_server import DeliveryServer

        path = f"/amocrm/{quote(receiver.secret, safe='')}" if receiver.secret else new_secret_path()
        run = thread_portal()

        def take(delivery: Delivery) -> Answer:
            if delivery.path.rstrip("/") != path:
                return Answer(404, "not found")
            return run(partial(receiver.accept, delivery))

        with DeliveryServer(take, port=port) as server:
            url = (public_url or server.url).rstrip("/") + path
            with receiver.running():
                self.ensure(url, receiver.event_codes)
                try:
                    yield url
                finally:
                    shielded(partial(self.remove, url))
