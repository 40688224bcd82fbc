"""What a query gives: all entities, the first one, the only one, how many."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from amocrm._core.orm.operations import LIST, endpoint
from amocrm.entities._base import Entity
from amocrm.errors import MultipleFound, NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["AsyncQueryResults"]

T = TypeVar("T", bound=Entity)


class AsyncQueryResults(Generic[T]):
    """The ends of a query."""

    _cls: type[T]

    def limit(self, most: int) -> Self:
        """Return the query for at most so many entities."""
        raise NotImplementedError

    def _entities(self) -> AsyncGenerator[T]:
        raise NotImplementedError

    async def all(self) -> list[T]:
        """Return all of them in a list. A long list takes about 12 KB for each lead; iterate to stay flat."""
        return [entity async for entity in self._entities()]

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
        found = await self.one_or_none()
        if found is None:
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
        return found
