"""States of an entity and what leads from one to another.

Four facts make a state: whether it has an id, a session, a doubt, changes. Whether it is in flight is a flag
for the length of a commit. The table says what each event leads to; ``docs/states.md`` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

__all__ = [
    "CALLS",
    "TRANSITIONS",
    "Event",
    "State",
    "drawing",
    "following",
    "next_state",
    "state_of",
    "table",
]


class State(StrEnum):
    """Where an entity stands."""

    TRANSIENT = "transient"
    PENDING = "pending"
    DOUBTFUL = "doubtful"
    STRAY = "doubtful, without a session"
    CLEAN = "persistent"
    DIRTY = "persistent, changed"
    DETACHED = "detached"
    LOOSE = "detached, changed"


class Event(StrEnum):
    """What happens to an entity: a call of the user, or the end of its part of a commit."""

    ADD = "add"
    CHANGE = "change"
    ADOPT = "adopt"
    RESEND = "resend"
    DISCARD = "discard"
    ROLLBACK = "rollback"
    APPLIED = "commit: applied"
    NOT_APPLIED = "commit: rejected or skipped"
    UNANSWERED = "commit: unanswered"
    FOUND = "reconcile: found"
    ABSENT = "reconcile: absent"
    UNDECIDED = "reconcile: unknown"


S, E = State, Event

#: Events that a user brings about; where they have no place they are refused.
CALLS: Final = (E.ADD, E.CHANGE, E.ADOPT, E.RESEND, E.DISCARD, E.ROLLBACK)

#: State and event to the next state. What is changed while a commit is under way stays a change after it. States
#: without a session or without changes have ends of a commit as well: an object may be discarded while it is in
#: flight, and what is sent may be taken back, which is a change if the server has it, or may have it.
TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    S.TRANSIENT: {
        E.ADD: S.PENDING,
        E.CHANGE: S.TRANSIENT,
        E.ADOPT: S.DIRTY,
        E.DISCARD: S.TRANSIENT,
        E.APPLIED: S.DETACHED,
        E.NOT_APPLIED: S.TRANSIENT,
        E.UNANSWERED: S.STRAY,
    },
    S.PENDING: {
        E.ADD: S.PENDING,
        E.CHANGE: S.PENDING,
        E.ADOPT: S.DIRTY,
        E.DISCARD: S.TRANSIENT,
        E.APPLIED: S.CLEAN,
        E.NOT_APPLIED: S.PENDING,
        E.UNANSWERED: S.DOUBTFUL,
    },
    S.DOUBTFUL: {
        E.ADD: S.DOUBTFUL,
        E.CHANGE: S.DOUBTFUL,
        E.ADOPT: S.CLEAN,
        E.RESEND: S.PENDING,
        E.DISCARD: S.STRAY,
        E.NOT_APPLIED: S.DOUBTFUL,
        E.FOUND: S.CLEAN,
        E.ABSENT: S.PENDING,
        E.UNDECIDED: S.DOUBTFUL,
    },
    S.STRAY: {
        E.ADD: S.DOUBTFUL,
        E.CHANGE: S.STRAY,
        E.ADOPT: S.CLEAN,
        E.DISCARD: S.STRAY,
        E.NOT_APPLIED: S.STRAY,
    },
    S.CLEAN: {
        E.ADD: S.CLEAN,
        E.CHANGE: S.DIRTY,
        E.DISCARD: S.DETACHED,
        E.ROLLBACK: S.CLEAN,
        E.APPLIED: S.DIRTY,
        E.NOT_APPLIED: S.CLEAN,
        E.UNANSWERED: S.DIRTY,
    },
    S.DIRTY: {
        E.ADD: S.DIRTY,
        E.CHANGE: S.DIRTY,
        E.DISCARD: S.LOOSE,
        E.ROLLBACK: S.CLEAN,
        E.APPLIED: S.CLEAN,
        E.NOT_APPLIED: S.DIRTY,
        E.UNANSWERED: S.DIRTY,
    },
    S.DETACHED: {
        E.ADD: S.CLEAN,
        E.CHANGE: S.LOOSE,
        E.DISCARD: S.DETACHED,
        E.APPLIED: S.LOOSE,
        E.NOT_APPLIED: S.DETACHED,
        E.UNANSWERED: S.LOOSE,
    },
    S.LOOSE: {
        E.ADD: S.DIRTY,
        E.CHANGE: S.LOOSE,
        E.DISCARD: S.LOOSE,
        E.APPLIED: S.DETACHED,
        E.NOT_APPLIED: S.LOOSE,
        E.UNANSWERED: S.LOOSE,
    },
}

#: What to do instead of a call that has no place in a state.
_INSTEAD: Final[Mapping[Event, str]] = {
    E.ADOPT: "adopt() is for objects without an id, so leave it out",
    E.RESEND: "an object is doubtful when its creation was sent and not answered; commit() sends what is new or changed",
    E.ROLLBACK: "add() what is detached, discard() what is new",
}


def state_of(entity: Any) -> State:
    """Return where an entity stands, from its id, its session, its doubt and its changes."""
    session, links = entity._session, entity._links
    in_session = session is not None and session.is_session
    if entity._key is None:
        if links is not None and links.doubt is not None:
            return S.DOUBTFUL if in_session else S.STRAY
        return S.PENDING if in_session else S.TRANSIENT
    if entity._is_dirty():
        return S.DIRTY if in_session else S.LOOSE
    return S.CLEAN if in_session else S.DETACHED


def next_state(state: State, event: Event) -> State | None:
    """Return the state after an event, None where the event has no place.

    Example:
        >>> next_state(State.DOUBTFUL, Event.RESEND)
        <State.PENDING: 'pending'>
    """
    return TRANSITIONS[state].get(event)


def following(entity: Any, event: Event) -> State:
    """Return the state that an event leads an entity to.

    Raises:
        ValueError: the event has no place in its state.
    """
    state = state_of(entity)
    if (target := TRANSITIONS[state].get(event)) is None:
        words = [str(item).partition(",")[0] for item in State if next_state(item, event) is not None]
        *others, last = dict.fromkeys(words)
        allowed = f"{', '.join(others)} or {last}" if others else last
        subject = f"{event}()" if event in CALLS else f"'{event}'"
        instead = _INSTEAD.get(event, "report this as a fault of the library")
        raise ValueError(
            f"the object of {subject} must be {allowed}, got {entity!r}, which is {state}; {instead}"
        )
    return target


def _short(event: Event) -> str:
    return event.replace("commit: ", "").replace("reconcile: ", "")


def drawing() -> str:
    """Return the table as a state diagram in the Mermaid language."""
    lines = ["stateDiagram-v2"]
    names = {state: state.name.lower() for state in State}
    lines += [f"    state {str(state)!r} as {names[state]}".replace("'", '"') for state in State]
    for state, events in TRANSITIONS.items():
        targets: dict[State, list[str]] = {}
        for event, target in events.items():
            if target is not state:
                targets.setdefault(target, []).append(_short(event))
        lines += [
            f"    {names[state]} --> {names[target]}: {', '.join(words)}" for target, words in targets.items()
        ]
    return "\n".join(lines)


def table() -> str:
    """Return the table in Markdown: a row for each event, a column for each state."""
    rows = [["event", *State], ["---"] * (len(State) + 1)]
    for event in Event:
        missing = "refused" if event in CALLS else "–"
        rows.append([event, *(next_state(state, event) or missing for state in State)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
