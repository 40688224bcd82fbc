"""What a handler gets beside the event: the client of its account, and the event's entity to be changed."""
# GENERATED from src/amocrm/_async/webhooks/handler_context.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from amocrm.errors import ConfigurationError
from amocrm.webhooks._events.base import EntityEvent, Event

if TYPE_CHECKING:
    from amocrm.entities import Entity

    from ..client import AmoCRM
    from ..orm.session import Session

    T = TypeVar("T", bound=Entity)

__all__ = ["Handling"]


class Handling:
    """One call of a handler.

    Attributes:
        event: what happened.
        attempt: how often the delivery was tried, from 1.
    """

    def __init__(
        self, event: Event[Any], attempt: int, client: AmoCRM | Callable[[Any], AmoCRM] | None
    ) -> None:
        self.event, self.attempt = event, attempt
        self._client = client
        self._session: Session | None = None

    @property
    def key(self) -> str:
        """The same for every attempt and every repetition of this event: do things once by it."""
        return self.event.key

    @property
    def client(self) -> AmoCRM:
        """The client of the event's account.

        Raises:
            ConfigurationError: the router was given none.
        """
        if self._client is None:
            raise ConfigurationError("this router has no client: Hooks(client=crm)")
        return self._client(self.event.account) if callable(self._client) else self._client

    def session(self) -> Session:
        """The session of this call, a Unit of Work; leaving its block commits.

        Example:
            >>> with handling.session() as s:
            ...     handling.entity(Deal).city = City.KAZAN      # no GET, one PATCH with one field
        """
        if self._session is None:
            self._session = self.client.session()
        return self._session

    def check(self) -> None:
        """Refuses changes that were made and not committed; they would be lost without a word.

        Raises:
            RuntimeError: there are some.
        """
        session = self._session
        if session is not None and (session.new or session.changed):
            session.discard(*session.new, *session.changed)
            raise RuntimeError(
                "the handler changed something and did not commit it: make changes inside of "
                "`with handling.session():`"
            )

    def entity(self, cls: type[T]) -> T:
        """The event's entity in this call's session, by reference: nothing is read.

        Args:
            cls: built-in or derived class of the entity's kind.

        Raises:
            TypeError: the event belongs to no entity of this kind.
            ValueError: the event is of another account than the client.
        """
        event = self.event
        if not isinstance(event, EntityEvent) or event.entity_type != cls._kind:
            raise TypeError(f"{event!r} belongs to no {cls.__name__}")
        session, host = self.session(), self.client.account_host
        if event.account.host not in ("", host):
            raise ValueError(f"{event!r} belongs to the account {event.account.host}, this client to {host}")
        return session.ref(cls, event.entity_id)
