"""A delivery that was accepted and waits for its handlers: what every inbox keeps of it."""

from __future__ import annotations

import base64
import secrets
from typing import Literal, TypeAlias

import attrs
import msgspec

from .delivery import KEPT, Delivery

__all__ = [
    "Backoff",
    "InboxEntry",
    "State",
    "delivery_key",
    "deserialize",
    "redacted_for_storage",
    "serialize",
]

#: ``ready`` waits or is being handled, ``dead`` was given up, ``done`` was handled and is kept for a while.
State: TypeAlias = Literal["ready", "dead", "done"]


@attrs.frozen(kw_only=True, repr=False)
class InboxEntry:
    """An accepted delivery.

    Attributes:
        id: its name in the inbox.
        delivery: what arrived; its ``key`` is set.
        state: see `State`.
        attempts: how often it was taken up, this time included.
        received_at: Unix seconds.
        due: Unix seconds from which on it may be taken up; while it is being handled, the end of the lease.
        error: why it failed the last time.
        marks: which handlers are done with which events of it.
        lease: proof that this worker holds it.
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
        return f"InboxEntry({self.id}, {self.state}, {self.attempts} attempts)"


@attrs.frozen(kw_only=True)
class Backoff:
    """How long to wait before a failed delivery is taken up again.

    Attributes:
        base: seconds before the second attempt, at most.
        factor: growth from attempt to attempt.
        cap: seconds; no wait is longer.
        attempts: after this many the delivery is dead and waits for a decision (`amocrm webhooks replay`).

    Example:
        >>> [Backoff().longest(attempt) for attempt in (1, 2, 3)]
        [5.0, 15.0, 45.0]
    """

    base: float = 5.0
    factor: float = 3.0
    cap: float = 3600.0
    attempts: int = 12

    def longest(self, attempt: int) -> float:
        """The longest wait after this many attempts."""
        return min(self.cap, self.base * self.factor ** min(attempt - 1, 64))

    def wait(self, attempt: int, chance: float) -> float:
        """Seconds to wait; half of it is chance, so that what failed together does not return together.

        Args:
            attempt: how often it was tried.
            chance: a random number from 0 to 1.
        """
        return self.longest(attempt) * (0.5 + 0.5 * chance)


def delivery_key(delivery: Delivery, *, dated: bool) -> str:
    """Return what tells a repeated delivery from a new one.

    The platform repeats a delivery when our answer was late or lost. Whether it then keeps the delivery's id
    is not known, and one id may stand for several deliveries of one request. So:

    - content that holds the moment of the change, or something that is given once, names the change: the key
      is the content;
    - content without one (deletions, triggers of the digital pipeline) can be genuine twice: the key is the
      id of the delivery with the content;
    - without an id either, nothing can be told: every delivery is a new one.

    Args:
        dated: whether every event of the delivery holds such a moment at its documented place.
    """
    if dated:
        return f"c:{delivery.digest}"
    if delivery.request_id:
        return f"d:{delivery.digest}:{delivery.request_id[:128]}"
    return f"u:{secrets.token_hex(16)}"


def redacted_for_storage(delivery: Delivery, key: str, received_at: float) -> Delivery:
    """The delivery as it may be kept: without the path, a secret in the query, and headers of no use."""
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
    """A storable delivery as text."""
    body = base64.b64encode(delivery.body).decode()
    record = _SerializedDelivery(
        delivery.key or "", body, dict(delivery.headers), delivery.query, delivery.received_at or 0.0
    )
    return msgspec.json.encode(record).decode()


def deserialize(text: str | bytes) -> Delivery:
    """The delivery of such a text."""
    record = msgspec.json.decode(text, type=_SerializedDelivery)
    return Delivery(
        body=base64.b64decode(record.body),
        headers=record.headers,
        query=record.query,
        received_at=record.received_at,
        key=record.key,
    )
