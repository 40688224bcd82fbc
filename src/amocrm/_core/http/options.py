"""Options of a call: timeouts, retries, context user."""

from __future__ import annotations

from functools import cached_property

import msgspec

from ..processes import ForkSafeLock
from ..validation import check_count, check_seconds
from .retry import RetryPolicy

__all__ = ["Options", "Stats", "Timeout"]


class Timeout(msgspec.Struct, frozen=True):
    """Seconds that one attempt may take at each step; ``None`` waits for ever.

    Attributes:
        read: without a byte of the answer.
        connect: to open a connection.
        write: without a byte of the request taken.
        pool: until one of our own connections is free.
        total: for the whole attempt, from when it leaves to the last byte of the answer; a server that
            sends a byte now and then would otherwise hold a call for ever.
    """

    read: float | None = 30.0
    connect: float | None = 5.0
    write: float | None = 30.0
    pool: float | None = 30.0
    total: float | None = 600.0

    def __post_init__(self) -> None:
        times = {name: getattr(self, name) for name in ("read", "connect", "write", "pool", "total")}
        check_seconds(**{name: seconds for name, seconds in times.items() if seconds is not None})

    @classmethod
    def of(cls, timeout: Timeout | float | None) -> Timeout:
        """Return a ``Timeout``: a number is the time to read and to write, ``None`` the default.

        Raises:
            ConfigurationError: a time is not above zero.
        """
        if timeout is None:
            return cls()
        if isinstance(timeout, Timeout):
            return timeout
        check_seconds(timeout=timeout)
        return cls(read=timeout, write=timeout)


class Options(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Options of a call; ``with_options`` of a client changes them for a copy.

    Attributes:
        timeout: of one attempt.
        retry: how often and how long to try.
        context_user: id of the user with whose rights the call runs (``X-Context-User-ID``); needs a
            token that an administrator granted.
    """

    timeout: Timeout = Timeout()
    retry: RetryPolicy = RetryPolicy()
    context_user: int | None = None

    def __post_init__(self) -> None:
        if self.context_user is not None:
            check_count(context_user=self.context_user)

    @cached_property
    def timeouts(self) -> dict[str, float | None]:
        """The timeouts in the form that the HTTP library takes, made once."""
        return msgspec.structs.asdict(self.timeout)


class Stats:
    """Counters of a client.

    Attributes:
        requests: attempts that were made.
        retries: attempts that were made again.
        waits: how often the limiter made a request wait, and ``waited``, for how many seconds in all.
        refreshes: how often a token was refreshed.
    """

    __slots__ = ("_guard", "refreshes", "requests", "retries", "waited", "waits")

    def __init__(self) -> None:
        self.requests = self.retries = self.waits = self.refreshes = 0
        self.waited = 0.0
        self._guard = ForkSafeLock()

    def sent(self, waited: float, again: bool) -> None:
        """Count one attempt, from any thread."""
        with self._guard:
            self.requests += 1
            self.retries += again
            if waited > 0.0:
                self.waits += 1
                self.waited += waited

    def refreshed(self) -> None:
        """Count one refresh, from any thread."""
        with self._guard:
            self.refreshes += 1

    def __repr__(self) -> str:
        return (
            f"Stats(requests={self.requests}, retries={self.retries}, waits={self.waits}, "
            f"waited={self.waited:.3f}, refreshes={self.refreshes})"
        )
