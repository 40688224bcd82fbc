"""Actions that take effect at a later moment of the account's clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable

__all__ = ["DeferredActions"]


class DeferredActions:
    """Queue of actions by the second in which they take effect; equal seconds keep their order.

    Example:
        >>> queue = DeferredActions()
        >>> queue.add(110, lambda at: print("done at", at))
        >>> queue.run(109), queue.run(115)
        done at 110
        (0, 1)
    """

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0

    def add(self, at: int, action: Callable[[int], None]) -> None:
        """Queue an action.

        Args:
            at: Unix seconds.
            action: Called with `at`, even if it is run later.
        """
        self._count += 1
        heapq.heappush(self._queue, (at, self._count, action))

    def run(self, now: int) -> int:
        """Run the actions that are due and return their number."""
        count = 0
        while self._queue and self._queue[0][0] <= now:
            at, _, action = heapq.heappop(self._queue)
            action(at)
            count += 1
        return count

    def clear(self) -> None:
        """Forget all actions."""
        self._queue.clear()
