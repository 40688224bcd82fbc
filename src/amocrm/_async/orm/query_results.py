"""What a query gives: all entities, the first one, the only one, how many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import aclosing
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import LIST, not_found
from amocrm._core.orm.outcome import Report
from amocrm._core.orm.plan import Plan
from amocrm.entities._base import Entity
from amocrm.entities._names import checked_names
from amocrm.errors import FilterError, MultipleFound

from .preload import by_ids, preload
from .reading import AsyncReading, ReadProgress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["AsyncBulkUpdate", "AsyncQueryResults"]

T = TypeVar("T", bound=Entity)


@checked(count="write .limit(10)")
class AsyncQueryResults(AsyncReading[T]):
    """The ends of a query."""

    def limit(self, count: int) -> Self:
        """Return the query for at most so many entities."""
        if count < 0:
            raise ValueError(f"count must be an integer >= 0, got {count!r}; write limit(10)")
        changed = copy(self)
        changed._most = count
        return changed

    def __aiter__(self) -> AsyncGenerator[T]:
        return self._entities()

    def pages(self, *, start: int = 1, progress: ReadProgress | None = None) -> AsyncGenerator[list[T]]:
        """Return the entities page by page, a request each.

        Args:
            start: number of the first page, for going on where a reading ended. Rows move when others are deleted
                or, without an order by id, changed: go on by number only in a list that stands still.
            progress: called after each page with the number of pages read and of entities given.

        Example:
            >>> async for page in crm.leads.query().pages():
            ...     store(page)
        """
        if start < 1:
            raise ValueError(f"start must be the number of a page, at least 1, got {start!r}")
        part = copy(self)
        part._start = start
        return part._limited(progress)

    async def all(self, *, progress: ReadProgress | None = None) -> list[T]:
        """Return all of them in a list. A long list takes about 12 KB for each lead; iterate to stay flat.

        Args:
            progress: called after each page with the number of pages read and of entities given; ``count`` tells
                beforehand how many there are.
        """
        async with aclosing(self._limited(progress)) as pages:
            return [entity async for page in pages for entity in page]

    async def count(self) -> int:
        """Return how many there are: the API tells no total, so the last page is looked for.

        1 request up to 250 entities, 6 for 1,250, 14 for 100,000. Where the server does not filter (no filter
        option, a phone or an address) the entities are read and counted, see ``where`` and ``scan``.

        Example:
            >>> await crm.leads.where(Lead.updated_at >= yesterday).count()
            1250
        """
        total = None if self._is_compared_here else await self._count_pages()
        if total is None:
            async with aclosing(self._limited()) as pages:
                total = sum([len(page) async for page in pages])
        return total if self._most is None else min(total, self._most)

    async def in_bulk(self, keys: Iterable[int]) -> dict[int, T]:
        """Return entities by their ids, in the order of the ids; those that do not exist are missing.

        One request for 250 of them where the account has the filter option, else one each, or the whole list
        where that takes fewer (one request more finds out). ``preload`` works as in a list.

        Raises:
            FilterError: the query has conditions, an order or a limit.
        """
        if self._conditions or self._order or self._search or self._sought or self._most is not None:
            raise FilterError(
                f"in_bulk() must be called on a query without conditions, order and limit, got {self!r}; "
                f"write crm.query({self._cls.__name__}).in_bulk(ids)"
            )
        wanted = list(dict.fromkeys(keys))
        entities = await by_ids(self._account, self._origin, self._cls, wanted, needs=self._needs)
        await preload(self._account, self._origin, list(entities.values()), self._relations, self._brought)
        return {key: entities[key] for key in wanted if key in entities}

    async def values(self, *names: str) -> list[dict[str, Any]]:
        """Return the named attributes of all entities as dicts, which take less memory.

        The API cannot select attributes: the requests and their bytes are those of ``all``.

        Example:
            >>> await crm.leads.query().values("id", "price")
            [{'id': 17, 'price': 5000}]
        """
        names = tuple(checked_names(self._cls, names)) or ("id",)
        async with aclosing(self._entities()) as entities:
            return [{name: getattr(entity, name) for name in names} async for entity in entities]

    def update(self, **values: Any) -> AsyncBulkUpdate[T]:
        """Return a change of all entities of the query: look at its ``plan``, then ``commit`` it.

        The API cannot update by a query: all entities are read, and those that differ are sent, 250 a request.

        Args:
            values: new values by attribute.

        Example:
            >>> change = crm.leads.where(Lead.status.is_(old)).update(status=new)
            >>> print(await change.plan())
            Plan: 1 requests, 67 items
              1. PATCH  /api/v4/leads: 67 items in 1 request
            >>> await change.commit()
        """
        return AsyncBulkUpdate(self, checked_names(self._cls, values))

    async def first(self) -> T | None:
        """Return the first one, ``None`` without any; one request for one row.

        Example:
            >>> newest = await crm.leads.query().order_by(Lead.id, desc=True).first()
        """
        return next(iter(await self.limit(1).all()), None)

    async def exists(self) -> bool:
        """Return whether there is one; one request for one row.

        Example:
            >>> await crm.leads.where(Lead.price.is_(0)).exists()
            True
        """
        return await self.first() is not None

    async def one_or_none(self) -> T | None:
        """Return the only one, ``None`` without any; one request for two rows.

        Raises:
            MultipleFound: there are several.
        """
        entities = await self.limit(2).all()
        if len(entities) > 1:
            raise MultipleFound(
                f"one() and one_or_none() must find one {self._cls.__name__}, got several; add conditions, or write .first()"
            )
        return entities[0] if entities else None

    async def one(self) -> T:
        """Return the only one; one request for two rows.

        Raises:
            NotFoundError: there is none.
            MultipleFound: there are several.

        Example:
            >>> deal = await crm.query(Deal).where(Deal.order.is_("A-17")).one()
        """
        entity = await self.one_or_none()
        if entity is None:
            message = f"one() must find one {self._cls.__name__}, got none; check the conditions, or write .one_or_none()"
            raise not_found(LIST[self._cls._kind], message)
        return entity


class AsyncBulkUpdate(Generic[T]):
    """The same values for all entities of a query; see ``AsyncQuery.update``.

    Args:
        query: what is read.
        values: new values by attribute.
    """

    def __init__(self, query: AsyncReading[T], values: Mapping[str, Any]) -> None:
        self._query, self._values = query, values
        self._session: Any = None  # the module of sessions makes queries and is not imported

    async def plan(self) -> Plan:
        """Read the entities and return the requests that ``commit`` would make; nothing is changed."""
        plan: Plan = (await self._read()).plan()
        return plan

    async def commit(self) -> Report[Entity]:
        """Send what differs, 250 entities a request; read first what ``plan`` has not read.

        Raises:
            FlushError: something was not applied or is in doubt; it carries the report.
        """
        report: Report[Entity] = await (await self._read()).commit()
        return report

    async def _read(self) -> Any:
        if self._session is None:
            connection: Any = self._query._account.connection
            session, query = connection.session(), copy(self._query)
            session._map.left = True  # a plan without a commit is not a forgotten change
            query._origin = session._map
            async for entity in query._entities():
                entity.update(**self._values)
            self._session = session
        return self._session
