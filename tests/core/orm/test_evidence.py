"""What is decided of a creation without an answer, from any records and in any order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.doubt import MARGIN, Doubt
from amocrm._core.orm.evidence import Decision, Window, decide
from amocrm._core.orm.fingerprints import Vocabulary
from amocrm._core.orm.operations import CREATE, Operation
from amocrm_gen.models.fields import FieldValue, FieldValueItem
from amocrm_gen.models.leads import Lead

ME, OTHER, SENT_AT, LATE = 7, 8, 1000, 5000

#: A creation: name, price, whether the server stored it.
creations = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 2), st.booleans()), min_size=1, max_size=6
)
#: A record of somebody: name, price, author.
strangers = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 2), st.sampled_from([ME, OTHER])), max_size=4
)


def doubt_of(name: str, price: int) -> Doubt:
    """A creation whose answer was lost."""
    body = {"name": name, "price": price}
    return Doubt(Operation(CREATE["leads"]), body, None, "demo.amocrm.ru", 100, SENT_AT, SENT_AT + 1)


def record(key: int, name: str, price: int, author: int = ME) -> Lead:
    """A lead as its list shows it."""
    return Lead(
        id=key, name=name, price=price, created_by=author, created_at=SENT_AT, custom_fields_values=None
    )


def decided(doubts: list[Doubt], records: list[Lead], **parts: Any) -> list[Decision]:
    """The decisions about some creations, long after they were sent."""
    options = {"settle": 120.0, "equal": "proven"} | {
        key: parts.pop(key) for key in ("settle", "equal") if key in parts
    }
    window = Window(records, **{"complete": True, "user": ME, "clock_offset": 0.0} | parts)
    return decide(doubts, window, Vocabulary(), now=LATE, **options)


def world_of(made: list[tuple[str, int, bool]], others: list[tuple[str, int, int]]) -> list[Lead]:
    """What the list shows: the creations that were stored, then what others made."""
    stored = [(name, price, ME) for name, price, is_stored in made if is_stored]
    return [record(101 + place, *one) for place, one in enumerate([*stored, *others])]


@given(creations, strangers, st.randoms())
def test_the_order_of_records_decides_nothing(made: Any, others: Any, chance: Any) -> None:
    """A permutation of what was read gives the same answers and candidates."""
    doubts = [doubt_of(name, price) for name, price, _ in made]
    records = world_of(made, others)
    shuffled = list(records)
    chance.shuffle(shuffled)

    def shown(decisions: list[Decision]) -> list[Any]:
        return [(one.answer, one.key, frozenset(one.candidates)) for one in decisions]

    assert shown(decided(doubts, records)) == shown(decided(doubts, shuffled))


@given(creations, strangers, st.booleans())
def test_what_is_stored_is_never_said_to_be_absent(made: Any, others: Any, complete: bool) -> None:
    """Of equal creations no more are absent than were not stored, whoever else writes equal records."""
    decisions = decided([doubt_of(*one[:2]) for one in made], world_of(made, others), complete=complete)
    absent = Counter(one[:2] for one, found in zip(made, decisions, strict=True) if found.answer == "absent")
    missing = Counter(one[:2] for one in made if not one[2])
    assert absent <= missing
    assert complete or not absent
    assert all(
        found.answer != "stored" for found in decisions
    )  # without a stamp nothing proves which one it is


@given(creations)
def test_equal_records_are_taken_where_nobody_else_writes_them(made: Any) -> None:
    """With ``equal="mine"`` as many are stored as there are records, each as one of its own."""
    decisions = decided([doubt_of(*one[:2]) for one in made], world_of(made, []), equal="mine")
    keys = [found.key for found in decisions if found.answer == "stored"]
    assert len(set(keys)) == len(keys)
    absent = Counter(one[:2] for one, found in zip(made, decisions, strict=True) if found.answer == "absent")
    assert absent <= Counter(one[:2] for one in made if not one[2])


@given(creations, strangers)
def test_a_record_that_is_one_of_ours_already_is_no_candidate(made: Any, others: Any) -> None:
    """Ids that this client got in answers or adopted are out of the question."""
    records = world_of(made, others)
    owned = {item.id for item in records if type(item.id) is int}
    decisions = decided([doubt_of(*one[:2]) for one in made], records, owned=owned)
    assert {(one.answer, one.candidates) for one in decisions} == {("absent", ())}


def test_as_many_equal_records_as_creations_are_all_of_them() -> None:
    """Two equal creations take their two records, and the third of three was not stored."""
    records = [record(101, "a", 1), record(102, "a", 1)]
    answers = [one.answer for one in decided([doubt_of("a", 1)] * 3, records, equal="mine")]
    assert answers == ["stored", "stored", "absent"]


def test_a_cleared_value_makes_no_creation_another_one() -> None:
    """One of two equal leads was sent with an explicit null: the two records are theirs all the same."""
    cleared = doubt_of("a", 1)
    cleared.body["responsible_user_id"] = None
    records = [record(101, "a", 1), record(102, "a", 1)]
    decisions = decided([doubt_of("a", 1), cleared], records, equal="mine")
    assert {found.key for found in decisions} == {101, 102}


def test_what_may_still_arrive_is_not_absent() -> None:
    """Before the time to settle is over, nothing is said to be missing; the reason says when to ask again."""
    (found,) = decided([doubt_of("a", 1)], [], settle=10_000.0)
    assert (found.answer, "ask again" in found.reason) == ("unknown", True)


def test_at_most_ten_candidates_are_shown() -> None:
    """A list of candidates is for people."""
    (found,) = decided([doubt_of("a", 1)], [record(200 + place, "a", 1) for place in range(30)])
    assert (found.answer, len(found.candidates)) == ("unknown", 10)


def test_a_record_of_another_user_or_another_time_is_none_of_ours() -> None:
    """Who created it and when exclude a record, by the clock of the server; what no answer told excludes nothing."""
    mine, end = doubt_of("a", 1), SENT_AT + 1 + 120
    here = record(101, "a", 1)

    def answer(stored_at: int, **parts: Any) -> tuple[str, tuple[int, ...]]:
        here.created_at = stored_at
        (one,) = decided([mine], [here], **parts)
        return one.answer, one.candidates

    assert decided([mine], [record(101, "a", 1, OTHER)])[0].answer == "absent"
    assert answer(SENT_AT) == answer(end) == ("unknown", (101,))
    assert answer(SENT_AT - MARGIN - 1) == answer(end + MARGIN + 1) == ("absent", ())
    assert answer(end + MARGIN + 1, clock_offset=None) == ("unknown", (101,))
    assert answer(SENT_AT + 1000, clock_offset=1000.0) == ("unknown", (101,))
    assert answer(SENT_AT, clock_offset=1000.0) == ("absent", ())
    mine.body["created_at"], mine.body["created_by"] = 77, OTHER
    here.created_by = OTHER
    assert answer(77) == ("unknown", (101,))
    assert answer(SENT_AT) == ("absent", ())


@pytest.mark.parametrize("drift", [-300.0, 300.0])
def test_a_clock_that_was_set_since_proves_nothing(drift: float) -> None:
    """The record was created by the clock as it was: it stays a candidate, and less time passed than ours says."""
    mine = doubt_of("a", 1)
    mine.clock_offset = 0.0
    (decision,) = decided([mine], [record(101, "a", 1)], clock_offset=drift)
    assert (decision.answer, decision.candidates) == ("unknown", (101,))
    passed = LATE - mine.ended_at + drift
    assert decided([mine], [], clock_offset=drift, settle=passed)[0].answer == "absent"
    (decision,) = decided([mine], [], clock_offset=drift, settle=passed + 7)
    assert (decision.answer, decision.reason) == ("unknown", "it may still arrive: ask again in 7 s")


@pytest.mark.parametrize("ref", [("id", 5), ("code", "KEY"), ("name", "Import key")])
def test_a_creation_with_a_key_is_the_one_record_that_has_it(ref: tuple[str, Any]) -> None:
    """However the field is named; a key of two records or of two objects says nothing, one of none says absent."""

    def stored(key: int, value: str) -> Lead:
        field = FieldValue(
            field_id=5, field_code="KEY", field_name="Import key", values=[FieldValueItem(value=value)]
        )
        lead = record(key, f"changed {key}", 9)
        lead.custom_fields_values = [field]
        return lead

    first, second = doubt_of("a", 1), doubt_of("a", 1)
    first.stamp, second.stamp = (ref, "k 1"), (ref, "k2")
    records = [stored(101, " k  1 "), stored(102, "other"), record(103, "a", 1)]
    found, missing = decided([first, second], records)
    assert (found.answer, found.key, missing.answer) == ("stored", 101, "absent")
    (doubled,) = decided([first], [*records, stored(104, "k 1")])
    assert (doubled.answer, doubled.candidates) == ("unknown", (101, 104))
    second.stamp = first.stamp
    assert [one.candidates for one in decided([first, second], records)] == [(101,), (101,)]
    (early,) = decided([doubt_of("a", 1)], [], complete=False, why="not read to its end")
    assert (early.answer, early.reason) == ("unknown", "not read to its end")
