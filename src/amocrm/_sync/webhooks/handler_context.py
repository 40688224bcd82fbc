"""Context of a handler: the client of the account, a session, and the entity of the event."""
# GENERATED from src/amocrm/_async/webhooks/handler_context.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from amocrm._core.arguments import checked
from amocrm.errors import ConfigurationError
from amocrm.webhooks._events.base import EntityEvent, Event

if TYPE_CHECKING:
    from amocrm.entities import Entity

    from ..client import AmoCRM
    from ..orm.session import Session

    T = TypeVar("T", bound=Entity)

__all__ = ["HandlerContext"]


@checked()
class HandlerContext:
    """Context of one call of a handler.

    Attributes:
        event: the event.
        attempt: number of this attempt, from 1.
    """

    def __init__(
        self, event: Event[Any], attempt: int, client: AmoCRM | Callable[[Any], AmoCRM] | None
    ) -> None:
        self.event, self.attempt = event, attempt
        self._client = client
        self._session: Session | None = None

    @property
    def key(self) -> str:
        """Key that is equal for every attempt and repetition of this event: use it to do a thing once."""
        return self.event.key

    @property
    def client(self) -> AmoCRM:
        """The client of the event's account.

        Raises:
            ConfigurationError: the receiver has no ``client``.
        """
        if self._client is None:
            raise ConfigurationError(
                "client must be an AmoCRM, got None; write WebhookReceiver(client=crm)"
            )
        return self._client(self.event.account) if callable(self._client) else self._client

    def session(self) -> Session:
        """Return the session of this call, a Unit of Work; leaving its block commits.

        Example:
            >>> with context.session() as s:
            ...     context.entity(Deal).city = City.KAZAN      # no GET, one PATCH with one field
        """
        if self._session is None:
            self._session = self.client.session()
        return self._session

    def check(self) -> None:
        """Raise RuntimeError if the handler left changes uncommitted, which would be lost.

        Raises:
            RuntimeError: the session has new or changed objects.
        """
        session = self._session
        if session is not None and (session.new or session.changed):
            session.discard(*session.new, *session.changed)
            raise RuntimeError(
                "changes must be committed before the handler returns, got uncommitted ones; make them inside "
                "`with context.session():`"
            )

    def entity(self, cls: type[T]) -> T:
        """Return the event's entity in the session of this call, by reference: no request is sent.

        Args:
            cls: built-in or derived class of the entity's kind.

        Raises:
            TypeError: the event belongs to an entity of another kind, or to none.
            ValueError: the event is of another account than the client.
        """
        event = self.event
        if not isinstance(event, EntityEvent) or event.entity_type != cls._kind:
            raise TypeError(
                f"context.entity({cls.__name__}) must be called for an event of {cls._kind}, got {event!r}; register the "
                f"handler with @receiver.on() for events of {cls._kind} only"
            )
        session, host = self.session(), self.client.account_host
        if event.account.host not in ("", host):
            raise ValueError(
                f"the event must be of the account {host} of the client, got one of {event.account.host}; pass client= "
                "a function that returns the client of an account"
            )
        return session.ref(cls, event.entity_id)
