"""Conditions: what a list can be filtered by, what is sent, and how answers are checked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import IntEnum
from typing import Any

import msgspec
import pytest

from amocrm import Contact, Lead, Note, Tag, Task, fields
from amocrm._core.orm.filters import MOST, Condition, compile_filter, cut_conditions, cut_ids
from amocrm._core.orm.times import day_of, day_range, day_text, seconds
from amocrm.entities import Status
from amocrm.errors import FilterError
from amocrm_gen.models.fields import FieldValue, FieldValueItem


class Region(IntEnum):
    """Options by id."""

    EAST = 11
    WEST = 12


class Deal(Lead):
    """A lead with fields that can and that cannot be filtered."""

    region = fields.Select(field_id=1, options=Region)
    amount = fields.Numeric(field_id=2)
    due = fields.Date(field_id=3)
    flag = fields.Checkbox(field_id=4)
    born = fields.Birthday(field_id=5)
    money = fields.Monetary(field_id=6)


def sent(*conditions: Condition) -> dict[str, Any]:
    """What is sent for leads."""
    return compile_filter(conditions, Lead._filter)


def stage(pipeline: int, key: int) -> Status:
    """A stage that knows its pipeline."""
    return Status._from_api(Status._model(id=key, pipeline_id=pipeline), None)


def test_each_kind_of_condition_has_its_form() -> None:
    """Lists for values, from and to for ranges, pairs for stages, by id for custom fields."""
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    assert sent(
        Deal.id.in_(1, 2),
        Deal.price.between(10, 90),
        Deal.updated_at >= moment,
        Deal.status.in_(stage(31, 7), stage(31, 142)),
        Deal.region.in_(Region.EAST),
        Deal.amount >= 5,
        Deal.flag.is_(True),
    ) == {
        "id": [1, 2],
        "price": {"from": 10, "to": 90},
        "updated_at": {"from": 1714521600},
        "statuses": [{"pipeline_id": 31, "status_id": 7}, {"pipeline_id": 31, "status_id": 142}],
        "custom_fields_values": {"1": [11], "2": {"from": "5"}, "4": [1]},
    }


def test_conditions_on_one_key_hold_together() -> None:
    """Two ranges are cut to their common part, two lists to their common values."""
    assert sent(Deal.price >= 10, Deal.price <= 90, Deal.price >= 20) == {"price": {"from": 20, "to": 90}}
    assert sent(Deal.id.in_(1, 2), Deal.id.in_(2, 3)) == {"id": [2]}
    with pytest.raises(FilterError, match="excludes an earlier condition"):
        sent(Deal.price >= 90, Deal.price <= 10)
    assert sent(Deal.id.in_(), Deal.price >= 5) == {"price": {"from": 5}}  # none of no values is not sent


@pytest.mark.parametrize(
    ("build", "nearest"),
    [
        (lambda: Lead.score >= 5, "can be filtered by"),
        (lambda: Lead.tags.is_("vip"), "compare in Python"),
        (lambda: Lead.contacts.is_(Contact(name="x")), r"preload\(Contact.leads\)"),
        (lambda: Task.complete_till >= datetime(2024, 5, 1, tzinfo=UTC), "order by it"),
        (lambda: Lead.status_id.is_(142), r"status.in_"),
        (lambda: Deal.born >= date(2024, 5, 1), "compare in Python"),
        (lambda: Deal.money >= 5, "compare in Python"),
        (lambda: Note.created_by.is_(5), "can be filtered by"),
    ],
)
def test_what_a_list_cannot_do_is_refused_with_the_nearest_thing(build: Any, nearest: str) -> None:
    """A filter that the list does not have is refused while the query is written."""
    with pytest.raises(FilterError, match=nearest):
        build()


def test_a_filter_that_takes_one_value_is_given_one() -> None:
    """It is sent as it is and not as a list; several values are a query each."""
    assert compile_filter([Tag.name.in_("vip")], Tag._filter) == {"name": "vip"}
    assert compile_filter([Task.is_completed.is_(True)], Task._filter) == {"is_completed": True}
    with pytest.raises(FilterError, match="one name at a time"):
        Tag.name.in_("vip", "cold")


def test_an_empty_value_cannot_be_filtered() -> None:
    """The API knows no filter for empty fields."""
    with pytest.raises(ValueError, match="got None"):
        Lead.responsible_user_id.is_(None)


def test_a_naive_datetime_is_refused() -> None:
    """Without a zone the moment is not known."""
    with pytest.raises(ValueError, match="time zone"):
        assert Lead.updated_at >= datetime(2024, 5, 1)


def test_conditions_are_not_joined_by_and() -> None:
    """`a and b` would silently drop a; a condition has no truth value."""
    with pytest.raises(TypeError, match="argument of where"):
        bool(Lead.price >= 1)


def test_answers_are_checked_against_their_conditions() -> None:
    """An item that does not fit proves that the filter was ignored; what cannot be told proves nothing."""
    model = Lead._model
    assert (Lead.price >= 5).fits(model(id=1, price=5)) is True
    assert (Lead.price >= 5).fits(model(id=1, price=4)) is False
    assert (Lead.price >= 5).fits(model(id=1, price=None)) is False
    assert (Lead.price >= 5).fits(model(id=1)) is None
    assert Lead.status.in_(stage(31, 142)).fits(model(id=1, pipeline_id=32, status_id=142)) is False
    assert Lead.name.is_("заказ").fits(model(id=1, name="Заказ 17")) is True
    assert Lead.name.is_("отказ").fits(model(id=1, name="Заказ 17")) is False
    value = FieldValue(field_id=1, field_type="select", values=[FieldValueItem(value="Восток", enum_id=11)])
    item = model(id=1, custom_fields_values=[value])
    assert Deal.region.is_(Region.EAST).fits(item) is True
    assert Deal.region.is_(Region.WEST).fits(item) is False
    assert (Deal.amount >= 5).fits(item) is False


def test_ids_are_cut_by_number_and_by_bytes() -> None:
    """No part has more than 250 ids or more bytes than a request line takes."""
    short = cut_ids(range(1, 601))
    assert [len(part) for part in short] == [MOST, MOST, 100]
    long = cut_ids(range(10**17, 10**17 + 600))
    assert sum(len(part) for part in long) == 600
    assert max(sum(len(f"filter[id][]={one}&") for one in part) for part in long) <= 7_000


@pytest.mark.parametrize("offset", range(-11, 13))
def test_a_day_is_the_same_with_and_without_the_zone(offset: int) -> None:
    """Midnight of any zone from 11 hours behind to 12 ahead is read as its day without knowing the zone."""
    from datetime import timedelta, timezone

    zone = timezone(timedelta(hours=offset))
    day = date(2024, 5, 1)
    stamp = int(datetime(2024, 5, 1, tzinfo=zone).timestamp())
    assert day_of(stamp, None) == day_of(stamp, zone) == day
    assert datetime.fromisoformat(day_text(day, None)).astimezone(zone).date() == day
    assert datetime.fromisoformat(day_text(day, zone)).timestamp() == stamp
    low, high = day_range(day, day)
    assert low is not None
    assert high is not None
    assert low <= stamp <= high
    assert seconds(datetime(2024, 5, 1, tzinfo=zone)) == stamp


def _texts(count: int, length: int) -> list[Condition]:
    texts = tuple(f"{number:0{length}d}" for number in range(count))
    one = Condition(
        kind="leads",
        key=("id", 5),
        op="in",
        get=lambda item: item,
        shown="x",
        values=texts,
        field_type="text",
    )
    return [one, Condition(kind="leads", key="id", op="in", get=lambda item: item, shown="y", values=(1, 2))]


def test_conditions_are_cut_by_the_bytes_of_their_values() -> None:
    """Each part fits the request line, keeps the other conditions, and no value is lost."""
    texts, other = _texts(200, 100)
    parts = cut_conditions([texts, other])

    assert len(parts) > 1
    assert [one for part in parts for one in part[0].values] == list(texts.values)
    assert all(part[1] is other for part in parts)
    assert all(sum(len(one) for one in part[0].values) < 7_000 for part in parts)


def test_short_conditions_are_one_part() -> None:
    """What fits one request is one request; letters beyond ASCII count as they are sent."""
    assert len(cut_conditions(_texts(50, 10))) == 1
    long = msgspec.structs.replace(_texts(1, 1)[0], values=("ы" * 700, "э" * 700))
    assert len(cut_conditions([long])) == 2


def test_what_fits_no_request_is_refused() -> None:
    """A value that is too long for any request is refused with the bytes that there are."""
    with pytest.raises(FilterError, match="7000 bytes"):
        cut_conditions([msgspec.structs.replace(_texts(1, 1)[0], values=("x" * 8_000,))])
