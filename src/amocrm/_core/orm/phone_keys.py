"""Phone numbers and mail addresses as keys: one form for every spelling."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Final

__all__ = ["email_key", "phone_key", "search_digits"]

_EXTENSION: Final = re.compile(r"(?:доб(?:авочный)?\.?|вн(?:утр)?\.?|ext\.?|x|#|,)\s*(\d{1,7})$", re.I)
_LEAD: Final = re.compile(r"^(?:тел(?:ефон)?|моб|tel|phone)[.:]?\s*", re.I)
_PUNCTUATION: Final = re.compile(r"[\s().\-/‐-―\u00a0]+")
#: Forms of a number that tell its country, or need none to be told; the first that fits.
_INTERNATIONAL: Final = (
    (r"\+8(9\d{9})", r"+7\1"),  # a plus that was put before the national form
    (r"\+([1-9]\d{7,14})", r"+\1"),
    (r"(?:810|00)([1-9]\d{10,14})", r"+\1"),
    (r"([1-9]\d{11,14})", r"+\1"),
)
#: National numbers under the country code 7. No area begins with 89: that is a mobile number which lacks a digit.
_OF_SEVEN: Final = (r"[78]?([34679]\d{9}|8[0-8]\d{8})", r"+7\1")


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
    if (suffix := _EXTENSION.search(bare)) is not None:
        bare, extension = bare[: suffix.start()].rstrip(" ,;("), f";ext={suffix.group(1)}"
    digits = _PUNCTUATION.sub("", bare)
    is_seven = region.upper() in ("RU", "KZ")
    for form, number in (*_INTERNATIONAL, _OF_SEVEN) if is_seven else _INTERNATIONAL:
        if (match := re.fullmatch(form, digits, re.ASCII)) is not None:
            return match.expand(number) + extension
    foreign = None if is_seven else _foreign(digits, region.upper())
    return None if foreign is None else foreign + extension


def _foreign(digits: str, region: str) -> str | None:
    if not (digits.isascii() and digits.isdigit()):
        return None
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
