"""The Unit of Work: changes are collected, planned and sent together."""

from __future__ import annotations

import os
import sys
import warnings
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from amocrm._core.arguments import checked
from amocrm._core.orm.doubt import Doubt
from amocrm._core.orm.evidence import Equal
from amocrm._core.orm.outcome import Report
from amocrm._core.orm.plan import PendingWrite, Plan, make_plan
from amocrm._core.orm.states import Event, following
from amocrm.entities._base import Entity
from amocrm.entities._collecting import Collected, collect
from amocrm.entities._sent import begin
from amocrm.fields._base import Field

from .account import AsyncAccountState
from .flush import AsyncFlush, Progress
from .lookups import AsyncLookups
from .reconciling import AsyncReconciling, note_doubts, send_again
from .upserting import AsyncUpserting, AsyncUpsertMethods

__all__ = ["AsyncSession"]


@checked()
class AsyncSession(AsyncUpsertMethods):
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
        >>> async with crm.session() as s:
        ...     deal = s.add(Deal(name="Заказ 17", price=50_000))
        ...     deal.contacts.add(Contact(name="Иван Петров"))
        >>> deal.id
        501
    """

    def __init__(
        self,
        account: AsyncAccountState,
        *,
        batch_size: int | None = None,
        progress: Progress | None = None,
        stamp: Field[Any, Any] | None = None,
        mark: bool | None = None,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be an integer >= 1, got {batch_size}; leave it out")
        super().__init__(account)
        self._upserts = AsyncUpserting(account, self._map)
        self._has_raised = False
        self._batch_size = batch_size
        self._progress = progress
        self._lookups = AsyncLookups(account, self._map, stamp, mark, batch_size)
        self.report: Report[Entity] = Report(account.directory.host)
        self._process = os.getpid()

    # ---- commit

    def plan(self) -> Plan:
        """Return the requests that a commit would make now; nothing is sent, nothing is moved.

        Raises:
            ValueError: something cannot be written.
        """
        return self._plan(self._collect())

    async def commit(self) -> Report[Entity]:
        """Send the changes.

        Returns:
            What became of each object; also as ``report``.

        Raises:
            FlushError: something was not applied or is in doubt; it carries the report. What was applied
                stays applied.
            LookupError: a field declared by name does not exist; nothing was sent.
            RuntimeError: the session is committing already, or was opened before a fork: its parent
                process has the same changes; nothing was sent.
        """
        if self._process != os.getpid():
            raise RuntimeError(
                f"this session must be committed by process {self._process}, which opened it, not by a fork of "
                "it: both have the same changes and would create objects twice; open a session in each process"
            )
        if self._map.busy:
            raise RuntimeError("this session is committing already; a session belongs to one thread or task")
        flush = AsyncFlush(self._account, self._map, self._progress, self._lookups.stamp_ref)
        writes: list[PendingWrite] = []
        try:
            await self._upserts.prepare(flush.report)  # rows become records, which a commit under way refuses
            self._map.busy = True
            collected = self._collect()
            self._lookups.add_stamps(collected)
            self.report = flush.report
            has_waited = await self._lookups.resolve(collected)
            if await self._lookups.read_marks(collected) or has_waited:
                collected = self._collect()  # what was changed while these were read belongs to this commit
            writes = collected.writes()
            plan = make_plan(writes, self._batch_size)
            for entity in collected.joining:
                self._map.add(entity)
            for write in writes:
                begin(write)
            note_doubts(self._map, flush.report)
            await flush.run(plan)
        except BaseException:
            self._has_raised = True
            raise
        finally:
            self._map.busy = False
            self._account.directory.marks.commits += 1
            flush.leftover(writes)
            self._upserts.settle(flush.report, has_ended=flush.has_ended)
        self._has_raised = not flush.report.ok
        if self._has_raised:
            raise flush.report.error()
        return flush.report

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self.commit()
        finally:
            self._map.left = True

    def __del__(self) -> None:
        identities = self.__dict__.get("_map")
        if identities is None or identities.left or self._has_raised or sys is None or sys.is_finalizing():
            return  # the block was left, or the last commit has told what is missing
        if identities.new or identities.changed:
            warnings.warn(
                f"{self!r} was dropped without a commit: its changes were not sent; write `with crm.session() as s:`, or call commit()",
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
            f"GET    {operation.target}: the newest id, to prove later what is not stored"
            for operation in self._lookups.unmarked(collected).values()
        ]
        return Plan(plan.levels, (*self._upserts.lines(), *plan.lookups, *marks), plan.waiting)

    # ---- afterwards

    async def reconcile(
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
            equal: ``"mine"`` states that no other program writes equal records with this user.
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
        reconciling = AsyncReconciling(self._account, self._map, sees_all)
        await reconciling.run(doubts, report, settle=settle, equal=equal)
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.new)} new, {len(self.changed)} changed>"
