"""Links between entities."""

from __future__ import annotations

import pytest

from amocrm import Company, Contact, Lead, NotLoaded
from amocrm._core.orm.identity import Directory, Origin
from amocrm.entities._one_link import OneLink
from amocrm_gen.models import common, leads
from tests.entities.leads import read


def test_links_take_the_right_kind() -> None:
    """A company is no contact, and links from the read-only side say where to make them."""
    with pytest.raises(TypeError, match="a Contact"):
        Lead().contacts.add(Company(name="x"))  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="from the other side"):
        Contact().leads.add(Lead())


def test_a_link_to_one_entity_names_itself_on_the_class() -> None:
    """A new entity is linked to nothing; what preload takes is the relation."""
    assert isinstance(Contact.company, OneLink)
    assert repr(Contact.company) == "Contact.company"
    assert Contact().company is None


def test_contacts_can_be_assigned_where_they_are_known() -> None:
    """The whole content is replaced; what is not loaded cannot be, and one contact is not several."""
    first, second = Contact(name="a"), Contact(name="b")
    lead = Lead(contacts=[first])
    lead.contacts.main = first
    lead.contacts = [second]
    assert list(lead.contacts) == [second]
    assert lead.contacts.main is None
    with pytest.raises(NotLoaded, match="preload"):
        read().contacts = [second]
    with pytest.raises(TypeError, match="list of contacts"):
        Lead(contacts=second)  # type: ignore[arg-type]


def test_an_object_is_among_links_by_itself_or_by_its_id() -> None:
    """Another object of the same id stands for the same record; a new one stands for itself alone."""
    new, known = Contact(name="a"), Contact._from_api(Contact._model(id=7), None)
    lead = Lead(contacts=[new, known])
    for inside in (new, known, Contact._from_api(Contact._model(id=7), None)):
        assert inside in lead.contacts
    for outside in (Contact(name="a"), Contact._from_api(Contact._model(id=8), None), 7, None):
        assert outside not in lead.contacts


def test_an_entity_given_again_takes_the_place_of_its_reference() -> None:
    """Outside of a session the object that was assigned is the one that is read back."""
    lead = read(embedded=leads.LeadEmbedded(companies=[common.Ref(id=7)]))
    company = Company._from_api(Company._model(id=7, name="Ромашка"), None)
    lead.company = company
    assert lead.company is company
    assert not lead._is_dirty()


def test_an_id_that_a_link_shows_is_a_mark() -> None:
    """What is linked exists, so that its id later proves what was created after it."""
    origin = Origin(Directory("demo.amocrm.ru"))
    data = leads.Lead(id=5, embedded=leads.LeadEmbedded(companies=[common.Ref(id=7)]))
    assert origin.make(Lead, data).company is not None
    assert origin.directory.marks.highest("companies") == 7
    assert origin.directory.marks.highest("contacts") is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("company", "assign None to clear it"),
        ("responsible", "assign None to clear it"),
        ("status", "assign another one"),
        ("contacts", r"assign \[\] to clear it, or call remove\(...\) for one link"),
        ("catalog_elements", r"call remove\(...\) for each link"),
        ("source", "is read-only"),
    ],
)
def test_a_relation_cannot_be_deleted_as_an_attribute(name: str, words: str) -> None:
    """The message says what clears it, which is not the same for each kind of relation."""
    with pytest.raises(AttributeError, match=f"Lead.{name} .*{words}"):
        delattr(Lead(), name)
