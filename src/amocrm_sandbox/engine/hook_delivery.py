"""One webhook delivery, and the queue of deliveries as the rules of the domain see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["WebhookDelivery", "HookQueue"]


@dataclass(eq=False)
class WebhookDelivery:
    """One delivery: what is sent where, and how often it was tried.

    Attributes:
        hook_id: The subscription, or None for a hook of the chats service.
        code: Subscription code, for example ``add_lead``.
        destination: Address it goes to.
        headers: Headers of the request.
        body: Body of the request, byte by byte what is sent.
        timeout: Seconds that the receiver has.
        attempts: Moments (Unix seconds) and statuses of what was tried; 0 for no answer.
        next_at: When it is tried (again), Unix seconds; None when it is over.
        data: The body before it was encoded.
        is_repeated: Whether a failure is tried again.
        method: HTTP method; GET has everything in the address.
        number: Its row in the queue that is kept with the data; None when it stands in none.
    """

    hook_id: int | None
    code: str
    destination: str
    headers: dict[str, str]
    body: bytes
    data: dict[str, Any]
    timeout: float = 2.0
    is_repeated: bool = True
    attempts: list[tuple[int, int]] = field(default_factory=list)
    next_at: int | None = None
    method: str = "POST"
    number: int | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has answered with a success."""
        return bool(self.attempts) and 100 <= self.attempts[-1][1] < 300


class HookQueue(Protocol):
    """Queue that takes the deliveries of changes."""

    def prepare(self, hooks: dict[tuple[str, str, Any], dict[str, Any]]) -> list[WebhookDelivery]:
        """Return the deliveries that subscriptions ask for."""
        ...

    def keep(self, deliveries: Iterable[WebhookDelivery]) -> None:
        """Store deliveries in the transaction of the change that caused them."""
        ...

    def send_all(self, deliveries: Iterable[WebhookDelivery]) -> None:
        """Queue stored deliveries for sending."""
        ...

    def pump(self) -> None:
        """Send what is due."""
        ...

    def forget(self, hook_id: int) -> None:
        """Forget the invalid answers of a subscription."""
        ...
