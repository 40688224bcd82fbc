"""Reading lists: pages, filters in both kinds of account, related entities, and their cost in requests."""
# GENERATED from tests/shell_async/orm/test_query.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from amocrm import (
    Company,
    Contact,
    FilterError,
    FilterIgnored,
    Lead,
    NotFoundError,
    NotLoaded,
    Status,
    Task,
    User,
    fields,
)
from amocrm._sync.client import AmoCRM
from amocrm.errors import UnreadableError
from amocrm_sandbox import Mutate, Sandbox

from .._support import ManualClock, tampered
from ..crm import City, Deal, client_of

pytestmark = pytest.mark.anyio

START = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture(params=[False, True], ids=["without option", "with option"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An account without and with the paid filter option."""
    made = Sandbox(limits=False, api_filter=request.param)
    yield made
    made.close()


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """Its client."""
    return client_of(sandbox)


def has_option(sandbox: Sandbox) -> bool:
    """Whether filters work in this account."""
    return bool(sandbox.account["is_api_filter_enabled"])


def fill(crm: AmoCRM, count: int) -> list[Lead]:
    """Leads with rising prices and times of change, a contact and a company each."""
    with crm.session() as s:
        return s.add_all(
            Lead(
                name=f"Сделка {number}",
                price=number,
                created_at=START,
                updated_at=START + timedelta(hours=number),
                company=Company(name=f"Компания {number}"),
                contacts=[Contact(name=f"Контакт {number}", phone=f"+7{number}")],
            )
            for number in range(count)
        )


# ---- pages


@pytest.mark.slow
def test_all_pages_are_read_in_order(sandbox: Sandbox, crm: AmoCRM) -> None:
    """1,100 leads are 5 pages."""
    with crm.session() as s:
        s.add_all(Lead(name=str(number)) for number in range(1100))
    sandbox.journal.reset()
    ids = [lead.id for lead in crm.leads]
    assert len(ids) == 1100
    assert ids == sorted(ids)
    assert sandbox.journal.total == 5


@pytest.mark.slow
def test_reading_ahead_costs_one_request_at_most() -> None:
    """None up to four pages and where answers come within 1/7 s, one in longer lists."""
    with closing(Sandbox(limits=False)) as sandbox:
        with client_of(sandbox).session() as s:
            made = s.add_all(Lead(name=str(number)) for number in range(1001))
        for leads, latency, options, asked in (
            (1001, 0.05, {}, 5),
            (1001, 0.3, {}, 6),
            (1001, 0.3, {"max_prefetch": 0}, 5),
            (1000, 0.3, {}, 4),
        ):
            if leads == 1000:
                sandbox.delete("leads", made[0].id)
            crm = slow_client(sandbox, latency, **options)
            sandbox.journal.reset()
            ids = [lead.id for lead in crm.leads]
            assert (len(ids), sandbox.journal.total) == (leads, asked), (latency, options)
            sandbox.journal.reset()
            assert len(crm.query(Lead).limit(600).all()) == 600
            assert sandbox.journal.total == 3, (latency, options)


def slow_client(sandbox: Sandbox, latency: float, **options: Any) -> AmoCRM:
    """A client whose answers take as long by its clock."""
    clock = ManualClock()

    def travel(*_: object) -> None:
        clock.now += latency

    return client_of(
        sandbox, clock=clock, http_transport=tampered(sandbox, travel, lambda *_: None), **options
    )


def test_an_empty_list_is_empty(sandbox: Sandbox, crm: AmoCRM) -> None:
    """204 is no error: nothing is yielded, after one request."""
    assert crm.leads.all() == []
    assert crm.query(Lead).first() is None
    assert sandbox.journal.total == 2


def test_a_limit_asks_for_no_more_than_it_gives(sandbox: Sandbox, crm: AmoCRM) -> None:
    """limit(3) is one request of three items."""
    fill(crm, 10)
    sandbox.journal.reset()
    assert len(crm.query(Lead).limit(3).all()) == 3
    assert sandbox.journal.total == 1
    assert "limit=3" in sandbox.journal[0].target


def test_an_overlap_finds_what_a_deletion_has_moved(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Three leads deleted behind the reader hide three others, unless the ends of pages are read again."""
    with crm.session() as s:
        s.add_all(Lead(name=str(number)) for number in range(600))
    ids = sorted([lead.id for lead in crm.leads])
    missed = []
    for overlap, gone in ((0, ids[:3]), (5, ids[3:6])):
        crm.max_prefetch = 0
        seen = set()
        for lead in crm.query(Lead).overlap(overlap):
            if lead.id == ids[20]:
                for key in gone:
                    sandbox.delete("leads", key)
            seen.add(lead.id)
        missed.append(len(set(ids) - seen - set(ids[:6])))
    assert missed == [3, 0]
    with pytest.raises(ValueError, match="number of rows"):
        crm.query(Lead).overlap(-1)


def test_a_list_can_be_sorted(crm: AmoCRM) -> None:
    """order_by sends what the list can sort by and refuses the rest."""
    fill(crm, 5)
    newest = crm.query(Lead).order_by(Lead.updated_at, desc=True).all()
    assert [lead.price for lead in newest] == [4, 3, 2, 1, 0]
    with pytest.raises(FilterError, match="sorted by"):
        crm.query(Lead).order_by(Lead.price)


# ---- one


def test_one_entity_by_id(crm: AmoCRM) -> None:
    """get raises NotFoundError for an unknown id, get_or_none gives None."""
    leads = fill(crm, 1)
    assert (crm.leads.get(leads[0].id)).name == "Сделка 0"
    assert crm.leads.get_or_none(999) is None
    with pytest.raises(NotFoundError, match="no Lead 999"):
        crm.leads.get(999)
    with pytest.raises(LookupError):
        crm.get(Deal, 999)


def test_a_derived_class_works_everywhere(crm: AmoCRM) -> None:
    """Queries, get and sessions give the class that was asked for."""
    crm.fields.ensure(Deal)
    with crm.session() as s:
        made = s.add(Deal(name="Заказ", city=City.KAZAN))
        assert s.ref(Deal, 55).id == 55
    assert [type(deal) for deal in crm.query(Deal)] == [Deal]
    assert (crm.get(Deal, made.id)).city is City.KAZAN
    with crm.session() as s:
        lead = s.get(Lead, made.id)
        assert s.get(Deal, made.id) is lead
        assert isinstance(lead, Deal)


# ---- filters


@pytest.mark.slow
def test_recent_leads_are_found_in_every_account(sandbox: Sandbox, crm: AmoCRM) -> None:
    """updated_at >= x and what is joined to it gives the same leads with and without the option."""
    fill(crm, 600)
    sandbox.journal.reset()
    since = START + timedelta(hours=590)
    query = crm.query(Lead).where(Lead.updated_at >= since, Lead.price.between(592, 595))
    assert [lead.price for lead in query.order_by(Lead.id)] == [592, 593, 594, 595]
    assert sandbox.journal.total == (1 if has_option(sandbox) else 2)


def test_an_ignored_filter_is_never_taken_for_an_answer(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Without the option a filter by price raises, unless reading the whole list was allowed."""
    fill(crm, 20)
    query = crm.query(Lead).where(Lead.price >= 15)
    if has_option(sandbox):
        assert len(query.all()) == 5
    else:
        with pytest.raises(FilterIgnored, match="scan"):
            query.all()
    assert [lead.price for lead in query.scan()] == [15, 16, 17, 18, 19]


def test_a_filter_that_fits_everything_is_no_proof(crm: AmoCRM) -> None:
    """When every answered item fits, the answer is right in any account."""
    fill(crm, 5)
    assert len(crm.query(Lead).where(Lead.price >= 0).all()) == 5


def test_custom_fields_are_filtered_by_label(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Names and labels are turned into ids by the definitions of the account."""
    crm.fields.ensure(Deal)
    with crm.session() as s:
        s.add_all([Deal(name="К", city=City.KAZAN, amount=5), Deal(name="М", city=City.MOSCOW, amount=7)])
    crm.directory.fields.clear()
    query = crm.query(Deal).where(Deal.city.is_(City.KAZAN), Deal.amount <= 6).scan()
    assert [deal.name for deal in query] == ["К"]


def test_conditions_of_another_list_are_refused(crm: AmoCRM) -> None:
    """A condition on contacts has no place in a query of leads."""
    with pytest.raises(FilterError, match="contacts"):
        crm.query(Lead).where(Contact.id.is_(5))


def test_search_works_in_every_account(crm: AmoCRM) -> None:
    """The full-text search needs no option."""
    fill(crm, 12)
    assert [lead.name for lead in crm.query(Lead).search("Сделка 11")] == ["Сделка 11"]


# ---- related entities


@pytest.mark.slow
def test_250_leads_with_contacts_and_companies_take_three_requests(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """One for the leads, one for the contacts, one for the companies; without the option their short lists."""
    with crm.session() as s:
        s.add_all([Contact(name="Другой"), Company(name="Другая")])
    fill(crm, 250)
    sandbox.journal.reset()
    leads = crm.query(Lead).preload(Lead.contacts, Lead.company).all()
    # Without it: a probe and the two pages of each list (251 records).
    assert sandbox.journal.total == (3 if has_option(sandbox) else 8)
    for lead in leads:
        assert lead.company is not None
        assert lead.company.name == f"Компания {lead.price}"
        assert [contact.phone for contact in lead.contacts] == [f"+7{lead.price}"]


def test_what_was_not_loaded_says_what_to_call(crm: AmoCRM) -> None:
    """Contacts of a plain list, and attributes of a reference, name the call that brings them."""
    fill(crm, 1)
    lead = crm.query(Lead).first()
    assert lead is not None
    with pytest.raises(NotLoaded, match=r"preload\(Lead.contacts\)"):
        len(lead.contacts)
    assert lead.company is not None
    with pytest.raises(NotLoaded, match=rf"crm\.companies\.get\({lead.company.id}\)"):
        assert lead.company.name


def test_users_and_stages_are_known_once_they_were_read(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Reading the directories makes names of users and stages available without further requests."""
    pipeline = crm.pipelines.create("Продажи", statuses=["Переговоры"], won="Оплачено")
    (user,) = crm.users.create_all([User("Агент", "agent@example.com", password="Secret123")])
    with crm.session() as s:
        s.add(Lead(name="Заказ", status=pipeline["Переговоры"], responsible=user))
    other = client_of(sandbox)
    lead = other.query(Lead).preload(Lead.responsible, Lead.status).first()
    assert lead is not None
    assert lead.responsible is not None
    assert (lead.responsible.name, lead.status.name) == ("Агент", "Переговоры")
    assert pipeline.won.name == "Оплачено"
    assert [one.name for one in other.pipelines if one.name == "Продажи"] == ["Продажи"]


def test_what_a_list_shows_only_when_asked(sandbox: Sandbox, crm: AmoCRM) -> None:
    """preload asks for it without a request of its own, for a list and for one entity."""
    leads = fill(crm, 1)
    sandbox.journal.reset()
    wanted = (Lead.loss_reason, Lead.catalog_elements, Lead.is_price_modified_by_robot)
    lead = crm.query(Lead).preload(*wanted).first()
    assert lead is not None
    again = crm.leads.get(leads[0].id, preload=wanted)
    for one in (lead, again):
        assert (one.loss_reason, list(one.catalog_elements)) == (None, [])
        assert one.is_price_modified_by_robot in (None, False)
    assert sandbox.journal.total == 2
    with pytest.raises(TypeError, match="every answer"):
        crm.query(Lead).preload(Lead.price)
    with pytest.raises(TypeError, match=r"such as Lead\.contacts"):
        crm.query(Lead).preload("contacts")  # type: ignore[arg-type]


def test_mistakes_in_a_query_say_what_to_write(crm: AmoCRM) -> None:
    """Python's own operators that the API cannot answer are refused with the nearest thing that works."""
    query = crm.query(Lead)
    with pytest.raises(TypeError, match=r"write .*\.is_\(1\)"):
        query.where(Lead.price == 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"where\(a, b\)"):
        query.where((Lead.price >= 5) & (Lead.price <= 7))  # type: ignore[operator]
    with pytest.raises(TypeError, match="in_"):
        query.where((Lead.price >= 5) | (Lead.price <= 3))  # type: ignore[operator]
    with pytest.raises(TypeError, match="negated"):
        query.where(~(Lead.price >= 5))  # type: ignore[operator]
    with pytest.raises(FilterError, match="write >="):
        query.where(Lead.price > 5)  # type: ignore[operator]
    with pytest.raises(FilterError, match="write <="):
        query.where(Deal.due < date(2024, 5, 1))  # type: ignore[operator]
    with pytest.raises(ValueError, match="count must be an integer"):
        query.limit(-1)
    with pytest.raises(FilterError, match="no leads can fit"):
        query.where(Lead.price.between(5, 1))
    with pytest.raises(FilterError, match=r"at most 250 values, got 300.*get_many"):
        query.where(Lead.id.in_(*range(1, 301)))
    with pytest.raises(TypeError, match=r"statuses .* without pipeline_id"):
        crm.get(Status, 142)
    with pytest.raises(TypeError, match="n integer"):
        crm.leads.get("17")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="n integer"):
        crm.leads.get_many([1.5])  # type: ignore[list-item]
    shown = (
        query.where(Lead.price >= 5).search("x").order_by(Lead.id, desc=True).preload(Lead.company).limit(3)
    )
    assert repr(shown).endswith(
        "Query of Lead.where(Lead.price >= 5).search('x').order_by(id, desc).preload(Lead.company).limit(3)>"
    )


def test_get_many_reads_by_ids(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Entities by id come in the order of the ids; unknown ids are missing."""
    leads = fill(crm, 5)
    wanted = [leads[3].id, leads[1].id, 999]
    sandbox.journal.reset()
    found = crm.leads.get_many(wanted)
    assert [lead.id for lead in found] == wanted[:2]
    # Without the option: the attempt, one probe, and the only page of the list.
    assert sandbox.journal.total == (1 if has_option(sandbox) else 3)


# ---- other collections


def test_notes_tasks_and_tags_are_listed_by_entity_or_class(crm: AmoCRM) -> None:
    """Notes, tasks and tags are listed for an entity or for a class."""
    with crm.session() as s:
        lead = s.add(Lead(name="Заказ", tags={"vip"}))
        lead.notes.add("раз")
        s.add(Task("сам по себе", due=START))
        lead.tasks.add("по сделке", due=START)
    assert [note.text for note in crm.notes.of(Lead)] == ["раз"]
    assert [task.text for task in crm.tasks.of(lead)] == ["по сделке"]
    assert len(crm.tasks.all()) == 2
    assert "vip" in [tag.name for tag in crm.tags.of(Lead)]
    (tag,) = crm.tags.create(Contact, ["новый"])
    assert tag.id > 0
    with pytest.raises(TypeError, match=r"notes\.of"):
        crm.query(type(lead.notes.add("два")))


def test_fields_are_created_once(sandbox: Sandbox, crm: AmoCRM) -> None:
    """ensure creates what is declared and missing, and nothing the second time."""
    first = crm.fields.ensure(Deal)
    again = crm.fields.ensure(Deal)
    assert len(first) == len(again)
    made = crm.fields.create(
        Company, [fields.Definition(name="Отрасль", type="select", options=["IT"])]
    )
    assert made[0].id > 0
    assert (crm.fields.list("companies")).find(("name", "Отрасль")) is not None


def test_the_account_tells_its_zone_and_option(sandbox: Sandbox, crm: AmoCRM) -> None:
    """account() learns the zone, in which moments are shown from then on, and whether filters work."""
    fill(crm, 1)
    lead = crm.query(Lead).first()
    assert lead is not None
    assert lead.created_at == START
    assert str(lead.created_at.tzinfo) == "UTC"
    crm.account()
    assert str(crm.zone) == "Europe/Moscow"
    assert crm.directory.filters is has_option(sandbox)
    assert lead.created_at == START
    assert str(lead.created_at.tzinfo) == "Europe/Moscow"


def test_an_unreadable_value_is_told_apart_from_one_that_was_not_loaded(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """A value that does not fit its description costs itself, not the page."""
    fill(crm, 2)
    sandbox.faults.add(Mutate("_embedded.leads.*.group_id", {"odd": 1}), operation="list_leads")
    with pytest.warns(UserWarning, match="group_id"):
        leads = crm.leads.all()
    assert [lead.price for lead in leads] == [0, 1]
    with pytest.raises(UnreadableError, match="group_id"):
        assert leads[0].group_id


def test_a_relation_of_another_kind_is_refused(crm: AmoCRM) -> None:
    """It would bring nothing, and nobody would be told."""
    with pytest.raises(TypeError, match="relations of Lead"):
        crm.query(Lead).preload(Contact.company)
    with pytest.raises(TypeError, match="relations of Deal"):
        crm.get(Deal, 5, preload=[Contact.company])


def test_conditions_that_exclude_each_other_are_refused_where_they_are_written(crm: AmoCRM) -> None:
    """Two calls of where hold together; no request is needed to know that nothing fits."""
    query = crm.query(Lead).where(Lead.id.in_(1, 2))
    with pytest.raises(FilterError, match="excludes an earlier condition"):
        query.where(Lead.id.in_(3))
