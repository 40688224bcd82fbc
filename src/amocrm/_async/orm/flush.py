"""Sending a flush plan: chunks of one level at once, refused ones part by part, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from operator import attrgetter
from secrets import token_hex
from threading import Lock
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from amocrm._core.orm.batch_bisection import BatchBisection
from amocrm._core.orm.doubt import Doubt, stamp_of, stamp_refs
from amocrm._core.orm.identity import IdentityMap
from amocrm._core.orm.operations import Operation
from amocrm._core.orm.outcome import (
    Outcome,
    Report,
    Result,
    match_answer_items,
    rejected_indexes,
    verdict,
)
from amocrm._core.orm.plan import Chunks, PendingWrite, Plan, obstacle
from amocrm._core.orm.states import Event, State, following
from amocrm.entities._base import Entity
from amocrm.entities._refused import issues_of
from amocrm.entities._sent import merge_into
from amocrm.errors import AmoCRMError, APIError, DecodeError, EncodingError, ItemIssue
from amocrm_gen._runtime.encoding import sendable
from amocrm_gen._runtime.response_status import is_page
from amocrm_gen._runtime.wire import Response

from .._primitives import run_all, shielded
from .account import AsyncAccountState

__all__ = ["AsyncFlush", "Progress"]

#: Called after each request with the number of settled items and of all.
Progress = Callable[[int, int], None]

_DOUBTS = (State.DOUBTFUL, State.STRAY)

# A letter stands before each number: an index which the server puts in its place must never look
# like one of ours.
_NUMBERS = count(1)


class AsyncFlush:
    """One commit under way.

    Args:
        account: the account.
        identities: the session's objects.
        progress: called after each request; in the sync flavour by the thread that made it.
        stamp: reference of the field whose value makes each creation unique.

    Attributes:
        report: what became of each item so far.
        has_ended: whether all levels were sent.
    """

    def __init__(
        self,
        account: AsyncAccountState,
        identities: IdentityMap,
        progress: Progress | None = None,
        stamp: tuple[str, Any] | None = None,
    ) -> None:
        self.report: Report[Entity] = Report(account.directory.host)
        self._account = account
        self._map = identities
        self._progress = progress
        self._stamp = stamp
        self.has_ended = False
        self._total = self._settled = 0
        self._halted: AmoCRMError | None = None
        self._lock = Lock()

    async def run(self, plan: Plan) -> None:
        """Send all levels, one after the other."""
        self._total = plan.items
        for write in plan.waiting:
            self._fail(write, Outcome.SKIPPED, obstacle(write))
        for level in plan.levels:
            await self._level([(step.operation, step.writes, step.size) for step in level])
        self.has_ended = True

    async def _level(self, steps: Sequence[tuple[Operation, Sequence[PendingWrite], int]]) -> None:
        waiting = [
            (operation, Chunks([write for write in writes if write.is_free or self._ready(write)], size))
            for operation, writes, size in steps
        ]
        # More than one round only when chunks became smaller on the way.
        while calls := [
            partial(self._chunk, operation, chunks)
            for operation, chunks in waiting
            for _ in range(chunks.requests)
        ]:
            for result in await run_all(calls, self._account.in_flight):
                if isinstance(result, Exception):
                    raise result

    def _ready(self, write: PendingWrite) -> bool:
        if write.problem:
            self._fail(write, Outcome.REJECTED, write.problem)
            return False
        missing = [target for _, _, target in write.places if target._key is None]
        missing += [other.entity for other in write.after if other.stage != "applied"]
        if missing:
            doubt = " (its creation is in doubt: reconcile first)" if missing[0]._doubt is not None else ""
            self._fail(write, Outcome.SKIPPED, f"needs {missing[0]!r}, which was not applied{doubt}")
        return not missing

    async def _chunk(self, operation: Operation, chunks: Chunks) -> None:
        """Send the next chunk; a refused one part by part, until the good items are in."""
        with self._lock:
            writes = chunks.take()
        bisection = BatchBisection(self._rendered(operation, writes))
        while self._halted is None and (part := bisection.take()) is not None:
            error = await shielded(partial(self._send, operation, part, chunks))
            if error is None:
                bisection.accept()
            else:
                with self._lock:
                    self._failed(operation, part, error, bisection)
                    for write in part:
                        if write.stage == "sent":
                            write.stage = "planned"  # refused as a batch: it is sent again in a smaller one
                    self._tell()
        with self._lock:
            for write in bisection.isolated:
                self._fail(
                    write,
                    Outcome.REJECTED,
                    "rejected without naming a field (isolated by splitting the batch)",
                )
            for write in bisection.stop() if self._halted is None else ():
                self._fail(
                    write,
                    Outcome.REJECTED,
                    f"the batch was rejected and the bad item not isolated in {bisection.request_count} requests",
                )

    def _rendered(self, operation: Operation, writes: Sequence[PendingWrite]) -> list[PendingWrite]:
        """Render the bodies of a chunk; return the writes that can be sent and reject the others."""
        for write in writes:
            if write.places:
                write.render()
        every = [item for write in writes for item in write.whole]
        try:
            for item, body in zip(every, sendable([item.body for item in every]), strict=True):
                item.body = body
        except EncodingError:
            writes = [write for write in writes if self._make_plain(write)]
        definitions = self._account.directory.fields.get(writes[0].entity._field_kind) if writes else None
        if definitions is not None:
            writes = [write for write in writes if self._has_options(write, definitions)]
        batch = operation.op.batch
        keys = () if batch is None else batch.match
        if "request_id" in keys or "request_ids" in keys:
            for write in writes:
                if "id" not in write.body:
                    write.request_id = write.body["request_id"] = f"n{next(_NUMBERS)}"
        return list(writes)

    def _make_plain(self, write: PendingWrite) -> bool:
        try:
            for item in write.whole:
                item.body = sendable(item.body)
        except EncodingError as error:
            with self._lock:
                issues = [
                    replace(issue, value=None) for issue in issues_of(write.entity, write.body, error.item)
                ]
                self._fail(write, Outcome.REJECTED, f"not sent: {error}", error, issues)
            return False
        return True

    def _has_options(self, write: PendingWrite, definitions: Any) -> bool:
        values = write.body.get("custom_fields_values")
        missing = definitions.refused_options(values) if values else ()
        if missing:
            with self._lock:
                issues = issues_of(write.entity, write.body, ItemIssue(None, tuple(missing)))
                self._fail(write, Outcome.REJECTED, "not sent: a field has no such option", None, issues)
        return not missing

    async def _send(
        self, operation: Operation, part: Sequence[PendingWrite], chunks: Chunks
    ) -> AmoCRMError | None:
        """Send one request; ids are in the objects before anything else can happen."""
        marks, kind = self._account.directory.marks, part[0].entity._kind
        mark, sent_at = marks.highest(kind), self._account.clock.wall()
        for write in part:
            write.mark, write.sent_at, write.stage = mark, sent_at, "sent"
            for nested in write.nested:
                nested.mark, nested.sent_at = marks.highest(nested.entity._kind), sent_at
        self.report.sent.append(operation.op.id)
        try:
            response = await self._account.send(operation.request([write.body for write in part]))
            if response.timeouts or response.status == 504:
                chunks.shrink(len(part))
            answer = operation.parse(response)
            _check_promise(operation, response)
        except AmoCRMError as error:
            return error  # still in flight: a cancellation may come before the error is read
        batch, items = operation.op.batch, operation.items(answer)
        matches = {0: answer} if batch is None else match_answer_items(batch, part, items)
        twice = f"sent {response.sent} times, because an answer was lost" if response.sent > 1 else ""
        with self._lock:
            if part[0].action == "create":
                key_of = attrgetter(part[0].entity._key_name)
                keys = [
                    key_of(item) for item in matches.values() if getattr(item, "merged", False) is not True
                ]
                marks.take(kind, keys, mark)
            for place, write in enumerate(part):
                if place in matches:
                    self._apply(write, matches[place], twice)
                else:
                    self._fail(write, Outcome.UNKNOWN, "the answer does not mention it")
            self._tell()
        return None

    def _apply(self, write: PendingWrite, answer: Any, reason: str) -> None:
        for nested in write.nested:
            key = answer.contact_id if nested.entity._kind == "contacts" else answer.company_id
            if isinstance(key, int):
                self._apply(nested, SimpleNamespace(id=key, merged=answer.merged), reason)
                if answer.merged is not True:
                    self._account.directory.marks.take(nested.entity._kind, [key], nested.mark)
            else:
                self._fail(nested, Outcome.UNKNOWN, "the answer does not mention it")
        entity = write.entity
        following(entity, Event.APPLIED)
        if getattr(answer, "merged", False) is True:
            reason = self._merge(write, answer.id)
        else:
            write.sent.confirm(entity, answer, write.action)
            if write.action == "create":
                self._map.created.add((entity._kind, entity._key))
        self._map.settle(entity)
        self._report(write, Outcome.APPLIED, reason)
        write.release()

    def _merge(self, write: PendingWrite, key: int) -> str:
        """Let an object stand for the record that the server merged it into; return that in words."""
        entity: Entity = write.entity
        write.action = "merge"
        merge_into(entity, key, write.sent)
        other = self._map.holds(entity)
        if other is None or entity._session is not self._map:
            return f"the server merged it into {key}, which existed; what that holds now was not read"
        self._map.let_go(entity)
        return f"the server merged it into {key}, another object of this session: refresh() that one"

    def _report(
        self,
        write: PendingWrite,
        outcome: Outcome,
        reason: str,
        issues: Sequence[Any] = (),
        error: AmoCRMError | None = None,
    ) -> None:
        write.stage = "applied" if outcome is Outcome.APPLIED else "failed"
        self._settled += 1
        self.report.note(Result(write.entity, write.action, outcome, reason, tuple(issues), error))

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._settled, self._total)

    def _failed(
        self,
        operation: Operation,
        part: Sequence[PendingWrite],
        error: AmoCRMError,
        bisection: BatchBisection[PendingWrite],
    ) -> None:
        decision = verdict(error)
        if decision in ("halt", "unsent"):
            self._halted = error
        if decision == "isolate" and isinstance(error, APIError):
            self._isolate(operation, part, error, bisection)
        elif decision == "unknown":
            for write in part:
                self._fail(write, Outcome.UNKNOWN, str(error), error)
            for write in bisection.stop():
                self._fail(write, Outcome.SKIPPED, "the request before it was not answered", error)
        elif decision == "unsent":
            for write in (*part, *bisection.stop()):
                self._fail(write, Outcome.SKIPPED, f"not sent: {error}", error)
        else:
            for write in (*part, *bisection.stop()):
                self._fail(write, Outcome.REJECTED, str(error), error)

    def _isolate(
        self,
        operation: Operation,
        part: Sequence[PendingWrite],
        error: APIError,
        bisection: BatchBisection[PendingWrite],
    ) -> None:
        bad = rejected_indexes(error, part)
        if part and (fields := self._account.directory.fields.get(part[0].entity._field_kind)) is not None:
            fields.is_stale = True
        for place, items in bad.items():
            write = part[place]
            issues = [issue for item in items for issue in issues_of(write.entity, write.body, item)]
            self._fail(write, Outcome.REJECTED, error.detail or error.title, error, issues)
        rejected = bisection.reject(bad)
        for write in rejected if not bad else ():
            why = f"rejected without naming a field: {error.detail or error.title}"
            self._fail(write, Outcome.REJECTED, why, error)
        batch = operation.op.batch
        if batch is not None and batch.atomic == "unknown" and operation.op.safety == "unsafe":
            for write in bisection.stop():
                why = "the batch was refused; whether anything was stored is not known"
                self._fail(write, Outcome.UNKNOWN, why, error)

    def _fail(
        self,
        write: PendingWrite,
        outcome: Outcome,
        reason: str,
        error: AmoCRMError | None = None,
        issues: Sequence[Any] = (),
    ) -> None:
        """Note that a write was not applied; a creation without an answer is in doubt, all else is sent again."""
        for nested in write.nested:
            self._fail(nested, outcome, reason, error)
        end = Event.UNANSWERED if outcome is Outcome.UNKNOWN else Event.NOT_APPLIED
        target = following(write.entity, end)
        if end is Event.UNANSWERED and target in _DOUBTS:
            write.entity._ensure_links().doubt = self._doubt(write, reason)
        elif end is Event.UNANSWERED:
            write.sent.lose(write.entity, write.action)
        else:
            write.sent.revert(write.entity)
        self._map.settle(write.entity)
        self._report(write, outcome, reason, issues, error)

    def _doubt(self, write: PendingWrite, reason: str) -> Doubt:
        body = {key: value for key, value in write.body.items() if key != "request_id"}
        if write.nested:  # they are in doubt on their own
            body["_embedded"] = {
                key: [item for item in items if key == "tags" or "id" in item]
                for key, items in body["_embedded"].items()
            }
        directory = self._account.directory
        return Doubt(
            operation=write.operation,
            body=body,
            sent=write.sent,
            account=directory.host,
            mark=write.mark,
            sent_at=write.sent_at,
            ended_at=self._account.clock.wall(),
            stamp=stamp_of(body, stamp_refs(self._stamp, directory.fields.get(write.entity._field_kind))),
            reason=reason,
            token=token_hex(8),
            clock_offset=directory.marks.clock_offset,
        )

    def leftover(self, writes: Iterable[PendingWrite]) -> None:
        """Record items that were not sent because the flush stopped or was cancelled."""
        with self._lock:
            why = (
                "the commit was cut short" if self._halted is None else f"sending was stopped: {self._halted}"
            )
            for write in writes:
                if write.stage == "sent":
                    self._fail(write, Outcome.UNKNOWN, "it was in flight when the commit was cut short")
                elif write.stage == "planned":
                    self._fail(write, Outcome.SKIPPED, why)


def _check_promise(operation: Operation, response: Response) -> None:
    """Refuse a page where nothing or JSON was promised: a gateway wrote it, and the outcome is unknown.

    Raises:
        DecodeError: the answer is neither empty nor JSON.
    """
    content = response.content.strip()
    if content and (is_page(response) or content[:1] not in b'{["'):
        op = operation.op
        raise DecodeError(
            f"{op.id} must be answered with JSON, got {response.media_type or 'another type'}",
            op=op.id,
            status=response.status,
            request_id=response.request_id,
        )
