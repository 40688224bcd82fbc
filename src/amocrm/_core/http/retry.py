"""Decision whether and when an attempt is made again: one table, without a clock.

    ============  ================================  ===========================  =================
    operation     not sent (no connection, 429)     unanswered (cut, 5xx, page)  answered
    ============  ================================  ===========================  =================
    safe          again                             again                        give up
    idempotent    again                             again, else unknown          give up
    unsafe        again                             **unknown**, never again     give up
    ============  ================================  ===========================  =================

401 is not decided here: a token is refreshed once and the request repeated, also an unsafe one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from amocrm_gen._runtime.op import Safety
from amocrm_gen._runtime.response_status import retry_after

from ..validation import check_count, check_seconds
from .failures import FailureKind

__all__ = ["NoRetry", "NEVER", "Retry", "RetryPolicy", "Unknown", "Verdict", "retry_after"]


class Retry(msgspec.Struct, frozen=True):
    """Make it again after ``wait`` seconds."""

    wait: float


class NoRetry(msgspec.Struct, frozen=True):
    """It did not take effect and is not made again; ``why`` is for hooks and logs."""

    why: str


class Unknown(msgspec.Struct, frozen=True):
    """It may have taken effect and is not made again."""

    why: str


Verdict: TypeAlias = Retry | NoRetry | Unknown


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long to try.

    Attributes:
        attempts: highest number of attempts, the first one included.
        deadline: seconds from when the first attempt left after which none is begun any more.
        base_delay: seconds; the wait before attempt *n* is a random time up to ``base_delay * 2 ** (n - 1)``.
        max_delay: seconds; no wait of ours is longer.
        max_retry_after: seconds; a server that asks for more gets no further attempt and the caller
            gets the error.

    Raises:
        ConfigurationError: a number is negative, or there is not one attempt.

    Example:
        >>> RetryPolicy(attempts=2).verdict("unsafe", FailureKind.UNANSWERED, attempt=1, elapsed=0.1)
        Unknown(why='it may have taken effect')
    """

    attempts: int = 4
    deadline: float = 60.0
    base_delay: float = 0.5
    max_delay: float = 10.0
    max_retry_after: float = 60.0

    def __post_init__(self) -> None:
        check_count(attempts=self.attempts)
        check_seconds(
            allow_zero=True, deadline=self.deadline, base_delay=self.base_delay, max_delay=self.max_delay
        )
        check_seconds(allow_zero=True, max_retry_after=self.max_retry_after)

    def verdict(
        self,
        safety: Safety,
        failure: FailureKind,
        *,
        attempt: int = 1,
        elapsed: float = 0.0,
        asked: float | None = None,
        random: Callable[[], float] = lambda: 1.0,
    ) -> Verdict:
        """Decide what to do after a failed attempt.

        Args:
            safety: of the operation.
            failure: how far the attempt came.
            attempt: number of the failed attempt, from 1.
            elapsed: seconds since the first attempt.
            asked: seconds that the server asked to wait, ``None`` if it did not.
            random: numbers from 0 to 1.
        """
        if failure is FailureKind.ANSWERED:
            return NoRetry("the server decided")
        unknown = failure is FailureKind.UNANSWERED
        if unknown and safety == "unsafe":
            return Unknown("it may have taken effect")
        over = Unknown if unknown and safety != "safe" else NoRetry
        if attempt >= self.attempts:
            return over(f"{attempt} attempts failed")
        if asked is not None and asked > self.max_retry_after:
            return over(f"the server asks to wait {asked:.0f} s")
        wait = min(self.max_delay, self.base_delay * 2.0 ** min(attempt - 1, 32)) * random()
        wait = max(wait, asked or 0.0)
        if elapsed + wait > self.deadline:
            return over(f"the deadline of {self.deadline:.0f} s is over")
        return Retry(wait)


#: One attempt, no second one.
NEVER = RetryPolicy(attempts=1)
