"""Reset of state that a forked process must not share with its parent.

A fork copies locks that other threads hold, queues of waiters that exist in the parent only, and descriptors of
sockets that parent and child would then both read. An object that owns such things registers itself once.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol
from weakref import WeakSet

__all__ = ["ForkAware", "ForkSafeLock", "reset_after_fork"]

_log = logging.getLogger("amocrm")


class ForkAware(Protocol):
    """Protocol of an object that resets itself after a fork."""

    def after_fork(self) -> None:
        """Reset; called in the child before anything else runs there, while it has one thread only."""
        ...


_registered: WeakSet[ForkAware] = WeakSet()


def reset_after_fork(owner: ForkAware) -> None:
    """Call ``owner.after_fork()`` in every process that is forked from now on, as long as the owner lives."""
    _registered.add(owner)


def _in_child() -> None:
    for owner in list(_registered):
        try:
            owner.after_fork()
        except Exception:
            _log.exception("%s could not be reset after a fork", type(owner).__name__)


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_in_child)


class ForkSafeLock:
    """Lock between threads that is free in a forked process, even if it is held in the parent."""

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        reset_after_fork(self)

    # The lock's own methods, without a frame of ours around them: an interruption between taking the lock and
    # the block that it guards would leave it taken for ever.
    @property
    def __enter__(self) -> Callable[[], bool]:
        return self._lock.__enter__

    @property
    def __exit__(
        self,
    ) -> Callable[[type[BaseException] | None, BaseException | None, TracebackType | None], None]:
        return self._lock.__exit__

    def after_fork(self) -> None:
        """Replace the lock by a free one."""
        self._lock = threading.Lock()
