"""Keys by which records are known: what is compared, what is none, what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm import Contact, Key, Lead, any_of, fields
from amocrm.entities._keys import checked_key


class Deal(Lead):
    """A lead with keys."""

    order = fields.Text(name="Номер заказа")
    shop = fields.Numeric(name="Магазин")
    options = fields.MultiSelect(name="Опции")
    legal = fields.LegalEntity(name="Реквизиты")


DIGITS = st.text("0123456789", min_size=9, max_size=9).map(lambda rest: "9" + rest)
GAPS = st.lists(st.sampled_from(["", " ", "-", " - ", ".", "\u00a0"]), min_size=10, max_size=10)
TEXTS = st.text(min_size=1, max_size=12)


@given(DIGITS, GAPS, st.sampled_from(["+7", "8", "7", "", "тел. 8", "+7 (", "8("]))
def test_a_number_is_known_in_any_spelling(digits: str, gaps: list[str], prefix: str) -> None:
    """However it is cut and punctuated."""
    middle = ") " if prefix.endswith("(") else ""
    spelt = prefix + digits[:3] + middle + "".join(map(str.__add__, gaps[3:], digits[3:]))
    # No area begins with 89, whatever stands before it.
    expected = [(f"+7{digits}",)]
    assert Key(Contact.phone).values(Contact(phone=spelt), "RU") == expected


def test_the_region_of_a_key_goes_before_that_of_the_account() -> None:
    """National numbers are read as those of the country that the key names."""
    row = Contact(phone="8 701 123 45 67")
    assert Key(Contact.phone, region="KZ").values(row, "US") == [("+77011234567",)]
    assert Key(Contact.phone).values(row, "US") == []
    assert Key(Contact.phone, region="US").values(Contact(phone="(212) 555-0123"), "RU") == [
        ("+12125550123",)
    ]


@given(TEXTS, st.text(" \t", max_size=2), st.text(" \t", max_size=2))
def test_a_text_is_trimmed_and_keeps_its_case(text: str, before: str, after: str) -> None:
    """Spaces around it do not count, capitals do, unless they are told not to."""
    plain, folded = Key(Deal.order), Key(Deal.order, ignore_case=True)
    deal, spaced = Deal(order=text), Deal(order=f"{before}{text}{after}")
    assert plain.values(deal, "RU") == plain.values(spaced, "RU")
    assert folded.values(Deal(order=text.casefold()), "RU") == folded.values(spaced, "RU")
    assert [plain.given(text, "RU")] == (plain.values(deal, "RU") or [None])


@given(st.decimals(-(10**6), 10**6, places=2))
def test_numbers_are_compared_as_numbers(number: Decimal) -> None:
    """5, 5.0 and a text of it are one key."""
    key = Key(Deal.shop)
    spellings: list[Any] = [number, str(number), f"{number}0", number.normalize()]
    assert len({tuple(key.values(Deal(shop=one), "RU")) for one in spellings}) == 1
    assert key.given(number, "RU") == key.values(Deal(shop=number), "RU")[0]


def test_several_parts_and_several_numbers_make_all_pairs() -> None:
    """A row is known by any of its numbers; without one of the parts by none."""
    key = Key(Contact.phones, Contact.name)
    both = Contact(name="А", phones=["+79001234567", "8 900 123-45-67", "+79001234568"])
    assert key.values(both, "RU") == [("+79001234567", "А"), ("+79001234568", "А")]
    assert key.values(Contact(phones=["+79001234567"]), "RU") == []
    assert key.given(("8 900 123-45-67", "А"), "RU") == ("+79001234567", "А")
    assert key.given(("123", "А"), "RU") is None
    with pytest.raises(ValueError, match="zip"):
        key.given(("8 900 123-45-67",), "RU")


@pytest.mark.parametrize(
    "kind",
    [
        *(fields.SmartAddress, fields.ChainedList, fields.LegalEntity, fields.File, fields.Items),
        *(fields.LinkedEntity, fields.Payer, fields.Supplier, fields.Raw),
    ],
)
def test_a_field_whose_values_have_parts_is_no_key(kind: Any) -> None:
    """A record is known by one text or number, never by a part of an address or of a file."""

    class Row(Lead):
        """A lead with such a field."""

        part = kind(field_id=1)

    with pytest.raises(TypeError, match="key"):
        Key(Row.part)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Key(),
        lambda: Key("phone"),  # type: ignore[arg-type]
        lambda: Key(Contact),  # type: ignore[arg-type]
        lambda: Key(Lead.contacts),  # type: ignore[arg-type]
        lambda: Key(Lead.id),  # type: ignore[arg-type]
        lambda: Key(fields.Text(name="ничей")),
        lambda: Key(Deal.legal),
        lambda: any_of(Contact.phones, 5),  # type: ignore[arg-type]
        lambda: checked_key(Deal, Contact.phones),
        lambda: checked_key(Lead, Deal.order),
        lambda: checked_key(Deal, (Deal.order, Contact.name)),
        lambda: checked_key(Deal, None),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_key_is_refused_at_the_call(make: Any) -> None:
    """Before anything is looked for, with what to write instead."""
    with pytest.raises(TypeError, match="key"):
        make()
