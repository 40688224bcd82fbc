"""The collections of an account: ``crm.leads``, ``crm.contacts``, ``crm.tasks`` and the others."""
# GENERATED from src/amocrm/_async/orm/collections.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.filters import Condition
from amocrm._core.orm.identity import check_account
from amocrm._core.orm.operations import endpoint, key_parameter, lacking, resource_of
from amocrm.entities import Note, Task
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in
from amocrm.entities._scope import path_of, scope_of
from amocrm.errors import FlushError

from .account import AccountState
from .loading import get_entity, get_entity_or_none, query_of
from .preload import Loadable
from .query import Query
from .session import Session
from .short_forms import ShortForms

if TYPE_CHECKING:
    from collections.abc import Generator

    from amocrm_gen.models.subscriptions import Subscription

__all__ = ["Collection", "Notes", "Records", "Tasks", "WritableRecords"]

T = TypeVar("T", bound=Entity)
K = TypeVar("K", int, str)
_WRITING = {"create": "create", "create_all": "create", "save": "update", "delete": "delete"}


@checked()
class Records(Generic[T, K]):
    """A collection that is read: iterate over it, get by key, query.

    What the API cannot do is no attribute of it; the error names what there is.

    Example:
        >>> for event in crm.events:
        ...     print(event.type)
    """

    def __init__(
        self, account: AccountState, cls: type[T], path: Mapping[str, Any] | None = None
    ) -> None:
        self._account = account
        self._cls = cls
        self._path = dict(path or {})

    def __repr__(self) -> str:
        within = "".join(f", {name} {value}" for name, value in self._path.items())
        return f"<{type(self).__name__} of {self._cls.__name__}{within}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _WRITING:
                raise AttributeError(lacking(self._cls._kind, self._cls.__name__, _WRITING[name]))
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __iter__(self) -> Generator[T]:
        return self.query()._entities()

    def query(self) -> Query[T]:
        """Return a query over the whole collection."""
        return query_of(self._account, self._cls, self._account.origin, self._path)

    def where(self, *conditions: Condition) -> Query[T]:
        """Return a query with conditions; see ``Query.where``."""
        return self.query().where(*conditions)

    def all(self) -> list[T]:
        """Everything in a list."""
        return self.query().all()

    def get(self, key: K, *, preload: Iterable[Loadable] = ()) -> T:
        """One entity.

        Args:
            key: its id.
            preload: relations to read along.

        Raises:
            NotFoundError: there is none, or the user may not see it.
        """
        return get_entity(self._account, self._cls, key, self._account.origin, preload, self._path)

    def get_or_none(self, key: K, *, preload: Iterable[Loadable] = ()) -> T | None:
        """Read one entity; return ``None`` instead of an error."""
        return get_entity_or_none(
            self._account, self._cls, key, self._account.origin, preload, self._path
        )

    def _act(self, action: str, **parameters: Any) -> Any:
        """Carry out an action of the table; return the parsed answer."""
        return self._account.call(resource_of(self._cls._kind).actions[action], **parameters)

    def _key_of(self, entity: Any) -> Any:
        """Return the key of an entity of this account, or a key as it is."""
        if not isinstance(entity, Entity):
            return entity
        check_account(entity, self._account.directory.host)
        return entity._key if entity._key is not None else entity._absent("id")


