# GENERATED from src/amocrm/_async/worker.py by generator/desync.py: edit that file and run `make generate`.
"""The worker of an inbox: takes up deliveries, calls handlers, remembers what is done."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amocrm.webhooks._event import Event
from amocrm.webhooks.errors import WebhookError
from amocrm.webhooks.forms import Limits
from amocrm.webhooks.handlers import Failure, GiveUp, Handler, Handlers
from amocrm.webhooks.parse import parse_delivery
from amocrm.webhooks.stored import Backoff, Entry

from ._primitives import Clock, Scope, Wakeup, run_all
from .handling import Handling
from .inbox import Inbox

if TYPE_CHECKING:
    from .client import AmoCRM

__all__ = ["Worker"]

_log: Final = logging.getLogger("amocrm.webhooks")
_HOUR: Final = 3600.0


class Worker:
    """Takes up deliveries of an inbox. ``Hooks`` makes one; its arguments are described there."""

    def __init__(
        self,
        inbox: Inbox,
        handlers: Handlers,
        *,
        client: AmoCRM | Callable[[Any], AmoCRM] | None,
        concurrency: int,
        lease: float,
        backoff: Backoff,
        keep: float,
        poll: float,
        limits: Limits,
        on_failure: Callable[[Failure], object] | None,
        clock: Clock,
    ) -> None:
        self._inbox, self._handlers, self._client = inbox, handlers, client
        self._concurrency, self._lease, self._backoff = max(1, concurrency), lease, backoff
        self._keep, self._poll, self._limits = keep, poll, limits
        self._on_failure, self._clock = on_failure, clock
        self._wakeup: Wakeup | None = None
        self._stopping = False

    def run(self) -> None:
        """Handles deliveries until ``stop``."""
        self._stopping, self._wakeup = False, Wakeup()
        tidied = self._clock.wall()
        while not self._stopping:
            worked = 0
            try:
                worked = self.work()
                if self._clock.wall() - tidied > _HOUR:
                    tidied = self._clock.wall()
                    self._inbox.purge(before=tidied - self._keep)
            except Exception as error:
                # The inbox cannot be reached. Nothing is lost: leases end, and what waits goes on waiting.
                self.tell(Failure(error))
            if not worked and not self._stopping:
                self._clock.wait(self._wakeup, self._poll)

    def stop(self) -> None:
        """Ends ``run`` after the deliveries that are being handled."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """Something has come in."""
        if self._wakeup is not None:
            self._wakeup.wake()

    def work(self) -> int:
        """Takes up what is due, once; how many deliveries that were."""
        entries = self._inbox.lease(self._concurrency, now=self._clock.wall(), seconds=self._lease)
        if not entries:
            return 0
        held = _Held(entries)
        with Scope(1) as scope:
            keeper = scope.start(partial(self._keep_leases, held))
            try:
                results = run_all(
                    [partial(self._settle, one, held) for one in entries], self._concurrency
                )
            finally:
                held.release()
            keeper.result()
        for result in results:
            if isinstance(result, Exception):
                raise result
        return len(entries)

    def handle(self, entry: Entry, *, marks: bool = True) -> list[Failure]:
        """Calls the handlers of an entry; what failed.

        Raises:
            WebhookError: the delivery cannot be read.
        """
        failures: list[Failure] = []
        calls = self._calls(entry)
        for name, handler, event in calls:
            if name in entry.marks:
                continue
            try:
                if handler.takes_context:
                    handler.function(event, Handling(event, entry.attempts, self._client))
                else:
                    handler.function(event)
            except Exception as error:
                final = isinstance(error, GiveUp) or entry.attempts >= self._backoff.attempts
                failures.append(Failure(error, event, handler.name, entry.attempts, final))
                continue
            if marks and len(calls) > 1:
                self._inbox.mark(entry, name)
        return failures

    def tell(self, failure: Failure) -> None:
        """Passes a failure on; an observer that fails itself is logged."""
        if self._on_failure is not None:
            try:
                self._on_failure(failure)
                return
            except Exception:
                _log.exception("on_failure failed itself")
        place = f"{failure.handler} on {failure.event!r}" if failure.handler else "the inbox of webhooks"
        word = "gave up" if failure.final else "failed"
        _log.error("%s %s (attempt %d)", place, word, failure.attempt, exc_info=failure.error)

    def _calls(self, entry: Entry) -> list[tuple[str, Handler, Event[Any]]]:
        """Who is to be called with what, and the mark of each call."""
        events = parse_delivery(entry.delivery, limits=self._limits)
        return [
            (f"{event.position}:{handler.name}", handler, event)
            for event in events
            for handler in self._handlers
            if handler.wants(event)
        ]

    def _settle(self, entry: Entry, held: _Held) -> None:
        """Handles one entry and tells the inbox how it went."""
        try:
            self._settled(entry)
        finally:
            held.drop(entry)

    def _settled(self, entry: Entry) -> None:
        if entry.attempts > self._backoff.attempts:
            # It was taken up too often without an end: it kills its workers.
            reason = entry.error or "the process ended every time that this was handled"
            self._inbox.bury(entry, now=self._clock.wall(), error=reason)
            return
        try:
            failures = self.handle(entry)
        except WebhookError as error:
            self.tell(Failure(error, attempt=entry.attempts, final=True))
            self._inbox.bury(entry, now=self._clock.wall(), error=_said(error))
            return
        for failure in failures:
            self.tell(failure)
        now, open_ = self._clock.wall(), [failure for failure in failures if not failure.final]
        if open_:
            wait = self._backoff.wait(entry.attempts, random.random())
            self._inbox.retry(entry, due=now + wait, error=_told(open_[0]))
        elif failures:
            self._inbox.bury(entry, now=now, error=_told(failures[0]))
        else:
            self._inbox.finish(entry, now=now)

    def _keep_leases(self, held: _Held) -> None:
        """Extends what is still being handled; a handler may take longer than a lease."""
        while held.entries:
            self._clock.wait(held.wakeup, self._lease / 3)
            for entry in held.entries:
                try:
                    self._inbox.extend(entry, until=self._clock.wall() + self._lease)
                except Exception as error:
                    self.tell(Failure(error))


class _Held:
    """Entries that this worker holds."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.wakeup = Wakeup()

    def drop(self, entry: Entry) -> None:
        """This one is settled."""
        self.entries = tuple(one for one in self.entries if one is not entry)
        if not self.entries:
            self.wakeup.wake()

    def release(self) -> None:
        """All of them are settled, or their handling was broken off."""
        self.entries = ()
        self.wakeup.wake()


def _told(failure: Failure) -> str:
    return f"{failure.handler}: {_said(failure.error)}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
