"""Calling the handlers of a delivery, each call by itself: one that fails touches no other."""
# GENERATED from src/amocrm/_async/webhooks/dispatcher.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from amocrm.webhooks._events.base import Event
from amocrm.webhooks._parsing.parse import parse_delivery
from amocrm.webhooks._receiving.delivery import Delivery
from amocrm.webhooks._receiving.handler_registry import Failure, GiveUp, Handler, Handlers
from amocrm.webhooks._receiving.inbox_entry import InboxEntry

from ..._io.handler_threads import HandlerThreads
from .._handlers import call_handler
from .._primitives import Result, SerialExecutor, is_cancellation
from .handler_context import Handling
from .worker_options import WorkerOptions

__all__ = ["Dispatcher"]

T = TypeVar("T")
_log: Final = logging.getLogger("amocrm.webhooks")
#: Bytes from which on a body takes more than some milliseconds to read.
_LARGE: Final = 128 * 1024
#: Prefix of marks for handlers that gave up permanently.
_GIVEN_UP: Final = "given up "


class Dispatcher:
    """Dispatcher of events to handlers. ``Hooks`` makes one; the options are described there."""

    def __init__(self, handlers: Handlers, options: WorkerOptions) -> None:
        self._handlers, self._options = handlers, options
        self._threads = HandlerThreads()
        self._reader = SerialExecutor()

    def handle(
        self, entry: InboxEntry, mark: Callable[[str], Result[None]] | None = None
    ) -> list[Failure]:
        """Calls the handlers of an entry; what failed. What was given up earlier is there with attempt 0.

        Args:
            entry: what is done of it, by its marks, is left out.
            mark: notes what is done or given up.

        Raises:
            WebhookError: the delivery cannot be read.
        """
        failures: list[Failure] = []
        read = partial(parse_delivery, entry.delivery, limits=self._options.limits)
        events = self.read(entry.delivery, read)
        alone = len(events) * len(self._handlers) == 1
        for event, handler in ((event, handler) for event in events for handler in self._handlers):
            name = f"{event.position}:{handler.name}"
            if name in entry.marks:
                continue
            if _GIVEN_UP + name in entry.marks:
                error = GiveUp("given up at an earlier attempt")
                failures.append(Failure(error, event, handler.name, final=True))
                continue
            failure = self._invoke(entry, event, handler)
            if failure is not None:
                failures.append(failure)
            # What is marked is not done again when something else has to be. Alone there is nothing else.
            if mark is not None and not alone and (failure is None or isinstance(failure.error, GiveUp)):
                mark(name if failure is None else _GIVEN_UP + name)
        return failures

    def _invoke(self, entry: InboxEntry, event: Event[Any], handler: Handler) -> Failure | None:
        """One call. A filter that fails is a handler that fails."""
        try:
            if not handler.wants(event):
                return None
            call = partial(call_handler, self._threads, self._options.timeout, handler.function, event)
            if handler.takes_context:
                context = Handling(event, entry.attempts, self._options.client)
                call(context)
                context.check()
            else:
                call()
        except BaseException as error:
            if is_cancellation(error):
                raise
            final = isinstance(error, GiveUp) or entry.attempts >= self._options.backoff.attempts
            return Failure(error, event, handler.name, entry.attempts, final)
        return None

    def read(self, delivery: Delivery, read: Callable[[], T]) -> T:
        """Read a delivery; a large one beside the event loop, which goes on meanwhile."""
        if len(delivery.body) <= _LARGE:
            return read()
        return self._reader.run(read)

    def close(self) -> None:
        """End idle threads."""
        self._threads.close()
        self._reader.close()

    def report_failure(self, failure: Failure) -> None:
        """Passes a failure on; an observer that fails itself is logged."""
        if self._options.on_failure is not None:
            try:
                self._options.on_failure(failure)
                return
            except Exception:
                _log.exception("on_failure failed itself")
        word = "gave up" if failure.final else "failed"
        if failure.handler:
            place = f"{failure.handler} on {failure.event!r} {word}"
        elif failure.attempt:
            place = f"a delivery {word}"
        else:
            _log.error("nothing that was accepted is lost: %s", failure.error, exc_info=failure.error)
            return
        _log.error("%s (attempt %d)", place, failure.attempt, exc_info=failure.error)
