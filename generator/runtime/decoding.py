"""Decoder for JSON that a strict decoder refuses for one invalid text or number; it names these places.

It runs after the strict decoder has refused a body, so it may be slow. A lone surrogate or bytes that are not
UTF-8 become U+FFFD; a number outside the range of its type becomes text, which each property then converts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, TypeAlias

import msgspec

__all__ = ["Odd", "decode_json"]

#: Path and raw form of each value that was mended.
Odd: TypeAlias = Sequence[tuple[str, str]]


def decode_json(content: bytes) -> tuple[Any, Odd]:
    r"""Decode a body without a description, with any texts and numbers.

    Args:
        content: the body.

    Returns:
        The value, and path and raw form of everything that had to be mended.

    Raises:
        ValueError: it is no whole JSON.
        RecursionError: it is nested too deep.

    Example:
        >>> decode_json(b'{"name":"a\\\\ud83d"}')
        ({'name': 'a�'}, [('$.name', 'a\\\\ud83d')])
    """
    try:
        return msgspec.json.decode(content), ()
    except ValueError:  # of several kinds, with and without the name of this library
        pass
    import json  # slow to import and rarely needed

    decoder = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_Number, strict=False)
    # Bytes that are no UTF-8 become lone surrogates, as the escapes of such are.
    tree = decoder.decode(content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"))
    odd: list[tuple[str, str]] = []
    return _mended(tree, "$", odd), odd


class _Number(str):
    """A number that Python's or the API's types cannot hold, as it was written."""

    __slots__ = ()


def _whole(text: str) -> int | _Number:
    return (
        int(text)
        if len(text) < 19 or (len(text) < 21 and -(1 << 63) <= int(text) < 1 << 63)
        else _Number(text)
    )


def _fraction(text: str) -> float | _Number:
    number = float(text)
    return number if isfinite(number) else _Number(text)


def _mended(value: Any, path: str, odd: list[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {(name := _text(key)): _mended(inner, f"{path}.{name}", odd) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mended(inner, f"{path}[{place}]", odd) for place, inner in enumerate(value)]
    if isinstance(value, _Number):
        odd.append((path, str(value)))
        return str(value)
    if isinstance(value, str) and (text := _text(value)) is not value:
        odd.append((path, value.encode("utf-8", "backslashreplace").decode()))
        return text
    return value


def _text(value: str) -> str:
    """Return the text, with U+FFFD in the place of invalid characters."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value
