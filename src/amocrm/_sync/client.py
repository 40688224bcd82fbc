"""The client of one account."""
# GENERATED from src/amocrm/_async/client.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import Directory, Origin
from amocrm._core.orm.operations import endpoint

from .connection.connection import Connection

# What a property or a method needs is imported there: a client that reads three leads a day in a small
# function of a cloud should not pay for sessions, webhooks and files.
if TYPE_CHECKING:
    from amocrm.entities import Company, Contact, Customer, Lead
    from amocrm.entities._base import Entity
    from amocrm.fields._base import Field
    from amocrm_gen.models.account import Account

    from .orm.account import AccountState
    from .orm.collections import Collection, Notes, Tasks
    from .orm.directories import Fields, Pipelines, Tags, Users
    from .orm.flush import Progress
    from .orm.preload import Loadable
    from .orm.query import Query
    from .orm.session import Session
    from .resources.files import Files
    from .resources.webhook_subscriptions import Webhooks

__all__ = ["AmoCRM"]

T = TypeVar("T", bound="Entity")


@checked()
class AmoCRM(Connection):
    """The client of one account.

    Give it a ``token`` (a long-lived one) or ``oauth`` with a ``store``; ``AmoCRM()`` takes account and
    token from the environment. Nothing is sent, and no connection is opened, before the first request.
    Nothing is shared between clients.

    Args:
        account: ``mycompany``, ``mycompany.amocrm.ru`` or ``mycompany.kommo.com``; without it the environment
            variable ``AMOCRM_ACCOUNT`` names the account, and ``AMOCRM_TOKEN`` holds its token unless one is given.
        token: a long-lived token, or a function that returns the token that is valid now, if you refresh elsewhere.
        oauth: keys of an integration; its tokens are refreshed by themselves.
        store: where the tokens of ``oauth`` live; in memory without one.
        limiter: shared with other clients if they use the same key; its own without one.
        retry: how often and how long to try.
        timeout: seconds to wait for a byte of an answer, or a ``Timeout``.
        base_url: address of a local server that stands in for the account; loopback only. It is also what
            the ``Host`` header says.
        chats: id and secret of a chat channel, with which requests to the chats service are signed.
        http_transport: a transport of the HTTP library to use instead of our own connections.
        proxy: address of a proxy; the usual environment variables without it.
        verify: TLS settings for private certificate authorities.
        unverified_tls: take a ``verify`` that checks no certificates or host names; refused without it.
        event_hooks: functions that are told what happens, one event at a time (``RequestSent``, ``RetryDecided``, …).
        max_prefetch: pages that may be under way at once. By default nothing is asked for beyond the end of a list
            of four pages, or where answers come within 1/7 s, and at most one page in others. 0 reads one
            page at a time, without the threads of the sync client.
        user_agent: put before our own.
        max_response_bytes: highest size of an answer after decompression.
        rate_limit_key: name under which requests are counted, when the default (integration and account, on
            Kommo this machine) is not what you share.
        clock: for tests.

    Attributes:
        directory: what was learned of the account: zone, field definitions, users, stages.
        origin: where entities that belong to no session come from.

    Raises:
        ConfigurationError: the arguments cannot work.

    Example:
        >>> with AmoCRM("mycompany", token="…") as crm:
        ...     lead = crm.leads.get(17)
    """

    def _opened(self) -> None:
        self.directory = Directory(
            self.account_host, whole_prices=self._sender.hosts.family.domain == "amocrm.ru"
        )
        self.origin = Origin(self.directory)

    @property
    def leads(self) -> Collection[Lead]:
        """Leads."""
        from amocrm.entities import Lead

        from .orm.collections import Collection

        return Collection(self._account, Lead)

    @property
    def contacts(self) -> Collection[Contact]:
        """Contacts."""
        from amocrm.entities import Contact

        from .orm.collections import Collection

        return Collection(self._account, Contact)

    @property
    def companies(self) -> Collection[Company]:
        """Companies."""
        from amocrm.entities import Company

        from .orm.collections import Collection

        return Collection(self._account, Company)

    @property
    def customers(self) -> Collection[Customer]:
        """Customers."""
        from amocrm.entities import Customer

        from .orm.collections import Collection

        return Collection(self._account, Customer)

    @property
    def tasks(self) -> Tasks:
        """Tasks."""
        from amocrm.entities import Task

        from .orm.collections import Tasks

        return Tasks(self._account, Task)

    @property
    def notes(self) -> Notes:
        """Notes, by entity."""
        from .orm.collections import Notes

        return Notes(self._account)

    @property
    def tags(self) -> Tags:
        """Directories of tags."""
        from .orm.directories import Tags

        return Tags(self._account)

    @property
    def users(self) -> Users:
        """Users."""
        from amocrm.entities import User

        from .orm.directories import Users

        return Users(self._account, User)

    @property
    def pipelines(self) -> Pipelines:
        """Pipelines and their stages."""
        from amocrm.entities import Pipeline

        from .orm.directories import Pipelines

        return Pipelines(self._account, Pipeline)

    @property
    def fields(self) -> Fields:
        """Definitions of custom fields."""
        from .orm.directories import Fields

        return Fields(self._account)

    @property
    def files(self) -> Files:
        """Files: upload, download, and what hangs on which entity."""
        from .resources.files import Files

        return Files(self)

    @property
    def webhooks(self) -> Webhooks:
        """Subscriptions to webhooks."""
        from .resources.webhook_subscriptions import Webhooks

        return Webhooks(self)

    def query(self, cls: type[T]) -> Query[T]:
        """Return a query for entities of this class, built-in or derived.

        Example:
            >>> crm.query(Deal).where(Deal.price.between(10_000, 90_000)).order_by(Deal.id)
        """
        from .orm.loading import query_of

        return query_of(self._account, cls, self.origin)

    def get(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """Return one entity of this class, built-in or derived.

        Raises:
            NotFoundError: there is none, or the user may not see it.
        """
        from .orm.loading import get_entity

        return get_entity(self._account, cls, key, self.origin, preload)

    def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """Return the same entity, or ``None`` if there is none."""
        from .orm.loading import get_entity_or_none

        return get_entity_or_none(self._account, cls, key, self.origin, preload)

    def session(
        self,
        *,
        batch_size: int | None = None,
        progress: Progress | None = None,
        stamp: Field[Any, Any] | None = None,
        mark: bool | None = None,
    ) -> Session:
        """Return a Unit of Work; see ``Session``.

        Args:
            batch_size: highest number of items in a request; the vendor advises 50, the default is what each
                operation allows.
            progress: called after each request of a commit with the number of settled items and of all.
            stamp: a text field that takes a unique value for each object that is created; a creation without
                an answer is then found by it.
            mark: whether a commit may read the newest id of a kind first; by default it does where it
                creates with several requests, or with a stamp, and has seen no id.
        """
        from .orm.session import Session

        return Session(self._account, batch_size=batch_size, progress=progress, stamp=stamp, mark=mark)

    def account(self, *, with_: Iterable[str] = ()) -> Account:
        """Parameters of the account. Also learns its time zone, its country and whether filters work.

        Args:
            with_: further blocks by their names in the API, such as ``task_types``, ``users_groups``.
        """
        from .orm.account import account_zone

        operation = endpoint("account.get_account")
        wanted = dict.fromkeys(("datetime_settings", "is_api_filter_enabled", *with_))
        account: Account = operation.parse(self.send(operation.request(with_=list(wanted))))
        self.directory.zone = account_zone(account) or self.directory.zone
        if isinstance(account.country, str):
            self.directory.region = account.country
        if account.is_api_filter_enabled is not UNSET:
            self.directory.filters = bool(account.is_api_filter_enabled)
        return account

    @property
    def zone(self) -> tzinfo | None:
        """Time zone of the account, ``None`` until ``account()`` was called."""
        return self.directory.zone

    @property
    def _account(self) -> AccountState:
        from .orm.account import AccountState

        return AccountState(self, self.origin)
