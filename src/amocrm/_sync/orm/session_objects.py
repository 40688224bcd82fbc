"""The objects of a session: what takes them in, reads them, and takes them out again."""
# GENERATED from src/amocrm/_async/orm/session_objects.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Literal, TypeVar
from weakref import ref as weak_ref

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import IdentityMap, checked_id
from amocrm._core.orm.states import Event, following, state_of
from amocrm.entities._adopting import adopt, join_links, withdraw_children
from amocrm.entities._base import Entity
from amocrm.entities._collecting import collect, join_linked, refusal
from amocrm.entities._local_changes import rollback
from amocrm.entities._writing import let_merge

from .account import AccountState
from .loading import get_entity, get_entity_or_none, query_of, refresh_entities
from .preload import Loadable
from .query import Query

__all__ = ["SessionObjects"]

T = TypeVar("T", bound=Entity)


@checked(own=("add",))
class SessionObjects:
    """The objects of a session: there is one for each id, and local changes are kept.

    Args:
        account: the account.
    """

    def __init__(self, account: AccountState) -> None:
        self._account = account
        self._map = IdentityMap(account.directory)
        self._map.owner = weak_ref(self)

    # ---- reading

    def get(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """Read one entity into the session; local changes are kept.

        Raises:
            NotFoundError: there is none.
        """
        return get_entity(self._account, cls, key, self._map, preload)

    def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """Read one entity into the session; return ``None`` if there is none."""
        return get_entity_or_none(self._account, cls, key, self._map, preload)

    def query(self, cls: type[T]) -> Query[T]:
        """Return a list whose entities belong to this session."""
        return query_of(self._account, cls, self._map)

    # ---- taking in and out

    def add(self, entity: T, *, duplicates: Literal["server"] | None = None) -> T:
        """Take an entity into the session: a new one to create, or one that was read elsewhere. Return it.

        What it is linked to comes along with the commit. An entity of a session that has ended (its block
        was left) moves here with its changes, and so does one without changes.

        Args:
            entity: the entity.
            duplicates: ``"server"`` creates a lead with its new contact and company in one request and lets the
                account's duplicate control **change another lead instead**; see ``report.merged``.

        Raises:
            ValueError: it belongs to another account or to a session that has not ended, or another object
                stands for the same id; nothing was moved.
        """
        if not isinstance(entity, Entity):
            raise TypeError(f"add() must be given an entity, got {entity!r}; write Lead(name='…')")
        if duplicates is not None:
            let_merge(entity, duplicates)
        if entity._session is self._map:
            return entity
        if duplicates is None and entity._links is not None:
            entity._links.merges = False  # a word that was said to another session
        if (reason := refusal(self._map, entity)) is not None:
            raise ValueError(reason)
        following(entity, Event.ADD)
        if next(entity._cascade(), None) is not None:
            self._map.discarded.discard(entity)
            collect(self._map, [entity])
        self._map.add(entity)
        join_linked(self._map, entity, self.add)
        return entity

    def add_all(self, entities: Iterable[T]) -> list[T]:
        """Take several entities in."""
        return [self.add(entity) for entity in entities]

    def ref(self, cls: type[T], key: int) -> T:
        """Return the entity with this id without reading it: assign what is to change and commit.

        Example:
            >>> s.ref(Lead, 17).price = 5
        """
        if checked_id(cls, key) < 1:
            raise ValueError(f"no {cls.__name__} has the id {key}")
        entity = self._map.find(cls, key)
        if entity is not None:
            return entity
        return self._map.make(cls, cls._model(id=key))

    def discard(self, *entities: Entity) -> None:
        """Take entities out of the session; what was changed in them stays on them and is not sent.

        What still points to a new object does not bring it back: it waits, and the plan says for what.
        A creation that is in doubt stays in doubt on the object.
        """
        self._map.check_accounts(entities)
        for entity in entities:
            if entity._session is self._map and following(entity, Event.DISCARD):
                self._map.let_go(entity)

    def adopt(self, entity: T, key: int) -> T:
        """Make a new or doubtful object stand for a record that exists; nothing is sent or read.

        What was sent for it counts as sent, what was changed since is sent by the next commit. Links,
        notes and tasks that hang on the object follow.

        Args:
            entity: the object.
            key: id of the record.

        Raises:
            ValueError: the object stands for another id, the id for another changed object, or one of them
                belongs elsewhere.

        Example:
            >>> for result in (s.reconcile()).unknown:
            ...     s.adopt(result.entity, result.candidates[0])
        """
        self._map.check_accounts([entity])
        if entity._key == checked_id(type(entity), key):
            return self.add(entity)
        if (other := adopt(self._map, entity, key)) is not None:
            join_links(self._map, [entity])
            warnings.warn(
                f"{other!r} of this session was detached: {entity!r} stands for it now", stacklevel=2
            )
        return entity

    def rollback(self, *entities: Entity) -> None:
        """Take back what was changed in entities that exist; notes and tasks added to them are withdrawn.

        Raises:
            ValueError: an entity does not exist yet (discard it instead), or a commit is under way.
        """
        if self._map.busy:
            raise ValueError("a commit is under way; call rollback() when it has ended")
        self._map.check_accounts(entities)
        for entity in entities:
            following(entity, Event.ROLLBACK)
            self._check_own(entity)
        for entity in entities:
            rollback(entity)
            self.discard(*withdraw_children(entity))
            self._map.settle(entity)

    def refresh(self, *entities: Entity) -> None:
        """Read entities of this session anew; local changes are kept, ``entity.changes`` compares them.

        One entity takes one request, several take one for 250 of a kind where the account has the filter
        option, else one each, or the whole list where that takes fewer. Notes and tasks that were preloaded are
        read anew as well.

        Args:
            entities: leads, contacts, companies, customers or tasks that exist.

        Raises:
            ValueError: an entity does not belong to this session or does not exist yet.
            NotFoundError: one does not exist any more.
        """
        self._map.check_accounts(entities)
        for entity in entities:
            if entity._session is not self._map or entity._key is None:
                raise ValueError(
                    f"the object of refresh() must be in this session and have an id, got {entity!r}, which is {state_of(entity)}; "
                    "add() it to the session first, and commit() if it is new"
                )
        refresh_entities(self._account, self._map, entities)

    @property
    def new(self) -> list[Entity]:
        """Entities that the next commit creates."""
        return self._map.new

    @property
    def changed(self) -> list[Entity]:
        """Entities with an id that the next commit changes."""
        return self._map.changed

    @property
    def doubtful(self) -> list[Entity]:
        """Entities whose creation was sent and not answered; see ``reconcile``."""
        return self._map.doubtful

    def _check_own(self, entity: Entity) -> None:
        if entity._session is not self._map:
            raise ValueError(
                f"the object must be one of this session, got {entity!r} of another; call its session"
            )
