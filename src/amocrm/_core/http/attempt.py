"""What attempts of a request have come to: values of one attempt, and the account of all of them."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import msgspec

from amocrm.errors import NotSentError, TransportError, UnansweredError
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.response_status import is_page
from amocrm_gen._runtime.wire import Request, Response

from .failures import FailureKind, failure_of_status

__all__ = ["Answer", "Attempt", "Progress", "classify", "error_of_all", "is_replayable"]

K = TypeVar("K")
#: Files are downloaded from the others, and a file may be a page.
_JSON_HOSTS: Final = ("account", "shared")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Result of sending a request once: either ``response`` or ``error``.

    Attributes:
        response: the whole answer, also one with an error status.
        error: why there is none.
        cause: what the HTTP library raised.
        interrupted: whether the caller broke it off.
        answered_at: when the answer began to arrive, in seconds of the client's monotonic clock; ``None`` if
            no answer began.
    """

    response: Response | None = None
    error: TransportError | None = None
    cause: BaseException | None = None
    interrupted: bool = False
    answered_at: float | None = None


class Attempt(msgspec.Struct, Generic[K], frozen=True, kw_only=True):
    """One attempt of a request: either ``response`` or ``error``.

    Attributes:
        sent_at: when the request was handed to the network, in seconds of the client's monotonic clock.
        response: the whole answer, also one with an error status.
        error: why there is none.
        interrupted: whether the caller broke it off: it is not made again.
        kept: result of ``keep``, which was called with the answer before anything else happened.
    """

    sent_at: float
    response: Response | None = None
    error: TransportError | None = None
    interrupted: bool = False
    kept: K | None = None

    def result(self) -> Response:
        """Return the response, or raise the error.

        Raises:
            TransportError: there is no response.
        """
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response


def classify(op: Op, attempt: Attempt[Any]) -> FailureKind | None:
    """Return how far an attempt came, ``None`` for success.

    Args:
        op: the operation.
        attempt: what came of it.
    """
    if attempt.response is None:
        return FailureKind.NOT_SENT if isinstance(attempt.error, NotSentError) else FailureKind.UNANSWERED
    status = attempt.response.status
    page = status < 400 and op.host in _JSON_HOSTS and is_page(attempt.response)
    return failure_of_status(status, page)


class Progress:
    """What the attempts of one call have come to so far.

    Attributes:
        number: number of the latest attempt, from 1.
        reached: attempts that may have reached the server.
        timeouts: attempts on which a gateway gave up (504).
        began_at: when the first attempt left, ``None`` before.
        renewed: whether token or address were already renewed for this call.
    """

    __slots__ = ("began_at", "number", "reached", "renewed", "timeouts")

    def __init__(self) -> None:
        self.number = self.reached = self.timeouts = 0
        self.began_at: float | None = None
        self.renewed = False

    def add(self, attempt: Attempt[Any]) -> None:
        """Note that an attempt was made."""
        self.number += 1
        if self.began_at is None:
            self.began_at = attempt.sent_at

    def add_failure(self, attempt: Attempt[Any], failure: FailureKind | None) -> None:
        """Note how far the latest attempt came."""
        self.reached += failure is not FailureKind.NOT_SENT
        self.timeouts += failure is FailureKind.UNANSWERED and _status(attempt) == 504

    def elapsed(self, now: float) -> float:
        """Return the seconds since the first attempt left."""
        return 0.0 if self.began_at is None else now - self.began_at

    def finished(self, response: Response) -> Response:
        """Return the last answer with the history of its attempts written into it."""
        response.sent, response.timeouts = max(1, self.reached), self.timeouts
        return response


def is_replayable(request: Request) -> bool:
    """Return whether the body can be sent again: a stream is read once."""
    return request.content is None or isinstance(request.content, bytes)


def error_of_all(op: Op, error: TransportError, reached: int) -> TransportError:
    """Return the error of all attempts: the last one may not have left although an earlier one did.

    Args:
        op: the operation.
        error: of the last attempt.
        reached: how many attempts may have reached the server.
    """
    if reached and isinstance(error, NotSentError) and op.safety != "safe":
        return UnansweredError(
            f"{op.id} was sent and not answered, and could not be sent again ({error}); "
            "whether it took effect is unknown",
            op=op.id,
        )
    return error


def _status(attempt: Attempt[Any]) -> int | None:
    return None if attempt.response is None else attempt.response.status
