"""The table of states and its drawing."""

from __future__ import annotations

from pathlib import Path

import pytest

from amocrm import Lead
from amocrm._core.orm.states import TRANSITIONS, Event, State, drawing, following, next_state, table

PAGE = Path(__file__).resolve().parents[3] / "docs" / "states.md"


def test_the_page_shows_the_table() -> None:
    """The drawing and the table in the documentation are made from the table here."""
    assert drawing() in PAGE.read_text(encoding="utf-8")
    assert table() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_and_left(state: State) -> None:
    """No state is a dead end, and each but the first two follows from another."""
    reached = {
        target for start, events in TRANSITIONS.items() for target in events.values() if target != start
    }
    assert state in reached
    assert any(target != state for target in TRANSITIONS[state].values())


def test_only_a_doubt_is_reconciled_or_sent_again() -> None:
    """Calls about a doubt have no place in any other state."""
    for event in (Event.RESEND, Event.FOUND, Event.ABSENT, Event.UNDECIDED):
        assert [state for state in State if next_state(state, event) is not None] == [State.DOUBTFUL]


def test_a_call_without_a_place_is_refused_with_what_to_do() -> None:
    """The message names the states that the call takes, the object and its state, and what to call."""
    lead = Lead(name="x")
    with pytest.raises(ValueError, match="rollback") as refused:
        following(lead, Event.ROLLBACK)
    assert str(refused.value) == (
        "the object of rollback() must be persistent, got <Lead new 'x'>, which is transient; "
        "add() what is detached, discard() what is new"
    )
