"""Invented values in the place of real ones, the same one for the same value. Pure.

What stays is listed, and everything else goes: words of the description, ids, small numbers and times stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from amocrm_gen._runtime.token_hiding import SECRET_KEYS

__all__ = ["Replacement", "words_of"]

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{20,}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"eyJ[\w-]+\.[\w.-]+|def50[0-9a-f]{20,}")
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"[+(\d][\d\s()+.-]{5,}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?P<rest>(?:[T ].*)?)")
#: Texts without personal data: short numbers, request ids, colours, languages, times of the day.
_HARMLESS: Final = re.compile(r"|[nN]?\d{1,4}|#[0-9a-fA-F]{6}|[a-z]{2}|[A-Z]{2,3}|\d\d:\d\d")
#: Values of keys that end so are words of the account in capitals, such as ``PHONE`` and ``WORK``.
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,29}")
_KEY: Final = re.compile(r"(?!.*\d{5})[A-Za-z_@$][\w@$.-]{0,39}|\d{1,12}")
_NAMES: Final = frozenset({"name", "first_name", "last_name"})
#: A whole number with more digits than an id or a time may be a phone.
_LARGEST: Final = 10**10


def words_of(document: Mapping[str, Any]) -> frozenset[str]:
    """Return every word that the description lists for a value: types, kinds, directions."""
    words: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key in ("enum", "x-values"):
                words.update(word for word in node.get(key, ()) if isinstance(word, str))
            for key, inner in node.items():
                if key not in ("examples", "example"):
                    walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(document)
    return frozenset(words)


class Replacement:
    """One table of invented values.

    Args:
        words: texts that stay.
        hosts: names of the account's hosts; the invented account is ``example``.
    """

    def __init__(self, words: frozenset[str], hosts: Mapping[str, str]) -> None:
        self._words, self._hosts = words, hosts
        self._numbers: dict[str, int] = {}
        self._made: dict[str, str] = {}

    def value(self, value: Any, key: str = "") -> Any:
        """Return JSON with invented values.

        Args:
            value: decoded JSON.
            key: under which it stands.
        """
        if isinstance(value, dict):
            return {self._key(name): self.value(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, key) for inner in value]
        if isinstance(value, str):
            return self.text(value, key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LARGEST:
            return int(self.text(str(abs(value))))
        return value

    def text(self, text: str, key: str = "") -> str:
        """Return the invented text for a text."""
        if text and key in SECRET_KEYS:
            return f"token-{self._number(text)}"
        if text in self._words or _HARMLESS.fullmatch(text):
            return text
        if key.endswith("code") and _CODE.fullmatch(text):
            return text
        if text in self._hosts:
            return self._hosts[text]
        if text not in self._made:
            self._made[text] = self._invented(text, key)
        return self._made[text]

    def target(self, target: str) -> str:
        """Return path and query with invented values; names of parameters and ids stay."""
        parts = urlsplit(target)
        path = _HEXADECIMAL.sub(
            lambda match: self.text(match[0]), _UUID.sub(lambda match: self.text(match[0]), parts.path)
        )
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = "&".join(
            f"{quote(name, safe='[]_')}={quote(self._listed(value), safe=',')}" for name, value in pairs
        )
        return f"{path}?{query}" if query else path

    def _listed(self, value: str) -> str:
        words = value.split(",")
        return (
            value
            if all(word in self._words or (word.isdecimal() and len(word) <= 10) for word in words)
            else self.text(value)
        )

    def _key(self, key: str) -> str:
        return key if _KEY.fullmatch(key) and not _MAIL.fullmatch(key) else self.text(key)

    def _number(self, value: str) -> int:
        return self._numbers.setdefault(value, len(self._numbers) + 1)

    def _invented(self, text: str, key: str) -> str:
        if _TOKEN.search(text):
            return f"token-{self._number(text)}"
        if text.startswith(("http://", "https://")):
            return self._address(text)
        if _MAIL.fullmatch(text):
            return f"mail{self._number(text.lower())}@example.com"
        if date := _DATE.fullmatch(text):
            return f"2000-01-{self._number(text) % 28 + 1:02}{date['rest']}"
        if _UUID.fullmatch(text):
            return f"00000000-0000-4000-8000-{self._number(text.lower()):012x}"
        digits = "".join(filter(str.isdecimal, text))
        if text.isdecimal() and len(text) < 7:
            return f"9{self._number(text):0{len(text) - 1}}"[: len(text)]
        if _PHONE.fullmatch(text) and len(digits) >= 7:
            # The last ten digits are the same however the number is written.
            number = self._number(digits[-10:])
            return f"+7900{number:07}" if text.startswith("+") else f"7900{number:07}"
        if _HEXADECIMAL.fullmatch(text):
            return f"{self._number(text):0{len(text)}x}"
        return f"{'Имя' if key in _NAMES else 'Текст'} {self._number(text)}"

    def _address(self, text: str) -> str:
        parts = urlsplit(text)
        if parts.netloc in self._hosts:
            return f"{parts.scheme}://{self._hosts[parts.netloc]}{self.target(parts._replace(scheme='', netloc='').geturl())}"
        return f"https://example.com/{self._number(text)}"
