"""Phone numbers and mail addresses as keys: one form for every spelling."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Final

__all__ = ["email_key", "phone_key", "search_digits"]

_EXTENSION: Final = re.compile(r"(?:доб(?:авочный)?\.?|вн(?:утр)?\.?|ext\.?|x|#|,)\s*(\d{1,7})$", re.I)
_LEAD: Final = re.compile(r"^(?:тел(?:ефон)?|моб|tel|phone)[.:]?\s*", re.I)
_PUNCTUATION: Final = re.compile(r"[\s().\-/‐-―\u00a0]+")
#: Regions whose national numbers begin with 8 and belong to the country code 7.
_OF_SEVEN: Final = frozenset({"RU", "KZ"})
#: First digits of areas and operators under the country code 7.
_AREAS: Final = "346789"


def phone_key(text: str, region: str = "RU") -> str | None:
    """Return a phone number as E.164 with its extension, None where the text is no full number.

    Args:
        text: as it was written.
        region: country whose national numbers are read, two letters.

    Example:
        >>> phone_key("8 (900) 123-45-67"), phone_key("+7 495 000-00-00 доб. 12"), phone_key("123-45-67")
        ('+79001234567', '+74950000000;ext=12', None)
    """
    bare = _LEAD.sub("", text.strip()).replace("(0)", "")
    extension = ""
    if (found := _EXTENSION.search(bare)) is not None:
        bare, extension = bare[: found.start()].rstrip(" ,;("), f";ext={found.group(1)}"
    digits = _PUNCTUATION.sub("", bare)
    has_plus = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = _international(digits, has_plus=has_plus) or _national(digits, region, has_plus=has_plus)
    return None if number is None else number + extension


def _international(digits: str, *, has_plus: bool) -> str | None:
    if has_plus:
        if len(digits) == 11 and digits.startswith("89"):
            return f"+7{digits[1:]}"  # a plus that was put before the national form
        return f"+{digits}" if 8 <= len(digits) <= 15 and digits[0] != "0" else None
    for prefix in ("810", "00"):
        rest = digits.removeprefix(prefix)
        if rest != digits and 11 <= len(rest) <= 15 and rest[0] != "0":
            return f"+{rest}"
    return f"+{digits}" if 12 <= len(digits) <= 15 and digits[0] != "0" else None


def _national(digits: str, region: str, *, has_plus: bool) -> str | None:
    if has_plus:
        return None
    if region.upper() in _OF_SEVEN:
        local = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
        # No area begins with 89: that is a mobile number of eleven digits which lacks one.
        is_full = len(local) == 10 and local[0] in _AREAS and not local.startswith("89")
        return f"+7{local}" if is_full else None
    return _foreign(digits, region.upper())


def _foreign(digits: str, region: str) -> str | None:
    try:
        numbers = import_module("phonenumbers")  # the extra `phones`
    except ImportError:
        return None
    try:
        parsed = numbers.parse(digits, region)
    except numbers.NumberParseException:
        return None
    if not numbers.is_valid_number(parsed):
        return None
    return str(numbers.format_number(parsed, numbers.PhoneNumberFormat.E164))


def search_digits(key: str) -> str:
    """Return what to search for: the last ten digits, which most spellings of a number share.

    Example:
        >>> search_digits("+79001234567")
        '9001234567'
    """
    return key.partition(";")[0].removeprefix("+")[-10:]


def email_key(text: str) -> str | None:
    """Return a mail address without spaces around it and without capitals, None where it is none.

    Example:
        >>> email_key(" Ivan@Example.com ")
        'ivan@example.com'
    """
    folded = text.strip().casefold()
    return folded if "@" in folded else None
