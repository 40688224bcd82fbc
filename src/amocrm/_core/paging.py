"""Which pages of a list to ask for, and when it ends.

Pages are asked for by number, so that several can be under way. The first one goes alone; then twice as
many as were read, up to the depth that the client allows: a short list costs no superfluous request and
a long one soon runs at full speed. Nothing is started any more once a page without ``next``, an empty
or a short page was seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["Pager"]


class Pager:
    """The state of one walk over a list.

    Args:
        limit: items asked for on each page.
        ahead: pages that may be under way at once, 0 and 1 both mean one after the other.
    """

    __slots__ = ("_next", "_read", "_seen", "_skipped", "ahead", "ended", "limit", "speculate")

    def __init__(self, limit: int, ahead: int) -> None:
        self.limit = limit
        self.ahead = max(1, ahead)
        self.ended = False
        self.speculate = True
        self._next = 1
        self._read = 0
        self._seen: set[Any] = set()
        self._skipped: set[Any] = set()

    @property
    def under_way(self) -> int:
        """Pages that were started and not yet read."""
        return self._next - 1 - self._read

    def to_start(self) -> list[int]:
        """Numbers of the pages to ask for now."""
        if self.ended:
            return []
        window = min(self.ahead, 2 * self._read) if self.speculate else 1
        count = max(0, max(1, window) - self.under_way)
        started = list(range(self._next, self._next + count))
        self._next += count
        return started

    def read(self, ids: Iterable[Any], *, has_next: bool) -> list[int]:
        """Takes the next page in order; returns the positions of the items not seen before.

        A page that repeats only known items is the sign of a cursor that does not move; it ends the walk.
        """
        self._read += 1
        listed = list(ids)
        fresh = [position for position, one in enumerate(listed) if one not in self._seen]
        self._seen.update(listed)
        if not has_next or not fresh:
            self.ended = True
        if len(listed) < self.limit:
            self.speculate = False
        return [position for position in fresh if listed[position] not in self._skipped]

    def restart(self, not_given: Iterable[Any] = ()) -> None:
        """Begins again from the first page, in another order; items already given are not given again.

        Args:
            not_given: ids that were read and not given to anybody.
        """
        self._skipped |= self._seen.difference(not_given)
        self._seen = set()
        self.ended, self.speculate, self._next, self._read = False, True, 1, 0
