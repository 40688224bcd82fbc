"""What an entity sends."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from amocrm import Company, Contact, Lead
from amocrm.entities._sent import begin
from amocrm.entities._writing import writes_of
from amocrm_gen.models import common, leads
from tests.entities.leads import body, read


def test_a_contact_is_the_main_one_only_where_it_is_said() -> None:
    """A link says so by word, with the creation of a lead and afterwards."""
    first, second = (Contact._from_api(Contact._model(id=key), None) for key in (7, 8))
    lead = Lead(name="Заказ")
    lead.contacts.add(first)
    assert body(lead)["_embedded"]["contacts"] == [{"id": 7}]
    lead.contacts.add(second, main=True)
    assert body(lead)["_embedded"]["contacts"] == [{"id": 7}, {"id": 8, "is_main": True}]
    known = read()
    known.contacts.add(first)
    assert "metadata" not in body(known)
    known.contacts.main = first
    assert body(known)["metadata"] == {"is_main": True}


def test_an_update_carries_changes_only() -> None:
    """Each changed thing and the id."""
    lead = read(custom_fields_values=None, embedded=leads.LeadEmbedded(tags=[common.TagRef(id=1, name="a")]))
    lead.price = Decimal("9")
    lead.closed_at = datetime(2024, 5, 1, tzinfo=UTC)
    lead.origin = "сайт"
    lead.tags = {"b"}
    assert body(lead) == {
        "id": 5,
        "price": 9,
        "closed_at": 1714521600,
        "custom_fields_values": [{"field_id": 101, "values": [{"value": "сайт"}]}],
        "tags_to_add": [{"name": "b"}],
        "tags_to_delete": [{"name": "a"}],
    }


def test_a_company_that_changes_while_it_is_replaced_is_the_last_one_assigned() -> None:
    """The old link is gone, the new one is under way: what is assigned now is a change of the next commit."""
    old, new = (Company._from_api(Company._model(id=key), None) for key in (7, 8))
    lead = read(embedded=leads.LeadEmbedded(companies=[common.Ref(id=7)]))
    lead.company = new
    unlink, link = writes_of(lead)
    for write in (unlink, link):
        begin(write)
    unlink.sent.confirm(lead, None, unlink.action)
    lead.company = None
    link.sent.confirm(lead, None, link.action)
    assert lead.company is None
    (unlink,) = writes_of(lead)
    assert (unlink.action, unlink.render()["to_entity_id"]) == ("unlink", 8)
    begin(unlink)
    unlink.sent.confirm(lead, None, unlink.action)
    assert (lead.company, lead._is_dirty()) == (None, False)
    lead.company = old
    assert [write.action for write in writes_of(lead)] == ["link"]


def test_a_refused_company_can_be_taken_back() -> None:
    """The link stays a change; assigning the company that the server has leaves nothing to send."""
    old, new = (Company._from_api(Company._model(id=key), None) for key in (7, 8))
    lead = read(embedded=leads.LeadEmbedded(companies=[common.Ref(id=7)]))
    assert lead.company is not None
    lead.company = new
    unlink, link = writes_of(lead)
    for write in (unlink, link):
        begin(write)
        write.sent.revert(lead)
    assert [write.action for write in writes_of(lead)] == ["unlink", "link"]
    lead.company = old
    assert not lead._is_dirty()
    lead.company = None
    assert [write.action for write in writes_of(lead)] == ["unlink"]
