"""Which record is what was sent: a wrong no makes a duplicate, a wrong yes takes somebody else's record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.orm.reconcile import pair, same_content, similar
from amocrm_gen.models import common, leads
from amocrm_gen.models.fields import FieldValue, FieldValueItem


def record(key: int = 1, **values: Any) -> Any:
    """A record of the list."""
    return leads.Lead(id=key, **values)


@pytest.mark.parametrize(
    ("sent", "stored", "same"),
    [
        ({"name": "Заказ"}, {"name": "Заказ", "price": 5}, True),
        ({"name": "Заказ  17 "}, {"name": "Заказ 17"}, True),
        ({"name": "Заказ"}, {"name": "Другой"}, False),
        ({"name": "Заказ", "responsible_user_id": None}, {"name": "Заказ", "responsible_user_id": 7}, True),
        ({"name": "Заказ", "price": 10.5}, {"name": "Заказ", "price": 10}, True),
        ({"name": "Заказ", "price": 10}, {"name": "Заказ", "price": 11}, False),
        ({"price": 5}, {"name": "Сделка #1", "price": 5}, True),
    ],
)
def test_what_the_server_makes_of_a_value_is_no_difference(
    sent: dict[str, Any], stored: dict[str, Any], same: bool
) -> None:
    """Spaces, defaults in the place of null, and cut fractions are the server's; another value is not."""
    assert same_content(sent, record(**stored)) is same


def test_a_record_that_was_changed_since_is_similar_and_not_the_same() -> None:
    """A robot moved the lead: the name still tells that it may be ours. Without a name nothing tells."""
    stored = record(name="Заказ", price=5, status_id=142)
    assert not same_content({"name": "Заказ", "status_id": 1}, stored)
    assert similar({"name": "Заказ", "status_id": 1}, stored)
    assert not similar({"name": "Другой", "price": 5}, stored)
    assert not similar({"price": 5}, stored)


def test_links_tags_and_fields_are_compared() -> None:
    """What was sent must be there; more may be there."""
    stored = record(
        name="a",
        custom_fields_values=[FieldValue(field_id=5, values=[FieldValueItem(value="x")])],
        embedded=leads.LeadEmbedded(
            tags=[common.TagRef(id=1, name="t")], contacts=[common.MainRef(id=3)], companies=[]
        ),
    )
    fields = [{"field_id": 5, "values": [{"value": "x"}]}]
    assert same_content({"name": "a", "_embedded": {"contacts": [{"id": 3}]}}, stored)
    assert same_content({"name": "a", "custom_fields_values": fields}, stored)
    assert not same_content({"name": "a", "_embedded": {"contacts": [{"id": 4}]}}, stored)
    assert not same_content({"name": "a", "_embedded": {"tags": [{"name": "u"}]}}, stored)
    assert not same_content(
        {"name": "a", "custom_fields_values": [{"field_id": 6, "values": [{"value": "x"}]}]}, stored
    )


def test_a_natural_key_decides_alone() -> None:
    """With an order number nothing else counts, and nothing is merely similar."""
    stored = record(
        name="other", custom_fields_values=[FieldValue(field_id=5, values=[FieldValueItem(value="17")])]
    )
    body = {"name": "a", "custom_fields_values": [{"field_id": 5, "values": [{"value": "17"}]}]}
    assert pair([body], [stored], set(), ("id", 5)) == ({0: stored}, {})
    other = {"name": "other", "custom_fields_values": [{"field_id": 5, "values": [{"value": "18"}]}]}
    assert pair([other], [stored], set(), ("id", 5)) == ({}, {})


BODIES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from([None, 1, 2]), st.sampled_from([(), (3,)])), max_size=8
)


@given(BODIES, st.sets(st.integers(0, 7)), st.randoms(use_true_random=False))
def test_of_equal_objects_as_many_are_found_as_exist(
    sent: list[tuple[str, int | None, tuple[int, ...]]], lost: set[int], chance: Any
) -> None:
    """Whatever arrived is found, in any order of the list, each record for one body, and nobody's record is taken."""
    bodies = [
        {
            "name": name,
            **({} if price is None else {"price": price}),
            **({"_embedded": {"contacts": [{"id": key} for key in people]}} if people else {}),
        }
        for name, price, people in sent
    ]
    stored = [
        record(
            100 + place,
            name=name,
            price=price or 0,
            embedded=leads.LeadEmbedded(contacts=[common.MainRef(id=key) for key in people]),
        )
        for place, (name, price, people) in enumerate(sent)
        if place not in lost
    ]
    chance.shuffle(stored)
    foreign = record(1, name="a", price=1)
    found, _ = pair(bodies, [*stored, foreign], {1})
    assert len({one.id for one in found.values()}) == len(found) <= len(stored)
    assert all(one.id != 1 for one in found.values())
    if not lost:
        assert len(found) == len(bodies)
