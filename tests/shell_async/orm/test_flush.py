"""Commits at their edges: mistakes, linked objects, slow servers, interruptions."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from unittest.mock import ANY

import pytest

from amocrm import Company, Contact, FlushError, Lead, Outcome, ValidationError, fields
from amocrm._async.client import AsyncAmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, Sandbox

from .._support import cancelled
from ..crm import Deal, bodies, client_of

pytestmark = pytest.mark.anyio


async def test_no_session_takes_what_is_no_entity(crm: AsyncAmoCRM) -> None:
    """A class, a dict and an id of text are refused where they are given."""
    s = crm.session()
    for wrong in (Lead, {"name": "x"}, None):
        with pytest.raises(TypeError, match="entity"):
            s.add(wrong)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="key must be an integer"):
        s.ref(Lead, "17")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no Lead has the id -5"):
        s.ref(Lead, -5)


async def test_what_an_added_lead_is_linked_to_comes_along(crm: AsyncAmoCRM) -> None:
    """Changes of linked entities are sent too, also those made after the lead was added."""
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ", contacts=[Contact(name="Иван")], company=Company(name="Рога")))
    lead = await crm.leads.get(made.id, preload=[Lead.contacts, Lead.company])
    lead.contacts[0].name = "Пётр"
    async with crm.session() as s:
        s.add(lead)
        assert lead.company is not None
        lead.company.name = "Копыта"
    again = await crm.leads.get(made.id, preload=[Lead.contacts, Lead.company])
    assert again.company is not None
    assert (again.contacts[0].name, again.company.name) == ("Пётр", "Копыта")


async def test_a_changed_object_does_not_vanish_behind_another(crm: AsyncAmoCRM) -> None:
    """Assigning a changed company that is here as another object is refused, as in add()."""
    async with crm.session() as s:
        made = s.add(Lead(name="Заказ", company=Company(name="Рога")))
    async with crm.session() as s:
        lead = await s.get(Lead, made.id)
        assert lead.company is not None
        other = await crm.companies.get(lead.company.id)
        other.name = "Копыта"
        with pytest.raises(ValueError, match="object of this session"):
            lead.company = other


# ---- batches that are too slow


@pytest.mark.slow
async def test_a_gateway_timeout_makes_the_next_batches_smaller(sandbox: Sandbox) -> None:
    """The batch of the 504 is unknown; those behind it are half as long, and smaller again after another."""
    crm = client_of(sandbox, retry=NEVER, max_prefetch=0)
    sandbox.faults.add(ErrorPage(504), operation="create_leads", nth=1)
    sandbox.faults.add(ErrorPage(504), operation="create_leads", nth=2)
    s = crm.session(mark=True)
    s.add_all(Lead(name=str(number)) for number in range(700))
    with pytest.raises(FlushError, match=r"session\.reconcile\(\)"):
        await s.commit()
    assert [len(body) for body in bodies(sandbox, "create_leads")] == [250, 125, 62, 62, 62, 62, 62, 15]
    assert (len(s.report.unknown), len(s.report.applied)) == (375, 325)
    report = await s.reconcile(settle=0)
    assert {result.outcome for result in report} == {Outcome.SKIPPED}
    assert (await s.commit()).ok
    assert len(await crm.leads.all()) == 700


async def test_a_change_that_timed_out_and_was_sent_again_makes_batches_smaller(sandbox: Sandbox) -> None:
    """A PATCH is repeated by itself; that it was slow is remembered."""
    crm = client_of(sandbox, max_prefetch=0)
    async with crm.session() as s:
        leads = s.add_all(Lead(name=str(number)) for number in range(600))
    sandbox.faults.add(ErrorPage(504), operation="update_leads", nth=1)
    async with crm.session() as s:
        for lead in leads:
            s.add(lead).price = 5
    assert [len(body) for body in bodies(sandbox, "update_leads")] == [250, 250, 125, 125, 100]
    assert s.report.ok


# ---- typed by what was learned


async def test_a_value_written_by_name_reads_back_as_it_was_written(crm: AsyncAmoCRM) -> None:
    """The commit learns the type of the field; the object shows the value and not the items of the API."""
    await crm.fields.ensure(Deal)
    crm.directory.fields.clear()
    async with crm.session() as s:
        lead = s.add(Lead(name="Заказ"))
        lead.custom["Город"], lead.custom["Срок"] = "Казань", date(2024, 5, 1)
    assert lead.custom["Город"] == "Казань"
    assert lead.custom["Срок"] == date(2024, 5, 1)


class Loose(Lead):
    """A lead whose options are those of the account."""

    city = fields.Select(name="Город")


async def test_a_refused_option_names_those_that_exist(crm: AsyncAmoCRM) -> None:
    """Where the definitions are known the message says what could have been meant."""
    await crm.fields.ensure(Deal)
    s = crm.session()
    s.add(Loose(name="Заказ", city="Казнь"))
    with pytest.raises(FlushError, match="did you mean 'Казань'"):
        await s.commit()
    s = crm.session()
    s.add(Loose(name="Заказ", city="Атлантида"))
    with pytest.raises(FlushError, match="options are 'Казань', 'Москва'"):
        await s.commit()


async def test_stages_and_pipelines_are_saved(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """One request with what was changed, none for what was not; a refused change stays a change."""
    sales = await crm.pipelines.create("Продажи", statuses=["Переговоры"], is_unsorted_on=False)
    sales.name, sales["Переговоры"].name = "Сбыт", "Встреча"
    await crm.pipelines.save(sales, *sales)
    (pipeline,) = bodies(sandbox, "update_pipeline")
    assert pipeline == {"name": "Сбыт"}
    assert bodies(sandbox, "update_pipeline_status") == [{"name": "Встреча"}]
    again = await crm.pipelines.get(sales.id)
    assert (again.name, "Встреча" in [stage.name for stage in again]) == ("Сбыт", True)
    sandbox.faults.add(ErrorPage(400, html=False), operation="update_pipeline")
    again.name = "Нет"
    for _ in range(2):
        with pytest.raises(ValidationError):
            await crm.pipelines.save(again)
    assert len(bodies(sandbox, "update_pipeline")) == 3
    with pytest.raises(TypeError, match="changed must be Pipeline or Status"):
        await crm.pipelines.save(Lead(name="x"))  # type: ignore[arg-type]


async def test_what_was_on_its_way_when_a_commit_was_cut_short_is_in_doubt(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """A creation that was sent and lost in a cancelled commit is never sent again by itself."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = crm.session(mark=True)
    lead = s.add(Lead(name="Заказ"))

    async def commit() -> None:
        with suppress(FlushError):
            await s.commit()

    await cancelled(commit, lambda: "create_leads" in [entry.operation for entry in sandbox.journal])
    assert s.doubtful == [lead]
    assert s.report.unknown[0].entity is lead
    with pytest.raises(FlushError, match="in doubt"):
        await s.commit()
    assert len(bodies(sandbox, "create_leads")) == 1
    assert (await s.reconcile(equal="mine")).ok


