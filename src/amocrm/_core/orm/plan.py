"""From changes to requests: the flush plan.

A pure function of what is to be done: works are grouped by operation, the groups are ordered by what
their works need (``graphlib``), and each group is cut at the batch limit of its operation. So the number
of requests is the smallest that the API allows, and the plan can be printed and tested without any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, Literal, TypeAlias

from .operations import Operation

__all__ = ["Action", "Chunks", "Plan", "Step", "Work", "cut", "make_plan"]

Action: TypeAlias = Literal["create", "update", "link", "unlink"]

#: Shrinking ends here: a batch this small is not what makes a server slow.
_LEAST = 10


class Work:
    """One item of one request.

    Args:
        action: what it does.
        operation: what sends it.
        entity: what it is about.
        build: makes the body; called when it is sent, since it may hold ids that exist only then.
        landed: called with the answered item once the server has taken it.
        turned_back: called when the server has not.
        needs: entities that must exist, and works that must be done, before it.
    """

    __slots__ = (
        "action",
        "body",
        "build",
        "entity",
        "landed",
        "needs",
        "operation",
        "request_id",
        "turned_back",
    )

    def __init__(
        self,
        action: Action,
        operation: Operation,
        entity: Any,
        *,
        build: Callable[[], dict[str, Any]],
        landed: Callable[[Any], None],
        turned_back: Callable[[], None],
        needs: Sequence[Any] = (),
    ) -> None:
        self.action = action
        self.operation = operation
        self.entity = entity
        self.build = build
        self.landed = landed
        self.turned_back = turned_back
        self.needs = tuple(needs)
        self.request_id: str | None = None
        self.body: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<{self.action} {self.entity!r}>"


class Step:
    """All works of one operation, with the sizes of the requests that carry them."""

    __slots__ = ("level", "operation", "size", "works")

    def __init__(self, operation: Operation, works: Sequence[Work], size: int, level: int) -> None:
        self.operation = operation
        self.works = tuple(works)
        self.size = size
        self.level = level

    @property
    def sizes(self) -> tuple[int, ...]:
        """Items in each request."""
        return tuple(len(part) for part in cut(self.works, self.size))

    @property
    def requests(self) -> int:
        """Number of requests."""
        return -(-len(self.works) // self.size)

    def __str__(self) -> str:
        items = f"{len(self.works)} item{'s' * (len(self.works) != 1)}"
        count = f"{self.requests} request{'s' * (self.requests != 1)}"
        return f"{self.operation.op.method:<6} {self.operation.target}: {items} in {count}"


class Plan:
    """What a commit is going to send. Print it, count it, look into its steps.

    Attributes:
        levels: steps that may run at the same time; a level begins when the one before has ended.
        lookups: reads that the commit must make first, in words.
    """

    __slots__ = ("levels", "lookups")

    def __init__(self, levels: Sequence[Sequence[Step]], lookups: Sequence[str] = ()) -> None:
        self.levels = tuple(tuple(level) for level in levels)
        self.lookups = tuple(lookups)

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
        return sum(len(step.works) for step in self.steps)

    def __len__(self) -> int:
        return self.requests

    def __bool__(self) -> bool:
        return bool(self.levels)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __str__(self) -> str:
        if not self:
            return "Plan: nothing to send"
        lines = [f"Plan: {self.requests} requests, {self.items} items"]
        lines += [f"  0. {lookup}" for lookup in self.lookups]
        lines += [f"  {step.level}. {step}" for step in self.steps]
        return "\n".join(lines)


def cut(works: Sequence[Work], size: int) -> list[Sequence[Work]]:
    """Consecutive parts of at most ``size`` works."""
    return [works[start : start + size] for start in range(0, len(works), size)]


class Chunks:
    """The works of one step on their way, cut when they are sent.

    A batch that a gateway gave up on (504) was too much for the server at this moment: the batches behind
    it are half as long. It says nothing about what became of the batch itself.

    Args:
        works: what is to be sent.
        size: highest number of items in a request.
    """

    __slots__ = ("_works", "size")

    def __init__(self, works: Sequence[Work], size: int) -> None:
        self._works = list(works)
        self.size = size

    @property
    def requests(self) -> int:
        """Number of requests for what is left."""
        return -(-len(self._works) // self.size)

    def take(self) -> Sequence[Work]:
        """The next chunk; empty when nothing is left."""
        part, self._works = self._works[: self.size], self._works[self.size :]
        return part

    def shrink(self, length: int) -> None:
        """A request of this length took too long."""
        self.size = max(min(_LEAST, self.size), min(self.size, length // 2))


def make_plan(works: Iterable[Work], batch_size: int | None = None, lookups: Sequence[str] = ()) -> Plan:
    """The plan for these works.

    Args:
        works: what is to be done, in the order of its creation; the order is kept within a step.
        batch_size: highest number of items in a request; ``None`` means what each operation allows.
        lookups: reads that come first, in words.
    """
    groups: dict[Operation, list[Work]] = {}
    creates: dict[int, Operation] = {}
    for work in works:
        groups.setdefault(work.operation, []).append(work)
        if work.action == "create":
            creates[id(work.entity)] = work.operation
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
    return Plan(levels, lookups if levels else ())


def _before(
    operation: Operation, members: Iterable[Work], creates: Mapping[int, Operation]
) -> set[Operation]:
    before = set()
    for work in members:
        for need in work.needs:
            found = need.operation if isinstance(need, Work) else creates.get(id(need))
            if found is not None and found != operation:
                before.add(found)
    return before


def _size(operation: Operation, batch_size: int | None) -> int:
    batch = operation.op.batch
    limit = 1 if batch is None else batch.max
    return limit if batch_size is None else max(1, min(limit, batch_size))
