"""Protocol of an inbox: a durable queue of accepted deliveries.

An inbox promises: an entry that ``put`` accepted survives a kill of the process; one worker at a time leases
an entry, and it returns when the lease ends (at least once); a delivery with the key of an earlier one is not
accepted again (`amocrm.webhooks.Event.key` makes the effect happen once).
"""
# GENERATED from src/amocrm/_async/webhooks/inbox.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from amocrm.webhooks._delivery import Delivery
from amocrm.webhooks._receiving.inbox_entry import InboxEntry, State

__all__ = ["Inbox"]


class Inbox(Protocol):
    """Protocol of a store of accepted deliveries. All times are Unix seconds and come from the caller.

    Failures raise `amocrm.webhooks.InboxError`.
    """

    def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Store a delivery durably before returning.

        Args:
            delivery: the delivery, redacted for storage, with its key.
            now: the time.
            dead: reason why it cannot be handled; the entry is dead from the beginning.

        Returns:
            True if it is new; ``False`` if a delivery with this key was stored before.
        """
        ...

    def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[InboxEntry]:
        """Lease up to ``limit`` entries that are due, the oldest first, for so many seconds."""
        ...

    def extend(self, entry: InboxEntry, *, until: float) -> bool:
        """Extend a lease; return whether it was still held."""
        ...

    def mark(self, entry: InboxEntry, name: str) -> None:
        """Mark a handler of an entry as done; later attempts find it in ``InboxEntry.marks``."""
        ...

    def finish(self, entry: InboxEntry, *, now: float) -> None:
        """Record that all handlers are done.

        Without effect if another worker holds the lease by now; so are ``retry`` and ``bury``.
        """
        ...

    def retry(self, entry: InboxEntry, *, due: float, error: str) -> None:
        """Release an entry that failed; it is due again at ``due``."""
        ...

    def bury(self, entry: InboxEntry, *, now: float, error: str) -> None:
        """Record that an entry is dead until it is replayed."""
        ...

    def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[InboxEntry]:
        """Return entries, the oldest first."""
        ...

    def counts(self) -> dict[State, int]:
        """Return the number of entries in each state."""
        ...

    def replay(self, ids: Iterable[str] | None = None, *, now: float) -> int:
        """Make entries ready again and return their number. Without ids all dead ones.

        Dead and done entries start anew. Waiting entries become due now and keep their marks and attempts;
        leased entries stay unchanged.
        """
        ...

    def drop(self, ids: Iterable[str] | None = None) -> int:
        """Remove entries with their keys and return their number. Without ids all dead ones."""
        ...

    def purge(self, *, before: float) -> int:
        """Remove entries that were done before this time, with their keys, and return their number."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
