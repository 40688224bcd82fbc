"""The Unit of Work against the sandbox: what is sent, and what becomes of each object."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import pytest

from amocrm import CatalogElement, Company, Contact, Currency, FlushError, Lead, Note, Outcome, Task, User
from amocrm._async._primitives import aclosing
from amocrm._async.client import AsyncAmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, Sandbox

from .._support import cancelled
from ..crm import City, Deal, bodies, client_of

pytestmark = pytest.mark.anyio


def sent(sandbox: Sandbox) -> list[str]:
    """Operations that the server has seen."""
    return [entry.operation for entry in sandbox.journal]


# ---- creating


async def test_a_graph_is_created_from_its_leaves(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Companies and contacts come first, then the lead that names them, then its notes, tasks and links."""
    async with crm.session() as s:
        company = Company(name="Ромашка")
        lead = s.add(Lead(name="Заказ", price=5, tags={"сайт"}, company=company))
        lead.contacts.add(Contact(name="Иван", phone="+7900", company=company), main=True)
        lead.notes.add("Пришёл с формы")
        lead.tasks.add("Позвонить", due=datetime.now(UTC) + timedelta(days=1))
        assert s.plan().requests == 6
    assert s.report.ok
    assert set(sent(sandbox)[:2]) == {"create_companies", "create_contacts"}
    assert set(sent(sandbox)[2:4]) == {"create_leads", "link_entities"}
    read = await crm.get(Lead, lead.id, preload=[Lead.contacts, Lead.company])
    assert read.tags == {"сайт"}
    assert read.company is not None
    assert read.company.name == "Ромашка"
    assert read.contacts.main is not None
    assert read.contacts.main.phone == "+7900"
    assert [note.text async for note in crm.notes.of(read)] == ["Пришёл с формы"]
    assert [task.text async for task in crm.tasks.of(read)] == ["Позвонить"]


