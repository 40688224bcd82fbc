"""Events that observers of a client receive: frozen values without secrets, bodies or query values.

An observer is a plain function that takes one event. It runs on the thread or task of the request, so it must
be quick; its exceptions are logged and otherwise ignored.

    >>> def log(event: ClientEvent) -> None:
    ...     print(event)
    >>> crm = AmoCRM("mycompany", token="…", event_hooks=[log])  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from amocrm_gen._runtime.drift import Drift

__all__ = [
    "AccountMoved",
    "CallStarted",
    "CallFinished",
    "DriftSeen",
    "ClientEvent",
    "RequestFailed",
    "RequestSent",
    "ResponseReceived",
    "RetryDecided",
    "ThrottleWaited",
    "TokenRefreshed",
]


@attrs.frozen(kw_only=True)
class CallStarted:
    """Beginning of a call: one operation with all its attempts. ``route`` is the path with its placeholders.

    Exactly one ``CallFinished`` follows on the same thread or task; the events between the two belong to the call.
    """

    account: str
    op: str
    method: str
    route: str


@attrs.frozen(kw_only=True)
class CallFinished:
    """End of a call, after ``seconds`` with all waiting.

    Attributes:
        status: status of the last answer, ``None`` without one.
        error: name of the error's class, empty if an answer of any status arrived.
        request_id: the server's id of the last request, ``None`` if it sent none.
    """

    account: str
    op: str
    method: str
    route: str
    status: int | None
    error: str
    seconds: float
    request_id: str | None


@attrs.frozen(kw_only=True)
class RequestSent:
    """Beginning of an attempt. ``attempt`` counts from 1; ``host`` is the target."""

    account: str
    op: str
    method: str
    path: str
    attempt: int
    host: str = ""


@attrs.frozen(kw_only=True)
class ResponseReceived:
    """Answer to an attempt, after ``seconds``; ``route`` is the path with its placeholders."""

    account: str
    op: str
    status: int
    attempt: int
    seconds: float
    size: int
    request_id: str | None
    method: str = ""
    route: str = ""
    host: str = ""


@attrs.frozen(kw_only=True)
class RequestFailed:
    """Attempt without an answer, after ``seconds``; ``error`` is the name of the error's class.

    Every ``RequestSent`` is followed by exactly one ``ResponseReceived`` or ``RequestFailed``.
    """

    account: str
    op: str
    attempt: int
    seconds: float
    error: str
    method: str = ""
    route: str = ""
    host: str = ""


@attrs.frozen(kw_only=True)
class RetryDecided:
    """Decision of the retry policy after a failed attempt.

    Attributes:
        status: status of the answer, ``None`` without one.
        failure: ``not sent``, ``unanswered`` or ``answered``.
        verdict: the decision; ``wait`` seconds pass before the next attempt.
    """

    account: str
    op: str
    attempt: int
    status: int | None
    failure: str
    verdict: Literal["retry", "give up", "unknown"]
    wait: float
    why: str


@attrs.frozen(kw_only=True)
class ThrottleWaited:
    """Wait of ``seconds`` that the limiter imposed on a request."""

    account: str
    op: str
    seconds: float


@attrs.frozen(kw_only=True)
class TokenRefreshed:
    """New token in use. ``adopted``: another thread, task or process refreshed it.

    ``expires_at`` is in Unix seconds.
    """

    account: str
    adopted: bool
    expires_at: float


@attrs.frozen(kw_only=True)
class AccountMoved:
    """Rename of the account from ``account`` to ``now``. All later requests go to the new name.

    The store keeps it with the token; write the new name into your settings before the next login.
    """

    account: str
    now: str


@attrs.frozen(kw_only=True)
class DriftSeen:
    """Answer that does not fit the description; emitted once per operation, place and kind."""

    account: str
    drift: Drift


ClientEvent: TypeAlias = (
    CallStarted
    | CallFinished
    | RequestSent
    | ResponseReceived
    | RequestFailed
    | RetryDecided
    | ThrottleWaited
    | TokenRefreshed
    | AccountMoved
    | DriftSeen
)
