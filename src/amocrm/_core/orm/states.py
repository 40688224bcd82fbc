"""States of an entity and what leads from one to another.

Three facts make a state: whether it has an id, a session, a doubt. Whether it is in flight is a flag for
the length of a commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["TRANSITIONS", "Event", "State", "drawing", "next_state"]


class State(StrEnum):
    """Where an entity stands."""

    TRANSIENT = "transient"
    PENDING = "pending"
    DOUBTFUL = "doubtful"
    CLEAN = "persistent"
    DIRTY = "persistent, changed"
    DETACHED = "detached"


class Event(StrEnum):
    """What happens to an entity: a call of the user, or the end of its part of a commit."""

    ADD = "add"
    CHANGE = "change"
    APPLIED = "commit: applied"
    NOT_APPLIED = "commit: rejected or skipped"
    UNANSWERED = "commit: unanswered"
    ADOPT = "adopt"
    RESEND = "resend"
    DISCARD = "discard"
    ROLLBACK = "rollback"
    FOUND = "reconcile: found"
    ABSENT = "reconcile: absent"
    UNDECIDED = "reconcile: unknown"


S, E = State, Event

#: State and event to the next state; what is missing does not happen, and a call is refused there.
TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    S.TRANSIENT: {E.ADD: S.PENDING, E.CHANGE: S.TRANSIENT, E.ADOPT: S.DIRTY, E.DISCARD: S.TRANSIENT},
    S.PENDING: {
        E.ADD: S.PENDING,
        E.CHANGE: S.PENDING,
        E.APPLIED: S.CLEAN,
        E.NOT_APPLIED: S.PENDING,
        E.UNANSWERED: S.DOUBTFUL,
        E.ADOPT: S.DIRTY,
        E.DISCARD: S.TRANSIENT,
    },
    S.DOUBTFUL: {
        E.ADD: S.DOUBTFUL,
        E.CHANGE: S.DOUBTFUL,
        E.NOT_APPLIED: S.DOUBTFUL,
        E.ADOPT: S.CLEAN,
        E.RESEND: S.PENDING,
        E.DISCARD: S.DOUBTFUL,
        E.FOUND: S.CLEAN,
        E.ABSENT: S.PENDING,
        E.UNDECIDED: S.DOUBTFUL,
    },
    S.CLEAN: {E.ADD: S.CLEAN, E.CHANGE: S.DIRTY, E.DISCARD: S.DETACHED, E.ROLLBACK: S.CLEAN},
    S.DIRTY: {
        E.ADD: S.DIRTY,
        E.CHANGE: S.DIRTY,
        E.APPLIED: S.CLEAN,
        E.NOT_APPLIED: S.DIRTY,
        E.UNANSWERED: S.DIRTY,
        E.DISCARD: S.DETACHED,
        E.ROLLBACK: S.CLEAN,
    },
    S.DETACHED: {E.ADD: S.CLEAN, E.CHANGE: S.DETACHED, E.DISCARD: S.DETACHED},
}


def next_state(state: State, event: Event) -> State | None:
    """Return the state after an event, None where the event has no place.

    Example:
        >>> next_state(State.DOUBTFUL, Event.RESEND)
        <State.PENDING: 'pending'>
    """
    return TRANSITIONS[state].get(event)


def drawing() -> str:
    """Return the table as a state diagram in the Mermaid language."""
    lines = ["stateDiagram-v2"]
    names = {state: state.name.lower() for state in State}
    lines += [f"    state {str(state)!r} as {names[state]}".replace("'", '"') for state in State]
    for state, events in TRANSITIONS.items():
        targets: dict[State, list[str]] = {}
        for event, target in events.items():
            if target is not state:
                targets.setdefault(target, []).append(
                    str(event).replace("commit: ", "").replace("reconcile: ", "")
                )
        lines += [
            f"    {names[state]} --> {names[target]}: {', '.join(words)}" for target, words in targets.items()
        ]
    return "\n".join(lines)
