"""From changes to requests: the flush plan.

Changes are taken off once, when a commit is planned, as plain data. Where an id does not exist yet, the
object stands in the body, and its id takes the place when the write is sent. Writes are grouped by operation, the groups are
ordered by what they need (``graphlib``), and each group is cut at the batch limit of its operation. So
the number of requests is the smallest that the API allows, and the plan can be printed without any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, Literal, TypeAlias

import msgspec

from .identity import IdentityMap
from .operations import Operation

__all__ = ["Action", "Chunks", "PendingWrite", "Plan", "Step", "cut", "make_plan", "obstacle"]

Action: TypeAlias = Literal["create", "update", "link", "unlink", "merge"]
Stage: TypeAlias = Literal["planned", "sent", "applied", "failed"]
#: A part of a body, a key in it, and the object whose id belongs there.
Place: TypeAlias = tuple[dict[str, Any], str, Any]

#: Shrinking ends here: a batch this small is not what makes a server slow.
_LEAST = 10


class PendingWrite(msgspec.Struct, eq=False):
    """One item of one request, as plain data.

    Attributes:
        action: what it does.
        operation: what sends it.
        entity: what it is about.
        body: what is sent.
        sent: what was taken off the object.
        after: writes that must be applied before it.
        problem: why it cannot be written, empty if it can.
        places: parts of the body with the key of an id that does not exist yet, and the object whose id it is.
        nested: creations that its body carries, such as the contact of a lead.
        stage: how far it got.
        request_id: key that ties it to its answer.
        mark: highest id of its kind that was seen before it was sent.
        sent_at: when it was sent, in Unix seconds of our clock.
    """

    action: Action
    operation: Operation
    entity: Any
    body: dict[str, Any]
    sent: Any = None
    after: Sequence[PendingWrite] = ()
    problem: str = ""
    places: list[Place] | tuple[()] = ()  # most writes have neither
    nested: list[PendingWrite] | tuple[()] = ()
    stage: Stage = "planned"
    request_id: str | None = None
    mark: int | None = None
    sent_at: float = 0.0

    @property
    def whole(self) -> tuple[PendingWrite, ...]:
        """It and the creations that its body carries."""
        return (self, *self.nested) if self.nested else (self,)

    @property
    def is_free(self) -> bool:
        """Whether it needs nothing that does not exist yet."""
        return not (self.places or self.after or self.problem)

    def render(self) -> dict[str, Any]:
        """Put ids in the place of objects; call it when everything it needs exists."""
        for part, key, target in self.places:
            part[key] = target._key
        return self.body

    def release(self) -> None:
        """Let go of everything that only sending needed."""
        self.body, self.sent = _NO_BODY, None
        self.after, self.places, self.nested = (), (), ()

    def __repr__(self) -> str:
        return f"<{self.action} {self.entity!r}>"


_NO_BODY: dict[str, Any] = {}


class Step:
    """All writes of one operation, with the sizes of the requests that carry them."""

    __slots__ = ("level", "operation", "size", "writes")

    def __init__(self, operation: Operation, writes: Sequence[PendingWrite], size: int, level: int) -> None:
        self.operation = operation
        self.writes = tuple(writes)
        self.size = size
        self.level = level

    @property
    def sizes(self) -> tuple[int, ...]:
        """Items in each request."""
        return tuple(len(part) for part in cut(self.writes, self.size))

    @property
    def requests(self) -> int:
        """Number of requests."""
        return -(-len(self.writes) // self.size)

    def __str__(self) -> str:
        items = f"{len(self.writes)} item{'s' * (len(self.writes) != 1)}"
        count = f"{self.requests} request{'s' * (self.requests != 1)}"
        return f"{self.operation.op.method:<6} {self.operation.target}: {items} in {count}"


class Plan:
    """What a commit is going to send. Print it, count it, look into its steps.

    Attributes:
        levels: steps that may run at the same time; a level begins when the one before has ended.
        lookups: reads that the commit must make first, in words.
        waiting: writes that cannot be sent, because what they need is not created by this commit.
    """

    __slots__ = ("levels", "lookups", "waiting")

    def __init__(
        self,
        levels: Sequence[Sequence[Step]],
        lookups: Sequence[str] = (),
        waiting: Sequence[PendingWrite] = (),
    ) -> None:
        self.levels = tuple(tuple(level) for level in levels)
        self.lookups = tuple(lookups)
        self.waiting = tuple(waiting)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in their order."""
        return tuple(step for level in self.levels for step in level)

    @property
    def requests(self) -> int:
        """Number of requests when nothing is refused."""
        return len(self.lookups) + sum(step.requests for step in self.steps)

    @property
    def items(self) -> int:
        """Number of items to write."""
        return sum(
            len(step.writes) + sum([len(write.nested) for write in step.writes]) for step in self.steps
        )

    def __len__(self) -> int:
        return self.requests

    def __bool__(self) -> bool:
        return bool(self.levels or self.waiting)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __str__(self) -> str:
        if not self:
            return "Plan: nothing to send"
        lines = [f"Plan: {self.requests} requests, {self.items} items"]
        lines += [f"  0. {lookup}" for lookup in self.lookups]
        lines += [f"  {step.level}. {step}" for step in self.steps]
        lines += [f"  -. {write.action} {write.entity!r} {obstacle(write)}" for write in self.waiting]
        return "\n".join(lines)


