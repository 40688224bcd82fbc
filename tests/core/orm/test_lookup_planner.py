"""Which way of looking takes the fewest requests, and which is sure."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm._core.orm.lookup_planner import ListSize, choose

_USUAL: dict[str, Any] = {
    "keys": 50,
    "filter_requests": None,
    "is_paid": False,
    "searchable": True,
    "sure": False,
    "size": ListSize(),
}


def means(find: Any = "auto", **given: Any) -> str:
    """What the planner says."""
    return choose(find, **{**_USUAL, **given})


def test_a_filter_comes_first_where_it_is_paid_for() -> None:
    """With the option, or while nobody knows, the filter is used; without it never."""
    assert means(filter_requests=3, is_paid=True) == "filter"
    assert means(filter_requests=3, is_paid=None) == "filter"
    assert means(filter_requests=3, is_paid=False, sure=True) == "list"


def test_a_list_that_is_shorter_than_the_filter_is_read() -> None:
    """What is known of the list is used."""
    assert means(filter_requests=30, is_paid=True, size=ListSize(4, 4)) == "list"


def test_one_key_is_searched_for_without_a_probe() -> None:
    """One search is as cheap as anything."""
    assert means(keys=1) == "search"
    assert means(keys=1, sure=True) == "list"


def test_several_keys_probe_the_list_once() -> None:
    """The page after as many pages as there are keys decides."""
    assert means() == "probe"
    assert means(size=ListSize(0, 50)) == "list"
    assert means(size=ListSize(51)) == "search"


def test_what_cannot_be_searched_is_read() -> None:
    """A date or a flag has no words."""
    assert means(searchable=False) == "list"


def test_the_caller_overrules_the_planner() -> None:
    """What the caller asks for is done."""
    assert means("list", filter_requests=1, is_paid=True) == "list"
    assert means("search") == "search"
    assert means("filter", filter_requests=4) == "filter"


@pytest.mark.parametrize(
    ("find", "given"), [("filter", {}), ("search", {"sure": True}), ("search", {"searchable": False})]
)
def test_what_is_not_possible_is_refused(find: str, given: dict[str, Any]) -> None:
    """A filter that the list does not have, and a search that must be sure."""
    with pytest.raises(ValueError, match="find"):
        means(find, **given)
