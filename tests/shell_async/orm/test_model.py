"""Whatever is done, in whatever order, by whom and over what network: the server ends as the model says."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .playing import FAULTS, KINDS, STRIKES, Player

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]

_ANY = st.integers(0, 20)
_PLACE = st.integers(0, 1)
_KIND = st.sampled_from(KINDS)
_TEXT = st.sampled_from("аб")
_CHANGES = st.one_of(
    st.tuples(st.just("new"), _PLACE, _KIND),
    st.tuples(st.just("set"), _ANY, _ANY, _ANY),
    st.tuples(st.just("set"), _ANY, _ANY, _ANY),
    st.tuples(st.just("tag"), _ANY, _TEXT, st.booleans()),
    st.tuples(st.just("contact"), _ANY, _ANY, st.sampled_from(["add", "main", "remove"])),
    st.tuples(st.just("company"), _ANY, st.none() | _ANY),
    st.tuples(st.just("note"), _ANY, _TEXT),
    st.tuples(st.just("task"), _ANY, _TEXT),
    st.tuples(st.just("reword"), _ANY, _TEXT),
)
_CALLS = st.one_of(
    st.tuples(st.just("rollback"), _ANY),
    st.tuples(st.just("discard"), _ANY),
    st.tuples(st.just("elsewhere"), _ANY),
)
_FAULT = st.tuples(st.sampled_from(FAULTS), st.sampled_from(STRIKES))
_WAITING = st.one_of(
    st.tuples(st.just("commit"), _PLACE),
    st.tuples(st.just("commit"), _PLACE, _FAULT),
    st.tuples(st.just("commit"), _PLACE, _FAULT, st.booleans()),
    st.tuples(st.just("adopt"), _PLACE, _KIND),
    st.tuples(st.just("change_elsewhere"), _ANY, _ANY, _ANY),
    st.tuples(st.just("read"), _ANY),
)
_FLYING = st.tuples(st.just("fly"), _CHANGES)
_STEP = st.one_of(_CHANGES, _CHANGES, _CALLS, _WAITING, _WAITING, _FLYING)
#: Two objects of each kind to begin with, so that most steps find something.
_FIRST = [("new", place, kind) for place in (0, 1) for kind in (*KINDS, "leads")]
#: A long run (more than 100) begins somewhere else each time.
_RUNS = int(os.environ.get("MODEL_RUNS", "100"))


@settings(
    max_examples=_RUNS,
    derandomize=_RUNS <= 100,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(_STEP, max_size=40))
async def test_the_server_ends_as_the_model_says(steps: list[Any]) -> None:
    """Two sessions, a colleague, lost answers, refusals, changes under way: nothing lost, nothing doubled.

    Each commit makes the fewest requests for what differs from what its session has seen.
    """
    player = Player()
    for name, *arguments in [*_FIRST, *steps]:
        if name == "fly":
            player.in_flight.append(arguments[0])
        elif name in ("commit", "adopt", "change_elsewhere", "read"):
            await getattr(player, name)(*arguments)
        else:
            getattr(player, name)(*arguments)
    await player.finish()
