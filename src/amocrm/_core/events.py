"""What a hook is told, as frozen values without secrets, bodies or query values.

A hook is a plain function that takes one event. It is called where the thing happens, so it must be
quick; what it raises is logged and otherwise ignored.

    >>> def log(event: Event) -> None:
    ...     print(event)
    >>> crm = AmoCRM("mycompany", token="…", hooks=[log])  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from amocrm_gen._runtime.drift import Drift

__all__ = [
    "AccountMoved",
    "CallBegan",
    "CallEnded",
    "DriftSeen",
    "Event",
    "RequestFailed",
    "RequestSent",
    "ResponseReceived",
    "RetryDecided",
    "ThrottleWaited",
    "TokenRefreshed",
]


@attrs.frozen(kw_only=True)
class CallBegan:
    """A call begins: one operation with all its attempts. ``route`` is the path with its placeholders.

    It is followed by exactly one ``CallEnded`` on the same thread or task; what is told between the two
    belongs to the call.
    """

    account: str
    op: str
    method: str
    route: str


@attrs.frozen(kw_only=True)
class CallEnded:
    """A call is over, after ``seconds`` with all waiting.

    Attributes:
        status: of the last answer, ``None`` without one.
        error: name of the error's class, empty where an answer came, whatever its status.
        request_id: the server's id of the last request, ``None`` where it gave none.
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
    """An attempt leaves now. ``attempt`` counts from 1; ``host`` is where it goes."""

    account: str
    op: str
    method: str
    path: str
    attempt: int
    host: str = ""


@attrs.frozen(kw_only=True)
class ResponseReceived:
    """An attempt was answered, after ``seconds``; ``route`` is the path with its placeholders."""

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
    """An attempt ended without an answer, after ``seconds``; ``error`` is the name of the error's class.

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
    """An attempt failed and the policy has decided.

    Attributes:
        status: of the answer, ``None`` without one.
        failure: ``not sent``, ``unanswered`` or ``answered``.
        verdict: what is done; ``wait`` seconds pass before the next attempt.
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
    """The limiter made a request wait for ``seconds``."""

    account: str
    op: str
    seconds: float


@attrs.frozen(kw_only=True)
class TokenRefreshed:
    """A new token is in use. ``adopted``: another thread, task or process had refreshed it.

    ``expires_at`` is in Unix seconds.
    """

    account: str
    adopted: bool
    expires_at: float


@attrs.frozen(kw_only=True)
class AccountMoved:
    """The account was renamed: it was ``account``, it is ``now``. Requests go there from here on.

    The store remembers it with the token; write the new name into your settings when you log in anew.
    """

    account: str
    now: str


@attrs.frozen(kw_only=True)
class DriftSeen:
    """An answer did not fit the description; told once per operation, place and kind."""

    account: str
    drift: Drift


Event: TypeAlias = (
    CallBegan
    | CallEnded
    | RequestSent
    | ResponseReceived
    | RequestFailed
    | RetryDecided
    | ThrottleWaited
    | TokenRefreshed
    | AccountMoved
    | DriftSeen
)
