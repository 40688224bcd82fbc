"""Attributes: what is read from the answer, what an assignment refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from amocrm import Lead, Task
from amocrm.entities._writing import writes_of
from amocrm_gen.models import common, leads
from amocrm_gen.models.fields import FieldValue, FieldValueItem
from tests.entities.leads import body, read


def test_values_are_converted_when_they_are_read() -> None:
    """Moments are aware datetimes, zero moments are none, numbers stay numbers."""
    lead = read(price=7.5)
    assert lead.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert lead.closest_task_at is None
    assert lead.price == 7.5


def test_read_only_attributes_cannot_be_assigned() -> None:
    """What the server sets is refused with a sentence."""
    with pytest.raises(AttributeError, match="read-only"):
        read().account_id = 5
    with pytest.raises(AttributeError):
        read().misspelt = 5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attribute", "value"), [("name", 5), ("price", "много"), ("status_id", "142"), ("price", True)]
)
def test_values_of_a_wrong_type_are_refused_where_they_are_assigned(attribute: str, value: Any) -> None:
    """A wrong type is an error of the line that assigns it, not of the commit."""
    with pytest.raises(TypeError, match=attribute):
        setattr(read(), attribute, value)


def test_a_naive_datetime_is_refused() -> None:
    """Without a zone nobody knows the moment."""
    with pytest.raises(ValueError, match="time zone"):
        Task("Позвонить", due=datetime(2024, 5, 1))


def test_setting_a_value_back_is_no_change() -> None:
    """An attribute, a field or a tag set back leaves the entity clean."""
    value = FieldValue(field_id=101, field_type="text", values=[FieldValueItem(value="сайт")])
    lead = read(
        custom_fields_values=[value], embedded=leads.LeadEmbedded(tags=[common.TagRef(id=1, name="a")])
    )
    lead.price, lead.origin = 8, "звонок"
    lead.tags.add("b")
    assert lead._is_dirty()
    lead.price, lead.origin = 7, "сайт"
    lead.tags = {"a"}
    assert not lead._is_dirty()
    assert list(writes_of(lead)) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_a_number_must_be_finite(value: Any) -> None:
    """JSON has no NaN: it would arrive as an empty value."""
    with pytest.raises(ValueError, match="finite"):
        Lead(price=value)


def test_whole_numbers_are_sent_as_such() -> None:
    """5.0 and Decimal("5.00") are the price 5."""
    for value in (5.0, Decimal("5.00")):
        assert repr(body(Lead(price=value))["price"]) == "5"


@pytest.mark.parametrize("moment", [datetime(2024, 5, 1).date(), "2024-05-01", True])
def test_a_moment_is_no_day_and_no_text(moment: Any) -> None:
    """A day has no moment without an hour and a zone; the message shows how to make one."""
    with pytest.raises(TypeError, match=r"datetime\.combine"):
        Task("Позвонить", due=moment)


@pytest.mark.parametrize("value", ["0", "нет", "true", 2, None, 1.0])
def test_a_flag_takes_no_text(value: Any) -> None:
    """Only bools, 0 and 1 are flags."""
    with pytest.raises(TypeError, match="must be True or False"):
        Task("x", due=2_000_000_000, is_completed=value)


def test_no_values_fit_nothing() -> None:
    """``in_()`` is a condition that nothing fits, and is known as such before anything is sent."""
    assert Lead.id.in_().is_impossible
    assert not Lead.id.in_(5).is_impossible
