"""The client of one account."""
# GENERATED from src/amocrm/_async/client.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET

from amocrm._core.orm.identity import Directory, Origin, checked_id
from amocrm._core.orm.operations import GET, LIST, endpoint
from amocrm.errors import NotFoundError

from .connection.connection import Connection

# What a property or a method needs is imported there: a client that reads three leads a day in a small
# function of a cloud should not pay for sessions, webhooks and files.
if TYPE_CHECKING:
    from amocrm.entities import Company, Contact, Customer, Lead
    from amocrm.entities._base import Entity
    from amocrm_gen.models.account import Account

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

#: Where to find what has no ``get`` by its id.
_ELSEWHERE = {
    "notes": "crm.notes.of(entity)",
    "tags": "crm.tags.of(Lead)",
    "statuses": "crm.pipelines, whose stages they are",
    "catalog_elements": "crm.api.catalogs",
}


class AmoCRM(Connection):
    """The client of one account.

    Nothing is shared between clients; two accounts in one process never meet.

    Attributes:
        directory: what was learned of the account: zone, field definitions, users, stages.
        origin: where entities that belong to no session come from.

    Example:
        >>> with AmoCRM("mycompany", token="…") as crm:
        ...     lead = crm.leads.get(17)
    """

    def __init__(self, account: str, **options: Any) -> None:
        super().__init__(account, **options)
        self.directory = Directory(whole_prices=self._attempts.hosts.family.domain == "amocrm.ru")
        self.origin = Origin(self.directory)

    @property
    def leads(self) -> Collection[Lead]:
        """Leads."""
        from amocrm.entities import Lead

        from .orm.collections import Collection

        return Collection(self, Lead)

    @property
    def contacts(self) -> Collection[Contact]:
        """Contacts."""
        from amocrm.entities import Contact

        from .orm.collections import Collection

        return Collection(self, Contact)

    @property
    def companies(self) -> Collection[Company]:
        """Companies."""
        from amocrm.entities import Company

        from .orm.collections import Collection

        return Collection(self, Company)

    @property
    def customers(self) -> Collection[Customer]:
        """Customers."""
        from amocrm.entities import Customer

        from .orm.collections import Collection

        return Collection(self, Customer)

    @property
    def tasks(self) -> Tasks:
        """Tasks."""
        from amocrm.entities import Task

        from .orm.collections import Tasks

        return Tasks(self, Task)

    @property
    def notes(self) -> Notes:
        """Notes, by entity."""
        from .orm.collections import Notes

        return Notes(self)

    @property
    def tags(self) -> Tags:
        """Directories of tags."""
        from .orm.directories import Tags

        return Tags(self)

    @property
    def users(self) -> Users:
        """Users."""
        from amocrm.entities import User

        from .orm.directories import Users

        return Users(self, User)

    @property
    def pipelines(self) -> Pipelines:
        """Pipelines and their stages."""
        from amocrm.entities import Pipeline

        from .orm.directories import Pipelines

        return Pipelines(self, Pipeline)

    @property
    def fields(self) -> Fields:
        """Definitions of custom fields."""
        from .orm.directories import Fields

        return Fields(self)

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
        """A list of entities of this class, built-in or derived.

        Example:
            >>> crm.query(Deal).where(Deal.price.between(10_000, 90_000)).order_by(Deal.id)
        """
        return self._query(cls, self.origin)

    def get(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """One entity of this class, built-in or derived.

        Raises:
            NotFoundError: there is none, or the user may not see it.
        """
        return self._get(cls, key, self.origin, preload)

    def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """The same, ``None`` instead of an error."""
        return self._get_or_none(cls, key, self.origin, preload)

    def session(self, *, batch_size: int | None = None, progress: Progress | None = None) -> Session:
        """A Unit of Work; see ``Session``.

        Args:
            batch_size: highest number of items in a request; the vendor advises 50, the default is what each
                operation allows.
            progress: called after each request of a commit with the number of settled items and of all.
        """
        from .orm.session import Session

        return Session(self, batch_size=batch_size, progress=progress)

    def account(self, *, with_: Iterable[str] = ()) -> Account:
        """Parameters of the account. Also learns its time zone and whether filters work.

        Args:
            with_: further blocks by their names in the API, such as ``task_types``, ``users_groups``.
        """
        operation = endpoint("account.get_account")
        wanted = dict.fromkeys(("datetime_settings", "is_api_filter_enabled", *with_))
        account: Account = operation.parse(self.send(operation.request(with_=list(wanted))))
        self.directory.zone = _zone_of(account) or self.directory.zone
        if account.is_api_filter_enabled is not UNSET:
            self.directory.filters = bool(account.is_api_filter_enabled)
        return account

    @property
    def zone(self) -> tzinfo | None:
        """Time zone of the account, ``None`` until ``account()`` was called."""
        return self.directory.zone

    # ---- for collections and sessions

    def _query(self, cls: type[T], origin: Origin) -> Query[T]:
        return self._query_at(cls, origin, {})

    def _query_at(self, cls: type[T], origin: Origin, path: dict[str, Any]) -> Query[T]:
        from .orm.query import Query

        if cls._kind in ("notes", "tags") and "entity_type" not in path:
            raise TypeError(f"{cls._kind} are listed by entity: crm.{cls._kind}.of(Lead)")
        if cls._kind == "pipelines":
            raise TypeError("pipelines come in one answer and are not queried: crm.pipelines.all()")
        if cls._kind not in LIST:
            raise TypeError(f"there is no list of {cls.__name__}; see crm.pipelines for stages")
        return Query(self, cls, origin, LIST[cls._kind], path)

    def _get(self, cls: type[T], key: int, origin: Origin, preload: Iterable[Loadable]) -> T:
        found = self._get_or_none(cls, key, origin, preload)
        if found is None:
            raise NotFoundError(
                f"there is no {cls.__name__} {key}, or the user of the token may not see it",
                op=endpoint(GET[cls._kind]).OP.id,
                status=204,
                title="",
                detail="",
                request_id=None,
                items=(),
                html=False,
            )
        return found

    def _get_or_none(
        self, cls: type[T], key: int, origin: Origin, preload: Iterable[Loadable]
    ) -> T | None:
        checked_id(cls, key)
        if cls._kind not in GET:
            raise TypeError(f"one {cls.__name__} cannot be read by its id alone; see {_ELSEWHERE[cls._kind]}")
        operation, relations = endpoint(GET[cls._kind]), tuple(preload)
        if relations:
            from .orm.preload import check_loadable

            for relation in relations:
                check_loadable(relation)
        needs = list(dict.fromkeys(relation.needs for relation in relations if relation.needs))
        options = {"with_": needs} if needs else {}
        response = self.send(operation.request(id=key, **options))
        try:
            item = operation.parse(response)
        except NotFoundError:
            return None
        if item is None:
            return None
        entity = origin.make(cls, item)
        if response.drift:
            from amocrm._core.orm.unreadable import unreadable

            for names in unreadable(response.drift).values():
                entity._relations()["unreadable"] = names
        if relations:
            from weakref import WeakValueDictionary

            from .orm.preload import preload as _preload

            _preload(self, origin, [entity], relations, one_by_one=True, cache=WeakValueDictionary())
        return entity


def _zone_of(account: Account) -> tzinfo | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    embedded = account.embedded
    settings: Any = UNSET if embedded is UNSET else embedded.datetime_settings
    sources = [account] if settings is UNSET else [settings, account]
    for source in sources:
        name, offset = source.timezone, source.timezone_offset
        if isinstance(name, str):
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):
                pass
        if isinstance(offset, str) and len(offset) == 6 and offset[0] in "+-":
            minutes = int(offset[1:3]) * 60 + int(offset[4:])
            return timezone(timedelta(minutes=minutes if offset[0] == "+" else -minutes))
    return None
