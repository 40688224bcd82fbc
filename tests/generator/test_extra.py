"""Keys that the description does not know are kept with their objects."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from generator.runtime.model import UNSET, Model, UnsetType
from generator.runtime.op import Op
from generator.runtime.reader import mend, read
from generator.runtime.wire import Response

OP = Op(id="list_things", tag="things", method="GET", path="/things", safety="safe")


class Inner(Model):
    """An embedded object."""

    id: int | UnsetType = UNSET


class Thing(Model):
    """An object with others in it."""

    id: int
    name: str | UnsetType = UNSET
    inner: Inner | UnsetType = UNSET
    more: list[Inner] | UnsetType = UNSET


def answered(body: Any) -> tuple[Any, Response]:
    """What an answer becomes, and the answer."""
    response = Response(status=200, content=json.dumps(body).encode(), report=lambda drift: None)
    return read(OP, response, Thing), response


def test_an_unknown_key_is_kept_and_no_drift() -> None:
    """At any depth, beside what is known; a newer server is no odd answer."""
    thing, response = answered(
        {"id": 1, "new": {"a": 1}, "inner": {"id": 2, "newer": None}, "more": [{"id": 3}, {"newest": 4}]}
    )

    assert thing == Thing(id=1, inner=Inner(id=2), more=[Inner(id=3), Inner()])
    assert (thing.extra, thing.inner.extra) == ({"new": {"a": 1}}, {"newer": None})
    assert [one.extra for one in thing.more] == [{}, {"newest": 4}]
    assert response.drift == ()


def test_what_is_known_has_nothing_extra() -> None:
    """A model without unknown keys is the plain class and carries nothing."""
    thing, _ = answered({"id": 1, "inner": {"id": 2}})

    assert (thing.extra, thing.inner.extra, Thing(id=1).extra) == ({}, {}, {})
    assert type(thing) is Thing


def test_odd_values_are_mended_beside_unknown_keys() -> None:
    """Both can come in one object: the value is a drift, the key is not."""
    thing, response = answered({"id": "7", "new": 1, "inner": {"id": "x", "newer": 2}})

    assert (thing.id, thing.extra, thing.inner.id, thing.inner.extra) == (7, {"new": 1}, UNSET, {"newer": 2})
    assert [(drift.path, drift.kind) for drift in response.drift] == [
        ("$.id", "converted"),
        ("$.inner.id", "unset"),
    ]


def test_what_is_extra_is_not_sent_back() -> None:
    """A model that was read can be sent: only what the description knows is."""
    thing, _ = answered({"id": 1, "new": 2})

    assert msgspec.json.decode(msgspec.json.encode(thing)) == {"id": 1}
    assert repr(thing) == repr(Thing(id=1))


@pytest.mark.parametrize("again", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy])
def test_copies_keep_what_is_extra(again: Callable[[Any], Any]) -> None:
    """Pickled, copied and copied deeply, a model is equal and has the same extra."""
    thing, _ = answered({"id": 1, "new": [2]})

    assert again(thing) == thing == Thing(id=1)
    assert (thing != Thing(id=1)) is False
    assert thing != Thing(id=2)
    assert again(thing).extra == {"new": [2]}


def test_a_mended_object_keeps_it_too() -> None:
    """Free values that are read as models are read in the same way."""
    assert mend({"id": 1, "new": 2}, Thing).extra == {"new": 2}