@checked()
class WritableRecords(Records[T, int]):
    """A collection that is written, too; each call is a session with a commit of its own.

    Example:
        >>> reason = crm.loss_reasons.create(LossReason("Дорого"))
        >>> reason.name = "Слишком дорого"
        >>> crm.loss_reasons.save(reason)
        >>> crm.loss_reasons.delete(reason)
    """

    def create(self, entity: T) -> T:
        """Create one entity; return it with its id.

        Raises:
            TypeError: the API has no operation for it; names those that it has.
            APIError: refused. FlushError: the answer was lost.
        """
        return (self.create_all([entity]))[0]

    def create_all(self, entities: Iterable[T]) -> list[T]:
        """Create several entities in as few requests as allowed; return them with their ids, in their order.

        Raises:
            TypeError: the API has no operation for it; names those that it has.
            APIError: refused. FlushError: a part was refused, or an answer was lost; carries the report.
        """
        created = list(entities)
        self._check("create")
        for entity in created:
            if self._path and isinstance(entity, Entity) and entity._key is None:
                links = entity._ensure_links()
                links.scope = {**(links.scope or {}), **self._path}
        self._commit(created)
        return created

    def save(self, *changed: T) -> None:
        """Send what was changed in entities that exist; what was not changed makes no request.

        Raises:
            TypeError: the API has no operation for it; names those that it has.
            APIError: refused. FlushError: a part was refused.
        """
        self._check("update")
        self._commit(list(changed))

    def _commit(self, entities: list[T]) -> None:
        for entity in entities:
            if not isinstance(entity, Entity) or entity._kind != self._cls._kind:
                raise TypeError(f"{self!r} must be given {self._cls.__name__} objects, got {entity!r}")
        session = Session(self._account)
        try:
            with session:
                session.add_all(entities)
        except FlushError as error:
            # One request that was refused as a whole is told as what it is.
            errors = {id(result.error): result.error for result in error.report.results}
            if len(errors) == 1 and not error.report.unknown and (only := error.report.results[0].error):
                raise only from None
            raise

    def delete(self, *entities: T | int) -> None:
        """Delete entities, given as objects or ids, in as few requests as allowed.

        Raises:
            TypeError: the API has no operation for it; names those that it has.
            APIError: refused; what earlier requests deleted is deleted.
        """
        operation = self._check("delete")
        keys = [self._key_of(entity) for entity in entities]
        if endpoint(operation).OP.batch is not None:
            self._account.call_in_parts(operation, [{"id": key} for key in keys])
            return
        for entity, key in zip(entities, keys, strict=True):
            path = dict(path_of(entity, operation)) if isinstance(entity, Entity) else self._path
            self._account.call(operation, **{**path, key_parameter(operation): key})

    def _check(self, role: str) -> str:
        name: str = getattr(resource_of(self._cls._kind), role)
        if not name:
            raise TypeError(lacking(self._cls._kind, self._cls.__name__, role))
        return name


@checked()
class Collection(WritableRecords[T], ShortForms[T]):
    """A collection of leads, contacts, companies, customers or tasks.

    Example:
        >>> for lead in crm.leads:
        ...     print(lead.name)
        >>> lead = crm.leads.get(17)
    """

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

    def subscribers(self, entity: T | int) -> list[Subscription]:
        """Return the users who follow a lead or customer.

        Raises:
            TypeError: the API has it for leads and customers only.
        """
        if self._cls._kind not in ("leads", "customers"):
            raise TypeError(f"the API lists subscribers of leads and customers, not of {self._cls._kind}")
        path = {"entity_type": self._cls._kind, "id": self._key_of(entity)}
        return self._account.read_all("subscriptions", **path)


@checked()
class Tasks(Collection[Task]):
    """Tasks."""

    def of(self, entity: Entity) -> Query[Task]:
        """Return the tasks of one lead, contact or company."""
        key = key_in(self._account.directory.host, entity)
        parts = (("entity_type", entity._kind), ("entity_id", key))
        return self.where(
            *(
                Condition("tasks", name, "in", attrgetter(name), "Task.entity", (value,))
                for name, value in parts
            )
        )


@checked()
class Notes(WritableRecords[Note]):
    """Notes. Their lists belong to a type of entity or to one entity; ``crm.notes[Lead].get(17)`` reads one."""

    def __getitem__(self, owner: type[Entity]) -> Notes:
        """Return the notes of all entities of a class, without a request."""
        return Notes(self._account, Note, {"entity_type": owner._kind})

    def of(self, owner: Entity | type[Entity]) -> Query[Note]:
        """Return the notes of one entity, or of all entities of a class.

        Example:
            >>> for note in crm.notes.of(lead):
            ...     print(note.text)
        """
        query = query_of(self._account, Note, self._account.origin, {"entity_type": owner._kind})
        if isinstance(owner, Entity):
            query = query.where(Note.entity_id.in_(key_in(self._account.directory.host, owner)))
        return query

    def pin(self, note: Note) -> None:
        """Pin a note to the top of its feed; the one that was there gives way."""
        self._act("pin", id=self._key_of(note), entity_type=scope_of(note, "entity_type"))

    def unpin(self, note: Note) -> None:
        """Take a note off the top of its feed."""
        self._act("unpin", id=self._key_of(note), entity_type=scope_of(note, "entity_type"))
