"""Where accepted deliveries wait for their handlers: durable before the answer, until somebody is done with them.

An inbox promises: what ``put`` has taken survives a kill of the process; an entry is leased to one worker at
a time and comes back when the lease is over (at least once); a delivery whose key is known is not taken
again (`amocrm.webhooks.Event.key` makes the effect happen once).
"""
# GENERATED from src/amocrm/_async/webhooks/inbox.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from amocrm.webhooks._receiving.delivery import Delivery
from amocrm.webhooks._receiving.inbox_entry import InboxEntry, State

__all__ = ["Inbox"]


class Inbox(Protocol):
    """Keeps accepted deliveries. All times are Unix seconds and come from the caller.

    What cannot be done raises `amocrm.webhooks.InboxError`.
    """

    def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Takes a delivery durably before it returns.

        Args:
            delivery: redacted_for_storage, with its key.
            now: the time.
            dead: why it cannot be handled; it waits for a decision at once.

        Returns:
            Whether it is new; ``False`` when a delivery of this key was taken before.
        """
        ...

    def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[InboxEntry]:
        """Takes up to ``limit`` entries that are due, the oldest first, for so many seconds."""
        ...

    def extend(self, entry: InboxEntry, *, until: float) -> bool:
        """Keeps a lease for longer; whether it was still held."""
        ...

    def mark(self, entry: InboxEntry, name: str) -> None:
        """Notes what is done of an entry; a later attempt finds it in ``InboxEntry.marks``."""
        ...

    def finish(self, entry: InboxEntry, *, now: float) -> None:
        """All handlers are done. Has no effect for a lease that somebody else holds by now, as the next two."""
        ...

    def retry(self, entry: InboxEntry, *, due: float, error: str) -> None:
        """It failed and is to be taken up again at ``due``."""
        ...

    def bury(self, entry: InboxEntry, *, now: float, error: str) -> None:
        """It is given up until somebody replays it."""
        ...

    def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[InboxEntry]:
        """What is there, the oldest first."""
        ...

    def counts(self) -> dict[State, int]:
        """How many entries are in each state."""
        ...

    def replay(self, ids: Iterable[str] | None = None, *, now: float) -> int:
        """Make entries ready again; return how many. Without ids all dead ones.

        Dead and done entries become as good as new. Waiting ones become due now and keep their marks and
        attempts; what is being handled is left alone.
        """
        ...

    def drop(self, ids: Iterable[str] | None = None) -> int:
        """Removes entries, their keys included, without ids all dead ones; how many."""
        ...

    def purge(self, *, before: float) -> int:
        """Removes entries that were done before this time; how many. Their keys are forgotten."""
        ...

    def close(self) -> None:
        """Gives back connections."""
        ...
