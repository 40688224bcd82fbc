"""How to find records by their keys: by a filter, by searches or by reading the whole list."""

from __future__ import annotations

from math import ceil
from typing import Literal, TypeAlias

import msgspec

__all__ = ["Find", "ListSize", "Means", "choose"]

Means: TypeAlias = Literal["filter", "search", "list"]
Find: TypeAlias = Literal["auto", "filter", "search", "list"]


class ListSize(msgspec.Struct):
    """What is known of the length of a list, in pages of 250.

    Attributes:
        least: pages that it has at least.
        most: pages that it has at most, None while it is not known.
    """

    least: int = 0
    most: int | None = None

    @classmethod
    def of(cls, rows: int) -> ListSize:
        """Return what the number of rows of a whole list tells."""
        pages = max(1, ceil(rows / 250))
        return cls(pages, pages)


def choose(
    find: Find,
    *,
    keys: int,
    filter_requests: int | None,
    is_paid: bool | None,
    searchable: bool,
    sure: bool,
    size: ListSize,
) -> Means | Literal["probe"]:
    """Return how to look for some keys, or that the length of the list must be probed first.

    The page after as many pages as there are keys tells which is cheaper: one search for each key or the list.

    Args:
        find: what the caller asks for.
        keys: number of different keys.
        filter_requests: requests that a filter would take, None where the list has no such filter.
        is_paid: whether the account has the filter option, None while it is not known.
        searchable: whether every key has words to search for.
        sure: whether a search, which proves nothing when it finds nothing, is out of the question.
        size: what is known of the list.

    Raises:
        ValueError: the caller asks for what the list or the key does not have.

    Example:
        >>> choose("auto", keys=3000, filter_requests=None, is_paid=True, searchable=True, sure=True, size=ListSize())
        'list'
    """
    if find == "filter" and filter_requests is None:
        raise ValueError('find must not be "filter" for a key that has no filter; use find="list"')
    if find == "search" and (sure or not searchable):
        why = "sure=True" if sure else "a key without words to search for"
        raise ValueError(f'find must not be "search" with {why}; use find="list"')
    if find != "auto":
        return find
    if filter_requests is not None and is_paid is not False:
        shorter = size.most is not None and size.most < filter_requests
        return "list" if shorter else "filter"
    if sure or not searchable:
        return "list"
    if keys <= 2:  # the probe alone would cost what the list saves
        return "search"
    if size.most is not None and size.most <= keys:
        return "list"
    return "search" if size.least > keys else "probe"
