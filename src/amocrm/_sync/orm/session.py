"""The Unit of Work: changes are collected, planned and sent together."""
# GENERATED from src/amocrm/_async/orm/session.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from weakref import ref as weak_ref

from msgspec.structs import replace

from amocrm._core.arguments import checked
from amocrm._core.orm.doubt import Doubt
from amocrm._core.orm.evidence import Equal
from amocrm._core.orm.identity import IdentityMap, checked_id
from amocrm._core.orm.outcome import Report
from amocrm._core.orm.plan import PendingWrite, Plan, make_plan
from amocrm._core.orm.states import Event, following, state_of
from amocrm.entities._adopting import adopt, join_links, withdraw_children
from amocrm.entities._base import Entity
from amocrm.entities._collecting import Collected, collect, join_linked, refusal
from amocrm.entities._local_changes import rollback
from amocrm.entities._sent import begin
from amocrm.entities._writing import let_merge
from amocrm.fields._base import Field

from .account import AccountState
from .flush import Flush, Progress
from .loading import refresh_entities
from .lookups import Lookups
from .reconciling import Reconciling, note_doubts, send_again
from .session_reading import SessionReading
from .upsert_methods import Upserting, UpsertMethods

__all__ = ["Session"]

T = TypeVar("T", bound=Entity)


