"""The few things in which the flavours differ: running beside the caller, waiting, being cancelled."""
# GENERATED from tests/shell_async/test_primitives.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from functools import partial

import pytest

from amocrm._sync._primitives import Clock, TaskScope, Wakeup, run_all, shielded, sleep, to_thread

from ._support import breathe, cancelled

pytestmark = pytest.mark.anyio


def double(number: int) -> int:
    """Twice the number; refuses three."""
    breathe()
    if number == 3:
        raise ValueError("three")
    return number * 2


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_run_all_gives_values_and_exceptions_in_order(limit: int) -> None:
    """One failure stops nobody else, and results stand where their functions stood."""
    results = run_all([partial(double, number) for number in range(5)], limit)
    assert [result for result in results if isinstance(result, int)] == [0, 2, 4, 8]
    assert isinstance(results[3], ValueError)


def test_run_all_of_nothing() -> None:
    """No functions, no results."""
    assert run_all([], 4) == []


def test_run_all_runs_no_more_than_its_limit_at_once() -> None:
    """The limit bounds what runs at the same time, and is used."""
    inside: set[int] = set()
    most: list[int] = []

    def enter(number: int) -> None:
        inside.add(number)
        most.append(len(inside))
        breathe()
        inside.discard(number)

    run_all([partial(enter, number) for number in range(12)], 3)
    assert max(most) == 3


@pytest.mark.parametrize("limit", [0, 1, 4])
def test_a_scope_gives_results_when_asked(limit: int) -> None:
    """Whatever was started can be waited for, with or without help beside the caller."""
    with TaskScope(limit) as scope:
        handles = [scope.start(partial(double, number)) for number in (1, 2, 5)]
        assert [handle.result() for handle in handles] == [2, 4, 10]
        with pytest.raises(ValueError, match="three"):
            scope.start(partial(double, 3)).result()


def test_leaving_a_scope_ends_what_was_started() -> None:
    """Nothing runs on after the block, and what had not begun never begins."""
    begun: list[int] = []

    def enter(number: int) -> None:
        begun.append(number)
        breathe()

    with TaskScope(1) as scope:
        for number in range(50):
            scope.start(partial(enter, number))
    count = len(begun)
    breathe()
    breathe()
    assert len(begun) == count < 50


def test_a_result_that_nobody_asked_for_is_no_complaint(recwarn: pytest.WarningsRecorder) -> None:
    """A failure inside a scope that is left is dropped without a warning."""
    with TaskScope(2) as scope:
        scope.start(partial(double, 3))
        breathe()
        breathe()
    assert list(recwarn) == []


def test_shielded_work_runs_to_its_end() -> None:
    """The caller is cancelled, the work is not, and the cancellation still arrives."""
    steps: list[str] = []

    def work() -> int:
        steps.append("begun")
        breathe()
        breathe()
        steps.append("done")
        return 1

    assert shielded(work) == 1
    steps.clear()
    assert cancelled(partial(shielded, work), lambda: steps == ["begun"])
    assert steps == ["begun", "done"]


def test_shielded_failures_are_raised() -> None:
    """An exception of shielded work reaches the caller."""
    with pytest.raises(ValueError, match="three"):
        shielded(partial(double, 3))


def test_a_wake_up_ends_a_wait() -> None:
    """A wake-up before or during a wait ends it; without one the time does."""
    wakeup, clock = Wakeup(), Clock()
    wakeup.wake()
    clock.wait(wakeup, None)
    with TaskScope(1) as scope:
        waiting = scope.start(partial(clock.wait, wakeup, None))
        breathe()
        wakeup.wake()
        waiting.result()
    before = clock.monotonic()
    clock.wait(wakeup, 0.01)
    assert clock.monotonic() >= before


def test_work_in_a_thread() -> None:
    """A blocking function runs elsewhere where that matters, and its value comes back."""
    assert to_thread(int, "17") == 17
    sleep(-1.0)
