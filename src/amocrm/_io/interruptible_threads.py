"""Threads that work beside their caller and can be interrupted, for the sync variant.

A signal handler that raises (Ctrl-C) may strike the main thread between any two instructions. Only locks that are
written in C are used here, so none of them stays taken.
"""

from __future__ import annotations

import threading
from _thread import start_new_thread
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Generic, TypeVar

from amocrm._core.http.exchange import Interrupted

__all__ = ["INTERRUPTION", "Interruption", "Task", "bind_context", "start_thread"]

T = TypeVar("T")


class Interruption:
    """Interruption of the threads of one scope, as a cancellation is for the tasks of the other variant.

    Threads that wait for a time, for a limiter or for an answer stop waiting. Others go on until they wait.
    """

    def __init__(self) -> None:
        self.happened = False
        self._guard = threading.Lock()
        self._callbacks: set[Callable[[], object]] = set()
        self._parent = INTERRUPTION.get()
        if self._parent is not None:
            self._parent.add(self.trigger)

    def add(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when it happens, now if it has happened already."""
        with self._guard:
            self._callbacks.add(callback)
            if not self.happened:
                return
        callback()

    def remove(self, callback: Callable[[], object]) -> None:
        """Forget a callback."""
        with self._guard:
            self._callbacks.discard(callback)

    def trigger(self) -> None:
        """Interrupt the threads that wait, and those that will want to wait."""
        with self._guard:
            self.happened = True
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def close(self) -> None:
        """Detach from the scope around this one."""
        if self._parent is not None:
            self._parent.remove(self.trigger)

    def check(self) -> None:
        """Raise Interrupted if it has happened."""
        if self.happened:
            raise Interrupted


#: Interruption of the scope that the running thread works for.
INTERRUPTION: ContextVar[Interruption | None] = ContextVar("amocrm_interruption", default=None)


def start_thread(run: Callable[[], object]) -> None:
    """Start a thread. A signal cannot leave it half started, as it could inside ``Thread.start``.

    Raises:
        RuntimeError: the process can start no more threads.
    """
    thread = threading.Thread(target=run, name="amocrm", daemon=False)
    if threading.get_ident() == threading.main_thread().ident:
        start_new_thread(
            _begin, (thread, run)
        )  # one call of C, and signals are handled in the main thread only
    else:
        thread.start()


def _begin(thread: threading.Thread, run: Callable[[], object]) -> None:
    try:
        thread.start()
    except RuntimeError:  # there is no other thread, but there is this one
        run()


def bind_context(function: Callable[..., T], interruption: Interruption) -> Callable[..., T]:
    """Bind the function to the caller's context variables, which traces need."""
    context = copy_context()
    context.run(INTERRUPTION.set, interruption)
    return partial(context.run, function)


class Task(Generic[T]):
    """Function that a thread runs, and its result."""

    __slots__ = ("_call", "_done", "_error", "_value", "finished")

    def __init__(self, call: Callable[[], T]) -> None:
        self._call: Callable[[], T] | None = call
        self._value: list[T] = []
        self._error: BaseException | None = None
        self.finished = False
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> None:
        """Call the function and keep its value or exception."""
        assert self._call is not None
        try:
            self._value.append(self._call())
        except BaseException as error:
            self._finish(error)
            del self  # no cycle of task, error, traceback and frame, which would keep the locals of the call
        else:
            self._finish(None)

    def drop(self) -> None:
        """Finish without a call: the scope was left before it began."""
        self._finish(Interrupted())

    def wait(self, seconds: float | None) -> None:
        """Wait until it is finished, at most ``seconds``."""
        if not self.finished and self._done.acquire(timeout=-1 if seconds is None else max(0.0, seconds)):
            self._done.release()

    def result(self) -> T:
        """Wait for the end; return the value or raise the exception."""
        self.wait(None)
        if self._error is not None:
            try:
                raise self._error
            finally:
                del self  # as above
        return self._value[0]

    def _finish(self, error: BaseException | None) -> None:
        self._error, self._call = error, None
        self.finished = True
        self._done.release()
