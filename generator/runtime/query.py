"""Query strings as the server reads them.

PHP-style nesting with literal brackets (``filter[id][]=1``), lists of objects with indexes
(``filter[statuses][0][status_id]=142``), comma lists without spaces for ``with``. Literal brackets keep
a request of 250 ids inside the 8 KiB line that gateways allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias
from urllib.parse import quote

import msgspec

__all__ = ["Param", "Style", "encode_query", "quote_segment"]

Style: TypeAlias = Literal["plain", "comma", "brackets"]
Param: TypeAlias = tuple[str, Style, object]


def quote_segment(value: object) -> str:
    """One path segment, percent-encoded; a slash in the value does not open a new segment."""
    text = _scalar(value)
    if text in {"", ".", ".."}:
        raise ValueError(f"a path segment cannot be {text!r}")
    return quote(text, safe="")


def encode_query(params: Iterable[Param]) -> str:
    """The query string of ``(name, style, value)`` triples, in their order, without the question mark.

    ``UNSET`` and ``None`` are left out: the server has no null in a query.

    Raises:
        TypeError: a value is neither a scalar, a list, a mapping nor a model.

    Example:
        >>> encode_query([("limit", "plain", 250), ("filter", "brackets", {"id": [1, 2]})])
        'limit=250&filter[id][]=1&filter[id][]=2'
    """
    return "&".join(
        f"{key}={value}" for name, style, given in params for key, value in _pairs(name, style, given)
    )


def _pairs(name: str, style: Style, value: object) -> Iterator[tuple[str, str]]:
    if value is msgspec.UNSET or value is None:
        return
    key = quote(name, safe="")
    if style == "brackets":
        yield from _brackets(key, value)
    elif style == "comma":
        items = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
        if items:
            yield key, ",".join(quote(_scalar(item), safe="") for item in items)
    else:
        yield key, quote(_scalar(value), safe="")


def _brackets(key: str, value: object) -> Iterator[tuple[str, str]]:
    if value is msgspec.UNSET or value is None:
        return
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _brackets(f"{key}[{quote(str(name), safe='')}]", inner)
    elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        for index, inner in enumerate(value):
            nested = isinstance(inner, Mapping | msgspec.Struct)
            yield from _brackets(f"{key}[{index}]" if nested else f"{key}[]", inner)
    else:
        yield key, quote(_scalar(value), safe="")


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    # The methods of the base types, because an enum member has others of its own.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    raise TypeError(f"a query value must be a string or a number, not {type(value).__name__}")
