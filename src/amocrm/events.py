"""Events that the hooks of a client receive, see ``AmoCRM(event_hooks=[...])``.

Events are frozen values without secrets, bodies or query values.
"""

from __future__ import annotations

from amocrm_gen._runtime.drift import Drift, DriftWarning

from ._core.events import (
    AccountMoved,
    CallFinished,
    CallStarted,
    ClientEvent,
    DriftSeen,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    RetryDecided,
    ThrottleWaited,
    TokenRefreshed,
)
from ._core.public_names import publish_all

__all__ = [
    "AccountMoved",
    "CallStarted",
    "CallFinished",
    "Drift",
    "DriftSeen",
    "DriftWarning",
    "ClientEvent",
    "RequestFailed",
    "RequestSent",
    "ResponseReceived",
    "RetryDecided",
    "ThrottleWaited",
    "TokenRefreshed",
]

publish_all(__name__, globals(), __all__)
