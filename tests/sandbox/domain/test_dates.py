"""Moments as fields take them, and days of the account's calendar."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm_sandbox.domain.dates import day_start, offset, parse_moment

#: noon of 1 May 2024 in UTC
NOON = 1_714_564_800


@pytest.mark.parametrize("given", [NOON, "2024-05-01T12:00:00+00:00", "2024-05-01T15:00:00+03:00"])
def test_a_moment_is_a_number_or_a_text_with_an_offset(given: Any) -> None:
    """One moment, whichever way it is written."""
    assert parse_moment(given) == NOON


@pytest.mark.parametrize("given", ["2024-05-01", "2024-05-01T12:00:00", "tomorrow", True, None, 1.5, [NOON]])
def test_anything_else_names_no_moment(given: Any) -> None:
    """A bare day or a text without an offset could be several moments."""
    assert parse_moment(given) is None


@pytest.mark.parametrize(
    ("zone", "begins", "shown"),
    [("UTC", NOON - 12 * 3600, "+00:00"), ("Europe/Moscow", NOON - 15 * 3600, "+03:00")],
)
def test_a_day_begins_at_midnight_of_the_account(zone: str, begins: int, shown: str) -> None:
    """A date field keeps the beginning of the day in the account's time zone."""
    assert (day_start(NOON, zone), offset(NOON, zone)) == (begins, shown)


def test_a_moment_outside_the_calendar_stays_as_it_is() -> None:
    """No year is large enough to break an answer."""
    assert day_start(10**15, "Europe/Moscow") == 10**15
