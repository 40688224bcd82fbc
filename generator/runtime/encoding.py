"""Encoder of JSON bodies; it names the place of a value that cannot be encoded.

The usual body costs one encoding and a search for three words in its bytes. Only a body that the encoder
refuses, or that contains a ``null`` (as the encoder writes NaN), is walked: subclasses of ``str``, ``int`` and
``float`` become their base type, and a value that JSON or UTF-8 cannot represent raises an error with its path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final

import msgspec

from .errors import EncodingError

__all__ = ["base_value", "check_values", "encode_json", "sendable"]

_encode = msgspec.json.Encoder().encode
#: Deeper than any body of the API; stops a body that contains itself.
_MAX_DEPTH: Final = 64
_MAX_LENGTH: Final = 40
#: JSON integers of most programs have 64 bits.
_BOUND: Final = 2**63


def encode_json(body: Any, name: str = "body") -> bytes:
    """Encode a body as JSON.

    Args:
        body: mappings, sequences, texts, numbers, models.
        name: name of the body in the message of an error.

    Raises:
        EncodingError: a value cannot be encoded; ``path`` says where it is.

    Example:
        >>> encode_json({"name": "Ann"})
        b'{"name":"Ann"}'
    """
    content = _encoded(body)
    if content is not None and _certain(content):
        return content
    content = _encoded(_plain(body, name, ()))
    if content is None:
        raise _refused(name, (), "a JSON value", body)
    return content


def sendable(item: Any, name: str = "body") -> Any:
    """Return the item if it can be encoded as it is, else a copy of it with plain values.

    Args:
        item: one item of a request, before it is joined with others.
        name: name of the item in the message of an error.

    Raises:
        EncodingError: a value cannot be encoded; ``path`` says where it is.
    """
    content = _encoded(item)
    if content is not None and _certain(content):
        return item
    return _plain(item, name, ())


def check_values(body: Any, name: str = "body") -> None:
    """Refuse what the encoder takes and no JSON holds: bytes, which it writes as base64, and larger integers.

    Raises:
        EncodingError: names the place of the value.
    """
    if not _is_ordinary((body,), _MAX_DEPTH):
        _check_values(body, name, ())


def _is_ordinary(values: Iterable[Any], depth: int) -> bool:
    """Return whether these are builtins that JSON has, the usual case; of anything else nothing is said."""
    for value in values:
        kind = type(value)
        if kind is str or value is None or kind is bool or kind is float:
            continue
        if kind is int:
            if not -_BOUND <= value < 2 * _BOUND:
                return False
        elif kind is dict:
            if not all(type(key) is str for key in value) or not _is_ordinary(value.values(), depth - 1):
                return False
        elif (kind is not list and kind is not tuple) or depth < 0 or not _is_ordinary(value, depth - 1):
            return False
    return True


def _check_values(body: Any, name: str, path: tuple[str | int, ...]) -> None:
    if isinstance(body, bytes | bytearray | memoryview):
        raise _refused(name, path, "text", body, "; write value.decode()")
    if isinstance(body, int) and not -_BOUND <= body < 2 * _BOUND:
        raise _refused(name, path, "a whole number of at most 64 bits", body)
    if len(path) > _MAX_DEPTH:
        return  # the encoder refuses it
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(body, Mapping):
        for key in body:
            if isinstance(key, bytes):
                raise _refused(name, path, "under a key that is text", key)
        inner = body.items()
    elif isinstance(body, msgspec.Struct):
        inner = zip(body.__struct_encode_fields__, msgspec.structs.astuple(body), strict=True)
    elif isinstance(body, list | tuple):
        inner = enumerate(body)
    for key, value in inner:
        _check_values(value, name, (*path, key if isinstance(key, int) else _step(key)))


def base_value(value: Any, name: str) -> str | int | float | bool:
    """Return a text or a number of the exact base type.

    Args:
        value: a text or a number, of a subclass as well.
        name: name of the value in the message of an error.

    Raises:
        EncodingError: the value has another type, or cannot be encoded.
    """
    if not isinstance(value, str | int | float):
        raise _refused(name, (), "a string or a number", value)
    plain: str | int | float | bool = _plain(value, name, ())
    return plain


def _encoded(body: Any) -> bytes | None:
    try:
        return _encode(body)
    except Exception:  # foreign objects may raise any exception
        return None


def _certain(content: bytes) -> bool:
    """Return whether it cannot contain NaN: the encoder writes one as ``null``, and of ``Decimal`` as its name."""
    return not (b"null" in content or b'NaN"' in content or b'Infinity"' in content)


def _plain(value: Any, name: str, path: tuple[str | int, ...]) -> Any:
    """Return the value with base types only."""
    if value is None or isinstance(value, bool) or value is msgspec.UNSET:
        return value
    if isinstance(value, Enum):
        return _plain(value.value, name, path)
    if isinstance(value, str):
        return _text(value, name, path)
    if isinstance(value, int):
        return _whole(value, name, path)
    if isinstance(value, float | Decimal):
        if not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
            raise _refused(name, path, "a finite number", value)
        return float.__pos__(value) if isinstance(value, float) else value
    if len(path) > _MAX_DEPTH:
        raise _refused(name, path[:3], f"nested less than {_MAX_DEPTH} levels deep", value)
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(
            value,
            **{
                field: _plain(getattr(value, field), name, (*path, wire))
                for field, wire in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
            },
        )
    if isinstance(value, Mapping):
        return {
            _key(key, name, path): _plain(inner, name, (*path, _step(key))) for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner, name, (*path, place)) for place, inner in enumerate(value)]
    if _encoded(value) is None:
        kind = "int" if hasattr(value, "__index__") else "float" if hasattr(value, "__float__") else ""
        hint = f"; write {kind}(value)" if kind else ""
        raise _refused(name, path, "text, a number, a list or a mapping", value, hint)
    return value


def _text(value: str, name: str, path: tuple[str | int, ...]) -> str:
    text = str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            # Only the character: the text may be personal data.
            surrogate = f"{text[error.start]!r} at character {error.start}"
            raise _refused(name, path, "text without lone surrogates", surrogate, quoted=False) from None
    return text


def _whole(value: int, name: str, path: tuple[str | int, ...]) -> int:
    number = int.__pos__(value)
    if _encoded(number) is None:
        raise _refused(name, path, "a whole number of fewer digits", number)
    return number


def _key(key: Any, name: str, path: tuple[str | int, ...]) -> Any:
    if isinstance(key, str | int | float) and not isinstance(key, bool):
        return _plain(key, name, (*path, _step(key)))
    raise _refused(name, (*path, _step(key)), "under a key that is text", key)


def _step(key: Any) -> str:
    """Return a key as a step of a path: short and printable."""
    return _short(str.__str__(key)) if isinstance(key, str) else _short(_for_message(key))


def _short(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def _for_message(value: Any) -> str:
    """Return a value for a message; for foreign objects the type only, since their ``repr`` may do anything."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "one of more than 60 digits"
    return repr(value) if type(value) in (int, float, bool, Decimal) else type(value).__name__


def _refused(
    name: str, path: tuple[str | int, ...], rule: str, value: Any, hint: str = "", quoted: bool = True
) -> EncodingError:
    place = name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    detail = f"must be {rule}, got {_for_message(value) if quoted else value}{hint}"
    return EncodingError(f"{place} {detail}", path=".".join(map(str, path)), detail=detail)
