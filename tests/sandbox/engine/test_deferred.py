"""Actions that take effect at a later moment."""

from __future__ import annotations

from functools import partial

from amocrm_sandbox.engine.deferred import DeferredActions


def queue_of(*moments: int) -> tuple[DeferredActions, list[tuple[int, int]]]:
    """Return a queue with one action for each moment, and the list of what ran: number and moment."""
    queue, ran = DeferredActions(), list[tuple[int, int]]()
    for number, at in enumerate(moments):
        queue.add(at, partial(lambda number, at: ran.append((number, at)), number))
    return queue, ran


def test_actions_run_in_the_order_of_their_moments() -> None:
    """The earlier one is first, of two in one second the one that was queued first."""
    queue, ran = queue_of(30, 10, 30, 20)
    assert queue.run(30) == 4
    assert ran == [(1, 10), (3, 20), (0, 30), (2, 30)]


def test_what_is_not_due_waits() -> None:
    """Each action runs once, when its second has come."""
    queue, ran = queue_of(10, 11)
    assert [queue.run(now) for now in (9, 10, 10, 11, 12)] == [0, 1, 0, 1, 0]
    assert [at for _, at in ran] == [10, 11]


def test_cleared_actions_never_run() -> None:
    """An account that starts anew has nothing pending."""
    queue, ran = queue_of(10)
    queue.clear()
    assert queue.run(100) == 0
    assert ran == []