def obstacle(write: PendingWrite) -> str:
    """Return what a write waits for, in words."""
    for _, _, target in write.places:
        if target._key is None:
            return f"waits for {target!r}, {_why_missing(target)}"
    return "waits for a write that was not applied"


def _why_missing(entity: Any) -> str:
    if not isinstance(entity._session, IdentityMap):
        return "which was discarded: adopt it, add it, or take away what points to it"
    if entity._doubt is not None:
        return "whose creation is in doubt: session.reconcile() first"
    return "which was not created"


def cut(writes: Sequence[PendingWrite], size: int) -> list[Sequence[PendingWrite]]:
    """Consecutive parts of at most ``size`` writes."""
    return [writes[start : start + size] for start in range(0, len(writes), size)]


class Chunks:
    """The writes of one step on their way, cut when they are sent.

    A batch that a gateway gave up on (504) was too much for the server at this moment: the batches behind
    it are half as long. It says nothing about what became of the batch itself.

    Args:
        writes: what is to be sent.
        size: highest number of items in a request.
    """

    __slots__ = ("_writes", "size")

    def __init__(self, writes: Sequence[PendingWrite], size: int) -> None:
        self._writes = list(writes)
        self.size = size

    @property
    def requests(self) -> int:
        """Number of requests for what is left."""
        return -(-len(self._writes) // self.size)

    def take(self) -> Sequence[PendingWrite]:
        """Return the next chunk; empty when nothing is left."""
        part, self._writes = self._writes[: self.size], self._writes[self.size :]
        return part

    def shrink(self, length: int) -> None:
        """Note that a request of this length took too long."""
        self.size = max(min(_LEAST, self.size), min(self.size, length // 2))


def make_plan(
    writes: Iterable[PendingWrite], batch_size: int | None = None, lookups: Sequence[str] = ()
) -> Plan:
    """Return the plan for these writes.

    Args:
        writes: what is to be done, in the order of its creation; the order is kept within a step.
        batch_size: highest number of items in a request; ``None`` means what each operation allows.
        lookups: reads that come first, in words.
    """
    sendable, waiting, creates = _sendable(list(writes))
    groups: dict[Operation, list[PendingWrite]] = {}
    for write in sendable:
        groups.setdefault(write.operation, []).append(write)
    order: TopologicalSorter[Operation] = TopologicalSorter()
    for operation, members in groups.items():
        order.add(operation, *_before(operation, members, creates))
    order.prepare()
    levels: list[list[Step]] = []
    rank = {operation: place for place, operation in enumerate(groups)}
    while order.is_active():
        ready = sorted(order.get_ready(), key=rank.__getitem__)
        level = len(levels) + 1
        levels.append(
            [Step(operation, groups[operation], _size(operation, batch_size), level) for operation in ready]
        )
        order.done(*ready)
    return Plan(levels, lookups if levels else (), waiting)


def _sendable(
    writes: list[PendingWrite],
) -> tuple[list[PendingWrite], list[PendingWrite], dict[int, Operation]]:
    """Part the writes into those that can be sent and those that wait for what is not created here.

    Returns:
        Both, and the operations that create objects, by ``id(object)``.
    """
    waiting: list[PendingWrite] = []
    creates = {
        id(creation.entity): write.operation
        for write in writes
        if write.action == "create"
        for creation in write.whole
    }
    needy = [write for write in writes if write.places or write.after]
    held: set[int] = set()
    while blocked := [
        write for write in needy if id(write) not in held and _is_blocked(write, creates, held)
    ]:
        waiting += blocked
        for write in blocked:
            held.add(id(write))
            for creation in write.whole if write.action == "create" else ():
                creates.pop(id(creation.entity), None)
    sendable = [write for write in writes if id(write) not in held] if held else writes
    return sendable, waiting, creates


def _is_blocked(write: PendingWrite, creates: Mapping[int, Operation], held: set[int]) -> bool:
    return any(id(target) not in creates for _, _, target in write.places) or any(
        id(other) in held for other in write.after
    )


def _before(
    operation: Operation, members: Iterable[PendingWrite], creates: Mapping[int, Operation]
) -> set[Operation]:
    before = {other.operation for write in members for other in write.after}
    before |= {creates[id(target)] for write in members for _, _, target in write.places}
    before.discard(operation)
    return before


def _size(operation: Operation, batch_size: int | None) -> int:
    batch = operation.op.batch
    limit = 1 if batch is None else batch.max
    return limit if batch_size is None else max(1, min(limit, batch_size))
