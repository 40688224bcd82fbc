"""The query encoder, against a decoder that reads as PHP does."""

from __future__ import annotations

import enum
import re
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.runtime.query import encode_query, quote_segment

keys = st.text(alphabet="abcdefgh_", min_size=1, max_size=4)
scalars = st.one_of(st.integers(), st.text(max_size=8))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(scalars, min_size=1, max_size=3),
        st.lists(st.dictionaries(keys, inner, min_size=1, max_size=2), min_size=1, max_size=3),
        st.dictionaries(keys, inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)


def php(query: str) -> dict[str, Any]:
    """Reads brackets the way PHP does, every value as text; lists are dicts with numbers as keys."""
    result: dict[str, Any] = {}
    for pair in query.split("&") if query else []:
        key, _, value = pair.partition("=")
        name, rest = key.partition("[")[::2]
        steps = [unquote(name), *(unquote(step) for step in re.findall(r"([^\[\]]*)\]", rest))]
        place = result
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            if step == "":
                step = str(len(place))
            if following is None:
                place[step] = unquote(value)
            else:
                place = place.setdefault(step, {})
    return result


def read(value: Any) -> Any:
    """What PHP would have after reading the value."""
    if isinstance(value, dict):
        return {key: read(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return {str(index): read(inner) for index, inner in enumerate(value)}
    return str(value)


@pytest.mark.slow
@given(st.dictionaries(keys, values, min_size=1, max_size=3))
def test_brackets_are_read_back(given: dict[str, Any]) -> None:
    """Whatever is nested into a parameter arrives as it was, and nothing but ASCII is sent."""
    query = encode_query([("filter", "brackets", given)])
    assert query.isascii()
    assert " " not in query
    assert php(query) == {"filter": read(given)}


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4))
def test_comma_lists_are_read_back(given: list[str]) -> None:
    """Commas part the items; those inside an item are encoded."""
    _, _, value = encode_query([("with", "comma", given)]).partition("=")
    assert [unquote(item) for item in value.split(",")] == given


def test_250_ids_stay_below_the_line_limit_of_gateways() -> None:
    """Literal brackets keep the ids of a whole batch inside 8 KiB, however long they are."""
    query = encode_query(
        [("limit", "plain", 250), ("filter", "brackets", {"id": list(range(10**9, 10**9 + 250))})]
    )
    assert len(query) < 6200


def test_scalars_are_written_as_the_server_reads_them() -> None:
    """Booleans are 1 and 0, enum members their values, and what is unset or None is left out."""

    class Color(str, enum.Enum):  # noqa: UP042
        RED = "red"

    class Size(enum.IntEnum):
        BIG = 2

    query = [
        ("a", "plain", True),
        ("b", "plain", Color.RED),
        ("c", "brackets", [Size.BIG, 1.5]),
        ("d", "plain", None),
    ]
    assert (
        encode_query([*query, ("e", "brackets", {"x": msgspec.UNSET, "y": None})])
        == "a=1&b=red&c[]=2&c[]=1.5"
    )
    assert encode_query([("with", "comma", []), ("with", "comma", "one")]) == "with=one"


def test_what_has_no_form_in_a_query_is_refused() -> None:
    """An object that is neither scalar, list nor mapping is a TypeError, not its repr."""
    with pytest.raises(TypeError, match=r"filter\[a\] must be .*object"):
        encode_query([("filter", "brackets", {"a": object()})])


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_segment_cannot_be_empty_or_climb(value: str) -> None:
    """A path parameter never changes the path around it."""
    with pytest.raises(ValueError, match="path segment"):
        quote_segment(value)
    assert quote_segment("a/b%{id}") == "a%2Fb%25%7Bid%7D"
