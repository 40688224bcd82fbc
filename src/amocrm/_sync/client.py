"""The client of one account."""
# GENERATED from src/amocrm/_async/client.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import Directory, Origin

from .connection.connection import Connection

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

    from .orm.account import AccountState
    from .orm.collections import Collection, Notes, Records, Tasks, WritableRecords
    from .orm.directories import Fields, Pipelines, Tags, Users
    from .orm.flush import Progress
    from .orm.preload import Loadable
    from .orm.query import Query
    from .orm.session import Session
    from .resources.catalogs import Catalogs
    from .resources.chats import Chats
    from .resources.conversations import ChatTemplates, Contacts, Talks
    from .resources.customers import Customers
    from .resources.events import Events
    from .resources.files import Files
    from .resources.integrations import (
        Bots,
        Links,
        ShortLinks,
        WebsiteButtons,
        Widgets,
    )
    from .resources.telephony import Calls
    from .resources.unsorted import UnsortedLeads
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

    # Each is imported when it is first used; see ``_opened``.
    leads: Collection[Lead]
    """Leads."""
    contacts: Contacts
    """Contacts, and the chats that belong to them."""
    companies: Collection[Company]
    """Companies."""
    customers: Customers
    """Customers, their purchases, bonus points and mode."""
    purchases: WritableRecords[Purchase]
    """Purchases of all customers."""
    segments: WritableRecords[Segment]
    """Segments of customers, in the mode of segments."""
    customer_statuses: WritableRecords[CustomerStatus]
    """Statuses of customers, in the mode of periodicity."""
    catalogs: Catalogs
    """Lists with their elements: products, invoices and others."""
    tasks: Tasks
    """Tasks."""
    notes: Notes
    """Notes, by entity."""
    tags: Tags
    """Directories of tags."""
    users: Users
    """Users."""
    roles: WritableRecords[Role]
    """Roles, which give users their rights."""
    pipelines: Pipelines
    """Pipelines and their stages."""
    fields: Fields
    """Definitions of custom fields, and their groups."""
    loss_reasons: WritableRecords[LossReason]
    """Reasons why leads are lost."""
    sources: WritableRecords[Source]
    """Sources of leads of this integration."""
    unsorted: UnsortedLeads
    """Incoming leads."""
    events: Events
    """What happened to entities."""
    talks: Talks
    """Talks of contacts, and their messages."""
    chat_templates: ChatTemplates
    """Templates of chat messages."""
    bots: Bots
    """Bots."""
    widgets: Widgets
    """Widgets."""
    website_buttons: WebsiteButtons
    """Buttons of web sites."""
    currencies: Records[Currency, str]
    """Currencies that fields may have."""
    calls: Calls
    """Calls of a telephony."""
    short_links: ShortLinks
    """Short links."""
    links: Links
    """Links between entities."""
    files: Files
    """Files: upload, download, and what hangs on which entity."""
    webhooks: Webhooks
    """Subscriptions to webhooks."""
    chats: Chats
    """The chats service."""

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

        wanted = dict.fromkeys(("datetime_settings", "is_api_filter_enabled", *with_))
        account: Account = self._account.call("account.get_account", with_=list(wanted))
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
        ".orm.collections": "Collection Notes Records Tasks WritableRecords",
        ".orm.directories": "Fields Pipelines Tags Users",
        ".resources.catalogs": "Catalogs",
        ".resources.chats": "Chats",
        ".resources.conversations": "ChatTemplates Contacts Talks",
        ".resources.customers": "Customers",
        ".resources.events": "Events",
        ".resources.files": "Files",
        ".resources.integrations": "Bots Links ShortLinks WebsiteButtons Widgets",
        ".resources.telephony": "Calls",
        ".resources.unsorted": "UnsortedLeads",
        ".resources.webhook_subscriptions": "Webhooks",
    }.items()
    for name in names.split()
}
for _name, _annotation in AmoCRM.__annotations__.items():
    setattr(AmoCRM, _name, property(_opened(_annotation), doc=_name))
