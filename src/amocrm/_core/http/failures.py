"""Three kinds of failed attempts, which decide whether a request may be made again."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["GATEWAY_STATUSES", "FailureKind", "failure_of_status"]

#: A gateway answered for the server: the request may have taken effect behind it.
GATEWAY_STATUSES: Final = frozenset({502, 503, 504})


class FailureKind(Enum):
    """How far an attempt came.

    ``NOT_SENT``: it never reached the server (no connection), or the server turned it away unread (429).
    ``UNANSWERED``: it may have taken effect (timeout, reset, gateway, failed server).
    ``ANSWERED``: the server decided; asking again changes nothing.
    """

    NOT_SENT = "not sent"
    UNANSWERED = "unanswered"
    ANSWERED = "answered"


def failure_of_status(status: int, html: bool = False) -> FailureKind | None:
    """Return the class of an answer, ``None`` for success.

    Args:
        status: HTTP status.
        html: the body is a page. A page with a success status is a gateway's: the API speaks JSON.
    """
    if status < 400:
        return FailureKind.UNANSWERED if html else None
    if status == 429:
        return FailureKind.NOT_SENT
    if status >= 500:
        return FailureKind.UNANSWERED
    return FailureKind.ANSWERED
