"""Which pages are asked for, and when a walk ends."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.paging import Pager


def walk(total: int, ahead: int | None, limit: int = 10) -> tuple[list[int], int]:
    """Reads a list of ``total`` items: the items in their order and the number of pages asked for."""
    pager = Pager(limit, ahead)
    waiting: list[int] = []
    found: list[int] = []
    asked = 0
    while True:
        started = pager.to_start()
        asked += len(started)
        waiting += started
        if not waiting:
            return found, asked
        number = waiting.pop(0)
        items = list(range((number - 1) * limit, min(number * limit, total)))
        found += [items[place] for place in pager.read(items, has_next=number * limit < total)]
        if pager.ended:
            return found, asked


@given(st.integers(0, 300), st.none() | st.integers(0, 6))
def test_every_item_is_read_once_in_order(total: int, ahead: int | None) -> None:
    """Whatever the length and the depth, each item comes once and in its order."""
    found, asked = walk(total, ahead)
    assert found == list(range(total))
    assert asked <= max(1, -(-total // 10)) + (ahead or 0)


def timed(pages: int, round_trip: float) -> tuple[float, int]:
    """Reads a list whose requests leave 1/7 s apart: seconds that it takes, and pages asked for beyond its end."""
    pager, now, leaves, asked = Pager(1, None), 0.0, 0.0, 0
    answers: dict[int, float] = {}
    read = 0
    while not pager.ended:
        for number in pager.to_start(round_trip if read else inf):
            leaves = max(now, leaves)
            answers[number], asked, leaves = leaves + round_trip, asked + 1, leaves + 1 / 7
        read += 1
        now = max(now, answers[read])
        pager.read([read], has_next=read < pages)
    return now, asked - pages


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 10, 40, 400])
@pytest.mark.parametrize("round_trip", [0.0, 0.02, 0.07, 0.14])
def test_quick_answers_are_never_asked_for_in_advance(pages: int, round_trip: float) -> None:
    """Below 1/7 s one page after the other takes the whole limit, and nothing is asked for beyond the end."""
    seconds, beyond = timed(pages, round_trip)
    assert beyond == 0
    assert seconds == pytest.approx((pages - 1) / 7 + round_trip)


@pytest.mark.parametrize("round_trip", [0.15, 0.28, 0.5])
def test_slow_answers_cost_one_page_beyond_the_end_at_most(round_trip: float) -> None:
    """None up to four pages, one in longer lists, which then take half the time of one after the other."""
    assert [timed(pages, round_trip)[1] for pages in (1, 2, 3, 4)] == [0, 0, 0, 0]
    assert {timed(pages, round_trip)[1] for pages in range(5, 60)} == {1}
    assert timed(400, round_trip)[0] == pytest.approx(max(400 / 7, 400 * round_trip / 2), rel=0.03)


def test_a_list_that_was_wanted_in_part_is_not_read_further() -> None:
    """Where two pages are enough, the third is asked for when it is needed, whatever the depth."""
    for depth in (None, 4):
        pager = Pager(1, depth, enough=2)
        asked = pager.to_start(1.0)
        pager.read([1], has_next=True)
        asked += pager.to_start(1.0)
        pager.read([2], has_next=True)
        assert (asked, pager.overlaps) == ([1, 2], False)
        assert pager.to_start(1.0) == [3]


@pytest.mark.parametrize("total", [0, 3, 10])
def test_a_short_list_takes_one_request(total: int) -> None:
    """Nothing is asked for in advance before the first page was seen."""
    assert walk(total, 4)[1] == 1


def test_a_list_without_read_ahead_takes_its_pages_only() -> None:
    """With no depth there is no superfluous request."""
    assert walk(95, 0)[1] == 10


def test_a_cursor_that_does_not_move_ends_the_walk() -> None:
    """A page of known items ends it, even if it promises another."""
    pager = Pager(2, 1)
    pager.to_start()
    assert pager.read([1, 2], has_next=True) == [0, 1]
    pager.to_start()
    assert pager.read([1, 2], has_next=True) == []
    assert pager.ended


def test_an_item_on_two_pages_is_given_once() -> None:
    """Rows that move while the list is read are not repeated."""
    pager = Pager(2, 1)
    pager.to_start()
    pager.read([1, 2], has_next=True)
    pager.to_start()
    assert pager.read([2, 3], has_next=False) == [1]


def test_a_restart_does_not_repeat_what_was_given() -> None:
    """When a walk begins again in another order, items of the first walk are left out."""
    pager = Pager(2, 1)
    pager.to_start()
    pager.read([1, 2], has_next=True)
    pager.read([3, 4], has_next=True)
    pager.restart(not_given=[3, 4])
    assert pager.to_start() == [1]
    assert pager.read([3, 2], has_next=True) == [0]
    assert not pager.ended


@given(
    st.integers(0, 120),
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 119)), max_size=12, unique_by=lambda one: one[1]),
)
def test_with_an_overlap_deletions_lose_no_row(
    total: int, overlap: int, deletions: list[tuple[int, int]]
) -> None:
    """Rows deleted while the list is read, at most as many between two pages as overlap, hide no other row."""
    when: dict[int, list[int]] = {}
    for step, row in deletions:
        if len(when.setdefault(step, [])) < overlap:
            when[step].append(row)
    rows = list(range(total))
    pager, found, step = Pager(10, 0, overlap), list[int](), 0
    while not pager.ended:
        (number,) = pager.to_start()
        page = rows[(number - 1) * 10 : number * 10]
        fresh = [page[place] for place in pager.read(page, has_next=number * 10 < len(rows))]
        if (behind := pager.behind()) is not None:
            last, size = behind
            again = rows[(last - 1) * size : last * size]
            found += [again[place] for place in pager.missed(again)]
        found += fresh
        rows = [row for row in rows if row not in when.get(step, [])]
        step += 1
    assert len(found) == len(set(found))
    assert set(rows) <= set(found)


@pytest.mark.parametrize(("wanted", "rows"), [(1, 1), (3, 5), (11, 25), (250, 250), (999, 250)])
def test_an_overlap_is_a_part_of_the_page(wanted: int, rows: int) -> None:
    """Page numbers can name the end of a page only in parts that divide it."""
    pager = Pager(250, 0, wanted)
    for ids in ([1], [2]):
        pager.to_start()
        pager.read(ids, has_next=True)
    assert pager.behind() == (250 // rows, rows)
