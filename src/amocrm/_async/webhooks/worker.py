"""Worker of an inbox: leases deliveries, runs their handlers, and records the result in the inbox."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Final

from amocrm._core.processes import reset_after_fork
from amocrm.webhooks._receiving.handler_registry import Failure, Handlers
from amocrm.webhooks._receiving.inbox_entry import InboxEntry
from amocrm.webhooks.errors import WebhookError

from .._primitives import Result, TaskScope, Wakeup
from .dispatcher import AsyncDispatcher
from .inbox import AsyncInbox
from .worker_options import AsyncWorkerOptions

__all__ = ["AsyncWorker"]

_HOUR: Final = 3600.0
#: Seconds between two attempts to reach an inbox that fails: the first delay, and the longest.
_MIN_DELAY: Final = 0.05
_MAX_DELAY: Final = 15.0


class AsyncWorker:
    """Worker of an inbox. ``AsyncWebhookReceiver`` creates it and describes the options."""

    def __init__(self, inbox: AsyncInbox, handlers: Handlers, options: AsyncWorkerOptions) -> None:
        self.dispatcher = AsyncDispatcher(handlers, options)
        self._inbox, self._options, self._clock = inbox, options, options.clock
        self._wakeup: Wakeup | None = None
        self._stopping = False
        self._tidied = 0.0
        reset_after_fork(self)

    async def run(self) -> None:
        """Handle deliveries until ``stop``; return at once if it was called before."""
        if self._wakeup is not None:
            raise RuntimeError("this receiver already runs; raise its concurrency, or run another process")
        self._wakeup = Wakeup()
        try:
            async with TaskScope(self._options.concurrency + 1) as scope:
                in_progress = _InProgress()
                keeper = scope.start(partial(self._keep_leases, in_progress))
                try:
                    await self._start_due(scope, in_progress, self._wakeup)
                    while in_progress.entries and in_progress.ended is None:
                        await self._clock.wait(self._wakeup, None)
                finally:
                    in_progress.release()
                await keeper.result()
                if in_progress.ended is not None:
                    raise in_progress.ended
        finally:
            self._wakeup, self._stopping = None, False

    def after_fork(self) -> None:
        """Become a worker that does not run: the parent's worker continues in the parent."""
        self._wakeup, self._stopping = None, False

    @property
    def is_running(self) -> bool:
        """Whether ``run`` is in progress."""
        return self._wakeup is not None

    def stop(self) -> None:
        """End ``run`` after the deliveries in progress."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """Wake ``run``: a delivery has arrived, or one is done."""
        wakeup = self._wakeup
        if wakeup is not None:
            wakeup.wake()

    def prepare(self) -> None:
        """Clear a ``stop`` that was called while nothing ran."""
        self._stopping = False

    async def work(self) -> int:
        """Process the deliveries that are due once and return their number."""
        entries = await self._inbox.lease(
            self._options.concurrency, now=self._clock.wall(), seconds=self._options.lease
        )
        if not entries:
            return 0
        in_progress = _InProgress()
        for entry in entries:
            in_progress.add(entry, self._clock.monotonic())
        async with TaskScope(self._options.concurrency + 1) as scope:
            keeper = scope.start(partial(self._keep_leases, in_progress))
            try:
                if self._options.concurrency == 1:
                    await self._settle(entries[0], in_progress)
                else:
                    started = [scope.start(partial(self._settle, entry, in_progress)) for entry in entries]
                    for handle in started:
                        await handle.result()
            finally:
                in_progress.release()
            await keeper.result()
        return len(entries)

    async def _start_due(self, scope: TaskScope, in_progress: _InProgress, wakeup: Wakeup) -> None:
        """Start due deliveries while concurrency allows; with one, in the caller's own thread or task."""
        failed = 0
        while not self._stopping and in_progress.ended is None:
            free = self._options.concurrency - len(in_progress.entries)
            leased = 0
            wait = self._options.poll_interval
            try:
                if free > 0:
                    for entry in await self._inbox.lease(
                        free, now=self._clock.wall(), seconds=self._options.lease
                    ):
                        leased += 1
                        in_progress.add(entry, self._clock.monotonic())
                        if self._options.concurrency > 1:
                            scope.start(partial(self._settle, entry, in_progress))
                        else:
                            await self._settle(entry, in_progress)
                await self._tidy()
                failed = 0
            except Exception as error:
                # The inbox cannot be reached. No delivery is lost: leases end and entries stay in the inbox.
                self.dispatcher.report_failure(Failure(error))
                failed += 1
                wait = min(
                    self._options.poll_interval * 2 ** min(failed, 10),
                    max(self._options.poll_interval, _MAX_DELAY),
                )
            if not leased and not self._stopping:
                await self._clock.wait(wakeup, wait)

    async def _tidy(self) -> None:
        now = self._clock.wall()
        if abs(now - self._tidied) > _HOUR:
            self._tidied = now
            await self._inbox.purge(before=now - self._options.retention)

    async def _settle(self, entry: InboxEntry, in_progress: _InProgress) -> None:
        """Handle one entry and record the result in the inbox."""
        try:
            await self._process(entry)
        except Exception as error:
            # The inbox cannot be reached. The entry returns when its lease ends.
            self.dispatcher.report_failure(Failure(error, attempt=entry.attempts))
        except BaseException as error:
            in_progress.ended = error
            raise
        finally:
            in_progress.drop(entry)
            if self._options.concurrency > 1:
                self.wake()  # one more delivery may start

    async def _process(self, entry: InboxEntry) -> None:
        if entry.attempts > self._options.backoff.attempts:
            # It was leased too often without a result: it kills its workers.
            reason = entry.error or "the process ended during every attempt to handle this delivery"
            await self._bury(entry, reason)
            return
        try:
            failures = await self.dispatcher.handle(entry, partial(self._mark, entry))
        except WebhookError as error:
            self.dispatcher.report_failure(Failure(error, attempt=entry.attempts, final=True))
            await self._bury(entry, f"{type(error).__name__}: {error}")
            return
        for failure in failures:
            if failure.attempt:
                self.dispatcher.report_failure(failure)
        retryable = next((failure for failure in failures if not failure.final), None)
        if retryable is not None:
            due = self._clock.wall() + self._options.backoff.wait(entry.attempts, random.random())
            await self._insist(partial(self._inbox.retry, entry, due=due, error=retryable.text))
        elif failures:
            await self._bury(entry, failures[0].text)
        else:
            await self._insist(partial(self._inbox.finish, entry, now=self._clock.wall()))

    async def _bury(self, entry: InboxEntry, reason: str) -> None:
        await self._insist(partial(self._inbox.bury, entry, now=self._clock.wall(), error=reason))

    async def _mark(self, entry: InboxEntry, name: str) -> None:
        await self._insist(partial(self._inbox.mark, entry, name))

    async def _insist(self, record: Callable[[], Result[None]]) -> None:
        """Record a result in the inbox, with retries during one lease; a lost result is handled again."""
        end, wait = self._clock.monotonic() + self._options.lease, _MIN_DELAY
        while True:
            try:
                await record()
                return
            except Exception:
                if self._clock.monotonic() + wait > end:
                    raise
            await self._clock.sleep(wait)
            wait = min(2 * wait, _MAX_DELAY)

    async def _keep_leases(self, in_progress: _InProgress) -> None:
        """Extend the leases of entries in progress; a handler may run longer than a lease, up to its timeout."""
        while not in_progress.released:
            await self._clock.wait(in_progress.wakeup, self._options.lease / 3)
            for entry, since in in_progress.entries.copy().values():
                if (
                    self._options.timeout is not None
                    and self._clock.monotonic() - since > 2 * self._options.timeout
                ):
                    continue  # it hangs and cannot be cancelled: another worker will try
                try:
                    await self._inbox.extend(entry, until=self._clock.wall() + self._options.lease)
                except Exception as error:
                    self.dispatcher.report_failure(Failure(error))


class _InProgress:
    """Entries in progress, with the time of their lease."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[InboxEntry, float]] = {}
        self.wakeup = Wakeup()
        self.released = False
        #: exception of a handler that ends the program
        self.ended: BaseException | None = None

    def add(self, entry: InboxEntry, now: float) -> None:
        """Add an entry that was leased at ``now``."""
        self.entries[entry.id] = (entry, now)

    def drop(self, entry: InboxEntry) -> None:
        """Remove an entry that is settled."""
        self.entries.pop(entry.id, None)

    def release(self) -> None:
        """Stop extending leases: all entries are settled or cancelled."""
        self.released = True
        self.wakeup.wake()
