"""A fault at every request of a mixed commit: nothing is lost, doubled or misreported."""
# GENERATED from tests/shell_async/orm/test_faulty_commits.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import pytest

from tests.support.commit_table import BEGIN, PAGE, row

from .faulty_commits import CASES, REQUESTS, Case, run

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::amocrm_gen._runtime.drift.DriftWarning"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_loses_doubles_and_misreports_nothing(case: Case) -> None:
    """Whatever request it strikes: the report is true, and after reconcile and commit all is there once."""
    stories = {}
    for target in REQUESTS:
        story = run(case, target)
        assert story.wrong == [], (case.name, target)
        stories[target] = story
    # A failure here: run `python -m tests.support.commit_table` and read the difference as a change of behaviour.
    assert row(case.name, stories) in PAGE.read_text(encoding="utf-8").splitlines()


def test_the_page_has_no_row_without_a_run() -> None:
    """The faults of the page are those of the run, in their order."""
    section = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2]
    shown = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    assert shown[2:] == [case.name for case in CASES]
