"""What a query gives beside a list: numbers, pages, dicts, records by id, one change of all."""
# GENERATED from tests/shell_async/orm/test_query_results.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from amocrm import Company, Contact, FilterError, FilterIgnored, FlushError, Lead, fields
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, Sandbox

from ..crm import bodies, client_of

pytestmark = pytest.mark.anyio


class Deal(Lead):
    """A lead with a field."""

    order = fields.Text(name="Номер заказа")


@pytest.fixture(params=[False, True], ids=["without the option", "with the option"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh account without limits, with and without the filter option."""
    made = Sandbox(limits=False, api_filter=request.param)
    yield made
    made.close()


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """A client that reads one page after the other and knows whether filters work."""
    made = client_of(sandbox, retry=NEVER, max_prefetch=0)
    made.account()
    sandbox.journal.reset()
    return made


def is_paid(sandbox: Sandbox) -> bool:
    """Whether the account has the filter option."""
    return bool(sandbox.account["is_api_filter_enabled"])


def requests(sandbox: Sandbox) -> int:
    """Requests since the last call."""
    found = sandbox.journal.total
    sandbox.journal.reset()
    return int(found)


def fill(sandbox: Sandbox, crm: AmoCRM, rows: list[Any]) -> list[Any]:
    """Create records; nothing of it is counted."""
    with crm.session(mark=False) as s:
        s.add_all(rows)
    sandbox.journal.reset()
    return rows


# ---- numbers


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (250, 1), (1_250, 6)])
def test_the_number_of_a_list_takes_few_pages(
    sandbox: Sandbox, crm: AmoCRM, total: int, pages: int
) -> None:
    """The last page is looked for; the list is not read."""
    fill(sandbox, crm, [Lead(name=str(at)) for at in range(total)])
    assert crm.leads.query().count() == total
    assert requests(sandbox) == pages
    assert crm.leads.query().limit(3).count() == min(3, total)


def test_conditions_are_counted_by_the_server_or_here(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Where the server does not filter the rows are read, which has to be allowed as for a list."""
    fill(sandbox, crm, [Lead(price=at % 2) for at in range(600)])
    query = crm.leads.where(Lead.price.is_(1))
    if is_paid(sandbox):
        assert query.count() == 300
        assert requests(sandbox) == 2
    else:
        with pytest.raises(FilterIgnored):
            query.count()
    assert query.scan().count() == 300
    assert crm.leads.where(Lead.id.in_()).count() == 0
    assert crm.leads.where(Lead.updated_at >= 5).count() == 600


def test_a_filter_that_turns_out_to_be_ignored_is_no_number(sandbox: Sandbox) -> None:
    """A client that knows nothing of the option counts what it asked for and not the whole list."""
    crm = client_of(sandbox, retry=NEVER, max_prefetch=0)
    fill(sandbox, crm, [Lead(price=at % 2) for at in range(600)])
    assert crm.leads.where(Lead.price.is_(1)).scan().count() == 300


# ---- pages


def test_pages_are_given_one_by_one_and_from_a_number(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Each page is a request; going on by number gives the rest."""
    leads = fill(sandbox, crm, [Lead(name=str(at)) for at in range(25)])
    told: list[tuple[int, int]] = []
    query = crm.leads.query().page_size(10)
    pages = [page for page in query.pages(progress=lambda *got: told.append(got))]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert told == [(1, 10), (2, 20), (3, 25)]
    assert requests(sandbox) == 3
    rest = [lead.id for page in query.pages(start=3) for lead in page]
    assert rest == [lead.id for lead in leads[20:]]
    assert requests(sandbox) == 1
    assert [len(page) for page in query.limit(12).pages()] == [10, 2]
    for wrong in (0, True, "2"):
        with pytest.raises(ValueError, match="start"):
            query.pages(start=wrong)  # type: ignore[arg-type]
    for size in (0, 251, True):
        with pytest.raises(ValueError, match="rows"):
            query.page_size(size)


def test_values_that_take_several_requests_have_no_page_numbers(crm: AmoCRM) -> None:
    """Each request has pages of its own: going on by number would leave some out."""
    query = crm.leads.where(Lead.name.in_(*(f"{'я' * 60} {at}" for at in range(50)))).scan()
    with pytest.raises(ValueError, match="start"):
        [page for page in query.pages(start=2)]
    assert [page for page in query.pages()] == []


def test_a_list_that_is_read_in_another_order_has_no_page_numbers(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """Where the account has no filter the client compares the newest first: page 2 would be another one."""
    fill(sandbox, crm, [Lead(name=str(at), price=at) for at in range(3)])
    crm.directory.filters = False
    query = crm.leads.where(Lead.price >= 1).scan()
    with pytest.raises(ValueError, match="has no filter"):
        [page for page in query.pages(start=2)]
    assert len([lead for page in query.pages() for lead in page]) == 2


def test_a_reader_in_advance_goes_on_from_a_number_too(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Overlap and pages under way count from the first page that is read."""
    leads = fill(sandbox, crm, [Lead(name=str(at)) for at in range(60)])
    quick = client_of(sandbox, max_prefetch=4)
    query = quick.leads.query().page_size(10)
    rest = [lead.id for page in query.pages(start=3) for lead in page]
    assert rest == [lead.id for lead in leads[20:]]
    rest = [lead.id for page in query.overlap(2).pages(start=3) for lead in page]
    assert rest == [lead.id for lead in leads[20:]]


def test_progress_of_a_list_is_told(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Pages and entities, after each page."""
    fill(sandbox, crm, [Lead(name=str(at)) for at in range(300)])
    told: list[tuple[int, int]] = []
    assert len(crm.leads.query().all(progress=lambda *got: told.append(got))) == 300
    assert told == [(1, 250), (2, 300)]


# ---- by id


@pytest.mark.slow
def test_records_by_id_take_the_cheaper_way(sandbox: Sandbox, crm: AmoCRM) -> None:
    """One list by ids with the option; without it the whole list if it is shorter, else one by one."""
    leads = fill(sandbox, crm, [Lead(name=str(at)) for at in range(1_000)])
    few = [leads[at].id for at in (500, 3)]
    found = crm.leads.in_bulk([*few, 999_999])
    assert list(found) == few
    assert [one.name for one in found.values()] == ["500", "3"]
    assert requests(sandbox) == (1 if is_paid(sandbox) else 4)  # one probe, three leads
    many = [lead.id for lead in leads[:50]]
    assert [lead.id for lead in crm.leads.get_many(many)] == many
    assert requests(sandbox) == (1 if is_paid(sandbox) else 5)  # one probe, four pages
    assert len(crm.leads.get_many(many)) == 50
    assert requests(sandbox) == (1 if is_paid(sandbox) else 4)  # the length is remembered
    (one,) = crm.leads.get_many(many[:1])
    assert one.id == many[0]
    assert requests(sandbox) == 1


def test_records_by_id_are_of_the_class_and_with_relations(sandbox: Sandbox, crm: AmoCRM) -> None:
    """A derived class and what was asked to be read along; conditions make no sense beside ids."""
    rows = [Deal(name=str(at), company=Company(name=f"ООО {at}")) for at in range(3)]
    fill(sandbox, crm, rows)
    found = crm.query(Deal).preload(Deal.company).in_bulk([row.id for row in rows])
    assert [one.company.name for one in found.values() if one.company] == ["ООО 0", "ООО 1", "ООО 2"]
    assert all(isinstance(one, Deal) for one in found.values())
    for query in (crm.leads.where(Lead.id.is_(1)), crm.leads.query().limit(1), crm.leads.query().search("x")):
        with pytest.raises(FilterError, match="in_bulk"):
            query.in_bulk([1])


@pytest.mark.slow
def test_a_list_that_comes_along_is_read_once(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Without the option, 500 contacts on two pages of leads: one probe, one reading of two pages."""
    rows = [Lead(name=str(at), contacts=[Contact(name=f"К {at}")]) for at in range(500)]
    fill(sandbox, crm, rows)
    leads = crm.leads.query().preload(Lead.contacts).all()
    assert [lead.contacts[0].name for lead in leads] == [f"К {at}" for at in range(500)]
    assert requests(sandbox) == (4 if is_paid(sandbox) else 5)


@pytest.mark.slow
def test_one_by_one_ends_once_the_list_has_become_cheaper(sandbox: Sandbox, crm: AmoCRM) -> None:
    """What was spent on earlier pages counts: a long walk never takes more than twice the shorter way."""
    rows = [Lead(name=str(at), contacts=[Contact(name=f"К {at}")]) for at in range(12)]
    fill(sandbox, crm, rows)
    fill(sandbox, crm, [Contact(name="другой") for _ in range(1_200)])
    query = crm.leads.query().page_size(2).preload(Lead.contacts)
    leads = query.all()
    assert [lead.contacts[0].name for lead in leads] == [f"К {at}" for at in range(12)]
    if is_paid(sandbox):
        assert requests(sandbox) == 6 + 6
    else:
        # Two contacts each for the first two pages of leads, then the five pages of the list; two probes.
        assert requests(sandbox) == 6 + 2 + 1 + 2 + 1 + 5


# ---- values and one change of all


def test_values_are_dicts_of_attributes(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The requests are those of the list; a misspelt name is refused before one is made."""
    leads = fill(sandbox, crm, [Lead(name="А", price=5), Lead(name="Б", price=7)])
    assert crm.leads.query().values("id", "price") == [
        {"id": lead.id, "price": lead.price} for lead in leads
    ]
    assert crm.leads.query().limit(1).values() == [{"id": leads[0].id}]
    assert requests(sandbox) == 2
    with pytest.raises(TypeError, match="did you mean price"):
        crm.leads.query().values("prise")
    assert requests(sandbox) == 0


def test_one_change_of_all_is_planned_and_sends_what_differs(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """Two pages are read, those that differ are sent, the plan is read once."""
    fill(sandbox, crm, [Lead(name=str(at), price=at % 2) for at in range(400)])
    change = crm.leads.query().update(price=1)
    plan = change.plan()
    assert (plan.items, plan.requests) == (200, 1)
    assert requests(sandbox) == 2
    report = change.commit()
    assert len(report.applied) == 200
    assert bodies(sandbox, "update_leads")[0][0].keys() == {"id", "price"}
    assert requests(sandbox) == 1
    assert not (crm.leads.query().update(price=1).plan())
    with pytest.raises(TypeError, match="did you mean price"):
        crm.leads.query().update(prise=1)
    with pytest.raises(AttributeError, match="read-only"):
        crm.leads.query().update(id=1).plan()


def test_a_change_whose_answer_is_lost_is_sent_again(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Updates are idempotent: the same change once more sends what is still different."""
    fill(sandbox, crm, [Lead(name=str(at)) for at in range(3)])
    sandbox.faults.add(Drop(), operation="update_leads", nth=1)
    change = crm.leads.query().update(price=1)
    with pytest.raises(FlushError):
        change.commit()
    assert len((change.commit()).applied) == 3
    assert {lead.price for lead in crm.leads.all()} == {1}


# ---- phones and addresses


def test_phones_and_addresses_are_conditions(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The list is searched, hits in other fields are dropped, other conditions hold beside it."""
    fill(
        sandbox,
        crm,
        [
            Contact(name="9001234567"),
            Contact(name="Анна", phone="79001234567", email="Anna@example.com"),
            Contact(name="Борис", phone="79001234567"),
        ],
    )
    query = crm.contacts.where(Contact.phone.is_("8 (900) 123-45-67"))
    assert [one.name for one in query.all()] == ["Анна", "Борис"]
    assert query.count() == 2
    first = query.first()
    assert first is not None
    assert first.name == "Анна"
    assert crm.contacts.where(Contact.phones.is_("+7 900 123-45-68")).exists() is False
    found = crm.contacts.where(Contact.email.is_(" anna@EXAMPLE.com")).one()
    assert found.name == "Анна"
    both = crm.contacts.where(Contact.phone.is_("79001234567"), Contact.name.is_("Борис")).scan()
    assert [one.name for one in both.all()] == ["Борис"]
    assert "Contact.phone" in repr(query)


def test_numbers_are_filtered_by_value(sandbox: Sandbox, crm: AmoCRM) -> None:
    """A number is sent as text without an exponent."""

    class Sized(Lead):
        size = fields.Numeric(name="Размер")

    crm.fields.ensure(Sized)
    fill(sandbox, crm, [Sized(size=100), Sized(size="0.5"), Sized()])
    for size in (100, Decimal("1E+2"), "0.5"):
        found = crm.query(Sized).where(Sized.size.is_(size)).scan().all()
        assert [one.size for one in found] == [Decimal(size)]


def test_a_query_searches_for_one_thing(crm: AmoCRM) -> None:
    """Two searches in one request are not there, and no number is none."""
    query = crm.contacts.where(Contact.phone.is_("+79001234567"))
    for make in (
        lambda: query.search("Анна"),
        lambda: crm.contacts.query().search("Анна").where(Contact.phone.is_("+79001234567")),
        lambda: query.where(Contact.email.is_("a@b.ru")),
    ):
        with pytest.raises(FilterError, match="one thing"):
            make()
    with pytest.raises(ValueError, match="full phone number"):
        crm.contacts.where(Contact.phone.is_("123-45-67")).all()
    with pytest.raises(TypeError, match="text"):
        Contact.phone.is_(79001234567)  # type: ignore[arg-type]
    with pytest.raises(FilterError, match="contacts"):
        crm.leads.where(Contact.phone.is_("+79001234567"))
