"""Days and moments between the API and Python, in zones with summer time and without a database of zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest

from amocrm._core.orm.times import day_of, day_text, http_date, moment, rfc3339, seconds, zone_of

ZONES = ["Europe/Berlin", "America/Santiago", "Asia/Kamchatka", "Pacific/Kiritimati", "America/St_Johns"]
DAYS = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(1100)]


@pytest.mark.parametrize("name", ZONES)
def test_a_day_comes_back_as_it_was_sent(name: str) -> None:
    """On every day of three years: what is sent is midnight in the zone, or the first moment after it."""
    zone = ZoneInfo(name)
    for day in DAYS:
        stored = datetime.fromisoformat(day_text(day, zone))
        assert stored.astimezone(zone).date() == day
        assert day_of(int(stored.timestamp()), zone) == day


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Santiago"])
@pytest.mark.parametrize("month", [1, 7])
def test_a_fixed_offset_shows_the_right_days(name: str, month: int) -> None:
    """Where only the present offset is known, summer or winter, the days of the whole year are still right."""
    zone = ZoneInfo(name)
    fixed = timezone(datetime(2026, month, 15, tzinfo=zone).utcoffset() or timedelta())
    for day in DAYS:
        stored = int(datetime.fromisoformat(day_text(day, zone)).timestamp())
        assert day_of(stored, fixed) == day


@pytest.mark.parametrize("year", [1850, 1899, 1918])
def test_old_offsets_are_sent_without_seconds(year: int) -> None:
    """Local mean time (+02:30:17 in Moscow) has no form in RFC 3339: the same moment is sent in UTC."""
    value = datetime(year, 5, 6, 7, 8, 9, 500, tzinfo=ZoneInfo("Europe/Moscow"))
    text = rfc3339(value)
    assert len(text) == len("1850-05-06T04:37:52+00:00")
    assert datetime.fromisoformat(text) == value.replace(microsecond=0)
    assert len(day_text(value.date(), ZoneInfo("Europe/Moscow"))) == len(text)
    assert (
        day_of(int(datetime.fromisoformat(day_text(value.date(), value.tzinfo)).timestamp()), UTC)
        == value.date()
    )


def test_ordinary_offsets_stay() -> None:
    """A moment keeps the offset in which it was given."""
    zone = timezone(timedelta(hours=5, minutes=30))
    assert rfc3339(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=zone)) == "2026-01-02T03:04:05+05:30"


def test_a_zone_that_is_not_known_is_told() -> None:
    """A name without an entry gives the present offset and says that it has no summer time."""
    assert zone_of("Europe/Berlin", "+02:00") == (ZoneInfo("Europe/Berlin"), True)
    assert zone_of("Nowhere/Land", "+02:30") == (timezone(timedelta(hours=2, minutes=30)), False)
    assert zone_of(None, "-03:00") == (timezone(timedelta(hours=-3)), True)


@pytest.mark.parametrize("offset", [None, "", "+3", "+99:00", "three", "+0x:10"])
def test_an_offset_that_is_none_is_left_out(offset: object) -> None:
    """What cannot be read is no zone, and no error."""
    assert zone_of("Nowhere/Land", offset)[0] is None


def test_moments_are_those_that_a_datetime_has() -> None:
    """The first and the last second are taken, one more on either side is an error."""
    first, last = (edge.replace(tzinfo=UTC) for edge in (datetime.min, datetime.max))
    for edge, beyond in ((first, -1), (last, 1)):
        stamp = seconds(edge)
        assert seconds(stamp) == stamp
        assert moment(stamp, None) == edge.replace(microsecond=0)
        with pytest.raises(ValueError, match="years 1 to 9999"):
            seconds(stamp + beyond)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_clock_of_an_answer_is_read(month: int) -> None:
    """Every month has its English name, in whatever language the process runs."""
    when = datetime(2024, month, 5, 6, 7, 8, tzinfo=UTC)
    assert http_date(format_datetime(when, usegmt=True)) == when.timestamp()


@pytest.mark.parametrize(
    "text", ["", "soon", "Mon, 05 Foo 2024 06:07:08 GMT", "Mon, 41 Jan 2024 06:07:08 GMT"]
)
def test_a_date_that_is_none_says_nothing_of_the_clock(text: str) -> None:
    """A header that cannot be read is as good as none."""
    assert http_date(text) is None
