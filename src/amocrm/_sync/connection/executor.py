"""From a request to its answer: token, attempts, verdicts. The loop that everything goes through."""
# GENERATED from src/amocrm/_async/connection/executor.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

from amocrm._core.http.failures import Failure, failure_of_status
from amocrm._core.http.options import Options
from amocrm._core.http.retry import Retry, Unknown, Verdict
from amocrm.errors import (
    CircuitOpen,
    NotSentError,
    RedirectRefused,
    ResponseTooLarge,
    TransportError,
    UnansweredError,
)
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.response_status import asked_to_wait, is_page
from amocrm_gen._runtime.wire import Request, Response

from ..http.attempt import Attempts
from .service_hosts import Places

if TYPE_CHECKING:
    from ..auth.token_source import Tokens

__all__ = ["Executor"]

_log = logging.getLogger("amocrm")

#: Files are downloaded from the others, and a file may be a page.
_SPEAK_JSON = ("account", "shared")


class Executor:
    """Sends a request as often as the policy allows.

    Args:
        attempts: makes one attempt.
        tokens: has the bearer token and renews it.
        jitter: numbers from 0 to 1, for tests.
    """

    def __init__(
        self, attempts: Attempts, tokens: Tokens, *, jitter: random.Random | None = None
    ) -> None:
        self._attempts, self._tokens = attempts, tokens
        self._random = (jitter or random.Random()).random
        self._places = Places(attempts, self.send)

    def send(self, request: Request, options: Options) -> Response:
        """Returns the last answer, whatever its status, once no further attempt is to be made.

        Raises:
            NotSentError, UnansweredError: no attempt was answered; which of the two covers **all**
                attempts: if any of them may have reached the server, it is ``UnansweredError``.
            CircuitOpen, RedirectRefused, TokenError: see there.
        """
        if not self._attempts.hooks:
            return self._send(request, options)
        from amocrm._core.events import CallBegan, CallEnded

        attempts, op = self._attempts, request.op
        began = attempts.clock.monotonic()
        attempts.tell(CallBegan(account=attempts.hosts.name, op=op.id, method=op.method, route=op.path))
        status: int | None = None
        error, request_id = "", None
        try:
            response = self._send(request, options)
            status, request_id = response.status, response.request_id
        except BaseException as problem:
            error = type(problem).__name__
            raise
        finally:
            attempts.tell(
                CallEnded(
                    account=attempts.hosts.name,
                    op=op.id,
                    method=op.method,
                    route=op.path,
                    status=status,
                    error=error,
                    seconds=attempts.clock.monotonic() - began,
                    request_id=request_id,
                )
            )
        return response

    def _send(self, request: Request, options: Options) -> Response:
        op, attempts, tokens, clock = request.op, self._attempts, self._tokens, self._attempts.clock
        replayable = request.content is None or isinstance(request.content, bytes)
        left: list[float] = []
        number, reached, timeouts, renewed = 0, 0, 0, False
        if op.host != "account":
            self._places.find(op.host, tokens.current, options)
        while True:
            number += 1
            token = tokens.current() if op.auth else None
            error: TransportError | None = None
            response: Response | None = None
            asked: float | None = None
            try:
                response = attempts.make(request, token, options, number, left=left)
            except CircuitOpen as problem:
                raise _certain(op, problem, reached) from problem
            except RedirectRefused:
                # An account that was renamed may answer so; whoever can find out where it lives now goes there.
                if renewed or op.host != "account" or not tokens.relocate():
                    raise
                renewed = True
                continue
            except ResponseTooLarge:
                raise
            except NotSentError as problem:
                error, failure = problem, Failure.NOT_SENT
            except UnansweredError as problem:
                error, failure = problem, Failure.UNANSWERED
                reached += 1
            else:
                if response.status == 401 and token is not None and not renewed and replayable:
                    renewed = True
                    if tokens.renew(token):
                        continue
                page = response.status < 400 and op.host in _SPEAK_JSON and is_page(response)
                result = failure_of_status(response.status, page)
                reached += result is not Failure.NOT_SENT
                if result is None or result is Failure.ANSWERED:
                    if result is not None and attempts.hooks:
                        self._decided(op, number, result, response, options.retry.verdict(op.safety, result))
                    response.sent, response.timeouts = max(1, reached), timeouts
                    return response
                timeouts += response.status == 504
                failure = result
                asked = asked_to_wait(response, clock.wall())
            verdict: Verdict = options.retry.verdict(
                op.safety if replayable else "unsafe",
                failure,
                attempt=number,
                elapsed=clock.monotonic() - left[0] if left else 0.0,
                asked=asked,
                random=self._random,
            )
            if attempts.hooks or _log.isEnabledFor(logging.INFO):
                self._decided(op, number, failure, response, verdict)
            if isinstance(verdict, Retry):
                clock.sleep(verdict.wait)
                continue
            if response is not None:
                response.sent = max(1, reached)
                return response
            assert error is not None
            raise _certain(op, error, reached) from error.__cause__

    def _decided(
        self, op: Op, attempt: int, failure: Failure, response: Response | None, verdict: Verdict
    ) -> None:
        from amocrm._core.events import RetryDecided

        again = isinstance(verdict, Retry)
        what = f"again in {verdict.wait:.2f} s" if isinstance(verdict, Retry) else verdict.why
        _log.info("%s: attempt %d was %s: %s", op.id, attempt, failure.value, what)
        self._attempts.tell(
            RetryDecided(
                account=self._attempts.hosts.name,
                op=op.id,
                attempt=attempt,
                status=None if response is None else response.status,
                failure=failure.value,
                verdict="retry" if again else "unknown" if isinstance(verdict, Unknown) else "give up",
                wait=verdict.wait if isinstance(verdict, Retry) else 0.0,
                why="" if isinstance(verdict, Retry) else verdict.why,
            )
        )


def _certain(op: Op, error: TransportError, reached: int) -> TransportError:
    """The error of all attempts: the last one may not have been sent and an earlier one may have been."""
    if reached and isinstance(error, NotSentError) and op.safety != "safe":
        return UnansweredError(
            f"{op.id} was sent and not answered, and could not be sent again ({error}); "
            "whether it took effect is unknown",
            op=op.id,
        )
    return error
