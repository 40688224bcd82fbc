"""One key for every spelling of a phone number or a mail address."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.phone_keys import email_key, phone_key, search_digits


@pytest.mark.parametrize(
    "text",
    [
        "+7 900 123-45-67",
        "8 (900) 123-45-67",
        "8-900-123-45-67",
        "+7(900)1234567",
        "79001234567",
        "9001234567",
        "тел. 8 900 123 45 67",
        "+8 900 123-45-67",
    ],
)
def test_spellings_of_one_number_are_one_key(text: str) -> None:
    """National and international forms of one number are equal."""
    assert phone_key(text) == "+79001234567"


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("+7 495 000-00-00 доб. 12", "RU", "+74950000000;ext=12"),
        ("8 495 000-00-00, 12", "RU", "+74950000000;ext=12"),
        ("8 495 000-00-00 #12", "RU", "+74950000000;ext=12"),
        ("8 701 123 45 67", "KZ", "+77011234567"),
        ("8 10 49 30 1234567", "RU", "+49301234567"),
        ("0049 30 12345678", "RU", "+493012345678"),
        ("+49 (0)30 1234567", "RU", "+49301234567"),
        ("998901234567", "RU", "+998901234567"),
        ("123-45-67", "RU", None),
        ("050 123 45 67", "RU", None),
        ("спросить Олю 8 900 123-45-67", "RU", None),
        ("", "RU", None),
        ("8 900 123-45-6", "RU", None),
        ("050 123 45 67", "XX", None),
    ],
)
def test_a_number_that_is_not_full_has_no_key(text: str, region: str, key: str | None) -> None:
    """Extensions, other countries and texts that are no number."""
    assert phone_key(text, region) == key


@given(st.integers(10**9, 10**10 - 1), st.sampled_from(["+7", "8", "7", ""]))
def test_a_key_is_a_key_of_itself(number: int, prefix: str) -> None:
    """A key that is read again is the same key."""
    key = phone_key(f"{prefix}{number}")
    assert key is None or phone_key(key) == key


@given(st.text(max_size=40))
def test_any_text_has_a_key_or_none(text: str) -> None:
    """No text breaks the reading of numbers and addresses."""
    key = phone_key(text)
    assert key is None or key.startswith("+")
    assert email_key(text) is None or "@" in text


def test_an_extension_is_not_searched_for() -> None:
    """The last ten digits are what most spellings share."""
    assert search_digits("+74950000000;ext=12") == "4950000000"


def test_addresses_are_folded() -> None:
    """Spaces around an address and capitals do not count."""
    assert email_key(" Ivan@Example.com") == email_key("ivan@example.COM ")
    assert email_key("нет") is None


# ---- other countries, with the extra `phones`


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("050 123 45 67", "UA", "+380501234567"),
        ("8 029 123-45-67", "BY", "+375291234567"),
        ("90 123 45 67", "UZ", "+998901234567"),
        ("0555 123456", "KG", "+996555123456"),
        ("077 123456", "AM", "+37477123456"),
        ("030 1234567", "DE", "+49301234567"),
        ("020 7946 0958 ext. 5", "gb", "+442079460958;ext=5"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("98765 43210", "IN", "+919876543210"),
        ("050 123 45 6", "UA", None),
    ],
)
def test_national_numbers_of_other_countries_are_read(text: str, region: str, key: str | None) -> None:
    """The region is that of the account or of the key."""
    pytest.importorskip("phonenumbers", reason="the extra `phones` is not installed")
    assert phone_key(text, region) == key


@pytest.mark.slow
def test_the_examples_of_every_country_have_the_right_key_or_none() -> None:
    """E.164 and international forms under any region, national forms under their own: never another number."""
    numbers = pytest.importorskip("phonenumbers", reason="the extra `phones` is not installed")
    kinds, forms = numbers.PhoneNumberType, numbers.PhoneNumberFormat
    without = set()
    for region in sorted(numbers.SUPPORTED_REGIONS):
        for kind in (kinds.MOBILE, kinds.FIXED_LINE):
            number = numbers.example_number_for_type(region, kind)
            if number is None:
                continue
            key = numbers.format_number(number, forms.E164)
            written = {
                form: numbers.format_number(number, form) for form in (forms.E164, forms.INTERNATIONAL)
            }
            found = {phone_key(text, where) for text in written.values() for where in ("RU", region)}
            found.add(phone_key(numbers.format_number(number, forms.NATIONAL), region))
            assert found <= {key, None}, region
            if None in found:
                without.add(region)
    assert without == {"NU", "TA", "TK"}  # islands whose numbers have fewer than eight digits


def test_without_the_extra_a_national_number_has_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported and not guessed."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    assert phone_key("050 123 45 67", "UA") is None
    assert phone_key("+380 50 123 45 67", "UA") == "+380501234567"
