"""What a query gives: all entities, the first one, the only one, how many."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from copy import copy
from typing import TYPE_CHECKING, Any, Self, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import LIST, endpoint
from amocrm.entities._base import Entity
from amocrm.entities._names import checked_names
from amocrm.errors import FilterError, MultipleFound, NotFoundError

from .bulk_update import AsyncBulkUpdate
from .preload import by_ids, preload
from .reading import AsyncReading, ReadProgress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["AsyncQueryResults"]

T = TypeVar("T", bound=Entity)


@checked()
class AsyncQueryResults(AsyncReading[T]):
    """The ends of a query."""

    def limit(self, most: int) -> Self:
        """Return the query for at most so many entities."""
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise ValueError(f"limit() must be given a number of entities, got {most!r}; write limit(10)")
        changed = copy(self)
        changed._most = most
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
        if isinstance(start, bool) or not isinstance(start, int) or start < 1:
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
        counted = None if self._is_compared_here else await self._count_pages()
        if counted is None:
            counted = 0
            async with aclosing(self._limited()) as pages:
                async for page in pages:
                    counted += len(page)
        return counted if self._most is None else min(counted, self._most)

    async def in_bulk(self, keys: Iterable[int]) -> dict[int, T]:
        """Return entities by their ids, in the order of the ids; those that do not exist are missing.

        One request for 250 of them where the account has the filter option, else one each, or the whole list
        where that takes fewer (one request more finds out). ``preload`` works as in a list.

        Raises:
            FilterError: the query has conditions, an order or a limit.
        """
        if self._conditions or self._order or self._search or self._sought or self._most is not None:
            raise FilterError(
                f"in_bulk() must be called on a query without conditions, order and limit, got {self!r}"
            )
        wanted = list(dict.fromkeys(keys))
        found = await by_ids(self._account, self._origin, self._cls, wanted)
        await preload(self._account, self._origin, list(found.values()), self._relations, self._brought)
        return {key: found[key] for key in wanted if key in found}

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
        async with aclosing(self.limit(1)._entities()) as entities:
            async for entity in entities:
                return entity
        return None

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
        found = await self.limit(2).all()
        if len(found) > 1:
            raise MultipleFound(f"a query must find one {self._cls.__name__}, got several; see .first()")
        return found[0] if found else None

    async def one(self) -> T:
        """Return the only one; one request for two rows.

        Raises:
            NotFoundError: there is none.
            MultipleFound: there are several.

        Example:
            >>> deal = await crm.query(Deal).where(Deal.order.is_("A-17")).one()
        """
        result = await self.one_or_none()
        if result is None:
            raise NotFoundError(
                f"a query must find one {self._cls.__name__}, got none; see .one_or_none()",
                op=endpoint(LIST[self._cls._kind]).OP.id,
                status=204,
                title="",
                detail="",
                request_id=None,
                items=(),
                html=False,
            )
        return result
