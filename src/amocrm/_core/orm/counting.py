"""How many items a list has, where the API tells no total: the last page, found by doubling and halving."""

from __future__ import annotations

import msgspec

__all__ = ["LastPage"]


class LastPage(msgspec.Struct):
    """A walk to the last page of a list.

    Attributes:
        limit: items of a page.
        total: number of items, None while it is not known.

    Example:
        >>> walk = LastPage(250)
        >>> while walk.total is None:
        ...     rows = max(0, min(250, 1250 - 250 * (walk.number - 1)))
        ...     walk.read(rows, has_next=walk.number < 5)
        >>> walk.total
        1250
    """

    limit: int
    total: int | None = None
    _full: int = 0  # highest page that is followed by another
    _missing: int | None = None  # lowest page that is not there

    @property
    def number(self) -> int:
        """Number of the page to read next."""
        return max(1, 2 * self._full) if self._missing is None else (self._full + self._missing) // 2

    def read(self, rows: int, *, has_next: bool) -> None:
        """Take the page that was asked for: the number of its items, and whether another follows."""
        number = self.number
        if rows and has_next:
            self._full = number
        elif rows:
            self.total = (number - 1) * self.limit + rows
        else:
            self._missing = number
        if self._missing is not None and self._missing - self._full <= 1:
            self.total = self._full * self.limit  # what followed a moment ago is gone
