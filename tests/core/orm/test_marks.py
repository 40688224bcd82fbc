"""Ids that were seen, ids that are ours, and whether ids ascend."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.marks import Marks

keys = st.lists(st.integers(1, 1000), max_size=8)


@given(st.lists(keys, max_size=5))
def test_the_highest_id_is_the_mark_in_any_order(pages: list[list[int]]) -> None:
    """Whatever is seen, and when: the mark is the highest of it, and other kinds have marks of their own."""
    marks = Marks()
    for page in pages:
        marks.see("leads", page)
    seen = [key for page in pages for key in page]
    assert (marks.highest("leads"), marks.highest("tasks")) == (max(seen, default=None), None)


@given(keys, st.integers(0, 1000))
def test_what_this_client_made_is_known_above_any_id(made: list[int], above: int) -> None:
    """Own ids are found by an id that they lie above."""
    marks = Marks()
    marks.take("leads", made, None)
    assert marks.own("leads", above) == {key for key in made if key > above}


@given(keys, st.integers(1, 1000))
def test_an_id_that_is_not_above_the_mark_ends_proofs_by_order(made: list[int], mark: int) -> None:
    """Ids ascend as long as every answer is above what was seen before its request."""
    marks = Marks()
    marks.take("leads", made, mark)
    assert marks.ascends("leads") is all(key > mark for key in made)
    assert marks.ascends("tasks")


def test_an_empty_list_is_a_mark_and_hides_no_higher_one() -> None:
    """Nothing seen is no mark; an empty list is one; what was seen before stays."""
    marks = Marks()
    marks.see_nothing("leads")
    assert marks.highest("leads") == 0
    marks.see("leads", [5])
    marks.see_nothing("leads")
    assert marks.highest("leads") == 5
