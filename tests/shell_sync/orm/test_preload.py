"""What is read along with a list: which requests, and where it stands afterwards."""
# GENERATED from tests/shell_async/orm/test_preload.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from amocrm import CatalogElement, Company, Contact, Customer, Lead, Note, NotLoaded, Task
from amocrm._sync.client import AmoCRM
from amocrm_gen.models.catalogs import CatalogCreate, CatalogElementCreate
from amocrm_gen.models.notes import CallNoteParams, SmsNoteParams
from amocrm_sandbox import Sandbox

from ..crm import client_of

pytestmark = pytest.mark.anyio

DUE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(params=[False, True], ids=["without option", "with option"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An account with customers, without and with the paid filter option."""
    made = Sandbox(limits=False, api_filter=request.param)
    made.act("PATCH", "/api/v4/customers/mode", {"mode": "periodicity", "is_enabled": True})
    yield made
    made.close()


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """Its client, which reads one page at a time."""
    return client_of(sandbox, max_prefetch=0)


def asked(sandbox: Sandbox) -> dict[str, int]:
    """Requests by operation."""
    found: dict[str, int] = {}
    for entry in sandbox.journal:
        found[entry.operation] = found.get(entry.operation, 0) + 1
    return found


# ---- notes and tasks


@pytest.mark.slow
def test_notes_and_tasks_of_a_page_take_as_few_requests_as_the_address_allows(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """250 ids of eight digits do not fit one address: 241 and 9; 500 notes of the first part are two pages more."""
    with crm.session() as s:
        for number in range(250):
            lead = s.add(Lead(name=str(number)))
            lead.notes.add(f"первое {number}")
            lead.notes.add(f"второе {number}")
            lead.tasks.add(f"задача {number}", due=DUE)
    sandbox.journal.reset()
    leads = crm.query(Lead).preload(Lead.notes, Lead.tasks).all()
    assert asked(sandbox) == {"list_leads": 1, "list_notes": 3, "list_tasks": 2}
    assert max(len(entry.target) for entry in sandbox.journal) < 7_100
    # What is created meanwhile stands behind what was read: no page is moved.
    assert all("order[id]=asc" in unquote(entry.target) for entry in list(sandbox.journal)[1:])
    for lead in leads:
        assert [note.text for note in lead.notes] == [f"первое {lead.name}", f"второе {lead.name}"]
        assert [task.text for task in lead.tasks] == [f"задача {lead.name}"]


def test_what_was_read_along_belongs_to_the_session(crm: AmoCRM) -> None:
    """A note that was preloaded is changed like any other; one that was added stands at the end."""
    with crm.session() as s:
        made = s.add(Lead(name="Заказ"))
        made.notes.add("было")
    assert [note.text for note in made.notes] == ["было"]
    with crm.session() as s:
        lead = s.get(Lead, made.id, preload=[Lead.notes])
        lead.notes[0].text = "стало"
        lead.notes.add("новое")
        assert [note.text for note in lead.notes] == ["стало", "новое"]
    assert [note.text for note in lead.notes] == ["стало", "новое"]
    again = crm.get(Lead, made.id, preload=[Lead.notes, Lead.tasks])
    assert [note.text for note in again.notes] == ["стало", "новое"]
    assert not again.tasks
    assert again.notes[0].entity is not None
    assert again.notes[0].entity.id == made.id


def test_a_refresh_reads_preloaded_notes_and_tasks_anew(sandbox: Sandbox, crm: AmoCRM) -> None:
    """What was not preloaded stays unread; a note that is to be added stays at the end."""
    with crm.session() as s:
        first, second = s.add_all([Lead(name="Заказ"), Lead(name="Ещё")])
        first.notes.add("было")
    with crm.session() as s:
        lead = s.get(Lead, first.id, preload=[Lead.notes])
        other = s.get(Lead, second.id)
        crm.notes.create(Note("другой программы", entity=first))
        lead.notes.add("новое")
        sandbox.journal.reset()
        s.refresh(lead, other)
        assert asked(sandbox)["list_notes"] == 1
        assert [note.text for note in lead.notes] == ["было", "другой программы", "новое"]
        with pytest.raises(NotLoaded):
            len(other.notes)


def test_notes_say_how_to_read_them(crm: AmoCRM) -> None:
    """Without a reading neither length nor content is guessed, and adding works all the same."""
    with crm.session() as s:
        made = s.add(Lead(name="Заказ"))
    with crm.session() as s:
        lead = s.ref(Lead, made.id)
        lead.notes.add("вслепую")
        with pytest.raises(NotLoaded, match=r"preload\(Lead\.notes\)"):
            len(lead.notes)
        assert "not loaded" in repr(lead.notes)
    assert [note.text for note in crm.notes.of(lead)] == ["вслепую"]
    assert list(Lead(name="новая").tasks) == []


def test_the_pinned_note_and_the_content_of_a_call(sandbox: Sandbox, crm: AmoCRM) -> None:
    """preload asks which note is pinned; content of a type is a model, of another type it is None."""
    with crm.session() as s:
        lead = s.add(Lead(name="Заказ"))
        lead.notes.add("обычное")
        call = lead.notes.add(
            Note(
                note_type="call_in",
                params={"uniq": "7", "duration": 61, "source": "АТС", "link": "https://x", "phone": "+7900"},
            )
        )
    sandbox.act("POST", f"/api/v4/leads/notes/{call.id}/pin", None)
    again = crm.get(Lead, lead.id, preload=[Lead.notes])
    pinned = again.notes.pinned
    assert pinned is not None
    assert (pinned.id, pinned.is_pinned) == (call.id, True)
    content = pinned.content(CallNoteParams)
    assert content is not None
    assert (content.duration, content.phone) == (61, "+7900")
    assert pinned.content(SmsNoteParams) is None
    assert again.notes[0].content(CallNoteParams) is None


# ---- directories


def test_a_pipeline_costs_one_reading_of_the_directory(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The pipeline of a lead and of its stage are known to every later reading, without a request."""
    with crm.session() as s:
        s.add_all([Lead(name="a"), Lead(name="b")])
    first = crm.query(Lead).first()
    assert first is not None
    assert first.pipeline is not None
    with pytest.raises(NotLoaded, match="name"):
        assert first.pipeline.name
    crm.pipelines.load()
    sandbox.journal.reset()
    for lead in crm.query(Lead).preload(Lead.pipeline).all():
        assert lead.pipeline is not None
        assert lead.pipeline.name == "Воронка"
        assert lead.status.pipeline is lead.pipeline
        assert len(crm.query(Lead).where(Lead.pipeline.is_(lead.pipeline)).scan().all()) == 2
    assert "list_pipelines" not in asked(sandbox)


def test_the_pipeline_of_a_lead_is_a_foreign_key(crm: AmoCRM) -> None:
    """Assigning one sends its id."""
    sales = crm.pipelines.create("Продажи", statuses=["Новая"])
    with crm.session() as s:
        lead = s.add(Lead(name="a"))
        lead.pipeline = sales
    assert (crm.leads.get(lead.id)).pipeline_id == sales.id


# ---- relations of relations


def test_relations_of_what_was_brought_are_brought_too(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Companies of the contacts of leads, and what they need: one request for each kind with the option."""
    with crm.session() as s:
        for number in range(30):
            company = Company(name=f"Компания {number}")
            contact = Contact(name=f"Контакт {number}", company=company)
            lead = s.add(Lead(name=str(number), contacts=[contact]))
            lead.tasks.add("позвонить", due=DUE)
    sandbox.journal.reset()
    wanted = (Lead.contacts.company, Lead.contacts.leads, Lead.tasks.responsible)
    leads = crm.query(Lead).preload(*wanted).all()
    if sandbox.account["is_api_filter_enabled"]:
        assert asked(sandbox) == {
            "list_leads": 2,
            "list_contacts": 1,
            "list_companies": 1,
            "list_tasks": 1,
            "list_users": 1,
        }
    for lead in leads:
        (contact,) = lead.contacts
        assert contact.company is not None
        assert contact.company.name == f"Компания {lead.name}"
        assert [one.name for one in contact.leads] == [lead.name]
        responsible = lead.tasks[0].responsible
        assert responsible is not None
        assert responsible.name == "Администратор"


def test_a_misspelt_relation_of_a_relation_is_named() -> None:
    """The class at the other end and the nearest name are said; a path is shown as it was written."""
    assert repr(Lead.contacts.company.leads) == "Lead.contacts.company.leads"
    with pytest.raises(AttributeError, match="Contact, which has no relation compny; did you mean company"):
        assert Lead.contacts.compny


def test_paths_are_refused_where_they_begin_elsewhere(crm: AmoCRM) -> None:
    """The first relation must be one of the class that is read."""
    with pytest.raises(TypeError, match="preload"):
        crm.query(Lead).preload(Task.responsible)
    with pytest.raises(TypeError, match="preload"):
        crm.query(Contact).preload(Lead.contacts.company)


# ---- customers, events, files


def test_customers_of_a_lead_are_those_of_its_contacts_and_company(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """The API links customers with contacts and companies only: a request for 250 of each, then the customers."""
    with crm.session() as s:
        buyer, firm = Contact(name="Иван"), Company(name="Ромашка")
        first = s.add(Lead(name="a", contacts=[buyer], company=firm))
        second = s.add(Lead(name="b", contacts=[buyer]))
        none = s.add(Lead(name="c"))
        one = s.add(Customer(name="Постоянный", next_date=DUE, contacts=[buyer]))
        other = s.add(Customer(name="Опт", next_date=DUE, company=firm))
        assert list(none.customers) == []
    sandbox.journal.reset()
    read = {lead.id: lead for lead in crm.query(Lead).preload(Lead.customers).all()}
    assert asked(sandbox)["list_links"] == 2
    if sandbox.account["is_api_filter_enabled"]:
        assert asked(sandbox) == {"list_leads": 1, "list_links": 2, "list_customers": 1}
    names = [[customer.name for customer in read[lead.id].customers] for lead in (first, second, none)]
    assert names == [[one.name, other.name], [one.name], []]
    with pytest.raises(AttributeError, match="link its contacts or company"):
        read[none.id].customers.add(one)


def test_what_no_list_can_bring_says_what_it_costs(crm: AmoCRM) -> None:
    """Events and files have calls of their own, and neither an access nor preload makes their requests."""
    with crm.session() as s:
        lead = s.add(Lead(name="a"))
    with pytest.raises(NotLoaded, match=r"crm\.events\.of\(lead\), a request for 10 entities"):
        assert lead.events
    with pytest.raises(TypeError, match=r"crm\.files\.of\(contact\), a request for each"):
        crm.query(Contact).preload(Contact.files)


# ---- elements of lists


def test_elements_come_in_a_request_for_each_list(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The lead says elements, quantities and prices; what the elements hold takes 250 of a list in a request."""
    lists = catalogs(crm, "Товары", "Услуги")
    with crm.session() as s:
        for number in range(20):
            lead = s.add(Lead(name=str(number)))
            for place, elements in enumerate(lists):
                lead.catalog_elements.add(elements[number], quantity=place + 1.5)
    sandbox.journal.reset()
    leads = crm.query(Lead).preload(Lead.catalog_elements).all()
    assert asked(sandbox) == {"list_leads": 1, "list_catalog_elements": 2}
    for lead in leads:
        assert [(one.element.name, one.quantity, one.price_id) for one in lead.catalog_elements] == [
            (f"Товары {lead.name}", 1.5, None),
            (f"Услуги {lead.name}", 2.5, None),
        ]
    sandbox.journal.reset()
    (lead,) = crm.query(Lead).with_("catalog_elements").limit(1).all()
    assert [one.quantity for one in lead.catalog_elements] == [1.5, 2.5]
    assert asked(sandbox) == {"list_leads": 1}


def test_a_second_run_with_the_same_quantities_sends_nothing(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """Quantities are set: what is there is read, and only what differs is sent."""
    (elements,) = catalogs(crm, "Товары")
    for quantities, links in (((1, 2), 2), ((1, 2), 0), ((1, 3), 1)):
        with crm.session() as s:
            lead = s.query(Lead).preload(Lead.catalog_elements).first() or s.add(Lead(name="Заказ"))
            sandbox.journal.reset()
            for element, quantity in zip(elements, quantities, strict=False):
                lead.catalog_elements.add(element, quantity=quantity)
        sent = [
            body for entry in sandbox.journal if entry.operation == "link_entities" for body in entry.json()
        ]
        assert len(sent) == links
    lead = crm.get(Lead, lead.id, preload=[Lead.catalog_elements])
    assert [one.quantity for one in lead.catalog_elements] == [1, 3]
    with crm.session() as s:
        s.add(lead).catalog_elements.remove(elements[0])
    lead = crm.get(Lead, lead.id, preload=[Lead.catalog_elements])
    assert [one.quantity for one in lead.catalog_elements] == [3]


@pytest.mark.slow
def test_300_leads_with_300_new_elements_take_seven_requests(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """Elements and leads first, two requests each; then 599 links with their quantities in three."""
    ((first, *_),) = catalogs(crm, "Товары")

    class Product(CatalogElement, catalog_id=first.catalog_id):
        """An element of this list."""

    sandbox.journal.reset()
    with crm.session() as s:
        products = [s.add(Product(f"Товар {number}")) for number in range(300)]
        for number, product in enumerate(products):
            lead = s.add(Lead(name=str(number)))
            lead.catalog_elements.add(product, quantity=number + 1)
            if number:
                lead.catalog_elements.add(products[number - 1], quantity=2)
        assert len(s.plan()) == 7
    assert asked(sandbox) == {"create_catalog_elements": 2, "create_leads": 2, "link_entities": 3}
    again = crm.get(Lead, lead.id, preload=[Lead.catalog_elements])
    assert [(one.element.name, one.quantity) for one in again.catalog_elements] == [
        *(("Товар 299", 300), ("Товар 298", 2))
    ]


def test_an_element_that_was_linked_is_written_like_any_other(crm: AmoCRM) -> None:
    """Its list is known from the link, so a session changes it in place."""
    (elements,) = catalogs(crm, "Товары")
    with crm.session() as s:
        made = s.add(Lead(name="a"))
        made.catalog_elements.add(elements[0])
    with crm.session() as s:
        lead = s.get(Lead, made.id, preload=[Lead.catalog_elements])
        lead.catalog_elements[0].element.name = "иначе"
        assert "/catalogs/6101/elements: 1 item" in str(s.plan())
    again = crm.get(Lead, made.id, preload=[Lead.catalog_elements])
    assert again.catalog_elements[0].element.name == "иначе"


def catalogs(crm: AmoCRM, *names: str) -> list[list[CatalogElement]]:
    """Lists with twenty elements each."""
    made: Any = crm.api.catalogs.create(
        body=[CatalogCreate(name=name, type="regular") for name in names]
    )
    found = []
    for catalog in made.embedded.catalogs:
        body = [CatalogElementCreate(name=f"{catalog.name} {number}") for number in range(20)]
        answer: Any = crm.api.catalogs.create_elements(catalog_id=catalog.id, body=body)
        found.append(
            [
                CatalogElement._from_api(CatalogElement._model(id=one.id, catalog_id=catalog.id), None)
                for one in answer.embedded.elements
            ]
        )
    return found


# ---- what an answer shows only on demand


def test_what_was_asked_for_and_is_not_there_is_none(crm: AmoCRM) -> None:
    """The server leaves out the source of a lead that has none; every way of reading knows that it was asked for."""
    with crm.session() as s:
        lead = s.add(Lead(name="Order", contacts=[Contact(name="Ann")]))
    wanted = (Lead.source, Lead.loss_reason, Lead.contacts)
    query = crm.query(Lead).preload(*wanted)
    by_id = crm.leads.get(lead.id, preload=list(wanted))
    for stored in (by_id, *query.all(), (query.in_bulk([lead.id]))[lead.id]):
        assert (stored.source, stored.loss_reason) == (None, None)
        assert [contact.id for contact in stored.contacts] == [lead.contacts[0].id]
    with pytest.raises(NotLoaded, match=r"preload=\[Lead\.source\]"):
        assert (crm.leads.get(lead.id)).source
