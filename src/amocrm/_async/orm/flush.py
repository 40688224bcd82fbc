"""Sending a flush plan: chunks of one level at once, refused ones part by part, nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from threading import Lock
from typing import Any

from msgspec.structs import replace

from amocrm._core.orm.batch_bisection import Isolation
from amocrm._core.orm.identity import IdentityMap
from amocrm._core.orm.operations import Operation
from amocrm._core.orm.outcome import Issue, Outcome, Report, describe, match, named, verdict
from amocrm._core.orm.plan import Chunks, Plan, Work
from amocrm.entities._base import Entity
from amocrm.errors import AmoCRMError, APIError, EncodingError, ItemIssue
from amocrm_gen._runtime.encoding import sendable

from .._primitives import run_all, shielded
from .account import AsyncAccountState

__all__ = ["AsyncFlush", "Progress"]

#: Told after each request how many items are settled and how many there are.
Progress = Callable[[int, int], None]

# A letter stands in front of each number, so that an index which the server puts in its place never looks
# like one of ours.
_NUMBERS = count(1)


class AsyncFlush:
    """One commit on its way.

    Args:
        account: the account.
        known: the session's objects.
        doubts: creations without an answer, by object; filled here.
        progress: told after each request; in the sync flavour by the thread that made it.

    Attributes:
        report: what became of each item so far.
    """

    def __init__(
        self,
        account: AsyncAccountState,
        known: IdentityMap,
        doubts: dict[int, tuple[Work, float]],
        progress: Progress | None = None,
    ) -> None:
        self.report: Report[Entity] = Report()
        self._account = account
        self._map = known
        self._doubts = doubts
        self._progress = progress
        self._total = 0
        self._done: set[int] = set()
        self._flying: set[int] = set()
        self._halted: AmoCRMError | None = None
        self._lock = Lock()

    async def run(self, plan: Plan) -> None:
        """Sends all levels, one after the other."""
        self._total = plan.items
        for level in plan.levels:
            await self._level([(step.operation, step.works, step.size) for step in level])

    async def _level(self, steps: Sequence[tuple[Operation, Sequence[Work], int]]) -> None:
        waiting = [
            (operation, Chunks([work for work in works if self._ready(work)], size))
            for operation, works, size in steps
        ]
        # More than one round only when chunks became smaller on the way.
        while thunks := [
            partial(self._chunk, operation, chunks)
            for operation, chunks in waiting
            for _ in range(chunks.requests)
        ]:
            for result in await run_all(thunks, max(1, self._account.max_prefetch)):
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

    async def _chunk(self, operation: Operation, chunks: Chunks) -> None:
        """Sends the next chunk; a refused one part by part, until the good items are in."""
        with self._lock:
            works = chunks.take()
        written = [work for work in works if self._build(operation, work)]
        isolation = Isolation(written)
        while self._halted is None and (part := isolation.take()) is not None:
            error = await shielded(partial(self._send, operation, part, chunks))
            if error is None:
                isolation.passed()
            else:
                with self._lock:
                    self._failed(operation, part, error, isolation)
                    self._flying.difference_update(map(id, part))
                    self._tell()
        for work in isolation.isolated:
            self._reject(work, "refused without a word about the field; found by halving the batch")
        for work in isolation.stop() if self._halted is None else ():
            self._reject(
                work, f"the batch was refused and the bad item not isolated in {isolation.used} requests"
            )

    def _build(self, operation: Operation, work: Work) -> bool:
        try:
            work.body = work.build()
            work.body = sendable(work.body)
        except EncodingError as error:
            issues = [replace(issue, value=None) for issue in self._issues(work, error.item)]
            self._reject(work, f"not sent: {error}", issues, error)
            return False
        except (TypeError, ValueError) as error:
            self._reject(work, f"cannot be written: {error}")
            return False
        definitions = self._account.directory.fields.get(work.entity._kind)
        values = work.body.get("custom_fields_values")
        if definitions is not None and (missing := definitions.refused_options(values)):
            issues = self._issues(work, ItemIssue(None, tuple(missing)))
            self._reject(work, "not sent: a field has no such option", issues)
            return False
        batch = operation.op.batch
        if batch is not None and "request_id" in batch.match and "id" not in work.body:
            work.request_id = work.body["request_id"] = f"n{next(_NUMBERS)}"
        return True

    async def _send(self, operation: Operation, part: Sequence[Work], chunks: Chunks) -> AmoCRMError | None:
        """One request; ids are in the objects before anything else can happen."""
        self.report.sent.append(operation.op.id)
        self._flying.update(map(id, part))
        try:
            response = await self._account.send(operation.request([work.body for work in part]))
            if response.timeouts or response.status == 504:
                chunks.shrink(len(part))
            answer = operation.parse(response)
        except AmoCRMError as error:
            return error  # still on its way: a cancellation may come before anybody looks at the error
        batch = operation.op.batch
        assert batch is not None
        embedded = getattr(answer, "embedded", None)
        answered = answer if batch.items is None else getattr(embedded, batch.items, None)
        found = match(batch, part, answered if isinstance(answered, list) else [])
        times = response.sent
        twice = f"sent {times} times, because an answer was lost" if times > 1 else ""
        with self._lock:
            for place, work in enumerate(part):
                if place in found:
                    work.landed(found[place])
                    self._done.add(id(work))
                    self._doubts.pop(id(work.entity), None)
                    self._map.settled(work.entity)
                    self.report.add(work, Outcome.APPLIED, twice)
                else:
                    self._doubt(operation, work, "the answer does not mention it", None)
            self._flying.difference_update(map(id, part))
            self._tell()
        return None

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(len(self.report), self._total)

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
        if part and (known := self._account.directory.fields.get(part[0].entity._kind)) is not None:
            known.is_stale = True
        for place, items in bad.items():
            work = part[place]
            issues = [issue for item in items for issue in self._issues(work, item)]
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

    def _issues(self, work: Work, item: ItemIssue) -> list[Issue]:
        return describe(item, work.body, partial(_label, work.entity), partial(_options, work.entity))

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

    def leftover(self, works: Iterable[Work]) -> None:
        """What a stop or a cancellation has left out is in the report as well."""
        with self._lock:
            told = {id(result.work) for result in self.report}
            why = (
                "the commit was cut short" if self._halted is None else f"sending was stopped: {self._halted}"
            )
            for work in works:
                if id(work) in self._flying:
                    self._doubt(work.operation, work, "it was on its way when the commit was cut short", None)
                elif id(work) not in told:
                    self._skip(work, why)


def _definition(entity: Entity, key: Any) -> Any:
    definitions = None if entity._session is None else entity._session.directory.fields.get(entity._kind)
    found = None if definitions is None else definitions.find(("id" if isinstance(key, int) else "code", key))
    return definitions, found


def _options(entity: Entity, key: Any) -> Sequence[str]:
    """Labels of the options of a custom field, as far as its definition was read."""
    definitions, found = _definition(entity, key)
    return [] if found is None else list(definitions.options(found))


def _label(entity: Entity, key: Any) -> str | None:
    """The name of a custom field as the caller knows it."""
    for attribute, field in type(entity)._declared.items():
        if field.ref[1] == key:
            return attribute
    _, found = _definition(entity, key)
    if found is not None:
        return str(found.name)
    remote = entity._fields().remote(("id" if isinstance(key, int) else "code", key))
    name = None if remote is None else remote.field_name
    return name if isinstance(name, str) else None
