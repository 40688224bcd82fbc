"""Change tracking: the algebra of overlays and of tracked sets."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import UNSET

from amocrm._core.orm.tracking import OneValue, Overlay, SetChanges

KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.integers(0, 3)


@given(st.dictionaries(KEYS, VALUES), st.lists(st.tuples(KEYS, VALUES)))
def test_an_overlay_holds_exactly_what_differs(
    original: dict[str, int], writes: list[tuple[str, int]]
) -> None:
    """After any writes the overlay is the difference between what is wanted and what the server has."""
    local: Overlay[str] = Overlay()
    wanted = dict(original)
    for key, value in writes:
        local.set(key, value, original.get(key, UNSET))
        wanted[key] = value
    assert {key: local.get(key) for key in local} == {
        key: value for key, value in wanted.items() if original.get(key, UNSET) != value
    }


@given(
    st.dictionaries(KEYS, VALUES, min_size=3),
    st.lists(st.tuples(KEYS, VALUES)),
    st.lists(st.tuples(KEYS, VALUES)),
    st.booleans(),
    st.booleans(),
)
def test_no_write_is_lost_while_others_are_on_their_way(
    original: dict[str, int],
    before: list[tuple[str, int]],
    meanwhile: list[tuple[str, int]],
    read: bool,
    taken: bool,
) -> None:
    """What was written while a request was under way is there afterwards, whether it was taken or refused.

    A reading of the values before the request took effect makes no difference.
    """
    local: Overlay[str] = Overlay()
    wanted, server = dict(original), dict(original)
    for key, value in before:
        local.set(key, value, server.get(key, UNSET))
        wanted[key] = value
    sent = local.pending()
    local.begin_flush(sent)
    taken_off = dict(sent)
    for key, value in meanwhile:
        local.set(key, value, server.get(key, UNSET))
        wanted[key] = value
    if read:
        local.rebase(lambda key: server.get(key, UNSET))
    assert sent == taken_off
    if taken:
        server.update(sent)
        local.confirm(sent)
    else:
        local.revert(lambda key: server.get(key, UNSET))
    seen = {key: server.get(key) if local.get(key) is UNSET else local.get(key) for key in wanted}
    assert seen == wanted
    if not meanwhile or not taken:
        assert bool(local) == (wanted != server)


@given(
    st.dictionaries(KEYS, VALUES, min_size=3),
    st.lists(st.tuples(KEYS, VALUES)),
    st.dictionaries(KEYS, VALUES),
)
def test_a_second_reading_keeps_local_values(
    original: dict[str, int], writes: list[tuple[str, int]], fresh: dict[str, int]
) -> None:
    """Local values win over a fresh answer, and those that it confirms are no changes any more."""
    local: Overlay[str] = Overlay()
    for key, value in writes:
        local.set(key, value, original.get(key, UNSET))
    before = {key: local.get(key) for key in local}
    local.rebase(lambda key: fresh.get(key, UNSET))
    assert {key: local.get(key) for key in local} == {
        key: value for key, value in before.items() if fresh.get(key, UNSET) != value
    }


@given(
    st.sampled_from(["a", "b", None, UNSET]),
    st.lists(st.sampled_from(["a", "b", None]), min_size=1),
    st.lists(st.sampled_from(["a", "b", None])),
    st.booleans(),
    st.booleans(),
)
def test_one_value_loses_nothing_on_the_way(
    server: Any, before: list[Any], meanwhile: list[Any], read: bool, taken: bool
) -> None:
    """A company is the one assigned last, and a change as long as the server has another, whatever arrives between."""
    one = OneValue(server)
    for value in before:
        one.set(value)
    assert bool(one) is (before[-1] is not server)
    assume(one)
    sent = one.pending()
    one.begin_flush()
    for value in meanwhile:
        one.set(value)
    if read:
        one.rebase(server)
    if taken:
        server = sent
        one.confirm(sent)
    else:
        one.revert()
    wanted = [*before, *meanwhile][-1]
    assert one.value is wanted
    assert bool(one) is (wanted is not server)
    one.rebase("c")
    assert one.value is (wanted if wanted is not server else "c")
    one.set("c")
    assert not one


STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.sampled_from("abcd")))


@given(st.sets(st.sampled_from("abcd")), STEPS)
def test_a_tracked_set_with_a_known_content_behaves_like_a_set(
    base: set[str], steps: list[tuple[str, str]]
) -> None:
    """The content is that of a plain set, and the changes are the difference to the base."""
    tracked, plain = SetChanges(base), set(base)
    for step, key in steps:
        (tracked.add if step == "add" else tracked.remove)(key)
        (plain.add if step == "add" else plain.discard)(key)
    sent = tracked.pending()
    assert set(tracked.content()) == plain
    assert (set(sent.added), set(sent.removed)) == (plain - base, base - plain)
    assert bool(tracked) == (plain != base)


@given(st.sets(st.sampled_from("abcd")), st.booleans(), STEPS, STEPS)
def test_a_tracked_set_loses_nothing_on_the_way(
    base: set[str], loaded: bool, before: list[tuple[str, str]], meanwhile: list[tuple[str, str]]
) -> None:
    """Additions and removals made while a request was under way are sent by the next one."""
    tracked: SetChanges[str] = SetChanges(base if loaded else None)
    server, plain = set(base), set(base)

    def play(steps: list[tuple[str, str]]) -> None:
        for step, key in steps:
            (tracked.add if step == "add" else tracked.remove)(key)
            (plain.add if step == "add" else plain.discard)(key)

    def deliver(sent: object) -> None:
        server.update(sent.added)  # type: ignore[attr-defined]
        server.difference_update(sent.removed)  # type: ignore[attr-defined]

    play(before)
    sent = tracked.pending()
    play(meanwhile)
    deliver(sent)
    tracked.confirm(sent)
    rest = tracked.pending()
    deliver(rest)
    tracked.confirm(rest)
    assert server == plain
    assert not tracked


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_assigning_a_set_that_was_not_loaded_replaces_it(base: set[str], wanted: set[str]) -> None:
    """Without a known content the whole content is sent; with one only the difference is."""
    unknown: SetChanges[str] = SetChanges(None)
    unknown.assign(wanted)
    replaced = unknown.pending()
    assert set(replaced.replace or ()) == wanted
    unknown.confirm(replaced)
    assert unknown.base is not None
    assert set(unknown.base) == wanted
    known = SetChanges(base)
    known.assign(wanted)
    assert known.pending().replace is None
    assert set(known.content()) == wanted


@given(st.sets(st.sampled_from("abcd")), STEPS)
def test_a_replacement_that_is_changed_on_the_way_is_a_difference_afterwards(
    wanted: set[str], meanwhile: list[tuple[str, str]]
) -> None:
    """Once the server has the whole content, what was changed meanwhile is added and removed one by one."""
    tracked: SetChanges[str] = SetChanges(None)
    tracked.assign(wanted)
    sent, plain = tracked.pending(), set(wanted)
    for step, key in meanwhile:
        (tracked.add if step == "add" else tracked.remove)(key)
        (plain.add if step == "add" else plain.discard)(key)
    tracked.confirm(sent)
    rest = tracked.pending()
    assert (set(rest.added), set(rest.removed)) == (plain - wanted, wanted - plain)
    assert rest.replace is None
    assert set(tracked.content()) == plain


@given(st.none() | st.sets(st.sampled_from("abcd")), STEPS, st.sets(st.sampled_from("abcd")))
def test_a_second_reading_of_a_set_keeps_what_was_added_and_removed(
    base: set[str] | None, steps: list[tuple[str, str]], fresh: set[str]
) -> None:
    """Additions and removals are laid over the new content; those that it has already are no changes."""
    tracked: SetChanges[str] = SetChanges(base)
    for step, key in steps:
        (tracked.add if step == "add" else tracked.remove)(key)
    before = tracked.pending()
    tracked.rebase(fresh)
    rest = tracked.pending()
    assert set(tracked.content()) == (fresh | set(before.added)) - set(before.removed)
    assert (set(rest.added), set(rest.removed)) == (set(before.added) - fresh, set(before.removed) & fresh)
    tracked.assign("ab")
    tracked.clear()
    tracked.forget_base()
    assert (bool(tracked), tracked.loaded) == (False, False)


@given(st.lists(st.tuples(KEYS, VALUES)), KEYS, KEYS)
def test_of_two_names_of_one_field_the_value_that_was_assigned_last_stays(
    writes: list[tuple[str, int]], old: str, new: str
) -> None:
    """A field that was named by its text and turns out to be one known by its id has one value."""
    local: Overlay[str] = Overlay()
    for key, value in writes:
        local.set(key, value, original=9)
    last = [value for key, value in writes if key in (old, new)]
    sent = local.pending()
    local.begin_flush(sent)
    before = dict(sent)
    local.rename(old, new)
    assert sent == before  # what is in flight stays as it was taken off
    assert local.get(new) == (last[-1] if last else UNSET)
    assert old == new or local.get(old) is UNSET
    assert local.base(new) == (9 if last else UNSET)
