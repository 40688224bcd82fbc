"""Retry loop: send a request until the policy is satisfied.

Every request of a client goes through it. It fetches the token, makes attempts through the sender, and asks
the retry policy in ``_core.http.retry`` after each of them.
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

from amocrm._core.http.attempt import Attempt, Progress, classify, error_of_all, is_replayable
from amocrm._core.http.failures import FailureKind
from amocrm._core.http.options import Options
from amocrm._core.http.retry import Retry, Unknown, Verdict
from amocrm.errors import CircuitOpen, NotSentError, RedirectRefused, ResponseTooLarge
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.response_status import asked_to_wait
from amocrm_gen._runtime.wire import Request, Response

from .._primitives import Interrupted
from ..http.sender import AsyncSender
from .service_hosts import AsyncServiceHosts

if TYPE_CHECKING:
    from ..auth.token_source import AsyncTokens

__all__ = ["AsyncExecutor"]

_log = logging.getLogger("amocrm")


class AsyncExecutor:
    """Sender of requests, as often as the retry policy allows.

    Args:
        sender: makes one attempt.
        tokens: source of the bearer token.
        jitter: numbers from 0 to 1, for tests.
    """

    def __init__(
        self, sender: AsyncSender, tokens: AsyncTokens, *, jitter: random.Random | None = None
    ) -> None:
        self._sender, self._tokens = sender, tokens
        # The module's generator, not one of our own: forked processes would all draw the same numbers.
        self._random = (jitter or random).random
        self._service_hosts = AsyncServiceHosts(sender, self.send)

    async def send(self, request: Request, options: Options) -> Response:
        """Send a request and return the last answer, also one with an error status.

        Raises:
            NotSentError, UnansweredError: no attempt was answered; which of the two covers **all**
                attempts: if any of them may have reached the server, it is ``UnansweredError``.
            CircuitOpen, RedirectRefused, TokenError: see there.
        """
        if not self._sender.event_hooks:
            return await self._send(request, options)
        from amocrm._core.events import CallFinished, CallStarted

        sender, op = self._sender, request.op
        began = sender.clock.monotonic()
        sender.emit(CallStarted(account=sender.hosts.name, op=op.id, method=op.method, route=op.path))
        status: int | None = None
        error, request_id = "", None
        try:
            response = await self._send(request, options)
            status, request_id = response.status, response.request_id
        except BaseException as problem:
            error = type(problem).__name__
            raise
        finally:
            sender.emit(
                CallFinished(
                    account=sender.hosts.name,
                    op=op.id,
                    method=op.method,
                    route=op.path,
                    status=status,
                    error=error,
                    seconds=sender.clock.monotonic() - began,
                    request_id=request_id,
                )
            )
        return response

    async def _send(self, request: Request, options: Options) -> Response:
        op = request.op
        if op.host != "account":
            await self._service_hosts.resolve(op.host, self._tokens.current, options)
        progress = Progress()
        try:
            return await self._until_settled(request, options, progress)
        except Interrupted:
            problem = NotSentError(f"{op.id} was broken off before it was sent", op=op.id)
            raise error_of_all(op, problem, progress.reached) from None

    async def _until_settled(self, request: Request, options: Options, progress: Progress) -> Response:
        op, sender = request.op, self._sender
        while True:
            token = await self._tokens.current() if op.auth else None
            attempt = await self._attempt_once(request, token, options, progress)
            if not progress.renewed and await self._renew(request, attempt, token):
                progress.renewed = True
                continue
            failure = classify(op, attempt)
            progress.add_failure(attempt, failure)
            if failure is None:
                return progress.finished(attempt.result())
            verdict = self._decide(request, attempt, failure, progress, options)
            if isinstance(verdict, Retry):
                await sender.clock.sleep(verdict.wait)
            elif attempt.error is None:
                return progress.finished(attempt.result())
            else:
                raise error_of_all(op, attempt.error, progress.reached) from attempt.error.__cause__

    async def _attempt_once(
        self, request: Request, token: str | None, options: Options, progress: Progress
    ) -> Attempt[None]:
        try:
            attempt: Attempt[None] = await self._sender.send_once(
                request, token, options, progress.number + 1
            )
        except CircuitOpen as problem:
            raise error_of_all(request.op, problem, progress.reached) from problem
        progress.add(attempt)
        return attempt

    async def _renew(self, request: Request, attempt: Attempt[None], token: str | None) -> bool:
        """Renew what a refusal points at: the token after a 401, the address after a redirect.

        Returns:
            Whether the request is worth one more attempt.
        """
        if isinstance(attempt.error, RedirectRefused):
            # An account that was renamed may answer with a redirect.
            return request.op.host == "account" and await self._tokens.relocate()
        refused = attempt.response is not None and attempt.response.status == 401
        return refused and token is not None and is_replayable(request) and await self._tokens.renew(token)

    def _decide(
        self,
        request: Request,
        attempt: Attempt[None],
        failure: FailureKind,
        progress: Progress,
        options: Options,
    ) -> Verdict:
        """Ask the policy whether to try again, and report its verdict.

        Raises:
            RedirectRefused, ResponseTooLarge: no further attempt would change them.
        """
        if attempt.error is not None and attempt.interrupted:
            raise error_of_all(request.op, attempt.error, progress.reached) from attempt.error.__cause__
        if isinstance(attempt.error, RedirectRefused | ResponseTooLarge):
            raise attempt.error
        op, clock, response = request.op, self._sender.clock, attempt.response
        verdict = options.retry.verdict(
            op.safety if is_replayable(request) else "unsafe",
            failure,
            attempt=progress.number,
            elapsed=progress.elapsed(clock.monotonic()),
            asked=None if response is None else asked_to_wait(response, clock.wall()),
            random=self._random,
        )
        if self._sender.event_hooks or _log.isEnabledFor(logging.INFO):
            self._emit_decision(op, progress.number, failure, response, verdict)
        return verdict

    def _emit_decision(
        self, op: Op, attempt: int, failure: FailureKind, response: Response | None, verdict: Verdict
    ) -> None:
        from amocrm._core.events import RetryDecided

        again = isinstance(verdict, Retry)
        what = f"again in {verdict.wait:.2f} s" if isinstance(verdict, Retry) else verdict.why
        _log.info("%s: attempt %d was %s: %s", op.id, attempt, failure.value, what)
        self._sender.emit(
            RetryDecided(
                account=self._sender.hosts.name,
                op=op.id,
                attempt=attempt,
                status=None if response is None else response.status,
                failure=failure.value,
                verdict="retry" if again else "unknown" if isinstance(verdict, Unknown) else "give up",
                wait=verdict.wait if isinstance(verdict, Retry) else 0.0,
                why="" if isinstance(verdict, Retry) else verdict.why,
            )
        )
