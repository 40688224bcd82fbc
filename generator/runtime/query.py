"""Query strings as the server reads them.

PHP-style nesting with literal brackets (``filter[id][]=1``), lists of objects with indexes
(``filter[statuses][0][status_id]=142``), comma lists without spaces for ``with``. Literal brackets keep
a request of 250 ids inside the 8 KiB line that gateways allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

import msgspec

from .encoding import base_value
from .errors import EncodingError

__all__ = ["Param", "Style", "encode_query", "quote_segment"]

Style: TypeAlias = Literal["plain", "comma", "brackets"]
Param: TypeAlias = tuple[str, Style, object]

#: Characters of a nested key; what contains itself ends here.
_LONGEST: Final = 1_000


def quote_segment(value: object) -> str:
    """One path segment, percent-encoded; a slash in the value does not open a new segment."""
    text = _scalar(value, "a path segment")
    if text in {"", ".", ".."}:
        raise ValueError(f"a path segment must be a non-empty text other than '.' and '..', got {text!r}")
    return quote(text, safe="")


def encode_query(params: Iterable[Param]) -> str:
    """Return the query string of ``(name, style, value)`` triples, in their order, without the question mark.

    ``UNSET`` and ``None`` are left out: the server has no null in a query.

    Raises:
        EncodingError: a value is no text, number, list, mapping or model, or cannot be encoded.

    Example:
        >>> encode_query([("limit", "plain", 250), ("filter", "brackets", {"id": [1, 2]})])
        'limit=250&filter[id][]=1&filter[id][]=2'
    """
    return "&".join(
        f"{key}={value}" for name, style, content in params for key, value in _pairs(name, style, content)
    )


def _pairs(name: str, style: Style, value: object) -> Iterator[tuple[str, str]]:
    if value is msgspec.UNSET or value is None:
        return
    key = quote(name, safe="")
    if style == "brackets":
        yield from _brackets(key, value, name)
    elif style == "comma":
        items = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
        if items:
            yield key, ",".join(quote(_scalar(item, name), safe="") for item in items)
    else:
        yield key, quote(_scalar(value, name), safe="")


def _brackets(key: str, value: object, name: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a nested value; ``name`` is its readable key."""
    if value is msgspec.UNSET or value is None:
        return
    if len(name) > _LONGEST:
        raise EncodingError(f"{name[:40]}… must be nested less deeply or have shorter keys", path=name[:40])
    if isinstance(value, msgspec.Struct):
        fields = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        value = {wire: getattr(value, field) for wire, field in fields}
    if isinstance(value, Mapping):
        for inner_name, inner in value.items():
            step = _scalar(inner_name, f"a key of {name}")
            yield from _brackets(f"{key}[{quote(step, safe='')}]", inner, f"{name}[{step}]")
    elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        for index, inner in enumerate(value):
            nested = isinstance(inner, Mapping | msgspec.Struct)
            yield from _brackets(f"{key}[{index}]" if nested else f"{key}[]", inner, f"{name}[{index}]")
    else:
        yield key, quote(_scalar(value, name), safe="")


def _scalar(value: object, name: str) -> str:
    if type(value) is str and value.isascii():
        return value
    plain = base_value(value, name)
    if isinstance(plain, bool):
        return "1" if plain else "0"
    return plain if isinstance(plain, str) else repr(plain)
