"""Dispatcher: calls the handlers of a delivery. A handler that fails does not affect the others."""
# GENERATED from src/amocrm/_async/webhooks/dispatcher.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from amocrm.webhooks._delivery import Delivery
from amocrm.webhooks._events.base import Event
from amocrm.webhooks._parsing.parse import parse_delivery
from amocrm.webhooks._receiving.handler_registry import Failure, GiveUp, Handler, Handlers
from amocrm.webhooks._receiving.inbox_entry import InboxEntry

from ..._io.handler_threads import HandlerThreads
from .._handlers import call_handler
from .._primitives import Result, SerialExecutor, is_cancellation
from .handler_context import HandlerContext
from .worker_options import WorkerOptions

__all__ = ["Dispatcher"]

T = TypeVar("T")
_log: Final = logging.getLogger("amocrm.webhooks")
#: Bytes; reading a larger body takes more than a few milliseconds.
_LARGE: Final = 128 * 1024
#: Prefix of marks for handlers that gave up permanently.
_GIVEN_UP: Final = "given up "


class Dispatcher:
    """Dispatcher of events to handlers. ``WebhookReceiver`` creates it and describes the options."""

    def __init__(self, handlers: Handlers, options: WorkerOptions) -> None:
        self._handlers, self._options = handlers, options
        self._threads = HandlerThreads()
        self._reader = SerialExecutor()

    def handle(
        self, entry: InboxEntry, mark: Callable[[str], Result[None]] | None = None
    ) -> list[Failure]:
        """Run the handlers of an entry and return the failures.

        Handlers that gave up earlier are reported with attempt 0.

        Args:
            entry: the entry; handlers that its marks name as done are skipped.
            mark: called with the mark of a handler that is done or has given up.

        Raises:
            WebhookError: the delivery cannot be read.
        """
        failures: list[Failure] = []
        read = partial(parse_delivery, entry.delivery, limits=self._options.limits)
        events = self.read(entry.delivery, read)
        is_single = len(events) * len(self._handlers) == 1
        for event, handler in ((event, handler) for event in events for handler in self._handlers):
            name = f"{event.position}:{handler.name}"
            if name in entry.marks:
                continue
            if _GIVEN_UP + name in entry.marks:
                error = GiveUp("the handler gave up at an earlier attempt")
                failures.append(Failure(error, event, handler.name, final=True))
                continue
            failure = self._invoke(entry, event, handler)
            if failure is not None:
                failures.append(failure)
            # A marked handler is not called again when another one fails. A single one needs no mark.
            if mark is not None and not is_single and (failure is None or isinstance(failure.error, GiveUp)):
                mark(name if failure is None else _GIVEN_UP + name)
        return failures

    def _invoke(self, entry: InboxEntry, event: Event[Any], handler: Handler) -> Failure | None:
        """Call one handler and return its failure. A filter that raises counts as a failed handler."""
        try:
            if not handler.wants(event):
                return None
            call = partial(call_handler, self._threads, self._options.timeout, handler.function, event)
            if handler.takes_context:
                context = HandlerContext(event, entry.attempts, self._options.client)
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
        """Read a delivery; a large one on a thread, without blocking the event loop."""
        if len(delivery.body) <= _LARGE:
            return read()
        return self._reader.run(read)

    def close(self) -> None:
        """End idle threads."""
        self._threads.close()
        self._reader.close()

    def report_failure(self, failure: Failure) -> None:
        """Pass a failure to ``on_failure``, or log it; an exception of ``on_failure`` is logged too."""
        if self._options.on_failure is not None:
            try:
                self._options.on_failure(failure)
                return
            except Exception:
                _log.exception("on_failure raised an exception")
        result = "gave up" if failure.final else "failed"
        if failure.handler:
            message = f"{failure.handler} on {failure.event!r} {result}"
        elif failure.attempt:
            message = f"a delivery {result}"
        else:
            _log.error(
                "the inbox failed, accepted deliveries are kept: %s", failure.error, exc_info=failure.error
            )
            return
        _log.error("%s (attempt %d)", message, failure.attempt, exc_info=failure.error)
