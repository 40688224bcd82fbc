"""What every entity does: absent values, constructors, copies, pickles, its representation."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from typing import Any

import pytest

from amocrm import Contact, Lead, Note, NotLoaded, Task, fields
from amocrm.entities._writing import writes_of
from amocrm_gen._runtime.model import with_extra
from amocrm_gen.models import common, leads
from tests.entities.leads import Deal, body, read


def test_what_is_not_loaded_names_the_call() -> None:
    """An attribute that the server did not send is no None: it says how to get it."""
    with pytest.raises(
        NotLoaded, match=r"status_id of <Deal 5 'Заказ'> is not loaded; write crm\.leads\.get\(5\)"
    ):
        assert read().status_id


def test_a_new_entity_has_no_values_of_the_server() -> None:
    """What may be missing is None, what only the server sets says so."""
    lead = Lead(name="Заказ")
    assert lead.price is None
    with pytest.raises(NotLoaded, match="commit first"):
        assert lead.created_at
    with pytest.raises(NotLoaded, match="commit first"):
        assert lead.id


def test_unknown_custom_fields_of_a_constructor_are_refused() -> None:
    """Declared names are checked at run time, with the nearest one."""
    assert Deal(origin="сайт").origin == "сайт"
    with pytest.raises(TypeError, match="did you mean origin"):
        Deal(orgin="сайт")


def test_a_second_reading_refreshes_what_was_not_changed() -> None:
    """Local changes win, other values are those of the last answer, and what it lacks is kept."""
    lead = read()
    lead.price = 8
    lead._refresh_from(leads.Lead(id=5, name="Новое имя", price=9, updated_at=1700000001))
    assert (lead.name, lead.price, lead.created_at.year) == ("Новое имя", 8, 2023)
    lead.price = 9
    assert not lead._is_dirty()


def test_what_the_description_does_not_know_is_kept() -> None:
    """A new key of the server is in ``extra``, also in a copy and after an answer that lacks it; nothing sends it."""
    known = leads.Lead(id=5, name="Заказ", price=7)
    lead = Deal._from_api(with_extra(known, {"new": 1, "newer": 2}), None)
    lead.price = 8
    lead._refresh_from(with_extra(leads.Lead(id=5, name="Заказ"), {"newer": 3}))
    lead._refresh_from(leads.Lead(id=5, name="Заказ"))

    for one in (lead, copy(lead), pickle.loads(pickle.dumps(lead))):
        assert one.extra == {"new": 1, "newer": 3}
    assert body(lead) == {"id": 5, "price": 8}
    assert read().extra == Lead(name="новый").extra == {}


def test_an_entity_survives_pickling_without_its_session() -> None:
    """A copy for another process has data and changes."""
    lead = read()
    lead.price = 8
    copy = pickle.loads(pickle.dumps(lead))
    assert (copy.id, copy.name, copy.price, copy._session) == (5, "Заказ", 8, None)
    assert isinstance(copy, Deal)
    assert pickle.loads(pickle.dumps(Lead(name="новый")))._key is None


@pytest.mark.parametrize("attribute", ["price", "origin", "company", "contacts"])
def test_del_says_how_to_clear(attribute: str) -> None:
    """``del`` has no meaning in the API; assigning None has."""
    with pytest.raises(AttributeError, match=r"assign (None|\[\])"):
        delattr(Deal(), attribute)


def test_a_copy_is_an_object_of_its_own() -> None:
    """Changing the copy leaves the first as it was, and the other way round."""
    contact = Contact(name="Иван")
    first = Deal(name="Заказ", origin="сайт", tags={"a"}, contacts=[contact])
    first.notes.add("текст")
    second = copy(first)
    second.origin, second.name = "звонок", "Копия"
    second.tags.add("b")
    second.contacts.remove(contact)
    assert (first.name, first.origin, set(first.tags), list(first.contacts)) == (
        "Заказ",
        "сайт",
        {"a"},
        [contact],
    )
    assert (second.name, second.origin, set(second.tags), list(second.contacts)) == (
        "Копия",
        "звонок",
        {"a", "b"},
        [],
    )
    assert [type(one) for one in second._cascade()] == []
    assert body(second)["custom_fields_values"] == [{"field_id": 101, "values": [{"value": "звонок"}]}]


@pytest.mark.parametrize("again", [deepcopy, lambda entity: pickle.loads(pickle.dumps(entity))])
def test_nothing_is_lost_on_the_way_to_another_process(again: Any) -> None:
    """A pickled entity keeps its changed fields, tags, links and notes; its session stays behind."""
    lead = read(custom_fields_values=None, embedded=leads.LeadEmbedded(tags=[common.TagRef(id=1, name="a")]))
    lead.price, lead.origin = 8, "сайт"
    lead.tags.add("b")
    lead.contacts.add(Contact(name="Иван"))
    lead.notes.add("текст")
    lead.custom[77] = "без объявления"
    made = again(lead)
    assert type(made) is Deal
    assert made._session is None
    assert next(work.render() for work in writes_of(made)) == body(lead)
    assert [repr(one) for one in made._cascade()] == [repr(one) for one in lead._cascade()]


def test_entities_are_shown_by_what_people_know_them_by() -> None:
    """Leads by name, tasks and notes by text."""
    assert repr(read()) == "<Deal 5 'Заказ'>"
    assert repr(Task("Позвонить", due=0)) == "<Task new 'Позвонить'>"
    assert repr(Note("текст")) == "<Note new 'текст'>"


@pytest.mark.parametrize(
    "attribute", ["price", "id", "source", "contacts", "tags", "custom", "_data", "notes"]
)
def test_a_declared_field_does_not_replace_a_built_in_attribute(attribute: str) -> None:
    """The class is refused with the way out, whatever kind of attribute would be lost."""
    with pytest.raises(TypeError, match=f"replaces=.*{attribute}"):
        type(Lead)("Deal", (Lead,), {attribute: fields.Text(field_id=5)})


@pytest.mark.parametrize(
    ("attribute", "value"), [("price", 5), ("contacts", lambda self: 5), ("name", property(lambda self: 5))]
)
def test_nothing_else_replaces_a_built_in_attribute(attribute: str, value: Any) -> None:
    """A constant, a method or a property under the name of an attribute would hide what the server has."""
    with pytest.raises(TypeError, match=f"replaces=.*{attribute}"):
        type(Lead)("Deal", (Lead,), {attribute: value})


def test_methods_may_be_overridden() -> None:
    """A method of a built-in class is no value of the server."""

    class Call(Task):
        def complete(self, result: str | None = None) -> None:
            super().complete(result or "done")

    call = Call("x", due=0)
    call.complete()
    assert call.result == "done"


def test_one_field_has_one_type() -> None:
    """Two attributes of different types for one field would undo each other."""
    with pytest.raises(TypeError, match="second must have the type text of first"):
        type(Lead)("Deal", (Lead,), {"first": fields.Text(field_id=5), "second": fields.Numeric(field_id=5)})


def test_a_field_of_contacts_is_built_in_as_well() -> None:
    """Telephone numbers are declared by the library, and are not replaced by accident."""
    with pytest.raises(TypeError, match="phone of Contact"):
        type(Contact)("Person", (Contact,), {"phone": fields.Text(field_id=5)})


def test_replacing_is_possible_by_word() -> None:
    """A class that asks for it has its own field; a field of one's own is redeclared freely."""

    class Deal(Lead, replaces={"source"}):
        source = fields.Text(field_id=5)  # type: ignore[assignment]

    class Big(Deal):
        source = fields.Text(field_id=6)  # type: ignore[assignment]

    assert Deal(source="сайт").source == "сайт"
    assert Big.source.field_id == 6
