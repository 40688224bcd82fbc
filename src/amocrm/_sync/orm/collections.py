"""The collections of an account: ``crm.leads``, ``crm.contacts``, ``crm.tasks`` and the others."""
# GENERATED from src/amocrm/_async/orm/collections.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.filters import Condition
from amocrm.entities import Note, Task
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in

from .account import AccountState
from .loading import get_entity, get_entity_or_none, query_of
from .preload import Loadable
from .query import Query
from .short_forms import ShortForms

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Collection", "Notes", "Tasks"]

T = TypeVar("T", bound=Entity)


@checked()
class Collection(ShortForms[T]):
    """One collection: iterate over it, get by id, query.

    Example:
        >>> for lead in crm.leads:
        ...     print(lead.name)
        >>> lead = crm.leads.get(17)
    """

    def __init__(self, account: AccountState, cls: type[T]) -> None:
        self._account = account
        self._cls = cls

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._cls.__name__}>"

    def __iter__(self) -> Generator[T]:
        return self.query()._entities()

    def query(self) -> Query[T]:
        """A query over the whole collection."""
        return query_of(self._account, self._cls, self._account.origin)

    def where(self, *conditions: Condition) -> Query[T]:
        """A query with conditions; see ``Query.where``."""
        return self.query().where(*conditions)

    def all(self) -> list[T]:
        """Everything in a list."""
        return self.query().all()

    def get(self, key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """One entity.

        Args:
            key: its id.
            preload: relations to read along.

        Raises:
            NotFoundError: there is none, or the user may not see it.
        """
        return get_entity(self._account, self._cls, key, self._account.origin, preload)

    def get_or_none(self, key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """The same, ``None`` instead of an error."""
        return get_entity_or_none(self._account, self._cls, key, self._account.origin, preload)

    def in_bulk(self, keys: Iterable[int]) -> dict[int, T]:
        """Return several entities by their ids, in the order of the ids; those that do not exist are missing.

        One request for 250 of them where the account has the filter option, else one each, or the whole list
        where that takes fewer (one request more finds out).

        Example:
            >>> crm.leads.in_bulk([17, 19])
            {17: <Lead 17 'Заказ 17'>, 19: <Lead 19 'Заказ 19'>}
        """
        return self.query().in_bulk(keys)

    def get_many(self, keys: Iterable[int]) -> list[T]:
        """Return several entities in a list; see ``in_bulk``."""
        return list((self.in_bulk(keys)).values())


@checked()
class Tasks(Collection[Task]):
    """Tasks."""

    def of(self, entity: Entity) -> Query[Task]:
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
class Notes:
    """Notes. Their lists belong to a type of entity or to one entity."""

    def __init__(self, account: AccountState) -> None:
        self._account = account

    def of(self, owner: Entity | type[Entity]) -> Query[Note]:
        """The notes of one entity, or of all entities of a class.

        Example:
            >>> for note in crm.notes.of(lead):
            ...     print(note.text)
        """
        if isinstance(owner, Entity):
            path = {"entity_type": owner._kind, "entity_id": key_in(self._account.directory.host, owner)}
            return Query(self._account, Note, self._account.origin, "notes.list_entity_notes", path)
        return query_of(self._account, Note, self._account.origin, {"entity_type": owner._kind})
