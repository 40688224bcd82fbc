"""Finding records by their keys in as few requests as are right."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from amocrm._core.orm.filters import MOST, Condition, cut_conditions
from amocrm._core.orm.lookup_planner import Find, ListSize, Means, choose
from amocrm.entities._base import Entity
from amocrm.entities._keys import AnyOf, KeyValue
from amocrm.errors import FilterIgnored

from .._primitives import run_all
from .account import AsyncAccountState
from .loading import query_of
from .query import AsyncQuery

__all__ = ["AsyncFinding", "Place"]

T = TypeVar("T", bound=Entity)
#: Which of several keys, and what a record holds under it.
Place: TypeAlias = tuple[int, KeyValue]


class AsyncFinding(msgspec.Struct, Generic[T], eq=False):
    """A look-up of many keys of one class.

    Attributes:
        account: the account.
        cls: class of the records.
        key: the key.
        find, sure: how to look; see ``AsyncSession.upsert_all``.
        needs: values of ``with`` for the lists.
        records: records by what they hold.
        means: how they were looked for.
    """

    account: AsyncAccountState
    cls: type[T]
    key: AnyOf
    find: Find = "auto"
    sure: bool = True
    needs: tuple[str, ...] = ()
    records: dict[Place, dict[int, T]] = {}
    means: Means = "list"

    @property
    def region(self) -> str:
        """Country whose national phone numbers are read."""
        return self.account.directory.region or "RU"

    async def run(self, places: Iterable[Place]) -> None:
        """Look for these values.

        Raises:
            ValueError: ``find`` asks for what the list or the key does not have.
        """
        wanted = dict.fromkeys(places)
        self.records = {}
        conditions = self.conditions(wanted)
        while wanted:
            means = self.decide(wanted, conditions)
            if means == "probe":
                await self.account.probe(self.cls._kind, len(wanted))
                continue
            self.means = means
            try:
                if means == "search":
                    await self._search(wanted)
                elif means == "list":
                    await self.read_list(wanted)
                else:
                    for condition in conditions or ():
                        await self._take(self._query().where(condition), wanted)
                return
            except FilterIgnored:  # the directory knows by now that the option is missing
                if self.find == "filter":
                    raise

    async def read_list(self, wanted: Container[Place] | None = None) -> None:
        """Read the whole list and keep the records that hold something, or one of the values."""
        self.account.directory.sizes[self.cls._kind] = ListSize.of(await self._take(self._query(), wanted))

    def decide(self, wanted: Iterable[Place], conditions: Sequence[Condition] | None) -> Any:
        """Return what the planner says with what is known now."""
        places = list(wanted)
        directory = self.account.directory
        return choose(
            self.find,
            keys=len(places),
            filter_requests=None
            if conditions is None
            else sum(len(cut_conditions([condition])) for condition in conditions),
            is_paid=directory.filters,
            searchable=self._words(places) is not None,
            sure=self.sure,
            size=directory.sizes.get(self.cls._kind, ListSize()),
        )

    def conditions(self, wanted: Iterable[Place]) -> list[Condition] | None:
        """Return the conditions of the requests by filter, None where the list has no such filter."""
        part: Any = self.key[0].filtered() if len(self.key) == 1 else None
        if part is None:
            return None
        at = self.key[0].parts.index(part)
        values = list(dict.fromkeys(value[at] for _, value in wanted))
        return [part.in_(*values[start : start + MOST]) for start in range(0, len(values), MOST)]

    def _words(self, wanted: Iterable[Place]) -> list[str] | None:
        words = dict.fromkeys(self.key[place].searched(value) for place, value in wanted)
        return None if None in words else [word for word in words if word is not None]

    def _query(self) -> AsyncQuery[T]:
        return query_of(self.account, self.cls, self.account.origin).with_(*self.needs)

    async def _take(self, query: AsyncQuery[T], wanted: Container[Place] | None) -> int:
        count = 0
        async for record in query:
            count += 1
            self._match(record, wanted)
        return count

    def _match(self, record: T, wanted: Container[Place] | None) -> None:
        for place in self.key.values(record, self.region):
            if wanted is None or place in wanted:
                self.records.setdefault(place, {})[record.id] = record

    async def _search(self, wanted: dict[Place, None]) -> None:
        searches = [
            partial(self._take, self._query().search(word), wanted) for word in self._words(wanted) or ()
        ]
        for answer in await run_all(searches, self.account.in_flight):
            if isinstance(answer, Exception):
                raise answer
        if any(place not in self.records for place in wanted):
            # A search may be behind: what was created a moment ago is on the newest page.
            order = None if self.cls._kind == "customers" else ("id", "desc")
            query = self._query()
            newest = query._read(await query._page(1, 250, {}, order))
            for record in self.account.origin.page(self.cls, newest):
                self._match(record, wanted)
