"""Faults that tests plant: which request, what happens to it, and how often."""

from __future__ import annotations

import difflib
import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Drop",
    "Effect",
    "Fault",
    "Faults",
    "Latency",
    "MalformedJson",
    "Mutate",
    "ErrorPage",
    "PartialBatch",
    "SlowBody",
    "Truncate",
]


@dataclass(frozen=True, slots=True)
class Latency:
    """Delay a request.

    Args:
        seconds: Fixed part.
        jitter: Upper end of a uniformly distributed extra, in seconds.
        inbound: Share of the delay that lies before the arrival at the server, 0 to 1; the rest lies between the
            handling and the answer.
    """

    seconds: float = 0.0
    jitter: float = 0.0
    inbound: float = 0.0


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer, before the request is carried out or after it.

    Args:
        after_commit: Carry the request out first.
        effect_after: Carry the request out this many seconds later, on the sandbox's clock; None for never.
    """

    after_commit: bool = False
    effect_after: float | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Answer with a status of our own.

    Args:
        status: HTTP status; 200 with `html` gives the page that a captive gateway puts in the way.
        html: The gateway's HTML page (default) or a problem JSON.
        detail: Text of the problem JSON.
        headers: Extra headers, for example ``{"Retry-After": "3"}``.
        after_commit: Carry the request out first, as a 504 may.
        effect_after: Carry the request out this many seconds after the answer, on the sandbox's clock; None for never.
    """

    status: int
    html: bool = True
    detail: str = "An unknown error occurred."
    headers: tuple[tuple[str, str], ...] = ()
    after_commit: bool = False
    effect_after: float | None = None


@dataclass(frozen=True, slots=True)
class PartialBatch:
    """Store only the first items of a batch, then fail, as a server process that is killed does.

    Args:
        items: Number of items that are stored.
        status: Status of the gateway's page that is answered; None closes the connection without an answer.
    """

    items: int
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Truncate:
    """Send only a part of the body, then close the connection.

    Args:
        keep: Share of the body that is sent, 0 to 1.
    """

    keep: float = 0.5


@dataclass(frozen=True, slots=True)
class SlowBody:
    """Send the body in pieces with a pause before each.

    Args:
        chunks: Number of pieces.
        seconds: Pause before each piece.
    """

    chunks: int = 4
    seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class MalformedJson:
    """Send a body that is complete and is no JSON, under the content type of JSON."""


@dataclass(frozen=True, slots=True)
class Mutate:
    """Change the JSON answer.

    Args:
        path: Dotted path; ``*`` stands for every element of a list (``_embedded.leads.*.status_id``).
        value: The new value; None removes nothing, it sets null.
        remove: Remove the key instead.
    """

    path: str
    value: Any = None
    remove: bool = False


Effect = Latency | Drop | ErrorPage | PartialBatch | Truncate | SlowBody | MalformedJson | Mutate


@dataclass(slots=True)
class Fault:
    """One planted fault: a match, an effect and a count. Made by `Faults.add`."""

    id: int
    effect: Effect
    method: str | None
    path: re.Pattern[str] | None
    operation: str | None
    nth: int | None
    next: int | None
    probability: float | None
    random: random.Random
    seen: int = 0
    hits: int = 0

    def matches(self, method: str, path: str, operation: str | None) -> bool:
        """Return whether the fault is about this request, without its count."""
        if self.method is not None and self.method != method:
            return False
        if self.operation is not None and self.operation != operation:
            return False
        return self.path is None or self.path.search(path) is not None

    def strikes(self) -> bool:
        """Count one matching request and say whether it is hit."""
        self.seen += 1
        hit = True
        if self.nth is not None:
            hit = self.seen == self.nth
        elif self.next is not None:
            hit = self.seen <= self.next
        if hit and self.probability is not None:
            hit = self.random.random() < self.probability
        self.hits += hit
        return hit


class Faults:
    """All planted faults.

    Args:
        seed: Seed of probabilities and jitter.
        operations: Names that a fault may be planted for; None for any. A misspelt one would never strike.

    Example:
        >>> faults = Faults()
        >>> _ = faults.add(Drop(after_commit=True), method="POST", path="/api/v4/leads$", nth=2)
        >>> [len(faults.choose("POST", "/api/v4/leads", None)) for _ in range(3)]
        [0, 1, 0]
    """

    def __init__(self, seed: int = 0, operations: Collection[str] | None = None) -> None:
        self._seed = seed
        self._operations = operations
        self._count = 0
        self.planted: list[Fault] = []

    def add(
        self,
        effect: Effect,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        nth: int | None = None,
        next: int | None = None,
        probability: float | None = None,
        seed: int | None = None,
    ) -> Fault:
        """Plant a fault and return it. Without a count it strikes every time.

        Args:
            effect: What happens.
            method: HTTP method; None for any.
            path: Regular expression searched in the path without the query; None for any.
            operation: Operation id of the description; None for any.
            nth: Only the nth matching request, from 1.
            next: Only the next so many matching requests.
            probability: Each time with this probability, 0 to 1; combines with `next`.
            seed: Seed of the probability and of the jitter; two runs with one seed strike alike.

        Raises:
            ValueError: There is no such operation, or the path is no regular expression.
        """
        if operation is not None and self._operations is not None and operation not in self._operations:
            near = difflib.get_close_matches(operation, self._operations, 1)
            raise ValueError(
                f"there is no operation {operation!r}" + (f"; do you mean {near[0]!r}?" if near else "")
            )
        try:
            pattern = re.compile(path) if path else None
        except re.error as error:
            raise ValueError(f"{path!r} is no regular expression: {error}") from None
        self._count += 1
        fault = Fault(
            self._count,
            effect,
            method.upper() if method else None,
            pattern,
            operation,
            nth,
            next,
            probability,
            random.Random(self._seed + self._count if seed is None else seed),
        )
        self.planted.append(fault)
        return fault

    def remove(self, fault: Fault | int) -> None:
        """Take a fault out, by itself or by its id."""
        id = fault if isinstance(fault, int) else fault.id
        self.planted = [planted for planted in self.planted if planted.id != id]

    def clear(self) -> None:
        """Take all faults out."""
        self.planted = []

    def choose(self, method: str, path: str, operation: str | None) -> list[Fault]:
        """Count one request against every fault that matches it and return those that strike."""
        if not self.planted:
            return []
        return [fault for fault in self.planted if fault.matches(method, path, operation) and fault.strikes()]


def mutate(value: Any, path: str, change: Callable[[Any, Any], None]) -> None:
    """Call `change(container, key)` for every place that a dotted path with ``*`` names; a path may name none."""
    if not isinstance(value, dict | list):
        return
    head, _, rest = path.partition(".")
    keys: list[Any]
    if head == "*":
        keys = list(range(len(value))) if isinstance(value, list) else list(value)
    elif isinstance(value, list):
        keys = [int(head)] if head.isdecimal() and int(head) < len(value) else []
    else:
        keys = [head]
    for key in keys:
        if not rest:
            change(value, key)
        elif isinstance(value, list) or key in value:
            mutate(value[key], rest, change)
