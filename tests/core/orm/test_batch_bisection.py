"""Refused batches: how few requests find the bad items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.batch_bisection import BUDGET, BatchBisection

Names = Literal["all", "first", "none"]


def play(
    size: int, bad: set[int], names: Names, budget: int = BUDGET
) -> tuple[set[int], set[int], set[int], int]:
    """Sends a chunk to a server that names bad items in some way: stored, rejected, not isolated, requests."""
    work: BatchBisection[int] = BatchBisection(range(size), budget)
    stored: set[int] = set()
    rejected: set[int] = set()
    while (part := work.take()) is not None:
        refused = [place for place, item in enumerate(part) if item in bad]
        if not refused:
            stored.update(part)
            work.accept()
        else:
            rejected.update(work.reject(_named(refused, names)))
    rejected.update(work.isolated)
    return stored, rejected, set(work.remaining), work.request_count


def _named(places: Sequence[int], names: Names) -> Sequence[int]:
    return {"all": places, "first": places[:1], "none": []}[names]


@given(st.integers(1, 60), st.data(), st.sampled_from(["all", "first", "none"]))
def test_every_item_ends_in_exactly_one_way(size: int, data: st.DataObject, names: Names) -> None:
    """With enough requests every good item is stored and every bad one rejected, each once."""
    bad = data.draw(st.sets(st.integers(0, size - 1)))
    stored, rejected, left, _ = play(size, bad, names, budget=1000)
    assert stored == set(range(size)) - bad
    assert rejected == bad
    assert not left


@given(st.integers(1, 250), st.data(), st.sampled_from(["all", "first", "none"]))
def test_the_budget_holds_and_nothing_is_forgotten(size: int, data: st.DataObject, names: Names) -> None:
    """Never more requests than the budget; what is left over is told."""
    bad = data.draw(st.sets(st.integers(0, size - 1)))
    stored, rejected, left, used = play(size, bad, names)
    assert used <= BUDGET
    assert stored | rejected | left == set(range(size))
    assert not stored & bad


@pytest.mark.parametrize(("names", "most"), [("all", 2), ("first", 2), ("none", 17)])
def test_one_bad_item_of_250(names: Names, most: int) -> None:
    """Two requests when it is named, at most 17 when it is not, wherever it stands."""
    assert max(play(250, {place}, names)[3] for place in range(250)) <= most


def test_named_items_take_two_requests_however_many() -> None:
    """A server that names all bad items needs one more request."""
    assert play(250, set(range(0, 250, 2)), "all")[3] == 2
