"""Shared state of one account: its connection and what was learned through it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from amocrm._core.orm.identity import Directory, Origin
from amocrm._core.orm.lookup_planner import ListSize
from amocrm._core.orm.operations import LIST, endpoint
from amocrm._core.orm.paging import items_of
from amocrm._core.orm.times import zone_of
from amocrm.entities import Pipeline, User
from amocrm.entities.pipeline import directory_stage
from amocrm.errors import TimeZoneWarning
from amocrm.fields import Definitions
from amocrm_gen._runtime.wire import Request, Response

if TYPE_CHECKING:
    from amocrm_gen.models.account import Account
    from amocrm_gen.models.fields import CustomField

    from .._primitives import Clock
    from ..connection.connection import AsyncConnection

__all__ = ["AsyncAccountState", "account_zone"]

#: Requests under way at once where nothing else was asked for: enough for the limit at half a second of latency.
_IN_FLIGHT = 4


class AsyncAccountState:
    """One account as lists, sessions and directories use it.

    Attributes:
        connection: sends the requests.
        origin: where entities that belong to no session come from.
    """

    __slots__ = ("connection", "origin")

    def __init__(self, connection: AsyncConnection, origin: Origin) -> None:
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

    async def send(self, request: Request) -> Response:
        """Send a request; see ``AsyncConnection.send``."""
        return await self.connection.send(request)

    async def region(self, keys: Iterable[Any]) -> str:
        """Return the country whose national numbers are read: the account's, read once where a key has phones."""
        directory = self.directory
        if not directory.region and any(one.has_phones and one.region is None for one in keys):
            operation = endpoint("account.get_account")
            found = operation.parse(await self.send(operation.request())).country
            directory.region = str(found) if found not in (None, UNSET, "") else "RU"
        return directory.region or "RU"

    async def probe(self, kind: str, keys: int) -> None:
        """Learn whether a list has more pages of 250 than there are keys to find in it; one request."""
        module = endpoint(LIST[kind])
        parsed = module.parse(await self.send(module.request(page=keys + 1, limit=250)))
        size = self.directory.sizes.setdefault(kind, ListSize())
        if items_of(parsed, kind):
            size.least = max(size.least, keys + 1)
        else:
            size.most = keys

    async def read_definitions(self, kind: str) -> Definitions:
        """Read the definitions of custom fields of one collection, replacing those known so far."""
        operation = endpoint("fields.list_custom_fields")
        found: list[CustomField] = []
        while True:
            request = operation.request(entity_type=kind, page=len(found) // 250 + 1, limit=250)
            parsed = operation.parse(await self.send(request))
            page = [] if parsed is None or parsed.embedded is UNSET else parsed.embedded.custom_fields
            found += page
            if len(page) < 250:
                break
        definitions = self.directory.fields[kind] = Definitions(kind, found)
        return definitions

    async def definitions(self, kind: str) -> Definitions:
        """Return the definitions of custom fields of one collection, read once."""
        known: Definitions | None = self.directory.fields.get(kind)
        return await self.read_definitions(kind) if known is None or known.is_stale else known

    async def load_users(self) -> list[User]:
        """Return all users, read once (administrators only)."""
        objects = self.directory.objects
        if ("users", None) not in objects:
            operation = endpoint("users.list_users")
            found: list[User] = []
            while True:
                request = operation.request(page=len(found) // 250 + 1, limit=250)
                page = items_of(operation.parse(await self.send(request)), "users")
                found += self.origin.page(User, page)
                if len(page) < 250:
                    break
            objects[("users", None)] = found
            for user in found:
                objects[("users", user.id)] = user
        return list(objects[("users", None)])

    async def list_pipelines(self) -> list[Pipeline]:
        """Read all pipelines; there are at most 50, they come in one answer."""
        operation = endpoint("pipelines.list_pipelines")
        parsed = operation.parse(await self.send(operation.request()))
        return [self.pipeline(item) for item in parsed.embedded.pipelines] if parsed is not None else []

    async def load_pipelines(self) -> list[Pipeline]:
        """Return all pipelines, read once."""
        objects = self.directory.objects
        if ("pipelines", None) not in objects:
            objects[("pipelines", None)] = listed = await self.list_pipelines()
            objects.update((("pipelines", pipeline.id), pipeline) for pipeline in listed)
        return list(objects[("pipelines", None)])

    def pipeline(self, item: Any) -> Pipeline:
        """Make a pipeline of an answered item and remember its stages."""
        pipeline = Pipeline._from_api(item, self.origin)
        embedded = item.embedded
        for stage in () if embedded is UNSET or embedded.statuses is UNSET else embedded.statuses:
            directory_stage(self.origin, item.id, stage)
        return pipeline


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
