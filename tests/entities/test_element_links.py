"""Elements of lists on an entity: what is a change, what is sent, what an answer makes of it."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from typing import Any

import pytest

from amocrm import CatalogElement, Lead, LinkedElement, NotLoaded
from amocrm.entities._sent import begin
from amocrm.entities._writing import writes_of
from amocrm_gen.models import common, leads
from tests.entities.leads import read


def element(key: int, catalog_id: int = 6101) -> CatalogElement:
    """An element that exists."""
    return CatalogElement._from_api(CatalogElement._model(id=key, catalog_id=catalog_id), None)


def with_elements(*linked: tuple[int, float, int | None]) -> Lead:
    """A lead that was read with elements: id, quantity, price."""
    refs = [
        common.CatalogElementRef(
            id=key,
            metadata=common.CatalogElementMetadata(quantity=quantity, catalog_id=6101, price_id=price_id),
        )
        for key, quantity, price_id in linked
    ]
    return read(embedded=leads.LeadEmbedded(catalog_elements=refs))


def sent(lead: Lead) -> list[tuple[str, int, dict[str, Any]]]:
    """What a commit would send: link or unlink, the element, the data of the link."""
    return [
        (write.action, write.body["to_entity_id"], write.body["metadata"])
        for write in writes_of(lead)
        if write.action in ("link", "unlink")
    ]


def content(lead: Lead) -> list[tuple[int, float, int | None]]:
    """Elements with their quantities and prices."""
    return [(one.element.id, one.quantity, one.price_id) for one in lead.catalog_elements]


def test_the_same_quantity_again_is_no_change() -> None:
    """add sets and does not add up; what the server has already is not sent, another quantity is one link."""
    lead = with_elements((7, 2, None), (8, 1, 55))
    lead.catalog_elements.add(element(7), quantity=2)
    assert not lead._is_dirty()
    lead.catalog_elements.add(element(7), quantity=3)
    lead.catalog_elements.add(element(7), quantity=5)
    assert sent(lead) == [("link", 7, {"catalog_id": 6101, "quantity": 5})]
    lead.catalog_elements.add(element(7), quantity=2)
    assert not lead._is_dirty()


def test_a_price_stays_unless_another_is_named() -> None:
    """Without price_id the price of the link is sent again, so that a new quantity does not reset it."""
    lead = with_elements((8, 1, 55))
    lead.catalog_elements.add(element(8), quantity=4)
    assert sent(lead) == [("link", 8, {"catalog_id": 6101, "quantity": 4, "price_id": 55})]
    lead.catalog_elements.add(element(8), quantity=1, price_id=66)
    assert content(lead) == [(8, 1, 66)]


def test_removal_and_return() -> None:
    """remove sends one unlink with the list; adding again with the same data takes it back."""
    lead = with_elements((7, 2, None), (8, 1, None))
    lead.catalog_elements.remove(element(7))
    assert [(action, key, data["catalog_id"]) for action, key, data in sent(lead)] == [("unlink", 7, 6101)]
    assert content(lead) == [(8, 1, None)]
    lead.catalog_elements.add(element(7), quantity=2)
    assert not lead._is_dirty()


def test_elements_can_be_added_without_having_read_them() -> None:
    """What is linked is not known then, so reading says how, and every addition is sent."""
    lead = read()
    lead.catalog_elements.add(element(7), quantity=Decimal("1.5"))
    assert sent(lead) == [("link", 7, {"catalog_id": 6101, "quantity": 1.5})]
    with pytest.raises(NotLoaded, match=r"preload\(Lead\.catalog_elements\)"):
        len(lead.catalog_elements)
    assert list(Lead().catalog_elements) == []


@pytest.mark.parametrize("quantity", [0, -1, float("nan"), float("inf")])
def test_a_quantity_is_above_zero(quantity: float) -> None:
    """Nothing of an element is a removal, which has its own word."""
    with pytest.raises(ValueError, match="above 0"):
        Lead().catalog_elements.add(element(7), quantity=quantity)


def test_what_cannot_be_linked_is_refused() -> None:
    """Other kinds, numbers that are none, elements of no list, and a whole content at once."""
    lead = Lead()
    with pytest.raises(TypeError, match="catalog_elements"):
        lead.catalog_elements.add(Lead())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="number"):
        lead.catalog_elements.add(element(7), quantity=True)
    with pytest.raises(AttributeError, match=r"add\(element"):
        lead.catalog_elements = [element(7)]
    assert not lead._is_dirty()


def test_what_an_answer_makes_of_it() -> None:
    """A confirmed link is what the server has; one changed meanwhile stays a change; a refused one is a change again."""
    lead = with_elements((7, 2, None))
    lead.catalog_elements.add(element(7), quantity=3)
    (write,) = writes_of(lead)
    begin(write)
    lead.catalog_elements.add(element(7), quantity=4)
    write.sent.confirm(lead, None, write.action)
    assert sent(lead) == [("link", 7, {"catalog_id": 6101, "quantity": 4})]
    (write,) = writes_of(lead)
    begin(write)
    write.sent.revert(lead)
    assert sent(lead) == [("link", 7, {"catalog_id": 6101, "quantity": 4})]
    begin(write)
    write.sent.confirm(lead, None, write.action)
    assert not lead._is_dirty()
    lead.catalog_elements.remove(element(7))
    (write,) = writes_of(lead)
    begin(write)
    write.sent.confirm(lead, None, write.action)
    assert (content(lead), lead._is_dirty()) == ([], False)


def test_a_link_that_was_taken_away_leaves_no_price_behind() -> None:
    """The same element linked again has the ordinary price, unless another is named."""
    lead = with_elements((8, 1, 55))
    lead.catalog_elements.remove(element(8))
    (write,) = writes_of(lead)
    begin(write)
    write.sent.confirm(lead, None, write.action)
    lead.catalog_elements.add(element(8), quantity=1)
    assert sent(lead) == [("link", 8, {"catalog_id": 6101, "quantity": 1})]


def test_a_change_shows_quantities() -> None:
    """Before and after are told with the data of the links; a copy has them too."""
    lead = with_elements((7, 2, None))
    lead.catalog_elements.add(element(7), quantity=3)
    change = lead.changes["catalog_elements"]
    assert [(one.quantity, other.quantity) for one, other in zip(change.base, change.local, strict=True)] == [
        (2, 3)
    ]
    assert isinstance(change.local[0], LinkedElement)
    again = copy(lead)
    assert content(again) == [(7, 3, None)]
    lead._refresh_from(leads.Lead(id=5, embedded=with_elements((7, 3, None))._data.embedded))
    assert not lead._is_dirty()


def test_plain_values_and_copies_have_quantities() -> None:
    """A dict says element, list, quantity and price; read back it is clean, a copy is to be linked anew."""
    lead = with_elements((7, 2, None), (8, 1.5, 55))
    plain = lead.to_dict(json=True)
    assert plain["catalog_elements"][1] == {"id": 8, "catalog_id": 6101, "quantity": 1.5, "price_id": 55}
    again = Lead.from_dict(plain)
    assert (content(again), again._is_dirty()) == (content(lead), False)
    assert "catalog_elements" not in lead.to_dict(links=False)
    assert "catalog_elements" not in read().to_dict()
    made = with_elements((7, 2, None)).copy()
    assert (content(made), made._is_dirty()) == ([(7, 2, None)], True)
    fresh = Lead.from_dict({"catalog_elements": [{"name": "Чайник", "catalog_id": 6101, "quantity": 3}]})
    assert [(one.element.name, one.quantity) for one in fresh.catalog_elements] == [("Чайник", 3)]