@pytest.mark.slow
async def test_a_thousand_leads_with_everything_take_twelve_requests(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """1,000 leads with contact, company, tags and two fields: 4 requests for each type at 250 a batch."""
    await crm.fields.ensure(Deal)
    sandbox.journal.reset()
    async with crm.session() as s:
        for number in range(1000):
            deal = s.add(Deal(name=f"Сделка {number}", tags={"импорт"}, city=City.KAZAN, amount=number))
            deal.contacts.add(Contact(name=f"Контакт {number}"))
            deal.company = Company(name=f"Компания {number}")
        assert s.plan().requests == 12
    assert sandbox.journal.total == 12
    assert len({deal.id for deal in [result.entity for result in s.report.applied]}) == 3000


async def test_a_batch_size_follows_the_advice_of_the_vendor(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """batch_size=50 cuts a batch at 50."""
    async with crm.session(batch_size=50) as s:
        s.add_all(Lead(name=str(number)) for number in range(120))
    assert [len(body) for body in bodies(sandbox, "create_leads")] in (
        [50, 50, 20],
        [50, 20, 50],
        [20, 50, 50],
    )


@pytest.mark.slow
async def test_new_leads_with_an_existing_company_take_no_more_than_the_leads(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """What exists is named while the lead is created; the newest id is read once, for later proofs."""
    async with crm.session() as s:
        company = s.add(Company(name="Есть"))
    (user,) = await crm.users.create_all([User("Agent", "agent@example.com", password="Secret123")])
    sandbox.journal.reset()
    async with crm.session() as s:
        for number in range(500):
            s.add(Lead(name=f"{number}", company=company, responsible=user, tags={"a", "b"}))
    assert sent(sandbox) == ["list_leads", "create_leads", "create_leads"]


async def test_nothing_is_sent_when_the_block_is_left_by_an_exception(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """An exception inside the block sends nothing."""

    async def fail() -> None:
        async with crm.session() as s:
            s.add(Lead(name="нет"))
            raise KeyError("stop")

    with pytest.raises(KeyError):
        await fail()
    assert sandbox.journal.total == 0


# ---- changing


async def test_what_was_read_and_not_changed_makes_no_request(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Reading, looking at every attribute and setting values back leaves nothing to send."""
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ", price=7, tags={"a"}))
    async with crm.session() as s:
        lead = await s.get(Lead, made.id)
        lead.price = 8
        lead.price = 7
        lead.tags.add("b")
        lead.tags.discard("b")
        lead.name = str(lead.name)
        sandbox.journal.reset()
        assert not s.plan()
    assert sandbox.journal.total == 0


async def test_one_changed_field_is_all_that_a_patch_carries(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The body has the id and the one field, nothing else."""
    await crm.fields.ensure(Deal)
    async with crm.session() as s:
        made = s.add(Deal(name="Заказ", city=City.KAZAN, due=date(2024, 5, 1), amount=1))
    async with crm.session() as s:
        deal = await s.get(Deal, made.id)
        assert (deal.city, deal.due, deal.amount) == (City.KAZAN, date(2024, 5, 1), 1)
        deal.city = City.MOSCOW
    field = (await crm.fields.load(Deal)).get(("name", "Город"))
    (body,) = bodies(sandbox, "update_leads")
    assert body == [
        {"id": made.id, "custom_fields_values": [{"field_id": field.id, "values": [{"value": "Москва"}]}]}
    ]
    assert (await crm.get(Deal, made.id)).city is City.MOSCOW


async def test_a_reference_is_changed_without_being_read(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """ref() makes one PATCH with one attribute and no GET."""
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ"))
    sandbox.journal.reset()
    async with crm.session() as s:
        s.ref(Lead, made.id).price = 5
        s.ref(Lead, made.id).tags.add("vip")
    assert bodies(sandbox, "update_leads") == [
        [{"id": made.id, "price": 5, "tags_to_add": [{"name": "vip"}]}]
    ]
    assert sandbox.journal.total == 1


async def test_clearing_a_field_sends_null_values(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """None clears a custom field by values null, and the field reads as None."""
    await crm.fields.ensure(Deal)
    async with crm.session() as s:
        deal = s.add(Deal(name="Заказ", amount=5))
    async with crm.session() as s:
        (await s.get(Deal, deal.id)).amount = None
    assert bodies(sandbox, "update_leads")[0][0]["custom_fields_values"][0]["values"] is None
    assert (await crm.get(Deal, deal.id)).amount is None


async def test_other_peoples_numbers_are_sent_along(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Adding a number keeps the numbers that were there, since the API replaces the whole field."""
    async with crm.session() as s:
        made = s.add(Contact(name="Иван", phones=["+7901", "+7902"]))
    async with crm.session() as s:
        contact = await s.get(Contact, made.id)
        contact.phones.add("+7903", kind="MOB")
    read = await crm.contacts.get(made.id)
    assert [str(phone) for phone in read.phones] == ["+7901", "+7902", "+7903"]
    assert read.phones[2].kind == "MOB"


async def test_links_of_existing_entities_are_made_and_removed(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Adding links, removing them and choosing the main contact are link requests, grouped."""
    async with crm.session() as s:
        old, new = s.add(Contact(name="Старый")), s.add(Contact(name="Новый"))
        lead = s.add(Lead(name="Заказ", contacts=[old]))
        first, second = s.add(Company(name="Один")), s.add(Company(name="Два"))
        lead.company = first
    async with crm.session() as s:
        read = await s.get(Lead, lead.id, preload=[Lead.contacts])
        read.contacts.remove(read.contacts[0])
        read.contacts.add(s.ref(Contact, new.id), main=True)
        read.company = s.ref(Company, second.id)
    again = await crm.leads.get(lead.id, preload=[Lead.contacts, Lead.company])
    assert [contact.name for contact in again.contacts] == ["Новый"]
    assert again.contacts.main is again.contacts[0]
    assert again.company is not None
    assert again.company.name == "Два"


async def test_tasks_are_completed(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """complete() sends the flag and the result, and nothing else."""
    async with crm.session() as s:
        task = s.add(Task("Позвонить", due=datetime(2030, 1, 1, tzinfo=UTC)))
    async with crm.session() as s:
        (await s.get(Task, task.id)).complete("Дозвонились")
    assert bodies(sandbox, "update_tasks") == [
        [{"id": task.id, "is_completed": True, "result": {"text": "Дозвонились"}}]
    ]
    read = await crm.tasks.get(task.id)
    assert read.is_completed
    assert read.result == "Дозвонились"


async def test_notes_are_changed_with_their_type(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The content of a note is checked for its type, so the type goes with it."""
    async with crm.session() as s:
        lead = s.add(Lead(name="Заказ"))
        lead.notes.add(Note(note_type="service_message", params={"service": "Касса", "text": "Оплачено"}))
    async with aclosing(crm.notes.of(lead)._entities()) as notes:
        note = await anext(notes)
    async with crm.session() as s:
        s.add(note).text = "Возврат"
    assert bodies(sandbox, "update_notes")[0][0]["note_type"] == "service_message"
    assert [one.text async for one in crm.notes.of(lead)] == ["Возврат"]


# ---- identity


async def test_one_object_stands_for_one_id(crm: AsyncAmoCRM) -> None:
    """Reading twice gives the same object, and keeps what was changed meanwhile."""
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ", price=1))
    async with crm.session() as s:
        lead = await s.get(Lead, made.id)
        lead.price = 2
        assert await s.get(Lead, made.id) is lead
        assert lead.price == 2
        assert [one async for one in s.query(Lead)] == [lead]
        with pytest.raises(ValueError, match="already in this session"):
            s.add(await crm.leads.get(made.id))


async def test_an_entity_belongs_to_one_session(crm: AsyncAmoCRM) -> None:
    """What belongs to a session cannot be added to another."""
    s = crm.session()
    lead = s.add(Lead(name="Заказ"))
    with pytest.raises(ValueError, match="another session"):
        crm.session().add(lead)
    s.discard(lead)


async def test_what_was_read_elsewhere_can_be_added(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """An entity of a query keeps its changes and is sent by the session that takes it in."""
    async with crm.session() as s:
        s.add_all([Lead(name="a"), Lead(name="b")])
    async with crm.session() as s:
        async for lead in crm.leads:
            lead.price = 9
            s.add(lead)
    assert [item["price"] for item in bodies(sandbox, "update_leads")[0]] == [9, 9]


# ---- refused


async def test_one_bad_lead_of_250_is_taken_out(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The server names the bad item: 249 are created with one more request, and the report says why."""
    s = crm.session()
    leads = s.add_all(Lead(name=f"{number}") for number in range(250))
    leads[17].status_id = 999_999
    with pytest.raises(FlushError) as caught:
        await s.commit()
    report = caught.value.report
    assert report is s.report
    assert (len(report.applied), len(report.rejected), report.requests) == (249, 1, 2)
    (rejected,) = report.rejected
    assert rejected.entity is leads[17]
    assert rejected.issues[0].field == "status_id"
    assert rejected.issues[0].value == 999_999
    assert s.new == [leads[17]]
    assert "status_id" in str(caught.value)
    assert len(pickle.loads(pickle.dumps(caught.value)).report.applied) == 249


async def test_a_refused_item_can_be_mended_and_sent_again(crm: AsyncAmoCRM) -> None:
    """A rejected object stays in the session with its changes."""
    s = crm.session()
    lead = s.add(Lead(name="Заказ", status_id=999_999))
    with pytest.raises(FlushError):
        await s.commit()
    lead.status_id = 142
    lead.pipeline_id = (await crm.pipelines.all())[0].id
    assert (await s.commit()).ok
    assert lead.id > 0


async def test_a_refused_custom_field_is_named_as_the_caller_knows_it(crm: AsyncAmoCRM) -> None:
    """The path of the server is translated into the declared attribute."""
    await crm.fields.ensure(Deal)
    s = crm.session()
    deal = s.add(Deal(name="Заказ"))
    deal.custom["Город"] = "Атлантида"
    with pytest.raises(FlushError) as caught:
        await s.commit()
    issue = caught.value.report.rejected[0].issues[0]
    assert "Город" in issue.field or "city" in issue.field
    assert issue.value == "Атлантида"


async def test_what_needs_a_refused_object_is_skipped(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A lead whose contact was refused is not sent, and neither is its note."""
    s = crm.session()
    lead = s.add(Lead(name="Заказ"))
    lead.contacts.add(Contact(name="Иван", responsible_user_id=999_999))
    lead.notes.add("текст")
    with pytest.raises(FlushError) as caught:
        await s.commit()
    assert [str(result.outcome) for result in caught.value.report] == ["rejected", "skipped", "skipped"]
    assert sent(sandbox) == ["create_contacts"]


async def test_an_answer_about_the_account_stops_the_commit(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """402 rejects the chunk at once, and later levels are not tried."""
    sandbox.faults.add(ErrorPage(402, html=False, detail="Payment required"), operation="create_contacts")
    s = crm.session()
    lead = s.add(Lead(name="Заказ"))
    lead.contacts.add(Contact(name="Иван"))
    with pytest.raises(FlushError):
        await s.commit()
    assert [str(result.outcome) for result in s.report] == ["rejected", "skipped"]
    assert sandbox.journal.total == 1


async def test_a_refusal_without_names_is_halved_within_its_budget(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """When every request is refused without a name, a chunk of 250 ends after 32 requests."""
    sandbox.faults.add(
        ErrorPage(400, html=False, detail="Request validation failed"), operation="create_leads"
    )
    s = crm.session()
    s.add_all(Lead(name=f"{number}") for number in range(250))
    with pytest.raises(FlushError):
        await s.commit()
    assert sandbox.journal.total == 32
    assert len(s.report.rejected) == 250
    assert any("not isolated" in result.reason for result in s.report.rejected)


# ---- unknown


@pytest.mark.parametrize("stored", [True, False])
async def test_a_creation_without_an_answer_is_never_sent_twice(
    sandbox: Sandbox, crm: AsyncAmoCRM, stored: bool
) -> None:
    """Its items are unknown; reconcile adopts what exists and lets the rest be sent again."""
    sandbox.faults.add(Drop(after_commit=stored), operation="create_leads", nth=1)
    s = crm.session(mark=True)
    leads = s.add_all([Lead(name="Первый", price=1), Lead(name="Второй", price=2)])
    with pytest.raises(FlushError) as caught:
        await s.commit()
    assert len(caught.value.report.unknown) == 2
    assert s.doubtful == leads
    with pytest.raises(FlushError, match="in doubt"):
        await s.commit()
    assert len(bodies(sandbox, "create_leads")) == 1
    report = await s.reconcile(equal="mine", settle=0)
    assert {result.outcome for result in report} == {Outcome.APPLIED if stored else Outcome.SKIPPED}
    await s.commit()
    assert sorted([str(lead.name) async for lead in crm.leads]) == ["Второй", "Первый"]
    assert len({lead.id for lead in leads}) == 2


async def test_a_change_without_an_answer_may_be_sent_again(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A PATCH sets absolute values: it is unknown, stays a change, and the next commit sends it."""
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ"))
    sandbox.faults.add(Drop(), operation="update_leads", nth=1)
    s = crm.session()
    s.ref(Lead, made.id).price = 5
    with pytest.raises(FlushError) as caught:
        await s.commit()
    assert len(caught.value.report.unknown) == 1
    assert (await s.commit()).ok
    assert (await crm.leads.get(made.id)).price == 5


async def test_an_unreachable_server_leaves_everything_unsent(sandbox: Sandbox) -> None:
    """What never left is skipped and stays in the session."""
    crm = client_of(sandbox, retry=NEVER, token="wrong")
    s = crm.session()
    lead = s.add(Lead(name="Заказ"))
    with pytest.raises(FlushError):
        await s.commit()
    assert s.new == [lead]


async def test_a_repeated_change_is_told(sandbox: Sandbox) -> None:
    """A PATCH that the transport had to send twice is applied, and its result says so."""
    crm = client_of(sandbox)
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ"))
    sandbox.faults.add(Drop(after_commit=True), operation="update_leads", nth=1)
    async with crm.session() as s:
        s.ref(Lead, made.id).price = 5
    assert "sent 2 times" in s.report.applied[0].reason


async def test_a_cancelled_commit_keeps_the_ids_that_arrived(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Whoever is cancelled while an answer is on its way still finds the id in the object."""
    s = crm.session()
    lead = s.add(Lead(name="Заказ"))
    assert await cancelled(s.commit, lambda: sandbox.journal.total > 0)
    assert lead.id == (await crm.leads.all())[0].id
    assert s.new == []


async def test_progress_is_told_after_each_request(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Settled items and all items, request by request."""
    told: list[tuple[int, int]] = []
    async with crm.session(batch_size=10, progress=lambda done, total: told.append((done, total))) as s:
        s.add_all(Lead(name=str(number)) for number in range(30))
    assert told == [(10, 30), (20, 30), (30, 30)]


async def test_discarded_objects_are_not_sent(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """discard takes objects out of the session without sending them."""
    async with crm.session() as s:
        unwanted = s.add(Lead(name="нет"))
        s.add(Lead(name="да"))
        s.discard(unwanted)
    assert [lead.name async for lead in crm.leads] == ["да"]


async def test_a_link_leaves_changes_to_the_session_that_has_them(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """What another session has changed can be linked; its changes are sent by that session alone."""
    async with crm.session() as s:
        stored = s.add(Contact(name="Анна"))
    first, second = crm.session(), crm.session()
    contact = first.ref(Contact, stored.id)
    contact.name = "Анна П."
    lead = second.add(Lead(name="Заказ", contacts=[contact]))
    assert (await second.commit()).ok
    assert bodies(sandbox, "create_leads")[-1][0]["_embedded"]["contacts"] == [{"id": stored.id}]
    assert bodies(sandbox, "update_contacts") == []
    assert first.changed == [contact]
    assert (await first.commit()).ok
    assert (await crm.get(Lead, lead.id, preload=[Lead.contacts])).contacts[0].name == "Анна П."


async def test_what_is_linked_is_the_object_of_the_session(crm: AsyncAmoCRM) -> None:
    """A lead that was read elsewhere with a contact gets the object that the session holds for its id."""
    async with crm.session() as s:
        stored = s.add(Lead(name="Заказ", contacts=[Contact(name="Анна")], company=Company(name="ООО")))
    read = await crm.leads.get(stored.id, preload=[Lead.contacts, Lead.company])
    async with crm.session() as s:
        contact = await s.get(Contact, read.contacts[0].id)
        assert read.company is not None
        company = await s.get(Company, read.company.id)
        lead = s.add(read)
        assert (lead.contacts[0], lead.company) == (contact, company)
        assert not s.plan()


# ---- checks before sending


async def test_a_misspelt_field_stops_the_commit_before_anything_is_sent(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """A field by name that does not exist is a LookupError that names the nearest one."""
    await crm.fields.ensure(Deal)
    crm.directory.fields.clear()
    s = crm.session()
    s.add(Lead(name="Заказ")).custom["Горад"] = "Казань"
    with pytest.raises(LookupError, match="Город"):
        await s.commit()
    assert bodies(sandbox, "create_leads") == []


async def test_a_plan_says_what_it_must_look_up(crm: AsyncAmoCRM) -> None:
    """Writing by name needs the definitions once; the plan shows that request."""
    await crm.fields.ensure(Deal)
    crm.directory.fields.clear()
    s = crm.session()
    s.add(Deal(name="Заказ", city=City.KAZAN))
    plan = s.plan()
    assert plan.requests == 2
    assert "custom_fields" in str(plan)
    assert (await s.commit()).ok


async def test_what_the_api_cannot_write_is_refused_by_a_session(crm: AsyncAmoCRM) -> None:
    """It is refused when it is added, and the message names what there is."""
    with pytest.raises(ValueError, match="no operation to create a Currency; it has: list"):
        crm.session().add(Currency())
    with pytest.raises(ValueError, match="belongs to nothing: give it catalog_id"):
        crm.session().add(CatalogElement("Чайник"))
    with pytest.raises(ValueError, match="belongs to nothing"):
        crm.session().add(Note("текст"))
