"""Change tracking: the algebra of overlays and of tracked sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from amocrm._core.orm.tracking import Overlay, SetChanges

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
)
def test_no_write_is_lost_while_others_are_on_their_way(
    original: dict[str, int],
    before: list[tuple[str, int]],
    meanwhile: list[tuple[str, int]],
    taken: bool,
) -> None:
    """What was written while a request was under way is there afterwards, whether it was taken or refused."""
    local: Overlay[str] = Overlay()
    wanted, server = dict(original), dict(original)
    for key, value in before:
        local.set(key, value, server.get(key, UNSET))
        wanted[key] = value
    sent = local.pending()
    local.begin_flush(sent)
    for key, value in meanwhile:
        local.set(key, value, server.get(key, UNSET))
        wanted[key] = value
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
