"""The tolerant reader: what is mended, what is given up, and what costs nothing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.runtime.drift import Drift
from generator.runtime.errors import DecodeError
from generator.runtime.model import UNSET, Model, UnsetType
from generator.runtime.op import Op
from generator.runtime.reader import read
from generator.runtime.wire import Response

OP = Op(id="get_it", tag="t", method="GET", path="/it", safety="safe")


class Inner(Model, kw_only=True):
    """A part."""

    id: int
    text: str | UnsetType = UNSET


class Outer(Model, kw_only=True):
    """A whole with every kind of value."""

    number: int | UnsetType | None = UNSET
    ratio: float | UnsetType = UNSET
    flag: bool | UnsetType = UNSET
    word: str | UnsetType = UNSET
    inner: Inner | UnsetType = UNSET
    nullable: Inner | UnsetType | None = UNSET
    many: list[Inner] | UnsetType = UNSET
    named: dict[str, Inner] | UnsetType = UNSET
    dirty: Inner | list[Any] | UnsetType = UNSET
    free: Any | UnsetType = UNSET


def mended(**values: Any) -> tuple[Outer, list[tuple[str, str]]]:
    """Reads an object; what became of it, and path and kind of each drift."""
    found: list[Drift] = []
    response = Response(status=200, content=json.dumps(values).encode(), report=found.append)
    return read(OP, response, Outer), [(drift.path, drift.kind) for drift in found]


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("number", "12", 12),
        ("number", " -3 ", -3),
        ("number", 12.0, 12),
        ("number", [], None),
        ("number", "", None),
        ("ratio", "1.5", 1.5),
        ("flag", 1, True),
        ("flag", "0", False),
        ("flag", "true", True),
        ("word", 5, "5"),
        ("nullable", [], None),
    ],
)
def test_a_value_that_can_be_read_is_converted(name: str, raw: Any, value: Any) -> None:
    """Numbers in strings, whole floats, integers for booleans and empty arrays for null are understood."""
    outer, found = mended(**{name: raw})
    assert getattr(outer, name) == value
    assert type(getattr(outer, name)) is type(value)
    assert found == [(f"$.{name}", "converted")]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("number", "twelve"),
        ("number", 1.5),
        ("number", {"a": 1}),
        ("ratio", "x"),
        ("flag", 2),
        ("word", True),
        ("word", None),
        ("inner", []),
        ("inner", "text"),
        ("many", None),
        ("many", {}),
        ("named", []),
    ],
)
def test_a_value_that_cannot_be_read_is_unset(name: str, raw: Any) -> None:
    """What has no reading becomes UNSET, and only the drift has the raw value."""
    outer, found = mended(**{name: raw}, free=1)
    assert getattr(outer, name) is UNSET
    assert outer.free == 1
    assert found == [(f"$.{name}", "unset")]


def test_deep_defects_are_named_by_their_exact_paths() -> None:
    """Each defect is mended where it is; its neighbours are kept."""
    outer, found = mended(
        many=[{"id": 1}, {"id": "2"}, 7, {"text": "no id"}],
        named={"a": {"id": 1}, "b": {"id": "x"}, "c": 3},
        dirty={"id": "4"},
    )
    assert isinstance(outer.many, list)
    assert [part.id for part in outer.many] == [1, 2, UNSET]
    assert isinstance(outer.named, dict)
    assert sorted(outer.named) == ["a", "b"]
    assert isinstance(outer.dirty, Inner)
    assert found == [
        ("$.many[1].id", "converted"),
        ("$.many[2]", "left out"),
        ("$.many[3].id", "missing"),
        ("$.named.b.id", "unset"),
        ("$.named.c", "unset"),
        ("$.dirty.id", "converted"),
    ]


def test_drifts_at_other_indexes_are_the_same() -> None:
    """The key of a drift has no indexes, so that one systematic defect counts once."""
    keys = {Drift("op", f"$.a[{index}].b2[{index}]", "unset", index).key for index in range(3)}
    assert keys == {("op", "$.a[*].b2[*]", "unset")}


def test_the_raw_value_is_in_no_text() -> None:
    """A drift shows the type of the value, never the value."""
    drift = Drift("op", "$.a", "unset", "personal")
    assert "personal" not in f"{drift} {drift!r}"
    assert "got str" in str(drift)


@pytest.mark.parametrize("content", [b"<html>", b'{"a": ', b"\xff"])
def test_what_is_no_json_is_an_error(content: bytes) -> None:
    """Cut or foreign bodies are not mended; the error says that a write may have taken effect."""
    with pytest.raises(DecodeError, match="complete JSON") as caught:
        read(OP, Response(status=200, content=content, headers={"x-request-id": "r"}), Outer)
    assert (caught.value.op, caught.value.status, caught.value.request_id) == ("get_it", 200, "r")


def test_json_of_another_kind_is_an_error() -> None:
    """Where an object was promised, a list or a number is none."""
    response = Response(status=200, content=b"[1]", report=lambda drift: None)
    with pytest.raises(DecodeError, match="must match the description"):
        read(OP, response, Outer)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*Outer.__struct_fields__, "more"]), json_values))
def test_no_object_is_ever_lost(values: dict[str, Any]) -> None:
    """Whatever stands in the properties, the object is read, and it encodes again."""
    outer, found = mended(**values)
    assert isinstance(outer, Outer)
    strict = {
        name: value
        for name, value in values.items()
        if not any(path.startswith(f"$.{name}") for path, _ in found)
    }
    again = json.loads(msgspec.json.encode(outer))
    assert {name for name in strict if name != "more"} <= set(again)
