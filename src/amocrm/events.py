"""What hooks are told: see ``AmoCRM(hooks=[...])``. Frozen values without secrets, bodies or query values."""

from __future__ import annotations

from ._core.events import (
    DriftSeen,
    Event,
    RequestSent,
    ResponseReceived,
    RetryDecided,
    ThrottleWaited,
    TokenRefreshed,
)

__all__ = [
    "DriftSeen",
    "Event",
    "RequestSent",
    "ResponseReceived",
    "RetryDecided",
    "ThrottleWaited",
    "TokenRefreshed",
]
