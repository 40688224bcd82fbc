"""The table of retries: safety of the operation times how far the attempt came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.http.failures import FailureKind, failure_of_status
from amocrm._core.http.retry import NEVER, NoRetry, Retry, RetryPolicy, Unknown, retry_after
from amocrm_gen._runtime.op import Safety

TABLE = [
    ("safe", FailureKind.NOT_SENT, Retry, NoRetry),
    ("safe", FailureKind.UNANSWERED, Retry, NoRetry),
    ("safe", FailureKind.ANSWERED, NoRetry, NoRetry),
    ("idempotent", FailureKind.NOT_SENT, Retry, NoRetry),
    ("idempotent", FailureKind.UNANSWERED, Retry, Unknown),
    ("idempotent", FailureKind.ANSWERED, NoRetry, NoRetry),
    ("unsafe", FailureKind.NOT_SENT, Retry, NoRetry),
    ("unsafe", FailureKind.UNANSWERED, Unknown, Unknown),
    ("unsafe", FailureKind.ANSWERED, NoRetry, NoRetry),
]


@pytest.mark.parametrize(("safety", "failure", "early", "late"), TABLE)
def test_each_safety_and_failure_has_one_verdict(
    safety: Safety, failure: FailureKind, early: type[object], late: type[object]
) -> None:
    """Each pair has one verdict while attempts are left and one when they are used up."""
    policy = RetryPolicy(attempts=3)
    assert isinstance(policy.verdict(safety, failure, attempt=1, elapsed=0.0), early)
    assert isinstance(policy.verdict(safety, failure, attempt=3, elapsed=0.0), late)


@given(
    attempt=st.integers(1, 10_000),
    elapsed=st.floats(0, 1e6),
    asked=st.none() | st.floats(0, 1e6),
    dice=st.floats(0, 1),
)
def test_an_unsafe_request_that_may_have_arrived_is_never_sent_again(
    attempt: int, elapsed: float, asked: float | None, dice: float
) -> None:
    """No number of attempts, no time and no header makes a blind resend of it."""
    policy = RetryPolicy(attempts=100_000, deadline=1e9, max_retry_after=1e9)
    verdict = policy.verdict(
        "unsafe", FailureKind.UNANSWERED, attempt=attempt, elapsed=elapsed, asked=asked, random=lambda: dice
    )
    assert isinstance(verdict, Unknown)


@given(attempt=st.integers(1, 10_000), elapsed=st.floats(0, 100), dice=st.floats(0, 1))
def test_waits_are_bounded_and_end_before_the_deadline(attempt: int, elapsed: float, dice: float) -> None:
    """Whatever the dice say, a wait is at most the cap and the next attempt begins before the deadline."""
    policy = RetryPolicy(attempts=100_000, base_delay=0.5, max_delay=10.0, deadline=60.0)
    verdict = policy.verdict(
        "safe", FailureKind.NOT_SENT, attempt=attempt, elapsed=elapsed, random=lambda: dice
    )
    if isinstance(verdict, Retry):
        assert 0.0 <= verdict.wait <= 10.0
        assert elapsed + verdict.wait <= 60.0


def test_the_wait_grows_and_is_fully_random() -> None:
    """The n-th wait is any time from nothing to base times two to the n-1."""
    policy = RetryPolicy(attempts=9, base_delay=0.5, max_delay=10.0)

    def wait(attempt: int, dice: float) -> Retry:
        verdict = policy.verdict(
            "safe", FailureKind.NOT_SENT, attempt=attempt, elapsed=0.0, random=lambda: dice
        )
        assert isinstance(verdict, Retry)
        return verdict

    assert [wait(n, 1.0).wait for n in (1, 2, 3, 8)] == [0.5, 1.0, 2.0, 10.0]
    assert wait(3, 0.0).wait == 0.0


def test_what_the_server_asks_for_is_the_least_wait() -> None:
    """``Retry-After`` is honoured up to a bound; beyond it the error is the caller's to see."""
    policy = RetryPolicy(max_retry_after=60.0, deadline=100.0)
    asked = policy.verdict("unsafe", FailureKind.NOT_SENT, attempt=1, elapsed=0.0, asked=5.0)
    assert asked == Retry(5.0)
    too_long = policy.verdict("unsafe", FailureKind.NOT_SENT, attempt=1, elapsed=0.0, asked=300.0)
    assert isinstance(too_long, NoRetry)
    assert "300" in too_long.why


def test_never_gives_up_after_one_attempt() -> None:
    """``NEVER`` gives up at once."""
    assert isinstance(NEVER.verdict("safe", FailureKind.NOT_SENT, attempt=1, elapsed=0.0), NoRetry)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("3", None, 3.0),
        (" 1.5 ", None, 1.5),
        ("-4", None, 0.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", None, 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", None, 0.0),
        ("soon", None, None),
        ("nan", None, None),
        ("inf", None, None),
        (None, {"retry_after": 300}, 300.0),
        (None, {"retry_after": "7"}, 7.0),
        (None, {"retry_after": [1]}, None),
        ("2", {"retry_after": 300}, 2.0),
        (None, ["retry_after"], None),
        (None, None, None),
    ],
)
def test_the_forms_of_retry_after(header: str | None, body: object, seconds: float | None) -> None:
    """Seconds, a date or the JSON of Kommo; anything else is no answer and no error."""
    assert retry_after(header, body, now=10.0) == seconds


@pytest.mark.parametrize(
    ("status", "html", "failure"),
    [
        (200, False, None),
        (204, False, None),
        (200, True, FailureKind.UNANSWERED),
        (400, False, FailureKind.ANSWERED),
        (401, False, FailureKind.ANSWERED),
        (403, True, FailureKind.ANSWERED),
        (404, True, FailureKind.ANSWERED),
        (429, True, FailureKind.NOT_SENT),
        (500, False, FailureKind.UNANSWERED),
        (502, True, FailureKind.UNANSWERED),
        (504, True, FailureKind.UNANSWERED),
    ],
)
def test_the_class_of_an_answer(status: int, html: bool, failure: FailureKind | None) -> None:
    """A turned away request was not carried out; a server error may hide that it was."""
    assert failure_of_status(status, html) is failure
