"""The worker of an inbox: takes up deliveries, has them handled, and tells the inbox how it went."""
# GENERATED from src/amocrm/_async/webhooks/worker.py by generator/async_to_sync.py: edit that file and run `make generate`.
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
from .dispatcher import Dispatcher
from .inbox import Inbox
from .worker_options import WorkerOptions

__all__ = ["Worker"]

_HOUR: Final = 3600.0
#: Seconds between two attempts to reach an inbox that fails: at first, and at most.
_SOON: Final = 0.05
_LATE: Final = 15.0


class Worker:
    """Worker of an inbox. ``Hooks`` makes one; the options are described there."""

    def __init__(self, inbox: Inbox, handlers: Handlers, options: WorkerOptions) -> None:
        self.dispatcher = Dispatcher(handlers, options)
        self._inbox, self._options, self._clock = inbox, options, options.clock
        self._wakeup: Wakeup | None = None
        self._stopping = False
        self._tidied = 0.0
        reset_after_fork(self)

    def run(self) -> None:
        """Handles deliveries until ``stop``; at once over when that was called before."""
        if self._wakeup is not None:
            raise RuntimeError("this router works already: raise its concurrency, or work in another process")
        self._wakeup = Wakeup()
        try:
            with TaskScope(self._options.concurrency + 1) as scope:
                held = _Held()
                keeper = scope.start(partial(self._keep_leases, held))
                try:
                    self._take_up(scope, held, self._wakeup)
                    while held.entries and held.ended is None:
                        self._clock.wait(self._wakeup, None)
                finally:
                    held.release()
                keeper.result()
                if held.ended is not None:
                    raise held.ended
        finally:
            self._wakeup, self._stopping = None, False

    def after_fork(self) -> None:
        """Be a worker that does not run: the one of the parent goes on there."""
        self._wakeup, self._stopping = None, False

    @property
    def is_running(self) -> bool:
        """Whether ``run`` is under way."""
        return self._wakeup is not None

    def stop(self) -> None:
        """Ends ``run`` after the deliveries that are being handled."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """Something has come in, or was done."""
        wakeup = self._wakeup
        if wakeup is not None:
            wakeup.wake()

    def prepare(self) -> None:
        """Forgets a ``stop`` that came when nothing ran."""
        self._stopping = False

    def work(self) -> int:
        """Takes up what is due, once; how many deliveries that were."""
        entries = self._inbox.lease(
            self._options.concurrency, now=self._clock.wall(), seconds=self._options.lease
        )
        if not entries:
            return 0
        held = _Held()
        for entry in entries:
            held.add(entry, self._clock.monotonic())
        with TaskScope(self._options.concurrency + 1) as scope:
            keeper = scope.start(partial(self._keep_leases, held))
            try:
                if self._options.concurrency == 1:
                    self._settle(entries[0], held)
                else:
                    started = [scope.start(partial(self._settle, entry, held)) for entry in entries]
                    for handle in started:
                        handle.result()
            finally:
                held.release()
            keeper.result()
        return len(entries)

    def _take_up(self, scope: TaskScope, held: _Held, wakeup: Wakeup) -> None:
        """Starts what is due as long as there is a place free. One place is the caller's own thread or task."""
        failed = 0
        while not self._stopping and held.ended is None:
            free = self._options.concurrency - len(held.entries)
            taken = 0
            wait = self._options.poll
            try:
                if free > 0:
                    for entry in self._inbox.lease(
                        free, now=self._clock.wall(), seconds=self._options.lease
                    ):
                        taken += 1
                        held.add(entry, self._clock.monotonic())
                        if self._options.concurrency > 1:
                            scope.start(partial(self._settle, entry, held))
                        else:
                            self._settle(entry, held)
                self._tidy()
                failed = 0
            except Exception as error:
                # The inbox cannot be reached. Nothing is lost: leases end, and what waits goes on waiting.
                self.dispatcher.report_failure(Failure(error))
                failed += 1
                wait = min(self._options.poll * 2 ** min(failed, 10), max(self._options.poll, _LATE))
            if not taken and not self._stopping:
                self._clock.wait(wakeup, wait)

    def _tidy(self) -> None:
        now = self._clock.wall()
        if abs(now - self._tidied) > _HOUR:
            self._tidied = now
            self._inbox.purge(before=now - self._options.keep)

    def _settle(self, entry: InboxEntry, held: _Held) -> None:
        """Handles one entry and tells the inbox how it went."""
        try:
            self._settled(entry)
        except Exception as error:
            # The inbox cannot be told. The entry comes back when its lease is over.
            self.dispatcher.report_failure(Failure(error, attempt=entry.attempts))
        except BaseException as error:
            held.ended = error
            raise
        finally:
            held.drop(entry)
            if self._options.concurrency > 1:
                self.wake()  # a place is free

    def _settled(self, entry: InboxEntry) -> None:
        if entry.attempts > self._options.backoff.attempts:
            # It was taken up too often without an end: it kills its workers.
            reason = entry.error or "the process ended every time that this was handled"
            self._bury(entry, reason)
            return
        try:
            failures = self.dispatcher.handle(entry, partial(self._mark, entry))
        except WebhookError as error:
            self.dispatcher.report_failure(Failure(error, attempt=entry.attempts, final=True))
            self._bury(entry, f"{type(error).__name__}: {error}")
            return
        for failure in failures:
            if failure.attempt:
                self.dispatcher.report_failure(failure)
        open_ = next((failure for failure in failures if not failure.final), None)
        if open_ is not None:
            due = self._clock.wall() + self._options.backoff.wait(entry.attempts, random.random())
            self._insist(partial(self._inbox.retry, entry, due=due, error=open_.text))
        elif failures:
            self._bury(entry, failures[0].text)
        else:
            self._insist(partial(self._inbox.finish, entry, now=self._clock.wall()))

    def _bury(self, entry: InboxEntry, reason: str) -> None:
        self._insist(partial(self._inbox.bury, entry, now=self._clock.wall(), error=reason))

    def _mark(self, entry: InboxEntry, name: str) -> None:
        self._insist(partial(self._inbox.mark, entry, name))

    def _insist(self, tell: Callable[[], Result[None]]) -> None:
        """Tells the inbox, again while a lease lasts: what it does not hear of would be handled once more."""
        end, wait = self._clock.monotonic() + self._options.lease, _SOON
        while True:
            try:
                tell()
                return
            except Exception:
                if self._clock.monotonic() + wait > end:
                    raise
            self._clock.sleep(wait)
            wait = min(2 * wait, _LATE)

    def _keep_leases(self, held: _Held) -> None:
        """Extends what is still being handled; a handler may take longer than a lease, up to its timeout."""
        while not held.released:
            self._clock.wait(held.wakeup, self._options.lease / 3)
            for entry, since in held.entries.copy().values():
                if (
                    self._options.timeout is not None
                    and self._clock.monotonic() - since > 2 * self._options.timeout
                ):
                    continue  # it hangs where it cannot be broken off: another worker is to try
                try:
                    self._inbox.extend(entry, until=self._clock.wall() + self._options.lease)
                except Exception as error:
                    self.dispatcher.report_failure(Failure(error))


class _Held:
    """Entries that this worker holds, and since when."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[InboxEntry, float]] = {}
        self.wakeup = Wakeup()
        self.released = False
        #: what ends the worker, raised by a handler: the wish to end the program
        self.ended: BaseException | None = None

    def add(self, entry: InboxEntry, now: float) -> None:
        """This one is taken up."""
        self.entries[entry.id] = (entry, now)

    def drop(self, entry: InboxEntry) -> None:
        """This one is settled."""
        self.entries.pop(entry.id, None)

    def release(self) -> None:
        """All of them are settled, or their handling was broken off."""
        self.released = True
        self.wakeup.wake()
