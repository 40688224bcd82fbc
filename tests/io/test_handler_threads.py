"""Threads for plain handlers: used again, left to a call that hangs, refused to its handler meanwhile."""

from __future__ import annotations

import os
import threading

import pytest

from amocrm._io.handler_threads import HandlerHangs, HandlerThreads


def test_threads_are_used_again() -> None:
    """What a handler keeps in its thread, such as a connection, is there at its next call."""
    threads = HandlerThreads()
    seen = {threads.start(threading.get_ident, ()).result(10) for _ in range(20)}
    threads.close()

    # A thread that has just answered may not be idle yet, so there can be a few.
    assert len(seen) < 20


def test_an_abandoned_call_keeps_its_handler_away_until_it_ends() -> None:
    """A handler that hangs takes one thread and no more; others go on."""
    threads, leave = HandlerThreads(), threading.Event()
    hangs = leave.wait
    call = threads.start(hangs, ())
    threads.abandon(hangs, call)

    with pytest.raises(HandlerHangs):
        threads.start(hangs, ())
    assert threads.start(max, (1, 2)).result(10) == 2
    leave.set()
    assert call.result(10)
    assert threads.start(hangs, ()).result(10)
    threads.close()


def test_what_no_future_can_hold_is_told_as_another_error() -> None:
    """A handler that raises StopIteration fails like any other."""
    threads = HandlerThreads()

    with pytest.raises(RuntimeError, match="StopIteration"):
        threads.start(next, (iter(()),)).result(10)
    threads.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only")
def test_a_forked_child_has_threads_of_its_own() -> None:
    """The idle threads of the parent do not exist in the child."""
    threads = HandlerThreads()
    threads.start(max, (1, 2)).result(10)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if threads.start(max, (1, 2)).result(10) == 2 else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    threads.close()
