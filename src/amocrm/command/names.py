"""Python names for the names of fields and options: Russian and other letters become Latin ones."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Container
from typing import Final

__all__ = ["attribute_name", "member_name", "unique"]

_LETTERS: Final = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)),
        "ё": "e",
        "ж": "zh",
        "х": "h",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "sch",
        "ю": "yu",
        "я": "ya",
        "ъ": "",
        "ь": "",
        "і": "i",
        "ї": "yi",
        "є": "ye",
        "ґ": "g",
        "ў": "u",
        "ә": "a",
        "ғ": "g",
        "қ": "k",
        "ң": "n",
        "ө": "o",
        "ұ": "u",
        "ү": "u",
        "һ": "h",
        "ß": "ss",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "№": "n",
        "%": " percent ",
    }
)


def _words(text: str) -> list[str]:
    """Return the lower-case words of ASCII letters and digits in a text."""
    latin = unicodedata.normalize("NFKC", text).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z0-9]+", plain)


def attribute_name(text: str) -> str:
    """Return a name for an attribute, empty if the text has no usable letter.

    Example:
        >>> attribute_name("Дата оплаты (план)")
        'data_oplaty_plan'
    """
    name = "_".join(_words(text))
    if name[:1].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def member_name(text: str) -> str:
    """Return a name for a member of an enum, empty if the text has no usable letter.

    Example:
        >>> member_name("Нижний Новгород")
        'NIZHNIY_NOVGOROD'
    """
    return attribute_name(text).rstrip("_").upper()


def unique(name: str, taken: Container[str], key: int, fallback: str) -> str:
    """Return an unused name: the given one, or one with an id.

    Args:
        name: preferred name, may be empty.
        taken: names in use.
        key: unique id of the field or option.
        fallback: prefix of the id if ``name`` is empty.
    """
    if name and name not in taken:
        return name
    return f"{(name or fallback).rstrip('_')}_{key}"
