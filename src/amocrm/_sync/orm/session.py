"""The Unit of Work: changes are collected, planned and sent together."""
# GENERATED from src/amocrm/_async/orm/session.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from amocrm._core.orm.identity import IdentityMap, checked_id
from amocrm._core.orm.operations import Operation
from amocrm._core.orm.outcome import Outcome, Report
from amocrm._core.orm.plan import Plan, Work, make_plan
from amocrm._core.orm.reconcile import pair
from amocrm.entities._base import Entity
from amocrm.entities._writing import unwritable, works_of
from amocrm.fields._base import Field

from .account import AccountState
from .flush import Flush, Progress
from .loading import get_entity, get_entity_or_none, query_of
from .preload import Loadable
from .query import Query

__all__ = ["Session"]

T = TypeVar("T", bound=Entity)

#: Seconds by which the server's clock may be behind ours when lost creations are looked for.
_SKEW = 300


class Session:
    """Collects changes of entities and sends them together.

    Nothing is sent before the commit. Leaving the ``with`` block commits; leaving it by an exception sends
    nothing. A session belongs to one thread or task.

    Args:
        account: the account.
        batch_size: highest number of items in a request; without it what each operation allows (250, the
            vendor advises 50).
        progress: called after each request of a commit with the number of settled items and of all.

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
        self, account: AccountState, *, batch_size: int | None = None, progress: Progress | None = None
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self._account = account
        self._map = IdentityMap(account.directory)
        self._batch_size = batch_size
        self._doubts: dict[int, tuple[Work, float]] = {}
        self._progress = progress
        self._busy = False
        self.report: Report[Entity] = Report()

    # ---- objects

    def add(self, entity: T) -> T:
        """Takes an entity into the session: a new one to create, or one that was read elsewhere. Returns it.

        What it is linked to comes along with the commit. An entity that another session has written and
        that has no changes may move here.

        Raises:
            ValueError: it belongs to another session, or another object stands for the same id.
        """
        if not isinstance(entity, Entity):
            raise TypeError(f"a session takes entities such as Lead(name='…'), not {entity!r}")
        if entity._session is self._map:
            return entity
        if isinstance(entity._session, IdentityMap) and (entity._key is None or entity._is_dirty()):
            raise ValueError(f"{entity!r} belongs to another session")
        reason = unwritable(entity)
        if reason is not None:
            raise ValueError(reason)
        self._map.add(entity)
        entity._session = self._map
        for relation in entity._each_relation():
            for one in relation.linked(entity):
                if one._key is None or isinstance(one._session, IdentityMap) or unwritable(one):
                    continue  # new ones come along with the commit
                known = self._map.holds(one)
                if known is None:
                    self.add(one)
                elif known is not one and not one._is_dirty():
                    relation.attach(entity, {one._key: known})
        return entity

    def add_all(self, entities: Iterable[T]) -> list[T]:
        """Takes several entities in."""
        return [self.add(entity) for entity in entities]

    def ref(self, cls: type[T], key: int) -> T:
        """The entity with this id without reading it: assign what is to change and commit.

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
        """Takes entities out of the session; what was changed in them is not sent."""
        for entity in self._map.forget(entities).values():
            self._doubts.pop(id(entity), None)
            entity._session = self._account.origin

    def get(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """Reads one entity into the session; local changes are kept.

        Raises:
            NotFoundError: there is none.
        """
        return get_entity(self._account, cls, key, self._map, preload)

    def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """The same, ``None`` instead of an error."""
        return get_entity_or_none(self._account, cls, key, self._map, preload)

    def query(self, cls: type[T]) -> Query[T]:
        """A list whose entities belong to this session."""
        return query_of(self._account, cls, self._map)

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

    def commit(self) -> Report[Entity]:
        """Sends the changes.

        Returns:
            What became of each object; also as ``report``.

        Raises:
            FlushError: something was not applied; it carries the report. What was applied stays applied.
            LookupError: a field declared by name does not exist; nothing was sent.
        """
        if self._busy:
            raise RuntimeError("this session is committing already; a session belongs to one thread or task")
        self._busy = True
        works = self._works()
        flush = Flush(self._account, self._map, self._doubts, self._progress)
        self.report = flush.report
        try:
            self._resolve(works)
            flush.run(self._plan(works))
        finally:
            self._busy = False
            flush.leftover(works)
        if not flush.report.ok:
            raise flush.report.error()
        return flush.report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.commit()

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
        """Collections whose definitions must be read, because a changed field is known by its name."""
        known = self._account.directory.fields
        kinds = dict.fromkeys(
            work.entity._kind
            for work in works
            if (state := work.entity._cf) is not None
            and any(
                state.name_of(ref) is not None if work.entity._kind in known else ref[0] == "name"
                for ref in state.local
            )
        )
        return [kind for kind in kinds if kind not in known or known[kind].is_stale]

    def _resolve(self, works: Sequence[Work]) -> None:
        for kind in self._unnamed(works):
            self._account.definitions(kind)
        entities = {id(work.entity): work.entity for work in works if work.entity._cf is not None}
        for entity in entities.values():
            definitions = self._account.directory.fields.get(entity._kind)
            if definitions is not None:
                entity._fields().resolve(definitions)
        # An option that is missing may have been added since the definitions were read.
        kinds = {entity._kind for entity in entities.values() if self._lacks_options(entity)}
        for kind in sorted(kinds):
            self._account.read_definitions(kind)

    def _lacks_options(self, entity: Entity) -> bool:
        definitions, state = self._account.directory.fields.get(entity._kind), entity._fields()
        return definitions is not None and any(
            definitions.lacks_option(ref, item.value, item.enum_id)
            for ref in state.local
            for item in state.local.get(ref)
        )

    # ---- afterwards

    def reconcile(self, *, key: Field[Any, Any] | None = None) -> Report[Entity]:
        """Finds out about creations that were sent and not answered.

        Reads the newest records of each list and compares them with what was sent. What is found is
        adopted (applied, with its id); the rest is safe to send again with the next commit (skipped). Where
        a record has the same name but other values, which a robot of the account may have changed, the
        object stays unknown: look at the record, then ``resend`` the object or ``discard`` it.

        Args:
            key: a field whose value is yours alone, such as an order number; it then decides by itself.

        Returns:
            A report of the doubtful objects.
        """
        report: Report[Entity] = Report()
        groups: dict[Operation, list[tuple[Work, float]]] = {}
        for work, sent_at in self._doubts.values():
            groups.setdefault(work.operation, []).append((work, sent_at))
        for operation, doubts in groups.items():
            works = [work for work, _ in doubts]
            since = int(min(sent_at for _, sent_at in doubts)) - _SKEW
            items = self._newest(operation, works, since, report)
            taken = {
                entity._key for entity in self._map._weak.values() if entity._kind == works[0].entity._kind
            }
            bodies = [work.body for work in works]
            found, near = pair(bodies, items, taken, None if key is None else key.ref)
            for place, work in enumerate(works):
                if place in near:
                    report.add(work, Outcome.UNKNOWN, _look(work.entity, near[place].id))
                    continue
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

    def resend(self, *entities: Entity) -> None:
        """Lets the next commit create doubtful objects again: you know that the server does not have them.

        Raises:
            ValueError: the creation of an object is not in doubt.
        """
        for entity in entities:
            if id(entity) not in self._doubts:
                raise ValueError(f"the creation of {entity!r} is not in doubt")
            work, _ = self._doubts.pop(id(entity))
            self._map.doubtful.pop(id(entity), None)
            work.turned_back()
            self._map.new[id(entity)] = entity

    def _newest(
        self, operation: Operation, works: Sequence[Work], since: int, report: Report[Entity]
    ) -> list[Any]:
        """The newest records of a list, as far back as the doubtful ones can lie."""
        entity = works[0].entity
        query = query_of(self._account, type(entity), self._map, dict(operation.path))
        if entity._kind == "leads":
            query = query.with_("contacts")  # compared as well
        own_time = any("created_at" in work.body for work in works)
        items: list[Any] = []
        pages = 1 + len(works) // 250
        while len(report.sent) < 1000:
            number = len(items) // 250 + 1
            response = query._page(number, 250, {}, ("id", "desc"))
            report.sent.append(query._operation)
            page = query._read(response)
            items += page if own_time else [one for one in page if one.created_at >= since]
            ended = len(page) < 250 or (number > pages if own_time else page[-1].created_at < since)
            if ended:
                break
        return items

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self._map.new)} new, {len(self.changed)} changed>"


def _look(entity: Entity, key: int) -> str:
    return (
        f"record {key} looks like it and differs in something; if it is this one, session.discard(it) and use "
        f"session.ref({type(entity).__name__}, {key}), else session.resend(it)"
    )
