# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""The router of webhooks: takes deliveries at once, works afterwards.

The platform waits two seconds for an answer and switches off addresses that fail too often. So a delivery
is checked, written to the inbox, and answered; handlers run from the inbox, here or in another process.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from amocrm.webhooks._event import Event
from amocrm.webhooks.admission import Admission
from amocrm.webhooks.delivery import Answer, Delivery
from amocrm.webhooks.errors import WebhookError
from amocrm.webhooks.forms import Limits
from amocrm.webhooks.handlers import Failure, GiveUp, Handlers
from amocrm.webhooks.parse import parse_delivery
from amocrm.webhooks.stored import Backoff, Entry, storable

from ._primitives import Clock, Result, Scope, Wakeup, run_all, runnable, shielded
from .handling import AsyncHandling
from .inbox import AsyncInbox, AsyncSQLiteInbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .client import AsyncAmoCRM

__all__ = ["AsyncHooks"]

F = TypeVar("F", bound=Callable[..., Any])
_log: Final = logging.getLogger("amocrm.webhooks")
_HOUR: Final = 3600.0


class AsyncHooks:
    """Receives deliveries and calls handlers.

    Args:
        secret: what the address must carry as its last path segment or as ``secret=`` in its query, since
            account webhooks are not signed; several while one is being replaced. ``None`` takes everything.
        inbox: where deliveries wait; a path makes an ``AsyncSQLiteInbox``.
        accounts: ids or subdomains (``amojo_id`` for chats) that are taken; ``None`` takes all.
        chat_secret: of the chats channel; its hooks are then checked.
        client_id, client_secret: of the integration; the uninstall hook is then checked.
        client: the client of an account, or a function from an account to its client, for
            ``handling.session()``.
        concurrency: deliveries handled at a time by this worker. With 1 they are handled in the order in
            which they came, except for what failed.
        lease: seconds after which another worker takes over from one that died; a handler that runs
            longer keeps its lease.
        backoff: when failed deliveries are taken up again.
        keep: seconds for which handled deliveries are kept, so that repetitions are recognised.
        poll: seconds between two looks into an empty inbox; a delivery to this process is seen at once.
        limits: bounds of a body.
        on_failure: called with every `Failure`; without it they are logged.
        clock: for tests.

    Example:
        >>> hooks = AsyncHooks(secret=os.environ["HOOK_SECRET"], inbox="webhooks.sqlite3")
        >>> @hooks.on(LeadStatusChanged, status=142)
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
        backoff: Backoff | None = None,
        keep: float = 3 * 24 * _HOUR,
        poll: float = 1.0,
        limits: Limits | None = None,
        on_failure: Callable[[Failure], object] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._admission = Admission(
            secret=secret,
            accounts=accounts,
            chat_secret=chat_secret,
            client_id=client_id,
            client_secret=client_secret,
            limits=limits or Limits(),
        )
        self.inbox: AsyncInbox = AsyncSQLiteInbox(inbox) if isinstance(inbox, str | os.PathLike) else inbox
        self._handlers = Handlers()
        self._client, self._concurrency, self._lease = client, max(1, concurrency), lease
        self._backoff, self._keep, self._poll = backoff or Backoff(), keep, poll
        self._on_failure, self._clock = on_failure, clock or Clock()
        self._wakeup: Wakeup | None = None
        self._stopping = False

    # ---- handlers

    def on(
        self,
        *kinds: type[Event[Any]],
        where: Callable[[Any], bool] | None = None,
        name: str | None = None,
        **filters: Any,
    ) -> Callable[[F], F]:
        """Registers a handler for classes of events; without a class for all events.

        A handler takes the event, or the event and an ``AsyncHandling``. What it raises is isolated: other
        handlers and events go on, and this one is tried again later (never again after `GiveUp`).

        Args:
            where: further condition on the event.
            name: by which is remembered what is done; by default the function's own name. Keep it when the
                function is renamed or moved.
            filters: attributes of the event, with or without ``_id``: a value, several, an object with an
                ``id``, or a function of the value.

        Raises:
            TypeError: an attribute that the event does not have, or no function for an event.

        Example:
            >>> @hooks.on(LeadStatusChanged, status={142, 143}, pipeline=sales)
            ... async def closed(event, handling):
            ...     async with handling.session() as s:
            ...         s.ref(Deal, event.lead_id).closed_by = "robot"
        """

        def register(function: F) -> F:
            runs = runnable(function)
            self._handlers.add(function, runs, kinds, where=where, name=name, filters=filters)
            return function

        return register

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes to subscribe to for the registered handlers; see ``crm.webhooks.ensure``."""
        return self._handlers.codes

    # ---- accepting

    async def accept(self, delivery: Delivery) -> Answer:
        """Checks a delivery and keeps it durably; what is returned is to be answered.

        Never raises: a delivery that may not or cannot be taken is answered with an error status, and the
        platform repeats it.
        """
        now = self._clock.wall()
        try:
            ticket = self._admission.admit(delivery)
        except WebhookError as error:
            _log.warning("a delivery was refused: %s", error)
            return Answer(error.status, "refused")
        if ticket is None:
            return Answer()
        kept = storable(delivery, ticket.key, now)
        try:
            await shielded(partial(self.inbox.put, kept, now=now, dead=ticket.problem))
        except Exception as error:
            self._tell(Failure(error))
            return Answer(503, "try again later")
        if self._wakeup is not None:
            self._wakeup.wake()
        return Answer()

    # ---- working

    async def run(self) -> None:
        """Handles deliveries until ``stop`` is called. Any number of workers may run, in any process."""
        self._stopping, self._wakeup = False, Wakeup()
        tidied = self._clock.wall()
        while not self._stopping:
            worked = 0
            try:
                worked = await self.work()
                if self._clock.wall() - tidied > _HOUR:
                    tidied = self._clock.wall()
                    await self.inbox.purge(before=tidied - self._keep)
            except Exception as error:
                # The inbox cannot be reached. Nothing is lost: leases end, and what waits goes on waiting.
                self._tell(Failure(error))
            if not worked and not self._stopping:
                await self._clock.wait(self._wakeup, self._poll)

    def stop(self) -> None:
        """Ends ``run`` after the deliveries that it is handling; may be called from anywhere."""
        self._stopping = True
        if self._wakeup is not None:
            self._wakeup.wake()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[AsyncHooks]:
        """A worker beside the block; leaving it waits for the deliveries that are being handled.

        Example:
            >>> async with hooks.running():
            ...     await serve()
        """
        async with Scope(1) as scope:
            worker = scope.start(self.run)
            try:
                yield self
            finally:
                self.stop()
                await worker.result()

    async def work(self) -> int:
        """Takes up what is due, once; how many deliveries that were."""
        entries = await self.inbox.lease(self._concurrency, now=self._clock.wall(), seconds=self._lease)
        results = await run_all([partial(self._kept, entry) for entry in entries], self._concurrency)
        for result in results:
            if isinstance(result, Exception):
                raise result
        return len(entries)

    async def dispatch(self, delivery: Delivery) -> list[Failure]:
        """Calls the handlers for a delivery without the inbox, for tests and imports; what failed."""
        entry = Entry(id="", delivery=delivery, attempts=1)
        return await self._handled(entry, parse_delivery(delivery, limits=self._admission.limits), marks=False)

    async def close(self) -> None:
        """Closes the inbox."""
        await self.inbox.close()

    async def _kept(self, entry: Entry) -> None:
        """Handles an entry while its lease is kept."""
        over = Wakeup()
        async with Scope(1) as scope:
            keeper = scope.start(partial(self._keep_lease, entry, over))
            try:
                await self._settled(entry)
            finally:
                over.wake()
                await keeper.result()

    async def _keep_lease(self, entry: Entry, over: Wakeup) -> None:
        """Extends the lease until it is ``over``; a handler may take longer than a lease."""
        held = True
        while held:
            until = entry.due - self._lease * 2 / 3
            if await _ended(self._clock, over, until):
                return
            entry_until = self._clock.wall() + self._lease
            held = await self.inbox.extend(entry, until=entry_until)
            entry = _until(entry, entry_until)
