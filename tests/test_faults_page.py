"""The published table of faults is what happens, over real sockets, in both flavours."""

from __future__ import annotations

import pytest

from tests.support.fault_table import CASES, PAGE, page, run_all, wrong

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_the_published_table_is_true(is_async: bool) -> None:
    """A new run gives the committed page line for line; nothing is stored twice or otherwise than claimed."""
    faced = run_all(is_async)
    assert list(wrong(faced)) == []
    # A failure here: run `python -m tests.support.fault_table` and read the difference as a change of behaviour.
    published = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    assert page(faced).splitlines() == published.splitlines()


def test_every_fault_is_on_the_page() -> None:
    """No case of the run is left out of the page."""
    text = PAGE.read_text(encoding="utf-8")
    assert [case.name for case in CASES if f"| {case.name} | POST | always |" not in text] == []
