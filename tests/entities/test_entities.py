"""Entities without a server: what they hold, what they refuse, what they would send."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from amocrm import Company, Contact, Lead, Note, NotLoaded, Task, User, fields
from amocrm._core.orm.identity import Directory, IdentityMap, Origin
from amocrm.entities import Status
from amocrm.entities._writing import works_of
from amocrm_gen.models import common, leads
from amocrm_gen.models.fields import FieldValue, FieldValueItem


class Deal(Lead):
    """A lead with one declared field."""

    source = fields.Text(field_id=101)


def read(**values: Any) -> Deal:
    """A lead as it was read."""
    given = {"id": 5, "name": "Заказ", "price": 7, "created_at": 1700000000, "closest_task_at": 0, **values}
    return Deal._from(leads.Lead(**given), Origin(Directory()))


def body(entity: Any) -> dict[str, Any]:
    """What the first work of an entity would send."""
    return next(iter(works_of(entity))).build()


def test_values_are_converted_when_they_are_read() -> None:
    """Moments are aware datetimes, zero moments are none, numbers stay numbers."""
    lead = read(price=7.5)
    assert lead.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert lead.closest_task_at is None
    assert lead.price == 7.5


def test_what_is_not_loaded_names_the_call() -> None:
    """An attribute that the server did not send is no None: it says how to get it."""
    with pytest.raises(NotLoaded, match=r"status_id of <Deal 5 'Заказ'> is not loaded: crm\.leads\.get\(5\)"):
        assert read().status_id


def test_a_new_entity_has_no_values_of_the_server() -> None:
    """What may be missing is None, what only the server sets says so."""
    lead = Lead(name="Заказ")
    assert lead.price is None
    with pytest.raises(NotLoaded, match="commit first"):
        assert lead.created_at
    with pytest.raises(NotLoaded, match="commit first"):
        assert lead.id


def test_read_only_attributes_cannot_be_assigned() -> None:
    """What the server sets is refused with a sentence."""
    with pytest.raises(AttributeError, match="set by the server"):
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
    with pytest.raises(ValueError, match="no time zone"):
        Task("Позвонить", due=datetime(2024, 5, 1))


def test_setting_a_value_back_is_no_change() -> None:
    """An attribute, a field or a tag set back leaves the entity clean."""
    value = FieldValue(field_id=101, field_type="text", values=[FieldValueItem(value="сайт")])
    lead = read(
        custom_fields_values=[value], embedded=leads.LeadEmbedded(tags=[common.TagRef(id=1, name="a")])
    )
    lead.price, lead.source = 8, "звонок"
    lead.tags.add("b")
    assert lead._is_dirty()
    lead.price, lead.source = 7, "сайт"
    lead.tags = {"a"}
    assert not lead._is_dirty()
    assert list(works_of(lead)) == []


def test_an_update_carries_changes_only() -> None:
    """Each changed thing and the id."""
    lead = read(custom_fields_values=None, embedded=leads.LeadEmbedded(tags=[common.TagRef(id=1, name="a")]))
    lead.price = Decimal("9")
    lead.closed_at = datetime(2024, 5, 1, tzinfo=UTC)
    lead.source = "сайт"
    lead.tags = {"b"}
    assert body(lead) == {
        "id": 5,
        "price": 9,
        "closed_at": 1714521600,
        "custom_fields_values": [{"field_id": 101, "values": [{"value": "сайт"}]}],
        "tags_to_add": [{"name": "b"}],
        "tags_to_delete": [{"name": "a"}],
    }


def test_tags_that_were_not_loaded_can_be_changed_and_replaced() -> None:
    """Adding and removing need no reading; assigning replaces them all; reading says what to call."""
    lead = Lead._from(leads.Lead(id=5), None)
    lead.tags.add("a")
    lead.tags.discard("b")
    assert body(lead) == {"id": 5, "tags_to_add": [{"name": "a"}], "tags_to_delete": [{"name": "b"}]}
    with pytest.raises(NotLoaded, match="tags"):
        len(lead.tags)
    lead.tags = ["c"]
    assert body(lead) == {"id": 5, "_embedded": {"tags": [{"name": "c"}]}}
    lead.tags.clear()
    assert body(lead) == {"id": 5, "_embedded": {"tags": None}}


def test_a_single_tag_is_not_a_set_of_letters() -> None:
    """A text where several names are expected is refused."""
    with pytest.raises(TypeError, match="put one into a set"):
        Lead(tags="сайт")


def test_a_stage_brings_its_pipeline() -> None:
    """Assigning a stage sets both ids."""
    lead = read()
    lead.status = Status._from(Status._model(id=142, pipeline_id=31), None)
    assert body(lead) == {"id": 5, "status_id": 142, "pipeline_id": 31}
    assert (lead.status.id, lead.status.is_won) == (142, True)


def test_links_take_the_right_kind() -> None:
    """A company is no contact, and links from the read-only side say where to make them."""
    with pytest.raises(TypeError, match="takes contacts"):
        Lead().contacts.add(Company(name="x"))  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="from the other side"):
        Contact().leads.add(Lead())


def test_a_user_that_was_not_created_cannot_be_responsible() -> None:
    """An id is needed."""
    with pytest.raises(ValueError, match="not created yet"):
        Lead(responsible=User("Имя", "a@example.com"))


def test_unknown_custom_fields_of_a_constructor_are_refused() -> None:
    """Declared names are checked at run time, with the nearest one."""
    assert Deal(source="сайт").source == "сайт"
    with pytest.raises(TypeError, match="did you mean source"):
        Deal(sourse="сайт")


def test_the_first_number_of_an_unread_contact_cannot_be_replaced_alone() -> None:
    """The API replaces a field as a whole: replacing the first number would drop the others."""
    contact = Contact._from(Contact._model(id=5), None)
    with pytest.raises(NotLoaded, match="phone"):
        contact.phone = "+7900"
    contact.phones = ["+7900"]
    assert body(contact)["custom_fields_values"][0]["values"] == [{"value": "+7900", "enum_code": "WORK"}]


def test_a_second_reading_refreshes_what_was_not_changed() -> None:
    """Local changes win, other values are those of the last answer, and what it lacks is kept."""
    lead = read()
    lead.price = 8
    lead._absorb(leads.Lead(id=5, name="Новое имя", price=9, updated_at=1700000001))
    assert (lead.name, lead.price, lead.created_at.year) == ("Новое имя", 8, 2023)
    lead.price = 9
    assert not lead._is_dirty()


def test_clean_objects_do_not_live_for_the_session() -> None:
    """The identity map is weak for clean objects and strong for changed ones."""
    known = IdentityMap(Directory())
    clean = known.make(Lead, leads.Lead(id=1, price=1))
    assert known.make(Lead, leads.Lead(id=1, price=1)) is clean
    known.make(Lead, leads.Lead(id=2, price=1)).price = 2
    del clean
    assert known.find(Lead, 1) is None
    changed = known.find(Lead, 2)
    assert changed is not None
    assert changed.price == 2


def test_an_entity_survives_pickling_without_its_session() -> None:
    """A copy for another process has data and changes."""
    lead = read()
    lead.price = 8
    copy = pickle.loads(pickle.dumps(lead))
    assert (copy.id, copy.name, copy.price, copy._session) == (5, "Заказ", 8, None)
    assert isinstance(copy, Deal)
    assert pickle.loads(pickle.dumps(Lead(name="новый")))._key is None


# ---- mistakes of a new user


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


@pytest.mark.parametrize("attribute", ["price", "source", "company", "contacts"])
def test_del_says_how_to_clear(attribute: str) -> None:
    """``del`` has no meaning in the API; assigning None has."""
    with pytest.raises(AttributeError, match="assign None"):
        delattr(Deal(), attribute)


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
    with pytest.raises(TypeError, match="put one into a list"):
        Lead(contacts=second)  # type: ignore[arg-type]


def test_what_a_list_shows_only_when_asked_says_how_to_ask() -> None:
    """The call that is named brings the attribute."""
    with pytest.raises(NotLoaded, match=r"crm\.leads\.get\(5, preload=\[Lead\.source_id\]\)"):
        assert read().source_id
    with pytest.raises(NotLoaded, match=r"preload\(Lead\.loss_reason\)"):
        assert read().loss_reason
    with pytest.raises(AttributeError, match="read only"):
        read().loss_reason = None  # type: ignore[assignment]
    assert Lead().catalog_elements == ()


def test_users_and_tags_are_not_changed_after_they_were_created() -> None:
    """An assignment that nothing could send is refused."""
    known = User._from(User._model(id=7, name="Имя"), None)
    with pytest.raises(AttributeError, match="set when it is created"):
        known.name = "Другое"


def test_a_task_moves_to_another_entity_and_a_note_does_not() -> None:
    """Tasks can be given to another entity, before and after their creation."""
    lead, other = read(), Company._from(Company._model(id=9), None)
    task = lead.tasks.add("Позвонить", due=1714521600)
    task.entity = other
    assert task in list(other._reach())
    assert task not in list(lead._reach())
    known = Task._from(Task._model(id=3, entity_id=5, entity_type="leads"), None)
    known.entity = other
    assert body(known) == {"id": 3, "entity_id": 9, "entity_type": "companies"}
    note = Note._from(Note._model(id=4, entity_id=5), None)
    with pytest.raises(AttributeError, match="does not move notes"):
        note.entity = other


def test_a_copy_is_an_object_of_its_own() -> None:
    """Changing the copy leaves the first as it was, and the other way round."""
    contact = Contact(name="Иван")
    first = Deal(name="Заказ", source="сайт", tags={"a"}, contacts=[contact])
    first.notes.add("текст")
    second = copy(first)
    second.source, second.name = "звонок", "Копия"
    second.tags.add("b")
    second.contacts.remove(contact)
    assert (first.name, first.source, set(first.tags), list(first.contacts)) == (
        "Заказ",
        "сайт",
        {"a"},
        [contact],
    )
    assert (second.name, second.source, set(second.tags), list(second.contacts)) == (
        "Копия",
        "звонок",
        {"a", "b"},
        [],
    )
    assert [type(one) for one in second._reach()] == []
    assert body(second)["custom_fields_values"] == [{"field_id": 101, "values": [{"value": "звонок"}]}]


@pytest.mark.parametrize("again", [deepcopy, lambda entity: pickle.loads(pickle.dumps(entity))])
def test_nothing_is_lost_on_the_way_to_another_process(again: Any) -> None:
    """A pickled entity keeps its changed fields, tags, links and notes; its session stays behind."""
    lead = read(custom_fields_values=None, embedded=leads.LeadEmbedded(tags=[common.TagRef(id=1, name="a")]))
    lead.price, lead.source = 8, "сайт"
    lead.tags.add("b")
    lead.contacts.add(Contact(name="Иван"))
    lead.notes.add("текст")
    lead.custom[77] = "без объявления"
    made = again(lead)
    assert type(made) is Deal
    assert made._session is None
    assert next(work.build() for work in works_of(made)) == body(lead)
    assert [repr(one) for one in made._reach()] == [repr(one) for one in lead._reach()]


def test_entities_are_shown_by_what_people_know_them_by() -> None:
    """Leads by name, tasks and notes by text."""
    assert repr(read()) == "<Deal 5 'Заказ'>"
    assert repr(Task("Позвонить", due=0)) == "<Task new 'Позвонить'>"
    assert repr(Note("текст")) == "<Note new 'текст'>"


def test_an_entity_given_again_takes_the_place_of_its_reference() -> None:
    """Outside of a session the object that was assigned is the one that is read back."""
    lead = read(embedded=leads.LeadEmbedded(companies=[common.Ref(id=7)]))
    company = Company._from(Company._model(id=7, name="Ромашка"), None)
    lead.company = company
    assert lead.company is company
    assert not lead._is_dirty()
