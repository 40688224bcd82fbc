"""Shared state of one account: its connection and what was learned through it."""
# GENERATED from src/amocrm/_async/orm/account.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET

from amocrm._core.orm.identity import Directory, Origin
from amocrm._core.orm.lookup_planner import ListSize
from amocrm._core.orm.operations import LIST, batches, endpoint, field_place, resource_of
from amocrm._core.orm.paging import items_of
from amocrm._core.orm.times import http_date, zone_of
from amocrm.errors import TimeZoneWarning
from amocrm_gen._runtime.wire import Request, Response

# A program that only handles files or webhooks has no use for entities and fields.
if TYPE_CHECKING:
    from amocrm.entities import Pipeline, User
    from amocrm.entities._base import Entity
    from amocrm.fields import Definitions
    from amocrm_gen.models.account import Account

    from .._primitives import Clock
    from ..connection.connection import Connection

__all__ = ["AccountState", "Area", "account_zone"]

T = TypeVar("T", bound="Entity")

#: Requests under way at once where nothing else was asked for: enough for the limit at half a second of latency.
_IN_FLIGHT = 4


class AccountState:
    """One account as lists, sessions and directories use it.

    Attributes:
        connection: sends the requests.
        origin: where entities that belong to no session come from.
    """

    __slots__ = ("connection", "origin")

    def __init__(self, connection: Connection, origin: Origin) -> None:
        self.connection = connection
        self.origin = origin

    @property
    def directory(self) -> Directory:
        """Zone, field definitions, users and stages, as far as they were read."""
        return self.origin.directory

    @property
    def max_prefetch(self) -> int | None:
        """Number of pages that may be under way at once, None for as many as pay."""
        return self.connection.max_prefetch

    @property
    def in_flight(self) -> int:
        """Number of requests that may be under way at once; 0 allows no thread beside the caller's."""
        return _IN_FLIGHT if self.max_prefetch is None else self.max_prefetch

    @property
    def clock(self) -> Clock:
        """The clock of the connection."""
        return self.connection._sender.clock

    def send(self, request: Request) -> Response:
        """Send a request, see ``Connection.send``; note by how much the server's clock is ahead."""
        response = self.connection.send(request)
        date = http_date(response.headers.get("date", "")) if request.op.host == "account" else None
        if date is not None:
            self.directory.marks.clock_offset = date - self.clock.wall()
        return response

    def call(self, operation: str, /, **parameters: Any) -> Any:
        """Send an operation, named ``area.operation_id``; return the parsed answer."""
        called = endpoint(operation)
        return called.parse(self.send(called.request(**parameters)))

    def call_in_parts(self, operation: str, items: Sequence[Any], /, **path: Any) -> list[Any]:
        """Send items in as few requests as the operation allows; return the parsed answers."""
        parts = batches(endpoint(operation), items)
        return [self.call(operation, **path, body=part) for part in parts]

    def region(self, keys: Iterable[Any]) -> str:
        """Return the country whose national numbers are read: the account's, read once where a key has phones."""
        directory = self.directory
        if not directory.region and any(key.has_phones and key.region is None for key in keys):
            country = (self.call("account.get_account")).country
            directory.region = str(country) if country not in (None, UNSET, "") else "RU"
        return directory.region or "RU"

    def probe(self, kind: str, keys: int) -> None:
        """Learn whether a list has more pages of 250 than there are keys to find in it; one request."""
        parsed = self.call(LIST[kind], page=keys + 1, limit=250)
        size = self.directory.sizes.setdefault(kind, ListSize())
        if items_of(parsed, resource_of(kind).items):
            size.least = max(size.least, keys + 1)
        else:
            size.most = keys

    def read_all(self, kind: str, **path: Any) -> list[Any]:
        """Return the items of all pages of a list.

        Args:
            kind: collection, such as ``users``.
            path: what stands in its path.
        """
        resource = resource_of(kind)
        page, result = endpoint(resource.list).OP.page, list[Any]()
        while True:
            number = {} if page is None else {"page": len(result) // page.limit + 1, "limit": page.limit}
            items = items_of(self.call(resource.list, **path, **number), resource.items)
            result += items
            if page is None or len(items) < page.limit:
                return result

    def read_definitions(self, kind: str) -> Definitions:
        """Read the definitions of custom fields of one collection, replacing those known so far."""
        from amocrm.fields import Definitions

        collection, path = field_place(kind)
        listed = self.read_all(collection, **path)
        definitions = self.directory.fields[kind] = Definitions(kind, listed)
        return definitions

    def definitions(self, kind: str) -> Definitions:
        """Return the definitions of custom fields of one collection, read once."""
        definitions: Definitions | None = self.directory.fields.get(kind)
        if definitions is None or definitions.is_stale:
            return self.read_definitions(kind)
        return definitions

    def load(self, cls: type[T]) -> list[T]:
        """Return everything of a directory, read once: users, pipelines with their stages."""
        objects = self.directory.objects
        if (cls._kind, None) not in objects:
            entities = self.origin.page(cls, self.read_all(cls._kind))
            objects[(cls._kind, None)] = entities
            objects.update({(cls._kind, entity.id): entity for entity in entities})
        return list(objects[(cls._kind, None)])

    def load_users(self) -> list[User]:
        """Return all users, read once (administrators only)."""
        from amocrm.entities import User

        return self.load(User)

    def load_pipelines(self) -> list[Pipeline]:
        """Return all pipelines, read once; the directory gets to know their stages."""
        from amocrm.entities import Pipeline

        pipelines = self.load(Pipeline)
        for pipeline in pipelines:
            _ = pipeline.statuses
        return pipelines


class Area:
    """A part of the API with requests of its own."""

    def __init__(self, account: AccountState) -> None:
        self._account = account


def account_zone(account: Account) -> tzinfo | None:
    """Return the time zone of an account, None where the answer does not tell it."""
    embedded = account.embedded
    settings: Any = UNSET if embedded is UNSET else embedded.datetime_settings
    for source in [account] if settings is UNSET else [settings, account]:
        zone, knows_summer = zone_of(source.timezone, source.timezone_offset)
        if not knows_summer:
            warnings.warn(
                f"the time zone {source.timezone!r} of the account is not known on this machine, so its present "
                f"offset {source.timezone_offset} is used for all times; run pip install tzdata",
                TimeZoneWarning,
                stacklevel=3,
            )
        if zone is not None:
            return zone
    return None
