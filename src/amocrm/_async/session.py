# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""The Unit of Work: changes are collected, planned and sent together."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import count
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from amocrm._core.identity import IdentityMap
from amocrm._core.isolation import Isolation
from amocrm._core.operations import Operation
from amocrm._core.outcome import Outcome, Report, describe, match, named, verdict
from amocrm._core.plan import Plan, Work, cut, make_plan
from amocrm._core.reconcile import pair
from amocrm.entities._base import Entity
from amocrm.entities._relations import Relation
from amocrm.entities._writing import unwritable, works_of
from amocrm.errors import AmoCRMError, APIError
from amocrm.fields._base import Field

from ._primitives import run_all, shielded
from .query import AsyncQuery

if TYPE_CHECKING:
    from .client import AsyncAmoCRM

__all__ = ["AsyncSession"]

T = TypeVar("T", bound=Entity)

#: Seconds by which the server's clock may be behind ours when lost creations are looked for.
_SKEW = 300


class AsyncSession:
    """Collects changes of entities and sends them together.

    Nothing is sent before the commit. Leaving the ``with`` block commits; leaving it by an exception sends
    nothing. A session belongs to one thread or task.

    Args:
        client: the account.
        batch_size: highest number of items in a request; without it what each operation allows (250, the
            vendor advises 50).

    Attributes:
        report: what became of each object in the last commit.

    Example:
        >>> async with crm.session() as s:
        ...     deal = s.add(Deal(name="Заказ 17", price=50_000))
        ...     deal.contacts.add(Contact(name="Иван Петров"))
        >>> deal.id
        501
    """

    def __init__(self, client: AsyncAmoCRM, *, batch_size: int | None = None) -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self._client = client
        self._map = IdentityMap(client.directory)
        self._batch_size = batch_size
        self._numbers = count(1)
        self._doubts: dict[int, tuple[Work, float]] = {}
        self._done: set[int] = set()
        self._halted: AmoCRMError | None = None
        self._busy = False
        self._lock = Lock()
        self.report = Report()

    # ---- objects

    def add(self, entity: T) -> T:
        """Takes an entity into the session: a new one to create, or one that was read elsewhere. Returns it.

        What it is linked to comes along with the commit. An entity that another session has written and
        that has no changes may move here.

        Raises:
            ValueError: it belongs to another session, or another object stands for the same id.
        """
        if entity._session is self._map:
            return entity
        if isinstance(entity._session, IdentityMap) and (entity._key is None or entity._is_dirty()):
            raise ValueError(f"{entity!r} belongs to another session")
        reason = unwritable(entity)
        if reason is not None:
            raise ValueError(reason)
        self._map.add(entity)
        entity._session = self._map
        return entity

    def add_all(self, entities: Iterable[T]) -> list[T]:
        """Takes several entities in."""
        return [self.add(entity) for entity in entities]

    def ref(self, cls: type[T], key: int) -> T:
        """The entity with this id without reading it: assign what is to change and commit.

        Example:
            >>> s.ref(Lead, 17).price = 5
        """
        known = self._map.find(cls, key)
        if known is not None:
            return known
        return self._map.make(cls, cls._model(id=key))

    async def get(self, cls: type[T], key: int, *, preload: Iterable[Relation] = ()) -> T:
        """Reads one entity into the session; local changes are kept.

        Raises:
            NotFoundError: there is none.
        """
        return await self._client._get(cls, key, self._map, preload)

    async def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Relation] = ()) -> T | None:
        """The same, ``None`` instead of an error."""
        return await self._client._get_or_none(cls, key, self._map, preload)

    def query(self, cls: type[T]) -> AsyncQuery[T]:
        """A list whose entities belong to this session."""
        return self._client._query(cls, self._map)

    @property
    def new(self) -> list[Entity]:
        """Entities that the next commit creates."""
        return list(self._map.new.values())

    @property
    def changed(self) -> list[Entity]:
        """Entities with an id that the next commit changes."""
        return self._map.changed

    @property
    def doubtful(self) -> list[Entity]:
        """Entities whose creation was sent and not answered; see ``reconcile``."""
        return list(self._map.doubtful.values())

    # ---- commit

    def plan(self) -> Plan:
        """The requests that a commit would make now; nothing is sent.

        Raises:
            ValueError: something cannot be written.
        """
        return self._plan(self._works())

    async def commit(self) -> Report:
        """Sends the changes.

        Returns:
            What became of each object; also as ``report``.

        Raises:
            FlushError: something was not applied; it carries the report. What was applied stays applied.
            LookupError: a field declared by name does not exist; nothing was sent.
        """
        if self._busy:
            raise RuntimeError("this session is committing already; a session belongs to one thread or task")
        self._busy, self._halted, self._done = True, None, set()
        works = self._works()
        self.report = report = Report()
        try:
            await self._resolve(works)
            for level in self._plan(works).levels:
                await self._level([(step.operation, step.works, step.size) for step in level])
        finally:
            self._busy = False
            self._leftover(works)
        if not report.ok:
            raise report.error()
        return report

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.commit()

    def _works(self) -> list[Work]:
        queue: deque[Entity] = deque([*self._map.new.values(), *self._map.changed])
        seen: dict[int, Entity] = {}
        while queue:
            entity = queue.popleft()
            if id(entity) in seen or id(entity) in self._map.doubtful:
                continue
            seen[id(entity)] = entity
            if entity._session is not self._map:
                if entity._key is not None and (
                    isinstance(entity._session, IdentityMap) or not entity._is_dirty()
                ):
                    continue  # it exists, and its changes, if there are any, belong to somebody else
                self.add(entity)
            queue.extend(entity._reach())
        return [work for entity in seen.values() for work in works_of(entity)]

    def _plan(self, works: Sequence[Work]) -> Plan:
        lookups = [
            f"GET    /api/v4/{kind}/custom_fields: ids of fields that are named"
            for kind in self._unnamed(works)
        ]
        return make_plan(works, self._batch_size, lookups)

    def _unnamed(self, works: Iterable[Work]) -> list[str]:
        kinds = [
            work.entity._kind
            for work in works
            if work.entity._cf is not None and any(ref[0] == "name" for ref in work.entity._cf.local)
        ]
        return [kind for kind in dict.fromkeys(kinds) if kind not in self._client.directory.fields]

    async def _resolve(self, works: Sequence[Work]) -> None:
        for kind in self._unnamed(works):
            await self._client.fields.load(kind)
        for entity in {id(work.entity): work.entity for work in works}.values():
            state = entity._cf
            for ref in () if state is None else state.local:
                if ref[0] == "name":
                    definition = self._client.directory.fields[entity._kind].get(ref)
                    state.move(ref, ("id", definition.id))

    async def _level(self, steps: Sequence[tuple[Operation, Sequence[Work], int]]) -> None:
        thunks = []
        for operation, works, size in steps:
            ready = [work for work in works if self._ready(work)]
            thunks += [partial(self._chunk, operation, part) for part in cut(ready, size)]
        for result in await run_all(thunks, max(1, self._client.ahead)):
            if isinstance(result, Exception):
                raise result

    def _ready(self, work: Work) -> bool:
        for need in work.needs:
            if isinstance(need, Work):
                missing = id(need) not in self._done
            else:
                missing = need._key is None
            if missing:
                what = need.entity if isinstance(need, Work) else need
                doubt = (
                    " (its creation is in doubt: reconcile first)" if id(what) in self._map.doubtful else ""
                )
                self.report.add(work, Outcome.SKIPPED, f"needs {what!r}, which was not applied{doubt}")
                return False
        return True

    async def _chunk(self, operation: Operation, works: Sequence[Work]) -> None:
        """Sends one chunk; a refused one part by part, until the good items are in."""
        written = [work for work in works if self._build(operation, work)]
        isolation = Isolation(written)
        while self._halted is None and (part := isolation.take()) is not None:
            error = await shielded(partial(self._send, operation, part))
            if error is None:
                isolation.passed()
            else:
                self._failed(operation, part, error, isolation)
        for work in isolation.isolated:
            self._reject(work, "refused without a word about the field; found by halving the batch")
        for work in isolation.stop() if self._halted is None else ():
            self._reject(
                work, f"the batch was refused and the bad item not isolated in {isolation.used} requests"
            )

    def _build(self, operation: Operation, work: Work) -> bool:
        try:
            work.body = work.build()
        except (TypeError, ValueError) as error:
            self._reject(work, f"cannot be written: {error}")
            return False
        batch = operation.op.batch
        if batch is not None and "request_id" in batch.match and "id" not in work.body:
            # A letter in front: an index that the server puts in its place never looks like one of ours.
            work.request_id = work.body["request_id"] = f"n{next(self._numbers)}"
        return True

    async def _send(self, operation: Operation, part: Sequence[Work]) -> AmoCRMError | None:
        """One request; ids are in the objects before anything else can happen."""
        self.report.sent.append(operation.op.id)
        try:
            response = await self._client.send(operation.request([work.body for work in part]))
            answer = operation.parse(response)
        except AmoCRMError as error:
            return error
        batch = operation.op.batch
        assert batch is not None
        embedded = getattr(answer, "embedded", None)
        answered = answer if batch.items is None else getattr(embedded, batch.items, None)
        found = match(batch, part, answered if isinstance(answered, list) else [])
        with self._lock:
            for place, work in enumerate(part):
                if place in found:
                    work.landed(found[place])
                    self._done.add(id(work))
                    self._map.settled(work.entity)
                    self.report.add(work, Outcome.APPLIED)
                else:
                    self._doubt(operation, work, "the answer does not mention it", None)
        return None

    def _failed(
        self, operation: Operation, part: Sequence[Work], error: AmoCRMError, isolation: Isolation[Work]
    ) -> None:
        decision = verdict(error)
        if decision in ("halt", "unsent"):
            self._halted = error
        if decision == "isolate" and isinstance(error, APIError):
            self._isolate(operation, part, error, isolation)
        elif decision == "unknown":
            for work in part:
                self._doubt(operation, work, str(error), error)
            for work in isolation.stop():
                self._skip(work, "the request before it was not answered", error)
        elif decision == "unsent":
            for work in (*part, *isolation.stop()):
                self._skip(work, f"not sent: {error}", error)
        else:
            for work in (*part, *isolation.stop()):
                self._reject(work, str(error), error=error)

    def _isolate(
        self, operation: Operation, part: Sequence[Work], error: APIError, isolation: Isolation[Work]
    ) -> None:
        bad = named(error, part)
        for place, items in bad.items():
            work = part[place]
            issues = [
                issue for item in items for issue in describe(item, work.body, partial(_label, work.entity))
            ]
            self._reject(work, error.detail or error.title, issues, error)
        refused = isolation.refused(bad)
        for work in refused if not bad else ():
            self._reject(
                work, f"refused without a word about the field: {error.detail or error.title}", error=error
            )
        batch = operation.op.batch
        if batch is not None and batch.atomic == "unknown" and operation.op.safety == "unsafe":
            for work in isolation.stop():
                self._doubt(
                    operation, work, "the batch was refused; whether anything was stored is not known", error
                )

    def _reject(
        self, work: Work, reason: str, issues: Sequence[Any] = (), error: AmoCRMError | None = None
    ) -> None:
        work.turned_back()
        self.report.add(work, Outcome.REJECTED, reason, issues, error)

    def _skip(self, work: Work, reason: str, error: AmoCRMError | None = None) -> None:
        work.turned_back()
        self.report.add(work, Outcome.SKIPPED, reason, (), error)

    def _doubt(self, operation: Operation, work: Work, reason: str, error: AmoCRMError | None) -> None:
        """Sent, and nobody knows. A change with absolute values may simply be sent again; a creation never."""
        if operation.op.safety == "unsafe":
            self._map.new.pop(id(work.entity), None)
            self._map.doubtful[id(work.entity)] = work.entity
            self._doubts[id(work.entity)] = (work, time.time())
        else:
            work.turned_back()
        self.report.add(work, Outcome.UNKNOWN, reason, (), error)

    def _leftover(self, works: Iterable[Work]) -> None:
        """What a stop or a cancellation has left out is in the report as well."""
        told = {id(result.work) for result in self.report}
        why = "the commit was cut short" if self._halted is None else f"sending was stopped: {self._halted}"
        for work in works:
            if id(work) not in told:
                self._skip(work, why)

    # ---- afterwards

    async def reconcile(self, *, key: Field[Any, Any] | None = None) -> Report:
        """Finds out about creations that were sent and not answered.

        Reads the newest records of each list and compares them with what was sent. What is found is
        adopted (applied, with its id); the rest is safe to send again with the next commit (skipped).

        Args:
            key: a field whose value is yours alone, such as an order number; it then decides by itself.

        Returns:
            A report of the doubtful objects.
        """
        report = Report()
        groups: dict[Operation, list[tuple[Work, float]]] = {}
        for work, sent_at in self._doubts.values():
            groups.setdefault(work.operation, []).append((work, sent_at))
        for operation, doubts in groups.items():
            works = [work for work, _ in doubts]
            since = int(min(sent_at for _, sent_at in doubts)) - _SKEW
            items = await self._newest(operation, works, since, report)
            taken = {
                entity._key for entity in self._map._weak.values() if entity._kind == works[0].entity._kind
            }
            found = pair([work.body for work in works], items, taken, None if key is None else key.ref)
            for place, work in enumerate(works):
                self._doubts.pop(id(work.entity), None)
                self._map.doubtful.pop(id(work.entity), None)
                if place in found:
                    work.landed(found[place])
                    self._map.settled(work.entity)
                    report.add(work, Outcome.APPLIED, "found on the server")
                else:
                    work.turned_back()
                    self._map.new[id(work.entity)] = work.entity
                    report.add(
                        work, Outcome.SKIPPED, "not found on the server: the next commit sends it again"
                    )
        return report

    async def _newest(
        self, operation: Operation, works: Sequence[Work], since: int, report: Report
    ) -> list[Any]:
        """The newest records of a list, as far back as the doubtful ones can lie."""
        entity = works[0].entity
        query = self._client._query_at(type(entity), self._map, dict(operation.path))
        own_time = any("created_at" in work.body for work in works)
        items: list[Any] = []
        pages = 1 + len(works) // 250
        while len(report.sent) < 1000:
            number = len(items) // 250 + 1
            response = await query._page(number, 250, {}, ("id", "desc"))
            report.sent.append(query._operation)
            page = query._read(response)
            items += page if own_time else [one for one in page if one.created_at >= since]
            ended = len(page) < 250 or (number > pages if own_time else page[-1].created_at < since)
            if ended:
                break
        return items

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self._map.new)} new, {len(self.changed)} changed>"


def _label(entity: Entity, key: Any) -> str | None:
    """The name of a custom field as the caller knows it."""
    for attribute, field in type(entity)._declared.items():
        if field.ref[1] == key:
            return attribute
    definitions = None if entity._session is None else entity._session.directory.fields.get(entity._kind)
    found = None if definitions is None else definitions.find(("id" if isinstance(key, int) else "code", key))
    if found is not None:
        return str(found.name)
    remote = entity._fields().remote(("id" if isinstance(key, int) else "code", key))
    name = None if remote is None else remote.field_name
    return name if isinstance(name, str) else None
