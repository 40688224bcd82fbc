"""Where accepted deliveries wait for their handlers: durable before the answer, until somebody is done with them.

An inbox promises: what ``put`` has taken survives a kill of the process; an entry is leased to one worker at
a time and comes back when the lease is over (at least once); a delivery whose key is known is not taken
again (`amocrm.webhooks.Event.key` makes the effect happen once).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from amocrm.webhooks._receiving.delivery import Delivery
from amocrm.webhooks._receiving.inbox_entry import InboxEntry, State

__all__ = ["AsyncInbox"]


class AsyncInbox(Protocol):
    """Keeps accepted deliveries. All times are Unix seconds and come from the caller.

    What cannot be done raises `amocrm.webhooks.InboxError`.
    """

    async def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Takes a delivery durably before it returns.

        Args:
            delivery: redacted_for_storage, with its key.
            now: the time.
            dead: why it cannot be handled; it waits for a decision at once.

        Returns:
            Whether it is new; ``False`` when a delivery of this key was taken before.
        """
        ...

    async def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[InboxEntry]:
        """Takes up to ``limit`` entries that are due, the oldest first, for so many seconds."""
        ...

    async def extend(self, entry: InboxEntry, *, until: float) -> bool:
        """Keeps a lease for longer; whether it was still held."""
        ...

    async def mark(self, entry: InboxEntry, name: str) -> None:
        """Notes what is done of an entry; a later attempt finds it in ``InboxEntry.marks``."""
        ...

    async def finish(self, entry: InboxEntry, *, now: float) -> None:
        """All handlers are done. Has no effect for a lease that somebody else holds by now, as the next two."""
        ...

    async def retry(self, entry: InboxEntry, *, due: float, error: str) -> None:
        """It failed and is to be taken up again at ``due``."""
        ...

    async def bury(self, entry: InboxEntry, *, now: float, error: str) -> None:
        """It is given up until somebody replays it."""
        ...

    async def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[InboxEntry]:
        """What is there, the oldest first."""
        ...

    async def counts(self) -> dict[State, int]:
        """How many entries are in each state."""
        ...

    async def replay(self, ids: Iterable[str] | None = None, *, now: float) -> int:
        """Make entries ready again; return how many. Without ids all dead ones.

        Dead and done entries become as good as new. Waiting ones become due now and keep their marks and
        attempts; what is being handled is left alone.
        """
        ...

    async def drop(self, ids: Iterable[str] | None = None) -> int:
        """Removes entries, their keys included, without ids all dead ones; how many."""
        ...

    async def purge(self, *, before: float) -> int:
        """Removes entries that were done before this time; how many. Their keys are forgotten."""
        ...

    async def close(self) -> None:
        """Gives back connections."""
        ...
