"""Receiver of webhooks: accepts deliveries at once and calls their handlers later.

The platform waits two seconds for an answer and disables addresses that fail too often. So a delivery is
checked, written to the inbox, and answered; handlers run from the inbox, in this process or another one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.validation import check_count, check_seconds
from amocrm.webhooks._delivery import Answer, Delivery
from amocrm.webhooks._events.base import Event
from amocrm.webhooks._parsing.php_forms import BodyLimits
from amocrm.webhooks._receiving.admission import Admission
from amocrm.webhooks._receiving.handler_registry import Failure, Handlers
from amocrm.webhooks._receiving.inbox_entry import Backoff, InboxEntry, redacted_for_storage
from amocrm.webhooks.errors import WebhookError

from .._handlers import check_handler
from .._primitives import Clock, TaskScope, shielded, with_timeout
from .inbox import AsyncInbox
from .redis_inbox import AsyncRedisInbox
from .sqlite_inbox import AsyncSQLiteInbox
from .worker import AsyncWorker
from .worker_options import AsyncWorkerOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..client import AsyncAmoCRM

__all__ = ["AsyncWebhookReceiver", "inbox_at"]

F = TypeVar("F", bound=Callable[..., Any])
_log: Final = logging.getLogger("amocrm.webhooks")
_HOUR: Final = 3600.0
#: Seconds that acceptance may take; the platform waits two for an answer.
_TIMEOUT: Final = 1.8
_REDIS: Final = ("redis://", "rediss://", "unix://")


@checked(
    kinds="write @receiver.on(LeadAdded)",
    accounts="write a set such as accounts={12345678, 'demo'}",
    inbox="pass an inbox of the same variant, a path or an address of Redis",
)
class AsyncWebhookReceiver:
    """Receiver of webhooks with the handlers of their events.

    Args:
        secret: secret that the address must contain as its last path segment or as ``secret=`` in its query,
            since account webhooks are not signed; several while one is being replaced. ``None`` accepts all.
        inbox: inbox of the deliveries; a path makes an ``AsyncSQLiteInbox``, an address
            (``redis://host:6379/0#name``) an ``AsyncRedisInbox``.
        accounts: ids or subdomains (``amojo_id`` for chats) that are accepted; ``None`` accepts all.
        chat_secret: secret of the chats channel; the signatures of its hooks are then checked.
        client_id, client_secret: keys of the integration; the signature of the uninstall hook is then checked.
        client: the client of an account, or a function from an account to its client, for
            ``context.session()``.
        concurrency: deliveries that this worker handles at a time. With 1 they are handled in the order of
            their arrival, except for those that failed.
        lease: seconds after which another worker takes over from one that died; a handler that runs
            longer keeps its lease.
        timeout: seconds after which a handler is cancelled and counts as failed. A plain function cannot be
            cancelled: it keeps its thread, and the handler is not called again before that call has ended.
            ``None`` sets no limit.
        backoff: delays before failed deliveries are tried again.
        retention: seconds for which handled deliveries are kept to recognise repetitions.
        poll_interval: seconds between two queries of an empty inbox; a delivery to this process is seen at once.
        limits: bounds of a body.
        on_failure: called with every `Failure`; without it failures are logged.
        clock: for tests.

    Example:
        >>> receiver = AsyncWebhookReceiver(secret=os.environ["HOOK_SECRET"], inbox="webhooks.sqlite3")
        >>> @receiver.on(LeadStatusChanged, status=142)
        ... async def won(event):
        ...     print(event.lead_id)
    """

    def __init__(
        self,
        *,
        secret: str | Iterable[str] | None,
        inbox: AsyncInbox | str | os.PathLike[str] = "amocrm-webhooks.sqlite3",
        accounts: Iterable[int | str] | None = None,
        chat_secret: str | Iterable[str] | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        client: AsyncAmoCRM | Callable[[Any], AsyncAmoCRM] | None = None,
        concurrency: int = 1,
        lease: float = 60.0,
        timeout: float | None = None,
        backoff: Backoff | None = None,
        retention: float = 3 * 24 * _HOUR,
        poll_interval: float = 1.0,
        limits: BodyLimits | None = None,
        on_failure: Callable[[Failure], object] | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_count(concurrency=concurrency)
        check_seconds(lease=lease, poll_interval=poll_interval, timeout=1.0 if timeout is None else timeout)
        check_seconds(allow_zero=True, retention=retention)
        self._admission = Admission(
            secret=secret,
            accounts=accounts,
            chat_secret=chat_secret,
            client_id=client_id,
            client_secret=client_secret,
            limits=limits or BodyLimits(),
        )
        self.inbox: AsyncInbox = inbox_at(inbox) if isinstance(inbox, str | os.PathLike) else inbox
        self._handlers = Handlers()
        self._clock = clock or Clock()
        self._worker = AsyncWorker(
            self.inbox,
            self._handlers,
            AsyncWorkerOptions(
                client=client,
                concurrency=concurrency,
                lease=lease,
                timeout=timeout,
                backoff=backoff or Backoff(),
                retention=retention,
                poll_interval=poll_interval,
                limits=self._admission.limits,
                on_failure=on_failure,
                clock=self._clock,
            ),
        )

    # ---- handlers

    def on(
        self,
        *kinds: type[Event[Any]],
        where: Callable[[Any], bool] | None = None,
        name: str | None = None,
        **filters: Any,
    ) -> Callable[[F], F]:
        """Register a handler for classes of events, or without a class for all events.

        A handler takes the event, or the event and an ``AsyncHandlerContext``. Its exceptions do not affect other
        handlers and events. It is called again later, except after `GiveUp`.

        Args:
            kinds: classes of events.
            where: further condition on the event.
            name: name under which the handler is marked as done; by default the function's own name. Keep it
                when you rename or move the function.
            filters: attributes of the event, with or without ``_id``: a value, several, an object with an
                ``id``, or a function of the value. ``account`` is an id or a subdomain.

        Raises:
            TypeError: a filter names an attribute that the event lacks, or the function takes no event.
            ValueError: another handler has this name.

        Example:
            >>> @receiver.on(LeadStatusChanged, status={142, 143}, pipeline=sales)
            ... async def closed(event, context):
            ...     async with context.session():
            ...         context.entity(Deal).closed_by = "robot"
        """

        def register(function: F) -> F:
            check_handler(function)
            self._handlers.add(function, kinds, where=where, name=name, filters=filters)
            return function

        return register

    @property
    def limits(self) -> BodyLimits:
        """Bounds of a body."""
        return self._admission.limits

    @property
    def secret(self) -> str | None:
        """Secret for new webhook addresses; the first one if several are accepted."""
        return self._admission.secret[0] if self._admission.secret else None

    @property
    def event_codes(self) -> tuple[str, ...]:
        """Codes to subscribe to for the registered handlers; see ``crm.webhooks.ensure``."""
        return self._handlers.event_codes

    # ---- accepting

    def check_address(self, path: str, query: str = "") -> Answer | None:
        """Return the answer for an address without the secret, before the body is read; else ``None``."""
        try:
            self._admission.check_address(path, query)
        except WebhookError as error:
            _log.warning("a delivery was refused: %s", error)
            return Answer(error.status, "refused")
        return None

    async def accept(self, delivery: Delivery) -> Answer:
        """Check a delivery, store it durably, and return the answer to send.

        It never raises: a delivery that is refused or cannot be stored gets an error status, and the platform
        repeats it.
        """
        now = self._clock.wall()
        try:
            admit = partial(self._admission.admit, delivery)
            admitted = await self._worker.dispatcher.read(delivery, admit)
        except WebhookError as error:
            _log.warning("a delivery was refused: %s", error)
            return Answer(error.status, "refused")
        except Exception as error:
            self._worker.dispatcher.report_failure(Failure(error))
            return Answer(500, "try again later")
        if admitted is None:
            return Answer()
        redacted = redacted_for_storage(delivery, admitted.key, now)
        try:
            put = partial(self.inbox.put, redacted, now=now, dead=admitted.problem)
            await shielded(partial(with_timeout, _TIMEOUT, put))
        except Exception as error:
            self._worker.dispatcher.report_failure(Failure(error))
            return Answer(503, "try again later")
        self._worker.wake()
        return Answer()

    # ---- working

    @property
    def is_working(self) -> bool:
        """Whether a worker of this receiver runs in this process."""
        return self._worker.is_running

    async def run(self) -> None:
        """Handle deliveries until ``stop`` is called. Any number of processes may work on an inbox.

        Raises:
            RuntimeError: this receiver already runs.
        """
        await self._worker.run()

    def stop(self) -> None:
        """End ``run`` after the deliveries in progress; may be called from any thread.

        If it is called before ``run``, ``run`` ends at once.
        """
        self._worker.stop()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Self]:
        """Run a worker during the block; leaving it waits for the deliveries in progress.

        Example:
            >>> async with receiver.running():
            ...     await serve()
        """
        self._worker.prepare()
        async with TaskScope(1) as scope:
            worker = scope.start(self._worker.run)
            try:
                yield self
            finally:
                self._worker.stop()
                await worker.result()

    async def work(self) -> int:
        """Process the deliveries that are due once and return their number."""
        return await self._worker.work()

    async def dispatch(self, delivery: Delivery) -> list[Failure]:
        """Call the handlers for a delivery at once, without the inbox, and return the failures; for tests.

        Raises:
            WebhookError: the delivery cannot be read.
        """
        return await self._worker.dispatcher.handle(InboxEntry(id="", delivery=delivery, attempts=1))

    async def replay(self, *ids: str) -> int:
        """Make deliveries ready again and return their number. Without ids all dead ones.

        Dead and handled deliveries start anew; one that waits for its next attempt is tried at once.
        """
        count = await self.inbox.replay(ids or None, now=self._clock.wall())
        self._worker.wake()
        return count

    async def close(self) -> None:
        """Close the inbox and end the idle threads of plain handlers."""
        self._worker.dispatcher.close()
        await self.inbox.close()


def inbox_at(place: str | os.PathLike[str]) -> AsyncInbox:
    """Return the inbox of a path or of a Redis address."""
    if isinstance(place, str) and place.startswith(_REDIS):
        return AsyncRedisInbox(place)
    return AsyncSQLiteInbox(place)
