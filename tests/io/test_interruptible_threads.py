"""Threads that work beside their caller: results, interruption, and signals at any moment."""

from __future__ import annotations

import _thread
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from amocrm._core.http.exchange import Interrupted
from amocrm._io import interruptible_threads
from amocrm._io.interruptible_threads import INTERRUPTION, Interruption, Task, bind_context
from amocrm._sync._primitives import Slots, TaskScope, Wakeup


class Stop(KeyboardInterrupt):
    """What the signal handler of these tests raises."""


def stop(*_: object) -> None:
    """Handle a signal as Ctrl-C is handled."""
    raise Stop


@pytest.fixture
def alarm() -> Iterator[None]:
    """Let the timer raise in the main thread."""
    before = signal.signal(signal.SIGALRM, stop)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_task_gives_its_value_or_its_error() -> None:
    """The result of a task is what its function returned or raised."""
    good, bad = Task(lambda: 5), Task(partial(int, "x"))
    good.run()
    bad.run()

    assert good.result() == 5
    with pytest.raises(ValueError, match="x"):
        bad.result()


def test_a_dropped_task_is_interrupted() -> None:
    """A caller that waits for a task that was dropped does not wait for ever."""
    task = Task(lambda: 5)
    task.drop()

    with pytest.raises(Interrupted):
        task.result()


def test_an_interruption_reaches_callbacks_and_inner_scopes() -> None:
    """A callback added later is called at once."""
    outer, calls = Interruption(), list[int]()
    inner = bind_context(Interruption, outer)()
    inner.add(lambda: calls.append(1))
    outer.trigger()
    outer.add(lambda: calls.append(2))

    assert calls == [1, 2]
    assert inner.happened
    assert INTERRUPTION.get() is None


@pytest.mark.slow
# CPython swallows what a signal raises inside the callback of a weak reference: nothing is left taken by that.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
def test_signals_at_any_moment_leave_nothing_taken(alarm: None) -> None:
    """Only the handler's own error comes out, and afterwards every slot is free and every thread has ended."""
    chance, slots, before = random.Random(3), Slots(2), threading.active_count()

    def work() -> None:
        slot = slots.acquire(5)
        assert slot is not None
        try:
            Wakeup().wait(0.0002)
        finally:
            slots.release(slot)

    def rounds() -> None:
        with TaskScope(3) as scope:
            handles = [scope.start(work) for _ in range(4)]
            work()
            for handle in handles:
                handle.result()

    stopped = 0
    for _ in range(400):
        try:
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00001, 0.003))
            try:
                rounds()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Stop:
            stopped += 1
    finished = threading.Event()
    for _ in range(1000):
        if threading.active_count() <= before:
            break
        finished.wait(0.01)

    assert stopped > 20
    assert threading.active_count() <= before  # threads of an earlier test may have ended meanwhile
    assert slots.in_use == 0


@pytest.mark.parametrize("started", [0, 1, 2])
def test_a_process_that_can_start_no_more_threads_goes_on(
    started: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls run on the threads that there are, or on that of the caller; none waits for ever."""
    left = [started]

    def limited(start: Callable[..., Any]) -> Callable[..., Any]:
        def started(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise RuntimeError("can't start new thread")
            return start(*arguments, **options)

        return started

    # Python 3.13 has another name for it.
    own = "_start_new_thread" if hasattr(threading, "_start_new_thread") else "_start_joinable_thread"
    monkeypatch.setattr(threading, own, limited(getattr(threading, own)))
    monkeypatch.setattr(interruptible_threads, "start_new_thread", limited(_thread.start_new_thread))
    with TaskScope(3) as scope:
        handles = [scope.start(partial(int, text)) for text in "12345"]
        assert [handle.result() for handle in handles] == [1, 2, 3, 4, 5]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
@pytest.mark.parametrize("wait", [Wakeup().wait, Slots(0).acquire], ids=["a wake-up", "a slot"])
def test_a_signal_whose_handler_outlasts_the_deadline_does_not_prolong_the_wait(
    wait: Callable[[float], object],
) -> None:
    """``SimpleQueue.get`` of CPython waits for ever then."""
    calls = list[float]()

    def handler(*_: object) -> None:
        deadline = time.monotonic() + 0.02
        while time.monotonic() < deadline:
            pass
        calls.append(deadline)

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        wait(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert calls


def test_every_waiter_gets_one_of_the_slots_that_are_released_together() -> None:
    """One wake-up that stands for several releases is passed on."""
    slots, taken = Slots(3), list[object]()
    held = [slots.acquire(0) for _ in range(3)]
    started = threading.Barrier(4)

    def wait() -> None:
        started.wait(10)
        taken.append(slots.acquire(10))

    waiters = [threading.Thread(target=wait) for _ in range(3)]
    for waiter in waiters:
        waiter.start()
    started.wait(10)
    while held:
        slots.release(held.pop())
    for waiter in waiters:
        waiter.join(10)

    assert len(taken) == slots.in_use == 3
    assert None not in taken
