"""State of one request on the wire: its deadline, its socket, and how to abort it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from amocrm_gen._runtime.wire import Sink

__all__ = ["CURRENT", "Exchange", "Interrupted", "Stoppable"]

#: A read or write that is late already still gets a moment, so the HTTP library reports it in its own way.
_LEAST_WAIT = 0.001


class Interrupted(BaseException):
    """A wait was broken off because its caller does not wait for the result any more."""


class Stoppable(Protocol):
    """A stream to the server."""

    def stop(self, exchange: Exchange) -> None:
        """End what waits on it now, if it still serves ``exchange``."""
        ...


class Exchange:
    """State of one request on the wire.

    Args:
        now: seconds that never go back.
        seconds: how long the exchange may take as a whole; ``None`` for any time.
        sink: takes the parts of a successful answer; ``None`` to keep them.

    Attributes:
        sent: whether any byte of it was handed to a socket.
        aborted: whether it was broken off.
        on_abort: ends the wait for a connection, while there is no stream yet.
        problem: error of the sink.
    """

    __slots__ = ("_deadline", "_now", "_stream", "aborted", "on_abort", "problem", "sent", "sink")

    def __init__(self, now: Callable[[], float], seconds: float | None, sink: Sink | None = None) -> None:
        self._now, self.sink = now, sink
        self._deadline = None if seconds is None else now() + seconds
        self._stream: Stoppable | None = None
        self.on_abort: Callable[[], object] | None = None
        self.problem: Exception | None = None
        self.sent = self.aborted = False

    def limit(self, timeout: float | None) -> float | None:
        """Return the seconds that a step may take: its own time-out, at most what is left of the whole."""
        if self._deadline is None:
            return timeout
        left = max(_LEAST_WAIT, self._deadline - self._now())
        return left if timeout is None else min(timeout, left)

    def is_late(self) -> bool:
        """Return whether the time for the whole is over."""
        return self._deadline is not None and self._now() >= self._deadline

    def use(self, stream: Stoppable) -> None:
        """Note the stream that is about to be used."""
        self._stream = stream
        if self.aborted:  # from another thread, before there was a stream
            stream.stop(self)

    def abort(self) -> None:
        """Break it off from another thread or task: nothing more is sent, and what waits ends at once."""
        self.aborted = True
        if self.on_abort is not None:
            self.on_abort()
        if self._stream is not None:
            self._stream.stop(self)


#: The exchange that the running thread or task is in.
CURRENT: ContextVar[Exchange | None] = ContextVar("amocrm_exchange", default=None)
