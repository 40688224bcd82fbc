"""Ids that a client has seen and got, and the server's clock: what later proves that something is not stored."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

__all__ = ["Marks"]


class Marks:
    """The highest id of each kind that was seen, the ids that this client created, and the server's clock.

    Attributes:
        commits: how many commits of this client have ended.
        settled: token of each doubt that has ended to the id of its record, None if it is sent again.
        clock_offset: seconds by which the server's clock is ahead of ours, None while no answer told.

    Example:
        >>> marks = Marks()
        >>> marks.see("leads", [17, 12]); marks.highest("leads")
        17
    """

    __slots__ = ("_descended", "_highest", "_own", "clock_offset", "commits", "settled")

    def __init__(self) -> None:
        self._highest: dict[str, int] = {}
        self._own: dict[str, array[int]] = {}
        self._descended: set[str] = set()
        self.commits = 0
        self.settled: dict[str, int | None] = {}
        self.clock_offset: float | None = None

    def see(self, kind: str, keys: Iterable[int]) -> None:
        """Note ids of records that exist now."""
        highest = max((key for key in keys if type(key) is int), default=0)
        if highest > self._highest.get(kind, 0):
            self._highest[kind] = highest

    def see_nothing(self, kind: str) -> None:
        """Note that the list of this kind is empty: every later id is above."""
        self._highest.setdefault(kind, 0)

    def highest(self, kind: str) -> int | None:
        """Return the highest id that was seen, None while none was."""
        return self._highest.get(kind)

    def take(self, kind: str, keys: Iterable[int], mark: int | None) -> None:
        """Note ids that the server gave to objects of this client.

        Args:
            kind: their kind.
            keys: the ids.
            mark: highest id that was seen before the request was sent; an id that is not above it ends all
                proofs by order for this kind.
        """
        ids = list(keys)
        self._own.setdefault(kind, array("q")).extend(ids)
        if mark is not None and any(key <= mark for key in ids):
            self._descended.add(kind)
        self.see(kind, ids)

    def settle(self, token: str, key: int | None) -> None:
        """Note the end of a doubt: a copy of its object is not created or matched on its own."""
        if token:
            self.settled[token] = key

    def own(self, kind: str, above: int = 0) -> set[int]:
        """Return the ids of this client's objects that lie above an id."""
        return {key for key in self._own.get(kind, ()) if key > above}

    def ascends(self, kind: str) -> bool:
        """Return whether all ids of this kind came in ascending order so far."""
        return kind not in self._descended

    def descend(self, kind: str) -> None:
        """Note that ids of this kind were seen out of order."""
        self._descended.add(kind)
