"""Decoder of PHP forms: ``leads[status][0][id]=17`` becomes ``{"leads": {"status": [{"id": "17"}]}}``.

The platform sends account webhooks as PHP forms. A sender that knows the address can send anything, so the
decoder is bounded by `BodyLimits`, does not recurse, and raises nothing but `WebhookError`:

- a level whose keys are exactly ``0..k`` becomes a list in the order of the indexes; any other level (sparse
  indexes, ids as indexes, words) stays a mapping in the order of the body;
- ``a[]`` takes the next free index;
- the last value of a repeated key counts; of a scalar and a level under one key the later one stays (both
  as PHP reads it);
- a key whose brackets do not match is an ordinary name; a percent sign without two digits is literal;
- bytes that are invalid in the charset become U+FFFD.

Based on the recorded deliveries behind https://www.amocrm.ru/developers/content/crm_platform/webhooks-format.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias
from urllib.parse import unquote, unquote_to_bytes

import attrs

from ..._core.arguments import checked
from ...errors import ArgumentError
from ..errors import BodyTooLarge

__all__ = ["CHARSETS", "BodyLimits", "Tree", "decode_form"]

#: A decoded body: texts at the leaves, mappings and lists above them.
Tree: TypeAlias = dict[str, Any]

#: Charsets that a content type may name; all others are read as UTF-8. All are supersets of ASCII and decode
#: in linear time.
CHARSETS: Final = frozenset(
    {
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "iso-8859-5",
        "windows-1251",
        "windows-1252",
        "koi8-r",
        "koi8-u",
        "cp866",
    }
)


@attrs.frozen(kw_only=True)
class BodyLimits:
    """Bounds of one body. The largest recorded delivery has less than a hundredth of any of them.

    Attributes:
        bytes: length of the body.
        keys: number of ``key=value`` pairs, which may open three levels each on average; of members in JSON.
        key: characters of one key after decoding.
        value: characters of one value after decoding.
        depth: levels of one key; ``leads[status][0][id]`` has four.
        index: digits of a numeric index; ids have at most 19.
    """

    bytes: int = 4 * 1024 * 1024
    keys: int = 50_000
    key: int = 1_024
    value: int = 1024 * 1024
    depth: int = 32
    index: int = 19

    def refuse(self, name: str) -> BodyTooLarge:
        """Return the error for a bound that was exceeded."""
        allowed = getattr(self, name)
        return BodyTooLarge(
            f"{name} of the delivery must be <= {allowed}, got more; write BodyLimits({name}=...) if it is genuine",
            limit=name,
            allowed=allowed,
        )


DEFAULT: Final = BodyLimits()
#: Most levels that a genuine key opens: a custom field, its values, and one of them.
_LEVELS_PER_KEY: Final = 3
_PIECE: Final = 32 * 1024
_DIGITS: Final = tuple(str(number) for number in range(256))


@checked()
def decode_form(body: bytes, *, charset: str = "utf-8", limits: BodyLimits = DEFAULT) -> Tree:
    """Return the tree of a form body.

    Args:
        body: the bytes as they arrived.
        charset: charset of percent-encoded and raw bytes; one of `CHARSETS`.
        limits: bounds of the body.

    Raises:
        BodyTooLarge: a bound was exceeded.
        ArgumentError: the charset is unknown.

    Example:
        >>> decode_form(b"task%5Bdelete%5D%5B0%5D%5Bid%5D=5")
        {'task': {'delete': [{'id': '5'}]}}
    """
    if charset not in CHARSETS:
        raise ArgumentError(f"charset must be one of {', '.join(sorted(CHARSETS))}, got another one")
    if len(body) > limits.bytes:
        raise limits.refuse("bytes")
    if body.count(b"&") >= limits.keys:
        raise limits.refuse("keys")
    # Brackets and spaces are decoded once for the whole body: they separate neither pairs nor keys from values,
    # and contain no digit of an escape, so no new escape can arise.
    plain = body.replace(b"+", b" ").replace(b"%5B", b"[").replace(b"%5D", b"]")
    plain = plain.replace(b"%5b", b"[").replace(b"%5d", b"]")
    return _Form(charset, limits).read(plain.decode(charset, "replace"))


class _Form:
    """Decoder of one body.

    ``_cache`` maps the text before a key's last bracket to its level. Adjacent keys share it, so most keys
    cost one look-up. It is cleared if a level is overwritten.
    """

    def __init__(self, charset: str, limits: BodyLimits) -> None:
        self._charset, self._limits = charset, limits
        self._root: Tree = {}
        self._cache: dict[str, Tree] = {}
        self._created: list[tuple[Tree, str, Tree]] = []
        self._next: dict[int, int] = {}
        self._weight = 0

    def read(self, text: str) -> Tree:
        limits, cache, root = self._limits, self._cache, self._root
        max_key, max_value, max_index = limits.key, limits.value, limits.index
        charset = self._charset
        for pair in text.split("&"):
            if not pair:
                continue
            key, _, value = pair.partition("=")
            if "%" in key:
                key = _unquoted(key, charset)
            if "%" in value:
                value = _unquoted(value, charset)
            if len(key) > max_key:
                raise limits.refuse("key")
            if len(value) > max_value:
                raise limits.refuse("value")
            level, last = root, key
            if key[-1:] == "]" and (cut := key.rfind("[")) > 0:
                cached = cache.get(key[:cut]) if cut < len(key) - 2 else None
                if cached is None:
                    level, last = self._descend(key)
                else:
                    level, last = cached, key[cut + 1 : -1]
                if len(last) > max_index and last.isdecimal():
                    raise limits.refuse("index")
            if last in level and type(level[last]) is dict:
                cache.clear()
            level[last] = value
        return self._with_lists()

    def _descend(self, key: str) -> tuple[Tree, str]:
        """Return the level of a key and its last name; create missing levels."""
        base, _, rest = key[:-1].partition("[")
        if not base:
            return self._root, key
        names = rest.split("][")
        if len(names) >= self._limits.depth:
            raise self._limits.refuse("depth")
        level, above, cacheable = self._root, base, True
        for name in names:
            child = level.get(above)
            if type(child) is not dict:
                child = level[above] = {}
                self._created.append((level, above, child))
                # Below an unnamed index every pair creates levels of its own: these weigh more.
                self._weight += 1 if cacheable else _LEVELS_PER_KEY
                if self._weight > _LEVELS_PER_KEY * self._limits.keys:
                    raise self._limits.refuse("keys")
            level = child
            cacheable = cacheable and name != ""
            above = name or self._free(level)
            if len(above) > self._limits.index and above.isdecimal():
                raise self._limits.refuse("index")
        if cacheable and "[" not in names[-1]:
            self._cache[key[: key.rfind("[")]] = level
        return level, above

    def _free(self, level: Tree) -> str:
        """Return the next free index of a level; it is stored, which keeps many of them linear."""
        if not level:
            return "0"
        number = self._next.get(id(level), 0)
        while str(number) in level:
            number += 1
        self._next[id(level)] = number + 1
        return str(number)

    def _with_lists(self) -> Tree:
        """Turn levels with the keys 0..k into lists; inner levels first, as they were created later."""
        for above, name, level in reversed(self._created):
            if "0" not in level or above.get(name) is not level:
                continue
            count = len(level)
            indexes = _DIGITS[:count] if count <= len(_DIGITS) else [str(number) for number in range(count)]
            if all(index in level for index in indexes):
                above[name] = [level[index] for index in indexes]
        return self._root


def _unquoted(text: str, charset: str) -> str:
    """Decode percent escapes. Long texts are split: the library's decoder needs 200 bytes per escape."""
    if len(text) <= _PIECE:
        return unquote(text, charset)
    raw, start = bytearray(), 0
    while start < len(text):
        end = start + _PIECE
        while "%" in text[max(start, end - 2) : end] and end - start > _PIECE - 3:
            end -= 1  # an escape must not be split
        raw += unquote_to_bytes(text[start:end].encode(charset, "replace"))
        start = end
    return raw.decode(charset, "replace")
