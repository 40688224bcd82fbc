"""Finding records by their keys in as few requests as are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

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


class AsyncFinding(Generic[T]):
    """One look-up of many keys of one class.

    Args:
        account: the account.
        cls: class of the records.
        key: the key.
        region: country whose national phone numbers are read.
        find, sure: how to look; see ``AsyncSession.upsert_all``.
        needs: values of ``with`` for the lists.

    Attributes:
        found: records by what they hold.
        means: how they were looked for.
    """

    def __init__(
        self,
        account: AsyncAccountState,
        cls: type[T],
        key: AnyOf,
        region: str,
        *,
        find: Find = "auto",
        sure: bool = True,
        needs: Iterable[str] = (),
    ) -> None:
        self._account = account
        self._cls: type[T] = cls
        self._key = key
        self._region = region
        self._find: Find = find
        self._sure = sure
        self._needs = tuple(needs)
        self.found: dict[Place, dict[int, T]] = {}
        self.means: Means = "list"

    async def run(self, places: Iterable[Place]) -> None:
        """Look for these values.

        Raises:
            ValueError: ``find`` asks for what the list or the key does not have.
        """
        wanted = dict.fromkeys(places)
        if not wanted:
            return
        conditions = self.conditions(wanted)
        words = self._words(wanted)
        while True:
            means = self.decide(wanted, conditions)
            if means == "probe":
                await self._account.probe(self._cls._kind, len(wanted))
                continue
            self.means = means
            if means == "filter":
                try:
                    for condition in conditions or ():
                        await self._take(self._query().where(condition), wanted)
                except FilterIgnored:
                    if self._find == "filter":
                        raise
                    continue  # the directory knows by now that the option is missing
            elif means == "search":
                await self._search(words, wanted)
            else:
                count = await self._take(self._query(), wanted)
                pages = max(1, -(-count // 250))
                self._account.directory.sizes[self._cls._kind] = ListSize(pages, pages)
            return

    def decide(self, wanted: Iterable[Place], conditions: Sequence[Condition] | None) -> Any:
        """Return what the planner says with what is known now."""
        places = list(wanted)
        directory = self._account.directory
        requests = (
            None if conditions is None else sum(len(cut_conditions([condition])) for condition in conditions)
        )
        return choose(
            self._find,
            keys=len(places),
            filter_requests=requests,
            is_paid=directory.filters,
            searchable=self._words(places) is not None,
            sure=self._sure,
            size=directory.sizes.get(self._cls._kind, ListSize()),
        )

    def conditions(self, wanted: Iterable[Place]) -> list[Condition] | None:
        """Return the conditions of the requests by filter, None where the list has no such filter."""
        key = self._key.keys[0]
        part = key.filtered()
        if len(self._key.keys) > 1 or part is None:
            return None
        at = key.parts.index(part)
        values = list(dict.fromkeys(value[at] for _, value in wanted))
        return [key.condition(part, values[start : start + MOST]) for start in range(0, len(values), MOST)]

    def _words(self, wanted: Iterable[Place]) -> list[str] | None:
        words = [self._key.keys[place].searched(value) for place, value in wanted]
        found = [word for word in words if word is not None]
        return list(dict.fromkeys(found)) if len(found) == len(words) else None

    def _query(self) -> AsyncQuery[T]:
        query = query_of(self._account, self._cls, self._account.origin)
        return query.with_(*self._needs) if self._needs else query

    async def _take(self, query: AsyncQuery[T], wanted: dict[Place, None]) -> int:
        count = 0
        async for record in query:
            count += 1
            self._match(record, wanted)
        return count

    def _match(self, record: T, wanted: dict[Place, None]) -> None:
        for place in self._key.values(record, self._region):
            if place in wanted:
                self.found.setdefault(place, {})[record.id] = record

    async def _search(self, words: Sequence[str] | None, wanted: dict[Place, None]) -> None:
        searches = [partial(self._take, self._query().search(item), wanted) for item in words or ()]
        for answer in await run_all(searches, self._account.in_flight):
            if isinstance(answer, Exception):
                raise answer
        if any(place not in self.found for place in wanted):
            # A search may be behind: what was created a moment ago is on the newest page.
            order = None if self._cls._kind == "customers" else ("id", "desc")
            query = self._query()
            newest = query._read(await query._page(1, 250, {}, order))
            for record in self._account.origin.page(self._cls, newest):
                self._match(record, wanted)
