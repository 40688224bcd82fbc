"""Time: a wall clock that tests can move, and the monotonic source of the limits."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Clock", "ManualClock"]


class Clock:
    """The sandbox's two clocks.

    The wall clock (`now`) stamps entities and ages tokens and can be moved; the monotonic one only feeds the
    request limits: a moved calendar does not open or close a limit.

    Args:
        wall: Source of Unix time in seconds.
        monotonic: Source of monotonic seconds.

    Attributes:
        offset: Seconds by which the wall clock is moved.
        on_move: Called with the new offset when it is.

    Example:
        >>> clock = Clock(wall=lambda: 100.0)
        >>> clock.advance(60)
        >>> clock.now()
        160
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self.offset = 0.0
        self.on_move: Callable[[float], None] | None = None
        self.monotonic = monotonic

    def now(self) -> int:
        """Return the wall time in whole Unix seconds."""
        return int(self._wall() + self.offset)

    def advance(self, seconds: float) -> None:
        """Move the wall clock by so many seconds; a negative number moves it back."""
        self._move(self.offset + seconds)

    def set(self, timestamp: float) -> None:
        """Move the wall clock to a Unix time; it runs on from there."""
        self._move(timestamp - self._wall())

    def _move(self, offset: float) -> None:
        self.offset = offset
        if self.on_move is not None:
            self.on_move(offset)


class ManualClock(Clock):
    """A clock that stands still until a test moves it.

    Args:
        start: Unix time in seconds at the beginning.

    Example:
        >>> clock = ManualClock(1000)
        >>> clock.tick(0.5)
        >>> clock.monotonic()
        0.5
    """

    def __init__(self, start: float = 1_700_000_000) -> None:
        self._elapsed = 0.0
        super().__init__(wall=lambda: start + self._elapsed, monotonic=lambda: self._elapsed)

    def tick(self, seconds: float) -> None:
        """Let so many seconds pass on both clocks."""
        self._elapsed += seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time at once; usable as the sleeper of the in-process transports."""
        self.tick(seconds)
