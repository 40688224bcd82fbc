"""The last page of a list, found by doubling and halving."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.counting import LastPage


def count(total: int, limit: int = 250) -> tuple[int, int]:
    """Count a list of this length: what comes out, and the number of pages that were read."""
    walk, requests = LastPage(limit), 0
    while walk.total is None:
        before = (walk.number - 1) * limit
        rows = max(0, min(limit, total - before))
        walk.read(rows, has_next=total > before + rows)
        requests += 1
    return walk.total, requests


@given(st.integers(0, 200_000), st.integers(1, 250))
def test_the_number_is_right_and_takes_few_pages(total: int, limit: int) -> None:
    """Whatever the length: twice its logarithm at most."""
    found, requests = count(total, limit)
    assert found == total
    assert requests <= 2 * log2(max(2, -(-total // limit))) + 2


@pytest.mark.parametrize(
    ("total", "requests"), [(0, 1), (249, 1), (250, 1), (1_250, 6), (20_000, 10), (100_000, 14)]
)
def test_the_requests_are_those_of_the_documentation(total: int, requests: int) -> None:
    """One page for a short list, 14 instead of 400 for 100,000."""
    assert count(total)[1] == requests


def test_a_list_that_shrinks_meanwhile_ends() -> None:
    """A page that was announced and is gone does not make the walk endless."""
    walk = LastPage(10)
    walk.read(10, has_next=True)
    walk.read(0, has_next=False)
    assert walk.total == 10
