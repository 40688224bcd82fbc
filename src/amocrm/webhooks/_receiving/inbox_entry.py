"""Entry of an inbox: an accepted delivery with its state. Every inbox stores these attributes."""

from __future__ import annotations

import base64
import secrets
from typing import Literal, TypeAlias

import attrs
import msgspec

from ..._core.arguments import checked
from .._delivery import KEPT, Delivery

__all__ = [
    "Backoff",
    "InboxEntry",
    "State",
    "delivery_key",
    "deserialize",
    "redacted_for_storage",
    "serialize",
]

#: ``ready``: waits or is in progress. ``dead``: no further attempts. ``done``: handled, kept for a while.
State: TypeAlias = Literal["ready", "dead", "done"]


@attrs.frozen(kw_only=True, repr=False)
class InboxEntry:
    """Accepted delivery.

    Attributes:
        id: its id in the inbox.
        delivery: the delivery; its ``key`` is set.
        state: see `State`.
        attempts: number of attempts, the current one included.
        received_at: Unix seconds.
        due: Unix seconds of the next attempt; while it is in progress, the end of the lease.
        error: error of the last attempt.
        marks: handlers that are done, each with the position of the event.
        lease: token of the current lease.
    """

    id: str
    delivery: Delivery
    state: State = "ready"
    attempts: int = 0
    received_at: float = 0.0
    due: float = 0.0
    error: str | None = None
    marks: frozenset[str] = frozenset()
    lease: str = ""

    def __repr__(self) -> str:
        return (
            f"InboxEntry({self.id}, {self.state}, {self.attempts} attempt{'' if self.attempts == 1 else 's'})"
        )


@checked()
@attrs.frozen(kw_only=True)
class Backoff:
    """Delays before the next attempts of a failed delivery.

    Attributes:
        base_delay: longest delay before the second attempt, in seconds.
        factor: growth of the delay per attempt.
        max_delay: longest delay, in seconds.
        attempts: number of attempts; then the delivery is dead until you replay it (`amocrm webhooks replay`).

    Example:
        >>> [Backoff().upper_bound(attempt) for attempt in (1, 2, 3)]
        [5.0, 15.0, 45.0]
    """

    base_delay: float = 5.0
    factor: float = 3.0
    max_delay: float = 3600.0
    attempts: int = 12

    def upper_bound(self, attempt: int) -> float:
        """Return the longest delay in seconds after this many attempts."""
        return min(self.max_delay, self.base_delay * self.factor ** min(attempt - 1, 64))

    def wait(self, attempt: int, chance: float) -> float:
        """Return the delay in seconds; half of it is random, to spread deliveries that failed together.

        Args:
            attempt: number of attempts so far.
            chance: a random number from 0 to 1.
        """
        return self.upper_bound(attempt) * (0.5 + 0.5 * chance)


def delivery_key(delivery: Delivery, *, dated: bool) -> str:
    """Return a key that repetitions of a delivery share and other deliveries do not.

    The platform repeats a delivery if the answer is late or lost. It is unknown whether it keeps the id of the
    delivery then, and one id may belong to several deliveries of one request. So:

    - content with the time of the change, or with a value that is issued once, identifies the change: the key
      is the content;
    - content without one (deletions, triggers of the digital pipeline) may occur twice: the key is the id of
      the delivery with the content;
    - without an id, every delivery counts as new.

    Args:
        delivery: the delivery.
        dated: whether every event of the delivery has such a time or value at its documented place.
    """
    if dated:
        return f"c:{delivery.digest}"
    if delivery.request_id:
        return f"d:{delivery.digest}:{delivery.request_id[:128]}"
    return f"u:{secrets.token_hex(16)}"


def redacted_for_storage(delivery: Delivery, key: str, received_at: float) -> Delivery:
    """Return the delivery without its path, the secret in the query, and unneeded headers."""
    return Delivery(
        body=delivery.body,
        headers={name: value[:1024] for name, value in delivery.headers.items() if name in KEPT},
        query="&".join(pair for pair in delivery.query.split("&") if not pair.startswith("secret=")),
        received_at=received_at,
        key=key,
    )


class _SerializedDelivery(msgspec.Struct, array_like=True):
    key: str
    body: str
    headers: dict[str, str]
    query: str
    received_at: float


def serialize(delivery: Delivery) -> str:
    """Return a redacted delivery as text."""
    body = base64.b64encode(delivery.body).decode()
    record = _SerializedDelivery(
        delivery.key or "", body, dict(delivery.headers), delivery.query, delivery.received_at or 0.0
    )
    return msgspec.json.encode(record).decode()


def deserialize(text: str | bytes) -> Delivery:
    """Return the delivery that ``serialize`` made a text of."""
    record = msgspec.json.decode(text, type=_SerializedDelivery)
    return Delivery(
        body=base64.b64decode(record.body),
        headers=record.headers,
        query=record.query,
        received_at=record.received_at,
        key=record.key,
    )
