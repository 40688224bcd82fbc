"""What to send of a refused chunk.

The API refuses a whole batch for one bad item. Items that the answer names are taken out and the rest is
sent again; an answer that names none is halved, and what the one half proves about the other is used. The
number of requests is bounded, because sending the same data again and again gets an account blocked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

__all__ = ["BUDGET", "BatchBisection"]

T = TypeVar("T")

#: Highest number of requests that one chunk may take.
BUDGET = 32


class _Part(Generic[T]):
    __slots__ = ("bad", "items", "other")

    def __init__(self, items: Sequence[T], other: _Part[T] | None = None) -> None:
        self.items = items
        self.bad = False  # known to hold a bad item
        self.other = other


class BatchBisection(Generic[T]):
    """One chunk, sent part by part: ``take`` a part, send it, tell how it ended.

    Args:
        items: the chunk.
        budget: highest number of requests.

    Example:
        >>> batch = BatchBisection(["a", "bad", "c"])
        >>> batch.take()
        ['a', 'bad', 'c']
        >>> batch.reject([1])
        ['bad']
        >>> batch.take()
        ['a', 'c']
        >>> batch.accept(); batch.take() is None
        True
    """

    def __init__(self, items: Sequence[T], budget: int = BUDGET) -> None:
        self.budget = budget
        self.request_count = 0
        self.isolated: list[T] = []
        self._stack: list[_Part[T]] = [_Part(list(items))] if items else []
        self._current: _Part[T] = _Part([])

    def take(self) -> Sequence[T] | None:
        """Return the next part to send; ``None`` when there is none or the budget is spent (see ``remaining``).

        Items that are proved bad without being sent alone are found in ``isolated``.
        """
        while self._stack:
            part = self._stack[-1]
            if part.bad and len(part.items) == 1:
                self._stack.pop()
                self.isolated.extend(part.items)
            elif part.bad:
                self._stack.pop()
                self._halve(part)
            elif self.request_count >= self.budget:
                return None
            else:
                self._stack.pop()
                self.request_count += 1
                self._current = part
                return part.items
        return None

    @property
    def remaining(self) -> list[T]:
        """Items that were not sent, or not sent alone, when the budget was spent."""
        return [item for part in reversed(self._stack) for item in part.items]

    def accept(self) -> None:
        """Note that the server took the part; if it was one half of a refused part, the other is bad."""
        if self._current.other is not None:
            self._current.other.bad = True

    def reject(self, bad: Iterable[int] = ()) -> list[T]:
        """Note that the part was refused; return the bad items.

        Without names, a single item is the bad one and a longer part is halved.

        Args:
            bad: indexes that the answer names.
        """
        part, places = self._current, set(bad)
        if places:
            rest = [item for place, item in enumerate(part.items) if place not in places]
            if rest:
                self._stack.append(_Part(rest))
            return [part.items[place] for place in sorted(places)]
        if len(part.items) == 1:
            return list(part.items)
        self._halve(part)
        return []

    def stop(self) -> list[T]:
        """End the work; return what was not sent."""
        left, self._stack = self.remaining, []
        return left

    def _halve(self, part: _Part[T]) -> None:
        middle = len(part.items) // 2
        second = _Part(part.items[middle:])
        self._stack += [second, _Part(part.items[:middle], second)]
