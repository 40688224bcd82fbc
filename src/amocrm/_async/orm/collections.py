"""The collections of an account: ``crm.leads``, ``crm.contacts``, ``crm.tasks`` and the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.filters import Condition
from amocrm.entities import Note, Task
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in

from .account import AsyncAccountState
from .loading import get_entity, get_entity_or_none, query_of
from .preload import Loadable
from .query import AsyncQuery
from .short_forms import AsyncShortForms

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["AsyncCollection", "AsyncNotes", "AsyncTasks"]

T = TypeVar("T", bound=Entity)


@checked()
class AsyncCollection(AsyncShortForms[T]):
    """One collection: iterate over it, get by id, query.

    Example:
        >>> async for lead in crm.leads:
        ...     print(lead.name)
        >>> lead = await crm.leads.get(17)
    """

    def __init__(self, account: AsyncAccountState, cls: type[T]) -> None:
        self._account = account
        self._cls = cls

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._cls.__name__}>"

    def __aiter__(self) -> AsyncGenerator[T]:
        return self.query()._entities()

    def query(self) -> AsyncQuery[T]:
        """A query over the whole collection."""
        return query_of(self._account, self._cls, self._account.origin)

    def where(self, *conditions: Condition) -> AsyncQuery[T]:
        """A query with conditions; see ``AsyncQuery.where``."""
        return self.query().where(*conditions)

    async def all(self) -> list[T]:
        """Everything in a list."""
        return await self.query().all()

    async def get(self, key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """One entity.

        Args:
            key: its id.
            preload: relations to read along.

        Raises:
            NotFoundError: there is none, or the user may not see it.
        """
        return await get_entity(self._account, self._cls, key, self._account.origin, preload)

    async def get_or_none(self, key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """The same, ``None`` instead of an error."""
        return await get_entity_or_none(self._account, self._cls, key, self._account.origin, preload)

    async def in_bulk(self, keys: Iterable[int]) -> dict[int, T]:
        """Return several entities by their ids, in the order of the ids; those that do not exist are missing.

        One request for 250 of them where the account has the filter option, else one each, or the whole list
        where that takes fewer (one request more finds out).

        Example:
            >>> await crm.leads.in_bulk([17, 19])
            {17: <Lead 17 'Заказ 17'>, 19: <Lead 19 'Заказ 19'>}
        """
        return await self.query().in_bulk(keys)

    async def get_many(self, keys: Iterable[int]) -> list[T]:
        """Return several entities in a list; see ``in_bulk``."""
        return list((await self.in_bulk(keys)).values())


@checked()
class AsyncTasks(AsyncCollection[Task]):
    """Tasks."""

    def of(self, entity: Entity) -> AsyncQuery[Task]:
        """The tasks of one lead, contact or company."""
        key = key_in(self._account.directory.host, entity)
        return self.where(
            Condition(
                kind="tasks",
                key="entity_type",
                op="in",
                get=lambda item: item.entity_type,
                shown="Task.entity",
                values=(entity._kind,),
            ),
            Condition(
                kind="tasks",
                key="entity_id",
                op="in",
                get=lambda item: item.entity_id,
                shown="Task.entity",
                values=(key,),
            ),
        )


@checked()
class AsyncNotes:
    """Notes. Their lists belong to a type of entity or to one entity."""

    def __init__(self, account: AsyncAccountState) -> None:
        self._account = account

    def of(self, owner: Entity | type[Entity]) -> AsyncQuery[Note]:
        """The notes of one entity, or of all entities of a class.

        Example:
            >>> async for note in crm.notes.of(lead):
            ...     print(note.text)
        """
        if isinstance(owner, Entity):
            path = {"entity_type": owner._kind, "entity_id": key_in(self._account.directory.host, owner)}
            return AsyncQuery(self._account, Note, self._account.origin, "notes.list_entity_notes", path)
        return query_of(self._account, Note, self._account.origin, {"entity_type": owner._kind})
