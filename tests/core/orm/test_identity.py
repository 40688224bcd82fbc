"""The identity map of a session."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm import Event, Lead
from amocrm._core.orm.identity import Directory, IdentityMap, Origin, checked_id
from amocrm_gen.models import leads


def test_clean_objects_do_not_live_for_the_session() -> None:
    """The identity map is weak for clean objects and strong for changed ones."""
    known = IdentityMap(Directory())
    clean = known.make(Lead, leads.Lead(id=1, price=1))
    assert known.make(Lead, leads.Lead(id=1, price=1)) is clean
    known.make(Lead, leads.Lead(id=2, price=1)).price = 2
    del clean
    assert known.find(Lead, 1) is None
    changed = known.find(Lead, 2)
    assert changed is not None
    assert changed.price == 2


def test_only_a_new_object_that_was_let_go_is_kept_out() -> None:
    """What points to one that exists can be sent; what points to a new one waits, until it is added again."""
    known = IdentityMap(Directory())
    existing, new = known.make(Lead, leads.Lead(id=1)), Lead(name="new")
    known.add(new)
    known.let_go(existing)
    known.let_go(new)
    assert list(known.discarded) == [new]
    assert (existing._session, new._session) == (known.outside, known.outside)
    known.add(new)
    assert (list(known.discarded), new._session) == ([], known)


def test_a_key_has_the_type_of_its_class() -> None:
    """Ids are whole numbers, those of events are texts; nothing is converted, since 17 and "17" are two keys."""
    assert (checked_id(Lead, 17), checked_id(Event, "01h")) == (17, "01h")
    wrong: list[tuple[Any, Any]] = [(Lead, "17"), (Lead, True), (Lead, 1.0), (Event, 17)]
    for cls, key in [*wrong, ("Lead", 17), (int, 17), (Lead(name="x"), 17)]:
        with pytest.raises(TypeError, match="must be"):
            checked_id(cls, key)


@pytest.mark.parametrize("kind", [Origin, IdentityMap])
def test_the_ids_of_a_page_are_marks(kind: type[Origin]) -> None:
    """What was read exists, in a session and outside: later creations lie above it, and no request is needed."""
    origin = kind(Directory())
    origin.page(Lead, [leads.Lead(id=5), leads.Lead(id=9), leads.Lead(id=7)])
    assert origin.directory.marks.highest("leads") == 9
    assert origin.directory.marks.highest("contacts") is None


def test_places_of_dead_objects_are_given_back() -> None:
    """A session that reads a long list keeps as many places as objects live, not as were read."""
    known = IdentityMap(Directory())
    kept = [known.make(Lead, leads.Lead(id=key)) for key in range(500)]
    for key in range(500, 20_000):
        known.make(Lead, leads.Lead(id=key))
    assert sum(map(len, known._weak._kinds.values())) <= 2 * len(kept) + 1001
    assert list(known) == kept
    assert all(known.find(Lead, lead.id) is lead for lead in kept)


def test_a_new_object_for_the_id_of_a_dead_one_takes_its_place() -> None:
    """A reference that leads nowhere keeps nobody out."""
    known = IdentityMap(Directory())
    known.make(Lead, leads.Lead(id=1))
    lead = known.make(Lead, leads.Lead(id=1))
    assert known.find(Lead, 1) is lead
    known.release(lead)
    assert known.find(Lead, 1) is None


def test_a_session_has_one_object_for_an_id_of_several_pages() -> None:
    """What was read before is refreshed and not made anew, also twice on one page."""
    known = IdentityMap(Directory())
    (first,) = known.page(Lead, [leads.Lead(id=5, price=1)])
    again, twice = known.page(Lead, [leads.Lead(id=5, price=2), leads.Lead(id=5, price=3)])
    assert first is again is twice is known.find(Lead, 5)
    assert first.price == 3
