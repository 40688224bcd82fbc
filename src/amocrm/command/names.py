"""Python names for the names of fields, options, stages: Russian and other letters become Latin ones."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable
from typing import Final

__all__ = ["RESERVED", "attribute_name", "class_name", "distinct", "member_name"]

#: Names that no class may have: keywords, and what the written module imports.
RESERVED: Final = frozenset({"Any", "Decimal", "False", "IntEnum", "Iterable", "None", "Stage", "True"})

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


def class_name(text: str) -> str:
    """Return a name for a class, empty if the text has no usable letter.

    Example:
        >>> class_name("Прайс-лист 2026")
        'PraysList2026'
    """
    return "".join(word.capitalize() for word in attribute_name(text).split("_"))


def distinct(named: Iterable[tuple[int, str]], fallback: str, taken: Container[str] = ()) -> dict[int, str]:
    """Return a name for each id; names that are equal, empty or taken carry their ids.

    All of the equal ones do: if the first had the plain name, that name would pass to another object
    once the first is deleted, and code would go on with the wrong one.

    Args:
        named: ids and preferred names.
        fallback: stands before the id if a name is empty.
        taken: names in use.

    Example:
        >>> distinct([(7, "new"), (8, "new"), (9, "call")], "stage")
        {7: 'new_7', 8: 'new_8', 9: 'call'}
    """
    names, full = dict(named), set[int]()
    while True:
        counts = Counter(names.values())
        clashes = {key for key, name in names.items() if not name or name in taken or counts[name] > 1} - full
        if not clashes:
            return names
        names.update({key: f"{(names[key] or fallback).rstrip('_')}_{key}" for key in clashes})
        full |= clashes
