"""The table of states and its drawing."""

from __future__ import annotations

from pathlib import Path

import pytest

from amocrm._core.orm.states import TRANSITIONS, Event, State, drawing, next_state

PAGE = Path(__file__).resolve().parents[3] / "docs" / "states.md"


def test_the_page_shows_the_table() -> None:
    """The drawing in the documentation is made from the table."""
    assert drawing() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_and_left(state: State) -> None:
    """No state is a dead end, and each but the first two follows from another."""
    reached = {
        target for start, events in TRANSITIONS.items() for target in events.values() if target != start
    }
    assert state in reached
    assert any(target != state for target in TRANSITIONS[state].values()) or state is State.DETACHED


def test_only_a_doubt_is_reconciled_or_sent_again() -> None:
    """Calls about a doubt have no place in any other state."""
    for event in (Event.RESEND, Event.FOUND, Event.ABSENT, Event.UNDECIDED):
        assert [state for state in State if next_state(state, event) is not None] == [State.DOUBTFUL]
