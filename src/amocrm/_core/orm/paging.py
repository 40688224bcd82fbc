"""Which pages of a list to ask for, and when it ends.

A page that the one before has announced is always there. Only a page beyond it may be superfluous, so by
default it is asked for after four pages, and only if an answer takes longer than the limit lets pass between
two requests: below that, one page after the other uses the whole limit. Nothing is started any more once a
page without ``next``, an empty or a short page was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, Final

from msgspec import UNSET

__all__ = ["Pager", "Rows", "has_next", "items_of"]

#: Seconds between two requests at the limit of the API, seven a second.
_PACE: Final = 1 / 7
#: Pages that are read before one is asked for that may not exist.
_KNOWN: Final = 4


def items_of(parsed: Any, key: str) -> list[Any]:
    """Return the items of a parsed page; none for an empty answer (204)."""
    embedded = UNSET if parsed is None else parsed.embedded
    listed = UNSET if embedded is UNSET else getattr(embedded, key, UNSET)
    return [] if listed is UNSET or listed is None else list(listed)


def has_next(parsed: Any) -> bool:
    """Return whether a parsed page says that there is another."""
    links = UNSET if parsed is None else parsed.links
    return links is not UNSET and links is not None and links.next is not UNSET and links.next is not None


class Rows:
    """The items of a page, and which of their attributes could not be read, by place."""

    __slots__ = ("items", "marks")

    def __init__(self, items: Sequence[Any], marks: Mapping[int, Any]) -> None:
        self.items, self.marks = items, marks

    def only(self, places: Sequence[int]) -> Rows:
        """Return these places in this order."""
        if len(places) == len(self.items):
            return self
        marks = {at: self.marks[place] for at, place in enumerate(places) if place in self.marks}
        return Rows([self.items[place] for place in places], marks)


class Pager:
    """The state of one walk over a list.

    Args:
        limit: items asked for on each page.
        max_prefetch: pages that may be under way at once, 0 and 1 both mean one after the other; None
            asks for at most one page that may not exist, see above.
        overlap: rows of each page that are read a second time once the next page was read.
        enough: pages that hold as many items as are wanted; further ones are asked for when they are needed.
        start: number of the first page.
    """

    __slots__ = (
        "_before",
        "_enough",
        "_max_prefetch",
        "_next",
        "_overlap",
        "_read",
        "_seen",
        "_skipped",
        "ended",
        "limit",
        "speculate",
    )

    def __init__(
        self,
        limit: int,
        max_prefetch: int | None,
        overlap: int = 0,
        *,
        enough: float = inf,
        start: int = 1,
    ) -> None:
        self.limit = limit
        # Page numbers can name a part of a page only if its length divides the page.
        parts = (size for size in range(max(1, overlap), limit) if limit % size == 0)
        self._overlap = next(parts, limit) if overlap else 0
        self._max_prefetch, self._enough = max_prefetch, enough
        self.ended = False
        self.speculate = True
        self._before = start - 1
        self._next = start
        self._read = 0
        self._seen: set[Any] = set()
        self._skipped: set[Any] = set()

    @property
    def under_way(self) -> int:
        """Pages that were started and not yet read."""
        return self._next - 1 - self._before - self._read

    @property
    def overlaps(self) -> bool:
        """Whether the next page is asked for before the user has taken this one."""
        return (self._max_prefetch is None or self._max_prefetch > 1) and self._read < self._enough

    def to_start(self, round_trip: float = 0.0) -> list[int]:
        """Numbers of the pages to ask for now.

        Args:
            round_trip: seconds that an answer takes at least.
        """
        if self.ended:
            return []
        window: float = 2 if self._read >= _KNOWN and round_trip > _PACE else 1
        if self._max_prefetch is not None:
            window = min(self._max_prefetch, 2 * self._read)
        window = min(window, self._enough - self._read) if self.speculate else 1
        count = max(0, int(max(1, window)) - self.under_way)
        started = list(range(self._next, self._next + count))
        self._next += count
        return started

    def read(self, ids: Iterable[Any], *, has_next: bool) -> list[int]:
        """Take the next page in order; return the positions of the items not seen before.

        A page that repeats only known items is the sign of a cursor that does not move; it ends the walk.
        """
        self._read += 1
        listed = list(ids)
        fresh = [position for position, key in enumerate(listed) if key not in self._seen]
        self._seen.update(listed)
        if not has_next or not fresh:
            self.ended = True
        if len(listed) < self.limit:
            self.speculate = False
        return [position for position in fresh if listed[position] not in self._skipped]

    def behind(self) -> tuple[int, int] | None:
        """Return number and length of the last rows of the page before the one that was read, to be read again.

        What a deletion further ahead has moved there since is found by it.
        """
        if not self._overlap or self._read < 2:
            return None
        return (self._before + self._read - 1) * self.limit // self._overlap, self._overlap

    def missed(self, ids: Iterable[Any]) -> list[int]:
        """Take rows that were read again; return the positions of the items not seen before."""
        listed = list(ids)
        fresh = [position for position, key in enumerate(listed) if key not in self._seen]
        self._seen.update(listed)
        return [position for position in fresh if listed[position] not in self._skipped]

    def restart(self, not_given: Iterable[Any] = ()) -> None:
        """Begins again from the first page, in another order; items already given are not given again.

        Args:
            not_given: ids that were read and not passed on.
        """
        self._skipped |= self._seen.difference(not_given)
        self._seen = set()
        self.ended, self.speculate, self._next, self._read = False, True, self._before + 1, 0
