"""What the page says of the facade is what the facade sends."""

from __future__ import annotations

import pytest

from generator.__main__ import ROOT
from generator.bundle import load_bundle
from generator.coverage import REASONS, concrete, reached
from tests.support.facade_operations import recorded

pytestmark = pytest.mark.slow


def test_the_recorded_operations_are_those_of_a_run() -> None:
    """`python -m tests.support.facade_operations` writes them anew; nothing is counted by its name in the source."""
    assert recorded() == reached(ROOT)


def test_every_operation_is_reached_or_says_why_not() -> None:
    """At least 255 of the 280 that are no second ways are reached; each of the others has a reason."""
    made, sent = load_bundle(ROOT / "spec"), reached(ROOT)
    distinct = {
        f"{method} {path}": operation
        for operation in made.operations()
        if "x-twin" not in operation.data
        for method, path in concrete(made, operation)
    }
    left = {name: operation for name, operation in distinct.items() if name not in sent}

    assert len(distinct) == 280
    assert len(distinct) - len(left) >= 255
    assert [one.id for one in left.values() if not {one.id, one.data["tags"][0]} & set(REASONS)] == []
    idle = {
        word for word in REASONS if not any(word in (one.id, one.data["tags"][0]) for one in left.values())
    }
    assert idle == set()