@checked(own=("add",))
class Session(SessionReading, UpsertMethods):
    """Collects changes of entities and sends them together.

    Nothing is sent before the commit. Leaving the ``with`` block commits; leaving it by an exception sends
    nothing. A session belongs to one thread or task.

    Args:
        account: the account.
        batch_size: highest number of items in a request; without it what each operation allows (250, the
            vendor advises 50).
        progress: called after each request of a commit with the number of settled items and of all.
        stamp: a text field that takes a unique value for each object that is created; ``reconcile`` then
            decides by it.
        mark: whether a commit may read the highest id of a kind before it creates several requests of it;
            without one it cannot be proven that an unanswered creation is not stored.

    Attributes:
        report: what became of each object in the last commit.

    Example:
        >>> with crm.session() as s:
        ...     deal = s.add(Deal(name="Заказ 17", price=50_000))
        ...     deal.contacts.add(Contact(name="Иван Петров"))
        >>> deal.id
        501
    """

    def __init__(
        self,
        account: AccountState,
        *,
        batch_size: int | None = None,
        progress: Progress | None = None,
        stamp: Field[Any, Any] | None = None,
        mark: bool | None = None,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self._has_raised = False
        self._account = account
        self._map = IdentityMap(account.directory)
        self._map.owner = weak_ref(self)
        self._batch_size = batch_size
        self._progress = progress
        self._lookups = Lookups(account, self._map, stamp, mark, batch_size)
        self._upserts = Upserting(account, self._map)
        self.report: Report[Entity] = Report(account.directory.host)
        self._process = os.getpid()

    # ---- objects

    def add(self, entity: T, *, duplicates: Literal["server"] | None = None) -> T:
        """Take an entity into the session: a new one to create, or one that was read elsewhere. Return it.

        What it is linked to comes along with the commit. An entity of a session that has ended (its block
        was left) moves here with its changes, and so does one that nobody has changed.

        Args:
            entity: the entity.
            duplicates: ``"server"`` creates a lead with its new contact and company in one request and lets the
                account's duplicate control **change another lead instead**; see ``report.merged``.

        Raises:
            ValueError: it belongs to another account or to a session that has not ended, or another object
                stands for the same id; nothing was moved.
        """
        if not isinstance(entity, Entity):
            raise TypeError(f"a session takes entities such as Lead(name='…'), not {entity!r}")
        if duplicates is not None:
            let_merge(entity, duplicates)
        if entity._session is self._map:
            return entity
        if duplicates is None and entity._links is not None:
            entity._links.merges = False  # a word that was said to another session
        if (reason := refusal(self._map, entity)) is not None:
            raise ValueError(reason)
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
        known = self._map.find(cls, key)
        if known is not None:
            return known
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
        option, else one each, or the whole list where that takes fewer.

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
                    f"{entity!r} is {state_of(entity)}, and refresh() takes what exists in this session: add() it"
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

    # ---- commit

    def plan(self) -> Plan:
        """Return the requests that a commit would make now; nothing is sent, nothing is moved.

        Raises:
            ValueError: something cannot be written.
        """
        return self._plan(self._collect())

    def commit(self) -> Report[Entity]:
        """Send the changes.

        Returns:
            What became of each object; also as ``report``.

        Raises:
            FlushError: something was not applied or is in doubt; it carries the report. What was applied
                stays applied.
            LookupError: a field declared by name does not exist; nothing was sent.
            RuntimeError: the session is committing already, or was opened before a fork, so that its parent
                process has the same changes; nothing was sent.
        """
        if self._process != os.getpid():
            raise RuntimeError(
                f"this session must be committed by process {self._process}, which opened it, not by a fork of "
                "it: both have the same changes and would create objects twice; open a session in each process"
            )
        if self._map.busy:
            raise RuntimeError("this session is committing already; a session belongs to one thread or task")
        flush = Flush(self._account, self._map, self._progress, self._lookups.stamp_ref)
        writes: list[PendingWrite] = []
        try:
            self._upserts.prepare(flush.report)  # rows become records, which a commit under way refuses
            self._map.busy = True
            collected = self._collect()
            self._lookups.add_stamps(collected)
            self.report = flush.report
            has_waited = self._lookups.resolve(collected)
            if self._lookups.read_marks(collected) or has_waited:
                collected = self._collect()  # what was changed while these were read belongs to this commit
            writes = collected.writes()
            plan = make_plan(writes, self._batch_size)
            for entity in collected.joining:
                self._map.add(entity)
            for write in writes:
                begin(write)
            note_doubts(self._map, flush.report)
            flush.run(plan)
        except BaseException:
            self._has_raised = True
            raise
        finally:
            self._map.busy = False
            self._account.directory.marks.commits += 1
            flush.leftover(writes)
            self._upserts.settle(flush.report, has_ended=flush.has_ended)
        self._has_raised = not flush.report.ok
        if not flush.report.ok:
            raise flush.report.error()
        return flush.report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.commit()
        finally:
            self._map.left = True

    def __del__(self) -> None:
        known = self.__dict__.get("_map")
        if known is None or known.left or self._has_raised or sys is None or sys.is_finalizing():
            return  # the block was left, or the last commit has told what is missing
        if known.new or known.changed:
            warnings.warn(
                f"{self!r} was dropped without a commit: its changes were not sent",
                RuntimeWarning,
                stacklevel=2,
                source=self,
            )

    def _collect(self) -> Collected:
        return collect(self._map, self._map.unsettled)

    def _plan(self, collected: Collected) -> Plan:
        lookups = [
            f"GET    /api/v4/{kind}/custom_fields: ids of fields that are named"
            for kind in self._lookups.unnamed(collected)
        ]
        plan = make_plan(collected.writes(), self._batch_size, lookups)
        marks = [
            f"GET    /api/v4/{kind}: the newest id, to prove later what is not stored"
            for kind in self._lookups.unmarked(collected)
        ]
        return Plan(plan.levels, (*self._upserts.lines(), *plan.lookups, *marks), plan.waiting)

    # ---- afterwards

    def reconcile(
        self,
        *,
        key: Field[Any, Any] | None = None,
        equal: Equal = "proven",
        settle: float = 120.0,
        sees_all: bool | None = None,
    ) -> Report[Entity]:
        """Find out about creations that were sent and not answered.

        An object ends as *applied* (it is stored, and has its id now), *skipped* (it is not stored; the next
        commit creates it) or *unknown*, with the ids of at most ten records that it may be and the time to
        ask again. What is unknown stays in doubt: ``adopt`` it, ``resend`` it or ask again.

        Stored is proven by a stamp (``session(stamp=)``) or key, or by a link to what only this session
        created. Not stored is proven by the list, read down to an id that was seen before. Two equal
        records of one user cannot be told apart.

        Args:
            key: a field whose value is yours alone, such as an order number.
            equal: ``"mine"`` states that nobody else writes equal records with this user.
            settle: seconds after which a request without an answer takes effect no more.
            sees_all: whether the token's user sees every record; asked of the account without it.

        Returns:
            A report of the doubtful objects.

        Raises:
            ValueError: an object has no value in the field ``key``; nothing was sent.
        """
        report: Report[Entity] = Report(self._account.directory.host)
        doubts: list[tuple[Entity, Doubt]] = []
        for entity in self._map.doubtful:
            doubt = entity._doubt
            if doubt is not None:
                stamp = doubt.stamp if key is None else self._lookups.key_of(entity, doubt, key)
                doubts.append((entity, replace(doubt, stamp=stamp)))
        reconciling = Reconciling(self._account, self._map, sees_all)
        reconciling.run(doubts, report, settle=settle, equal=equal)
        return report

    def resend(self, *entities: Entity) -> None:
        """Let the next commit create doubtful objects again: you know that the server does not have them.

        Raises:
            ValueError: the creation of an object is not in doubt here.
        """
        self._map.check_accounts(entities)
        for entity in entities:
            following(entity, Event.RESEND)
            self._check_own(entity)
        for entity in entities:
            send_again(self._map, entity)

    def _check_own(self, entity: Entity) -> None:
        if entity._session is not self._map:
            raise ValueError(
                f"the object must be one of this session, got {entity!r} of another; call its session"
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.new)} new, {len(self.changed)} changed>"
