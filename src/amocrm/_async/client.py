"""The client of one account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import Directory, Origin

from .connection.connection import AsyncConnection

# What a property or a method needs is imported there: a client that reads three leads a day in a small
# function of a cloud should not pay for sessions, webhooks and files.
if TYPE_CHECKING:
    from amocrm.entities import (
        Company,
        Currency,
        CustomerStatus,
        Lead,
        LossReason,
        Purchase,
        Role,
        Segment,
        Source,
    )
    from amocrm.entities._base import Entity
    from amocrm.fields._base import Field
    from amocrm_gen.models.account import Account

    from .orm.account import AsyncAccountState
    from .orm.collections import AsyncCollection, AsyncNotes, AsyncRecords, AsyncTasks, AsyncWritableRecords
    from .orm.directories import AsyncFields, AsyncPipelines, AsyncTags, AsyncUsers
    from .orm.flush import Progress
    from .orm.preload import Loadable
    from .orm.query import AsyncQuery
    from .orm.session import AsyncSession
    from .resources.catalogs import AsyncCatalogs
    from .resources.chats import AsyncChats
    from .resources.conversations import AsyncChatTemplates, AsyncContacts, AsyncTalks
    from .resources.customers import AsyncCustomers
    from .resources.events import AsyncEvents
    from .resources.files import AsyncFiles
    from .resources.integrations import (
        AsyncBots,
        AsyncLinks,
        AsyncShortLinks,
        AsyncWebsiteButtons,
        AsyncWidgets,
    )
    from .resources.telephony import AsyncCalls
    from .resources.unsorted import AsyncUnsortedLeads
    from .resources.webhook_subscriptions import AsyncWebhooks

__all__ = ["AsyncAmoCRM"]

T = TypeVar("T", bound="Entity")


@checked()
class AsyncAmoCRM(AsyncConnection):
    """The client of one account.

    Give it a ``token`` (a long-lived one) or ``oauth`` with a ``store``; ``AsyncAmoCRM()`` takes account and
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
        >>> async with AsyncAmoCRM("mycompany", token="…") as crm:
        ...     lead = await crm.leads.get(17)
    """

    def _opened(self) -> None:
        self.directory = Directory(
            self.account_host, whole_prices=self._sender.hosts.family.domain == "amocrm.ru"
        )
        self.origin = Origin(self.directory)

    # Each is imported when it is first used; see ``_opened``.
    leads: AsyncCollection[Lead]
    """Leads."""
    contacts: AsyncContacts
    """Contacts, and the chats that belong to them."""
    companies: AsyncCollection[Company]
    """Companies."""
    customers: AsyncCustomers
    """Customers, their purchases, bonus points and mode."""
    purchases: AsyncWritableRecords[Purchase]
    """Purchases of all customers."""
    segments: AsyncWritableRecords[Segment]
    """Segments of customers, in the mode of segments."""
    customer_statuses: AsyncWritableRecords[CustomerStatus]
    """Statuses of customers, in the mode of periodicity."""
    catalogs: AsyncCatalogs
    """Lists with their elements: products, invoices and others."""
    tasks: AsyncTasks
    """Tasks."""
    notes: AsyncNotes
    """Notes, by entity."""
    tags: AsyncTags
    """Directories of tags."""
    users: AsyncUsers
    """Users."""
    roles: AsyncWritableRecords[Role]
    """Roles, which give users their rights."""
    pipelines: AsyncPipelines
    """Pipelines and their stages."""
    fields: AsyncFields
    """Definitions of custom fields, and their groups."""
    loss_reasons: AsyncWritableRecords[LossReason]
    """Reasons why leads are lost."""
    sources: AsyncWritableRecords[Source]
    """Sources of leads of this integration."""
    unsorted: AsyncUnsortedLeads
    """Incoming leads."""
    events: AsyncEvents
    """What happened to entities."""
    talks: AsyncTalks
    """Talks of contacts, and their messages."""
    chat_templates: AsyncChatTemplates
    """Templates of chat messages."""
    bots: AsyncBots
    """Bots."""
    widgets: AsyncWidgets
    """Widgets."""
    website_buttons: AsyncWebsiteButtons
    """Buttons of web sites."""
    currencies: AsyncRecords[Currency, str]
    """Currencies that fields may have."""
    calls: AsyncCalls
    """Calls of a telephony."""
    short_links: AsyncShortLinks
    """Short links."""
    links: AsyncLinks
    """Links between entities."""
    files: AsyncFiles
    """Files: upload, download, and what hangs on which entity."""
    webhooks: AsyncWebhooks
    """Subscriptions to webhooks."""
    chats: AsyncChats
    """The chats service."""

    def query(self, cls: type[T]) -> AsyncQuery[T]:
        """Return a query for entities of this class, built-in or derived.

        Example:
            >>> crm.query(Deal).where(Deal.price.between(10_000, 90_000)).order_by(Deal.id)
        """
        from .orm.loading import query_of

        return query_of(self._account, cls, self.origin)

    async def get(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """Return one entity of this class, built-in or derived.

        Raises:
            NotFoundError: there is none, or the user may not see it.
        """
        from .orm.loading import get_entity

        return await get_entity(self._account, cls, key, self.origin, preload)

    async def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """Return the same entity, or ``None`` if there is none."""
        from .orm.loading import get_entity_or_none

        return await get_entity_or_none(self._account, cls, key, self.origin, preload)

    def session(
        self,
        *,
        batch_size: int | None = None,
        progress: Progress | None = None,
        stamp: Field[Any, Any] | None = None,
        mark: bool | None = None,
    ) -> AsyncSession:
        """Return a Unit of Work; see ``AsyncSession``.

        Args:
            batch_size: highest number of items in a request; the vendor advises 50, the default is what each
                operation allows.
            progress: called after each request of a commit with the number of settled items and of all.
            stamp: a text field that takes a unique value for each object that is created; a creation without
                an answer is then found by it.
            mark: whether a commit may read the newest id of a kind first; by default it does where it
                creates with several requests, or with a stamp, and has seen no id.
        """
        from .orm.session import AsyncSession

        return AsyncSession(self._account, batch_size=batch_size, progress=progress, stamp=stamp, mark=mark)

    async def account(self, *, with_: Iterable[str] = ()) -> Account:
        """Parameters of the account. Also learns its time zone, its country and whether filters work.

        Args:
            with_: further blocks by their names in the API, such as ``task_types``, ``users_groups``.
        """
        from .orm.account import account_zone

        wanted = dict.fromkeys(("datetime_settings", "is_api_filter_enabled", *with_))
        account: Account = await self._account.call("account.get_account", with_=list(wanted))
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
    def _account(self) -> AsyncAccountState:
        from .orm.account import AsyncAccountState

        return AsyncAccountState(self, self.origin)


def _opened(annotation: str) -> Any:
    """Return a getter of a collection, whose class and class of entities are those of its annotation."""
    name, _, arguments = annotation.rstrip("]").partition("[")
    place, entity = _PLACES[name], arguments.partition(",")[0]

    def get(client: Any) -> Any:
        cls = getattr(import_module(place, __package__), name)
        if entity:
            return cls(client._account, getattr(import_module("amocrm.entities"), entity))
        bases = getattr(cls, "__orig_bases__", ())  # such as a collection of contacts
        return cls(client._account, *get_args(bases[0])[:1]) if bases else cls(client._account)

    return get


_PLACES = {
    name: place
    for place, names in {
        ".orm.collections": "AsyncCollection AsyncNotes AsyncRecords AsyncTasks AsyncWritableRecords",
        ".orm.directories": "AsyncFields AsyncPipelines AsyncTags AsyncUsers",
        ".resources.catalogs": "AsyncCatalogs",
        ".resources.chats": "AsyncChats",
        ".resources.conversations": "AsyncChatTemplates AsyncContacts AsyncTalks",
        ".resources.customers": "AsyncCustomers",
        ".resources.events": "AsyncEvents",
        ".resources.files": "AsyncFiles",
        ".resources.integrations": "AsyncBots AsyncLinks AsyncShortLinks AsyncWebsiteButtons AsyncWidgets",
        ".resources.telephony": "AsyncCalls",
        ".resources.unsorted": "AsyncUnsortedLeads",
        ".resources.webhook_subscriptions": "AsyncWebhooks",
    }.items()
    for name in names.split()
}
for _name, _annotation in AsyncAmoCRM.__annotations__.items():
    setattr(AsyncAmoCRM, _name, property(_opened(_annotation), doc=_name))
