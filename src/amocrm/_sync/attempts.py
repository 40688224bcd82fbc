# GENERATED from src/amocrm/_async/attempts.py by generator/desync.py: edit that file and run `make generate`.
"""One attempt: waits for leave, sends once, reports the answer to the limiter."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from amocrm._core.hosts import Hosts, LimitKey
from amocrm._core.limiter import Outcome
from amocrm._core.options import Options, Stats
from amocrm._core.retry import retry_after
from amocrm.errors import CircuitOpen, NotSentError, TransportError
from amocrm_gen._runtime.op import Host
from amocrm_gen._runtime.wire import Request, Response

from ._primitives import Clock, Result
from .limits import Limiter, Slot
from .transport import Transport

if TYPE_CHECKING:
    from amocrm._core.events import Event

__all__ = ["Attempts", "asked_to_wait", "is_page"]

_log = logging.getLogger("amocrm")


class Attempts:
    """Sends once at a time that the limiter allows. Holds what all copies of a client share.

    Args:
        hosts: addresses of the account.
        key: limits that its requests count against.
        hooks: are told every event.
    """

    def __init__(
        self,
        hosts: Hosts,
        key: LimitKey,
        *,
        transport: Transport,
        limiter: Limiter,
        clock: Clock,
        stats: Stats,
        user_agent: str,
        hooks: tuple[Callable[[Event], None], ...] = (),
    ) -> None:
        self.hosts, self.key = hosts, key
        self._keys: dict[Host, LimitKey] = {}
        self.transport, self.limiter, self.clock, self.stats = transport, limiter, clock, stats
        self.hooks = hooks
        self._agent = (b"user-agent", user_agent.encode())
        self._accept = (b"accept", b"*/*")

    def make(
        self,
        request: Request,
        token: str | None,
        options: Options,
        attempt: int = 1,
        keep: Callable[[Response], Result[None]] | None = None,
    ) -> Response:
        """Makes one attempt and returns the answer, whatever its status.

        Args:
            request: what to send.
            token: bearer token, ``None`` for an operation without one.
            options: times and context user.
            attempt: its number, for hooks.
            keep: is called the moment that the answer is complete, before anything else happens.

        Raises:
            CircuitOpen, NotSentError, UnansweredError, RedirectRefused: see there.
        """
        op, limiter, clock = request.op, self.limiter, self.clock
        headers = [self._agent, self._accept]
        if token is not None:
            headers.append((b"authorization", b"Bearer " + token.encode()))
        if request.content_type is not None:
            headers.append((b"content-type", request.content_type.encode()))
        if options.context_user is not None and token is not None:
            headers.append((b"x-context-user-id", b"%d" % options.context_user))
        for name, value in request.headers.items():
            headers.append((name.lower().encode(), value.encode()))
        url = self.hosts.url(op.host) + request.target
        try:
            slot = limiter.acquire(self._keys.get(op.host) or self._key_on(op.host))
        except CircuitOpen as error:
            error.op = op.id
            raise
        self.stats.sent(slot.waited, attempt > 1)
        if self.hooks:
            self._leaving(request, attempt, slot)
        answered: list[float] = []
        outcome, asked, ago = Outcome.UNANSWERED, None, 0.0
        try:
            response = self.transport.send(
                op, url, headers, request.content, options.timeouts, answered
            )
            if keep is not None:
                keep(response)
            ago = clock.monotonic() - answered[0]
            outcome, asked = self._outcome(response)
        except NotSentError:
            outcome = Outcome.NOT_SENT
            raise
        except TransportError:
            if answered:
                outcome, ago = Outcome.ANSWERED, clock.monotonic() - answered[0]
            raise
        finally:
            limiter.confirm(slot, outcome, ago=ago, asked=asked)
        if self.hooks or _log.isEnabledFor(logging.DEBUG):
            self._arrived(request, response, attempt, clock.monotonic() - slot.at)
        return response

    def _key_on(self, host: Host) -> LimitKey:
        self._keys[host] = self.key.on(host)
        return self._keys[host]

    def _outcome(self, response: Response) -> tuple[Outcome, float | None]:
        if response.status == 429:
            return Outcome.THROTTLED, asked_to_wait(response, self.clock.wall())
        if response.status == 403 and is_page(response):
            return Outcome.BLOCKED, None
        return Outcome.ANSWERED, None

    def tell(self, event: Event) -> None:
        """Tells every hook; what one raises is logged and does not keep the others from hearing it."""
        for hook in self.hooks:
            try:
                hook(event)
            except Exception:
                _log.exception("a hook failed on %s", type(event).__name__)

    def _leaving(self, request: Request, attempt: int, slot: Slot) -> None:
        from amocrm._core.events import RequestSent, ThrottleWaited

        op, account = request.op, self.hosts.name
        if slot.waited > 0.0:
            self.tell(ThrottleWaited(account=account, op=op.id, seconds=slot.waited))
        self.tell(
            RequestSent(account=account, op=op.id, method=op.method, path=request.path, attempt=attempt)
        )

    def _arrived(self, request: Request, response: Response, attempt: int, seconds: float) -> None:
        _log.debug("%s %s: %d in %.3f s", request.op.method, request.path, response.status, seconds)
        if self.hooks:
            from amocrm._core.events import ResponseReceived

            self.tell(
                ResponseReceived(
                    account=self.hosts.name,
                    op=request.op.id,
                    status=response.status,
                    attempt=attempt,
                    seconds=seconds,
                    size=len(response.content),
                    request_id=response.request_id,
                )
            )


def is_page(response: Response) -> bool:
    """Whether a page stands where JSON should be: a gateway wrote it and not the application."""
    return response.media_type == "text/html" or response.content[:64].lstrip()[:1] == b"<"


def asked_to_wait(response: Response, now: float) -> float | None:
    """Seconds that an answer asks to wait, ``None`` if it does not."""
    body: object = None
    if response.content[:1] == b"{":
        try:
            body = msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            body = None
    return retry_after(response.headers.get("retry-after"), body, now)