async def test_what_a_cut_short_commit_had_not_sent_is_skipped(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Each object has a result; what was not sent stays a change, and the next commit sends it."""

    def stop(done: int, total: int) -> None:
        """End the first commit after its first request."""
        if len(sandbox.journal) == 1:
            raise KeyError("stop")

    s = crm.session(progress=stop)
    lead = s.add(Lead(name="Заказ"))
    note = lead.notes.add("Позвонить")
    with pytest.raises(KeyError, match="stop"):
        await s.commit()
    (skipped,) = s.report.skipped
    assert (skipped.entity, skipped.reason) == (note, "the commit was cut short")
    assert lead.id
    assert (await s.commit()).ok
    assert note.id


async def test_a_fraction_of_a_price_is_no_silent_loss(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """amoCRM keeps whole prices: a fraction is sent, and the warning says what may become of it."""
    session = crm.session()
    lead = session.add(Lead(name="Заказ", price=10.5))
    with pytest.warns(UserWarning, match=r"price 10\.5 .*whole prices"):
        await session.commit()
    assert bodies(sandbox, "create_leads") == [[{"name": "Заказ", "price": 10.5, "request_id": ANY}]]
    lead.price = 11.0
    await session.commit()
    assert bodies(sandbox, "update_leads") == [[{"id": lead.id, "price": 11}]]


async def test_a_record_that_only_looks_like_it_is_for_people_to_decide(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """A robot has changed the record before reconcile() saw it: neither adopted nor sent again by itself."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = crm.session()
    lead = s.add(Lead(name="Заказ", price=5))
    with pytest.raises(FlushError):
        await s.commit()
    (there,) = await crm.leads.all()
    async with crm.session() as robot:
        robot.ref(Lead, there.id).price = 7
    for _ in range(2):
        report = await s.reconcile(settle=0)
        assert report.unknown[0].entity is lead
        assert report.unknown[0].candidates == (there.id,)
        with pytest.raises(FlushError, match="in doubt"):
            await s.commit()
    assert s.doubtful == [lead]
    assert len(bodies(sandbox, "create_leads")) == 1
    s.resend(lead)
    await s.commit()
    assert len(await crm.leads.all()) == 2
    with pytest.raises(ValueError, match="must be doubtful"):
        s.resend(lead)


async def test_a_mended_object_whose_answer_is_lost_is_found_again(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """A null that was sent is compared with nothing: the server has put its default there."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=2)
    s = crm.session()
    lead = s.add(Lead(name="Заказ", responsible_user_id=1))
    for _ in range(2):
        with pytest.raises(FlushError):
            await s.commit()
        lead.responsible_user_id = None
    assert (await s.reconcile(equal="mine")).ok
    await s.commit()
    assert [one.id for one in await crm.leads.all()] == [lead.id]


async def test_a_field_that_was_missing_is_looked_for_again(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A commit that found no such field leaves its changes; once the field is made the next commit sends them."""
    s = crm.session()
    deal = s.add(Deal(name="Заказ", due=date(2024, 5, 1)))
    with pytest.raises(LookupError, match="Срок"):
        await s.commit()
    await client_of(sandbox).fields.ensure(Deal)
    assert (await s.commit()).ok
    assert (await crm.get(Deal, deal.id)).due == date(2024, 5, 1)
