"""Ids that the account gives out at random."""

from __future__ import annotations

import uuid
from random import Random

from amocrm_sandbox.storage.ids import new_uuid


def test_the_same_source_gives_the_same_ids() -> None:
    """A seeded account answers alike every time, with genuine UUIDs of version 4."""
    source = Random(7)
    ids = [new_uuid(source) for _ in range(20)]
    again = Random(7)
    assert ids == [new_uuid(again) for _ in ids]
    assert len(set(ids)) == len(ids)
    assert {uuid.UUID(one).version for one in ids} == {4}
