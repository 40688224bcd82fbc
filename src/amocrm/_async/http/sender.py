"""One attempt of a request: wait for the limiter, send once, report the answer to the limiter."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from amocrm._core.http.attempt import Answer, Attempt
from amocrm._core.http.options import Options, Stats
from amocrm._core.limits.limiter import RoundTripStats, SlotOutcome
from amocrm.errors import CircuitOpen, ConfigurationError, NotSentError
from amocrm_gen._runtime.op import Host, Op
from amocrm_gen._runtime.response_status import asked_to_wait, is_page
from amocrm_gen._runtime.token_hiding import HIDDEN
from amocrm_gen._runtime.wire import Request, Response

from .._primitives import Clock, Result
from ..limits.memory import AsyncLimiter, Slot
from .transport import AsyncTransport

if TYPE_CHECKING:
    from amocrm._core.events import ClientEvent
    from amocrm._core.http.chat_signing import ChannelSecret
    from amocrm._core.http.hosts import Hosts, LimitKey

__all__ = ["AsyncSender"]

_log = logging.getLogger("amocrm")
K = TypeVar("K")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class AsyncSender:
    """Sender of single attempts, each at a time that the limiter allows; shared by all copies of a client.

    Args:
        hosts: addresses of the account.
        key: limits that its requests count against.
        event_hooks: functions that get every event.
        chats: secret with which requests to the chats service are signed.
    """

    def __init__(
        self,
        hosts: Hosts,
        key: LimitKey,
        *,
        transport: AsyncTransport,
        limiter: AsyncLimiter,
        clock: Clock,
        stats: Stats,
        user_agent: str,
        event_hooks: tuple[Callable[[ClientEvent], None], ...] = (),
        chats: ChannelSecret | None = None,
    ) -> None:
        self.hosts, self.key = hosts, key
        self._keys: dict[Host, LimitKey] = {}
        self.transport, self.limiter, self.clock, self.stats = transport, limiter, clock, stats
        self.event_hooks, self.chats = event_hooks, chats
        #: By our own clock, also where a shared limiter counts by another.
        self.round_trips = RoundTripStats()
        self._always = [(b"user-agent", user_agent.encode()), (b"accept", b"*/*")]
        self._bearer: tuple[str, tuple[bytes, bytes]] = ("", (b"", b""))

    async def send_once(
        self,
        request: Request,
        token: str | None,
        options: Options,
        number: int = 1,
        keep: Callable[[Response], Result[K]] | None = None,
    ) -> Attempt[K]:
        """Make one attempt and return its answer or error; an error status is an answer.

        Args:
            request: what to send.
            token: bearer token, ``None`` for an operation without one.
            options: times and context user.
            number: which attempt of the request it is, from 1, for hooks.
            keep: is called the moment that the answer is complete, before anything else happens; its result
                is ``kept`` of the attempt.

        Raises:
            CircuitOpen: the gateway has blocked the API; nothing was sent.
            ConfigurationError: a header cannot be sent; nothing was sent.
        """
        op, clock = request.op, self.clock
        headers = self._headers(request, token, options)
        url = self.hosts.url(op.host) + request.target
        self.transport.prepare(url)
        slot = await self._acquire(op)
        # The slot's own time is that of the limiter, which may be another machine's.
        sent_at = clock.monotonic()
        self.stats.sent(slot.waited, number > 1)
        if self.event_hooks:
            self._emit_sent(request, number, slot)
        answer, kept = Answer(), None
        problem: BaseException | None = None
        timeouts = _timeouts(request, options)
        try:
            answer = await self.transport.send(op, url, headers, request.content, timeouts, request.sink)
            problem = answer.error
            if answer.answered_at is not None:
                self.round_trips.add(answer.answered_at - sent_at)
            if token is not None and answer.response is not None:
                _forget(answer.response, token)
            if keep is not None and answer.response is not None:
                kept = await keep(answer.response)
        except BaseException as error:
            problem = error
            raise
        finally:
            if problem is not None and self.event_hooks:
                self._emit_failed(request, number, clock.monotonic() - sent_at, problem)
            await self._confirm(slot, answer, unsent=isinstance(problem, ConfigurationError))
        if answer.response is not None and (self.event_hooks or _log.isEnabledFor(logging.DEBUG)):
            self._emit_received(request, answer.response, number, clock.monotonic() - sent_at)
        return Attempt(
            sent_at=sent_at,
            response=answer.response,
            error=answer.error,
            interrupted=answer.interrupted,
            kept=kept,
        )

    async def _acquire(self, op: Op) -> Slot:
        try:
            return await self.limiter.acquire(self._keys.get(op.host) or self._limit_key_for(op.host))
        except CircuitOpen as error:
            error.op = op.id
            raise

    async def _confirm(self, slot: Slot, answer: Answer, *, unsent: bool) -> None:
        outcome, asked, ago = SlotOutcome.UNANSWERED, None, 0.0
        if answer.answered_at is not None:
            outcome, ago = SlotOutcome.ANSWERED, self.clock.monotonic() - answer.answered_at
        if answer.response is not None:
            outcome, asked = self._outcome(answer.response)
        elif unsent or isinstance(answer.error, NotSentError):
            outcome = SlotOutcome.NOT_SENT
        try:
            await self.limiter.confirm(slot, outcome, ago=ago, asked=asked)
        except Exception:
            # An answer is here, perhaps of a write: it is worth more than the limiter, whose lease ends anyway.
            _log.exception("the limiter could not take a confirmation")

    def _headers(self, request: Request, token: str | None, options: Options) -> list[tuple[bytes, bytes]]:
        headers = self._always.copy()
        if token is not None:
            if token is not self._bearer[0]:
                if not (token.isascii() and token.isprintable()):
                    raise ConfigurationError(
                        "token must consist of printable ASCII characters, got others; copy it again (nothing was sent)"
                    )
                self._bearer = token, (b"authorization", b"Bearer " + token.encode())
            headers.append(self._bearer[1])
            if options.context_user is not None:
                headers.append((b"x-context-user-id", b"%d" % options.context_user))
        if request.op.host == "amojo":
            headers += self._signed(request)
        elif request.content_type is not None:
            headers.append((b"content-type", request.content_type.encode()))
        for name, value in request.headers.items():
            if not (_HEADER_NAME.fullmatch(name) and value.isascii() and value.isprintable()):
                raise ConfigurationError(
                    f"the header {name!r} of {request.op.id} must consist of printable ASCII characters, got others; "
                    "encode its value (nothing was sent)"
                )
            headers.append((name.lower().encode(), value.encode()))
        return headers

    def _signed(self, request: Request) -> list[tuple[bytes, bytes]]:
        from amocrm._core.http.chat_signing import signed_headers

        if self.chats is None:
            raise ConfigurationError(
                f"chats must be given to a client that calls {request.op.id}, because its requests are signed, got None; "
                "write AmoCRM(..., chats=ChannelSecret(channel_id, secret))"
            )
        content = request.content if request.content is not None else b""
        if not isinstance(content, bytes):
            raise ConfigurationError(
                f"the body of {request.op.id} must be bytes, because all of it is signed, got a stream; read the stream first"
            )
        return signed_headers(self.chats, request.op.method, request.path, content, self.clock.wall())

    def _limit_key_for(self, host: Host) -> LimitKey:
        self._keys[host] = self.key.on(host)
        return self._keys[host]

    def _outcome(self, response: Response) -> tuple[SlotOutcome, float | None]:
        if response.status == 429:
            return SlotOutcome.THROTTLED, asked_to_wait(response, self.clock.wall())
        if response.status == 403 and is_page(response):
            return SlotOutcome.BLOCKED, None
        return SlotOutcome.ANSWERED, None

    def move(self, hosts: Hosts) -> None:
        """Send requests to ``hosts`` from now on, because the account was renamed; the limits stay the same."""
        old, self.hosts = self.hosts, hosts
        _log.warning("the account %s was renamed to %s", old.name, hosts.name)
        if self.event_hooks:
            from amocrm._core.events import AccountMoved

            self.emit(AccountMoved(account=old.name, now=hosts.name))

    def emit(self, event: ClientEvent) -> None:
        """Give an event to every hook; an exception of one is logged and does not stop the others."""
        for hook in self.event_hooks:
            try:
                hook(event)
            except Exception:
                _log.exception("a hook failed on %s", type(event).__name__)

    def _emit_sent(self, request: Request, attempt: int, slot: Slot) -> None:
        from amocrm._core.events import RequestSent, ThrottleWaited

        op, account = request.op, self.hosts.name
        if slot.waited > 0.0:
            self.emit(ThrottleWaited(account=account, op=op.id, seconds=slot.waited))
        self.emit(
            RequestSent(
                account=account,
                op=op.id,
                method=op.method,
                path=request.shown,
                attempt=attempt,
                host=self.hosts.url(op.host),
            )
        )

    def _emit_failed(self, request: Request, attempt: int, seconds: float, error: BaseException) -> None:
        from amocrm._core.events import RequestFailed

        op = request.op
        self.emit(
            RequestFailed(
                account=self.hosts.name,
                op=op.id,
                attempt=attempt,
                seconds=seconds,
                error=type(error).__name__,
                method=op.method,
                route=op.path,
                host=self.hosts.url(op.host),
            )
        )

    def _emit_received(self, request: Request, response: Response, attempt: int, seconds: float) -> None:
        _log.debug("%s %s: %d in %.3f s", request.op.method, request.shown, response.status, seconds)
        if self.event_hooks:
            from amocrm._core.events import ResponseReceived

            self.emit(
                ResponseReceived(
                    account=self.hosts.name,
                    op=request.op.id,
                    status=response.status,
                    attempt=attempt,
                    seconds=seconds,
                    size=len(response.content),
                    request_id=response.request_id,
                    method=request.op.method,
                    route=request.op.path,
                    host=self.hosts.url(request.op.host),
                )
            )


def _forget(response: Response, token: str) -> None:
    """Take the token out of an error body: the server may repeat it in words."""
    if response.status >= 400:
        response.content = response.content.replace(token.encode(), HIDDEN.encode())


def _timeouts(request: Request, options: Options) -> dict[str, float | None]:
    own = request.timeout
    return options.timeouts if own is None else {**options.timeouts, "read": own, "write": own}
