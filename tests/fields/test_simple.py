"""Words, amounts, switches, dates and raw items."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm.events import DriftWarning
from tests.fields.deals import MOSCOW, Deal, read, sent


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("text", "сайт", [{"value": "сайт"}]),
        ("number", "1.50", [{"value": "1.50"}]),
        ("number", 1e20, [{"value": "100000000000000000000"}]),
        ("money", Decimal("0.10"), [{"value": "0.10"}]),
        ("flag", False, [{"value": False}]),
        ("day", date(2024, 5, 1), [{"value": "2024-05-01T00:00:00+03:00"}]),
        ("born", date(1990, 5, 1), [{"value": "1990-05-01T00:00:00+03:00"}]),
        ("moment", datetime(2024, 5, 1, 9, 30, tzinfo=UTC), [{"value": "2024-05-01T09:30:00+00:00"}]),
        ("raw", [{"value": {"a": 1}}], [{"value": {"a": 1}}]),
    ],
)
def test_words_amounts_and_dates_are_written_in_the_form_of_the_api(
    attribute: str, value: Any, expected: Any
) -> None:
    """The items hold the keys that the type knows and no other."""
    assert sent(attribute, value) == expected


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("text", 5),
        ("number", True),
        ("number", "1,5"),
        ("number", "NaN"),
        ("day", datetime(2024, 5, 1, tzinfo=UTC)),
        ("moment", date(2024, 5, 1)),
        ("moment", datetime(2024, 5, 1)),
    ],
)
def test_wrong_words_amounts_and_dates_are_refused_where_they_are_assigned(
    attribute: str, value: Any
) -> None:
    """The error names the field and stands at the line that assigns."""
    with pytest.raises((TypeError, ValueError), match=rf"{attribute}|time zone"):
        setattr(Deal(), attribute, value)


@pytest.mark.parametrize("zone", [None, MOSCOW])
@pytest.mark.parametrize(
    ("field_id", "kind", "attribute", "values"),
    [
        (5, "numeric", "number", ("?", "NaN", "sNaN", "Infinity", "9" * 5000 + "x", [1])),
        (12, "date", "day", ("0000-00-00", 10**15, -(10**15), 1e300, float("nan"), "--5", "1" * 5000, [])),
        (13, "date_time", "moment", ("0000-00-00 00:00:00", 10**15, -(10**12), "-", {"a": 1})),
    ],
)
def test_a_value_that_cannot_be_read_is_none_and_a_drift(
    field_id: int, kind: str, attribute: str, values: tuple[Any, ...], zone: Any
) -> None:
    """Odd numbers, dates and years cost themselves: they read as empty, and a warning names the field."""
    for value in values:
        with pytest.warns(DriftWarning, match=f"{field_id} "):
            assert getattr(read(field_id, kind, {"value": value}, zone=zone), attribute) is None


@pytest.mark.parametrize(
    ("field_id", "kind", "items", "attribute", "expected"),
    [
        (1, "text", [{"value": "сайт"}], "text", "сайт"),
        (5, "numeric", [{"value": "12.30"}], "number", Decimal("12.30")),
        (7, "checkbox", [{"value": False}], "flag", False),
        (12, "date", [{"value": 1634590800}], "day", date(2021, 10, 19)),
        (13, "date_time", [{"value": 1634590800}], "moment", datetime(2021, 10, 18, 21, tzinfo=UTC)),
        (19, "items", [{"value": {"sku": "A"}}], "raw", [{"value": {"sku": "A"}}]),
    ],
)
def test_words_amounts_and_dates_are_read_as_python_values(
    field_id: int, kind: str, items: list[dict[str, Any]], attribute: str, expected: Any
) -> None:
    """Values are typed; an unknown option is given as it is and breaks nothing."""
    assert getattr(read(field_id, kind, *items), attribute) == expected
    assert getattr(read(field_id, kind, *items, zone=MOSCOW), attribute) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_amounts_come_back_as_they_were_written(amount: Decimal) -> None:
    """No digit is lost on the way through text."""
    assert read(5, "numeric", {"value": sent("number", amount)[0]["value"]}).number == amount


@pytest.mark.parametrize("value", ["0", "1", "", "нет", "yes", 2, 0.0, 1.0, [], b"1"])
def test_a_checkbox_takes_bools_and_nothing_that_looks_like_one(value: Any) -> None:
    """Text is never a flag: ``"0"`` would be true."""
    with pytest.raises(TypeError, match="must be True or False"):
        Deal(flag=value)
    with pytest.raises(TypeError, match="must be True or False"):
        Deal.flag.is_(value)


@pytest.mark.parametrize(("value", "expected"), [(True, True), (False, False), (1, True), (0, False)])
def test_a_checkbox_takes_what_the_api_writes(value: Any, expected: bool) -> None:
    """0 and 1 are flags as well."""
    assert Deal(flag=value).flag is expected
