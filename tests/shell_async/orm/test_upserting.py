"""Find, update or create against the sandbox: requests, rules, several matches, lost answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from amocrm import (
    AmbiguousKey,
    Contact,
    FilterIgnored,
    FlushError,
    Key,
    Lead,
    RepeatedKey,
    TransportError,
    any_of,
    fields,
)
from amocrm._async.client import AsyncAmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, Sandbox

from ..crm import client_of

pytestmark = pytest.mark.anyio

SPELLINGS = [
    "+7 900 123-45-67",
    "8 (900) 123-45-67",
    "8-900-123-45-67",
    "+7(900)1234567",
    "79001234567",
    "9001234567",
]


class Option(StrEnum):
    """Options of a list."""

    FAST = "Быстро"
    GIFT = "В подарок"


class Deal(Lead):
    """A lead with an order number."""

    order = fields.Text(name="Номер заказа")
    shop = fields.Text(name="Магазин")
    options = fields.MultiSelect(name="Опции", options=Option)


@pytest.fixture(params=[False, True], ids=["without the option", "with the option"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh account without limits, with and without the filter option."""
    made = Sandbox(limits=False, api_filter=request.param)
    yield made
    made.close()


@pytest.fixture
async def crm(sandbox: Sandbox) -> AsyncAmoCRM:
    """Its client, which reads one page after the other; it has read the account."""
    made = client_of(sandbox, retry=NEVER, max_prefetch=0)
    await made.account()
    await made.fields.ensure(Deal)
    sandbox.journal.reset()
    return made


def sent(sandbox: Sandbox) -> Counter[str]:
    """Operations that the server has seen since the last call."""
    found = Counter(entry.operation for entry in sandbox.journal)
    sandbox.journal.reset()
    return found


def orders(number: int, changed: int = 0) -> list[Deal]:
    """Rows of a list of orders, some of them with another price."""
    return [
        Deal(name=f"Заказ {at}", order=f"A-{at:05}", price=7 if at < changed else 5) for at in range(number)
    ]


async def store(crm: AsyncAmoCRM, rows: list[Any]) -> list[Any]:
    """Create records."""
    async with crm.session() as s:
        s.add_all(rows)
    return rows


# ---- requests


@pytest.mark.slow
async def test_three_thousand_rows_are_written_once(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """12 requests that write, then none, then one for 67 changed rows, each with what changed."""
    paid = sandbox.account["is_api_filter_enabled"]
    for changed, action, writes in ((0, "created", 12), (0, "unchanged", 0), (67, "updated", 1)):
        async with crm.session(mark=False) as s:
            found = s.upsert_all(orders(3000, changed), key=Deal.order)
        assert found.counts()[action] == (changed or 3000)
        operations = sent(sandbox)
        assert operations["create_leads"] + operations["update_leads"] == writes
        empty = action == "created"
        assert operations["list_leads"] == (24 if paid and empty else 1 if empty else 24 if paid else 12)
        if changed:
            assert not paid or found.updated[0].found_by == "filter"


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "requests"), [(1, 1), (50, 5)])
async def test_the_cheaper_of_search_and_list_is_chosen(
    sandbox: Sandbox, crm: AsyncAmoCRM, rows: int, requests: int
) -> None:
    """Of 1,000 contacts one number is searched for, and for 50 the four pages are read after one probe."""
    await store(crm, [Contact(name="К", phone=f"+7900{at:07}") for at in range(1000)])
    sent(sandbox)
    async with crm.session() as s:
        given = [Contact(phone=f"8900{at:07}") for at in range(rows)]
        found = s.upsert_all(given, key=Contact.phones, sure=False)
    assert sent(sandbox) == {"list_contacts": requests}
    assert found.counts() == {"unchanged": rows}
    assert {entry.found_by for entry in found} == {"search" if rows == 1 else "list"}
    async with crm.session() as s:
        s.upsert_all([Contact(phone=row.phone) for row in given], key=Contact.phones, sure=False)
    assert sent(sandbox) == {"list_contacts": 1 if rows == 1 else 4}  # the length of the list is known now


@pytest.mark.slow
async def test_a_long_list_is_not_read_for_a_few_keys(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Three numbers among 1,000 contacts: one probe and three searches."""
    await store(crm, [Contact(name="К", phone=f"+7900{at:07}") for at in range(1000)])
    sent(sandbox)
    async with crm.session() as s:
        found = s.upsert_all(
            [Contact(phone=f"8900{at:07}") for at in range(3)], key=Contact.phones, sure=False
        )
    assert sent(sandbox) == {"list_contacts": 4}
    assert {entry.found_by for entry in found} == {"search"}


async def test_the_plan_tells_the_look_ups_and_is_exact_after_them(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """Before the look-up every row may be created; afterwards only the new ones are in the plan."""
    await store(crm, orders(2))
    s = crm.session()
    found = s.upsert_all(orders(3), key=Deal.order)
    assert s.plan().items == 3
    assert "Deal.order" in str(s.plan())
    await s.look_up()
    assert s.plan().items == 1
    assert not any("Deal.order" in line for line in s.plan().lookups)
    assert found.counts() == {"unchanged": 2, "created": 1}
    await s.commit()


async def test_a_plan_says_how_the_keys_are_looked_for(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """By the filter where it is paid for, by the list where nothing is trusted, else a probe decides; not at all
    for rows without a value."""
    paid = sandbox.account["is_api_filter_enabled"]

    def lookups(rows: list[Any], key: Any, **rules: Any) -> tuple[str, ...]:
        s = crm.session(mark=False)
        s.upsert_all(rows, key=key, **rules)
        found = s.plan().lookups
        s.discard(*s.new)
        return found

    (line,) = lookups(orders(3), Deal.order)
    assert line.startswith(
        f"GET    /api/v4/leads: {'filter' if paid else 'list'}, for 3 keys of Key(Deal.order)"
    )
    probe, line = lookups([Contact(phone=f"+7900123450{at}") for at in range(3)], Contact.phone, sure=False)
    assert "contacts: page 4, to learn" in probe
    assert "contacts: search or list, for 3 keys" in line
    assert len(lookups(orders(600), Deal.order, find="filter")) == 3
    assert lookups([Contact(name="x")], Contact.phone, on_keyless="create") == ()


async def test_an_account_without_the_option_is_found_out_on_the_way(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """A client that has not read the account tries the filter; where it is ignored the list is read instead."""
    stored = await store(crm, orders(2))
    fresh = client_of(sandbox, retry=NEVER, max_prefetch=0)
    async with fresh.session() as s:
        row = s.upsert(Deal(order="A-00001"), key=Deal.order)
    assert row.id == next(lead.id for lead in stored if lead.order == "A-00001")
    s = client_of(sandbox, retry=NEVER, max_prefetch=0).session()
    found = s.upsert_all([Deal(order="A-00001")], key=Deal.order, find="filter")
    if sandbox.account["is_api_filter_enabled"]:
        await s.look_up()
        assert found[0].found_by == "filter"
        assert "filter" in list(sandbox.journal)[-1].target
    else:
        with pytest.raises(FilterIgnored):
            await s.look_up()
    s.discard(*s.new)


async def test_the_country_of_national_numbers_is_asked_for_once(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A client that has not read the account asks it when a key has phones, and for no other key."""
    (stored,) = await store(crm, [Contact(name="Анна", phone="+79001234567", email="a@b.ru")])
    fresh = client_of(sandbox, retry=NEVER, max_prefetch=0)
    sent(sandbox)
    found = await fresh.contacts.find_by(key=Contact.email, value="a@b.ru", sure=True)
    assert "get_account" not in sent(sandbox)
    for _ in range(2):
        found += await fresh.contacts.find_by(key=Contact.phone, value="8 900 123-45-67", sure=True)
    assert sent(sandbox)["get_account"] == 1
    assert {contact.id for contact in found} == {stored.id}
    assert len(found) == 3


async def test_notes_of_a_row_go_to_the_object_of_its_record(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The session has created the record; a second row of the key brings a note and nothing else."""
    s = crm.session()
    first = s.add(Deal(name="Заказ", order="1"))
    await s.commit()
    row = Deal(order="1")
    note = row.notes.add("позвонить")
    found = s.upsert_all([row], key=Deal.order)
    assert (await s.commit()).ok
    assert (found[0].entity, found[0].found_by) == (first, "session")
    assert [one.text async for one in crm.notes.of(first)] == ["позвонить"]
    assert note.id


# ---- phones and addresses


@pytest.mark.parametrize("stored", SPELLINGS)
async def test_six_spellings_are_one_contact_when_the_list_is_read(
    sandbox: Sandbox, crm: AsyncAmoCRM, stored: str
) -> None:
    """However a number is stored, each of its spellings finds it, and nothing is written."""
    (contact,) = await store(crm, [Contact(name="Иван", phone=stored)])
    sent(sandbox)
    for spelling in SPELLINGS:
        async with crm.session() as s:
            row = s.upsert(Contact(name="Иван", phone=spelling), key=Contact.phone, sure=True)
        assert row.id == contact.id
    assert set(sent(sandbox)) == {"list_contacts"}


async def test_numbers_and_addresses_are_added_and_not_replaced(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A new number stands behind those of the record; replace= takes the others away."""
    (contact,) = await store(crm, [Contact(name="Иван", phones=["+79001234567", "+79000000000"])])
    async with crm.session() as s:
        s.upsert(Contact(phones=["89001234567", "+79991112233"]), key=Contact.phones)
    read = await crm.get(Contact, contact.id)
    assert [one.value for one in read.phones] == ["+79001234567", "+79000000000", "+79991112233"]
    async with crm.session() as s:
        s.upsert(Contact(phones=["89001234567"]), key=Contact.phones, replace={Contact.phones})
    assert [one.value for one in (await crm.get(Contact, contact.id)).phones] == ["89001234567"]


async def test_two_keys_that_find_different_records_are_ambiguous(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The number belongs to one contact and the address to another."""
    one, other = await store(
        crm, [Contact(name="A", phone="+79001234567"), Contact(name="B", email="b@example.com")]
    )
    key = any_of(Contact.phones, Contact.emails)
    async with crm.session() as s:
        row = s.upsert(Contact(email="b@EXAMPLE.com"), key=key)
    assert row.id == other.id
    s = crm.session()
    found = s.upsert_all([Contact(phone="89001234567", email="B@example.com")], key=key)
    with pytest.raises(FlushError) as caught:
        await s.commit()
    assert found[0].matches == (one.id, other.id)
    assert isinstance(caught.value.report.rejected[0].error, AmbiguousKey)


async def test_a_region_is_given_with_the_key(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A national number of another country finds nothing under the account's region."""
    await store(crm, [Contact(name="A", phone="+77011234567")])
    async with crm.session() as s:
        row = s.upsert(Contact(phone="8 701 123 45 67"), key=Key(Contact.phones, region="KZ"))
    assert row.id


# ---- what is found and what is not


async def test_a_key_in_another_field_is_not_taken(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A search finds the order number in the name of another lead; the row is created."""
    (stranger,) = await store(crm, [Deal(name="A-00000", order="другой")])
    async with crm.session() as s:
        row = s.upsert(orders(1)[0], key=Deal.order)
    assert row.id != stranger.id


async def test_the_case_of_a_key_counts_unless_it_is_told_not_to(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Texts are trimmed and their case is kept; ignore_case compares here and never filters."""
    (stored,) = await store(crm, [Deal(name="Заказ", order="A-17")])
    async with crm.session() as s:
        same = s.upsert(Deal(order="a-17"), key=Key(Deal.order, ignore_case=True), sure=True)
    assert same.id == stored.id
    assert (await crm.get(Deal, stored.id)).order == "A-17"
    async with crm.session() as s:
        other = s.upsert(Deal(name="Новый", order="a-17"), key=Deal.order, sure=True)
    assert other.id != stored.id


async def test_several_parts_must_all_be_equal(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """One order number in two shops is two leads."""
    one, other = await store(crm, [Deal(order="1", shop="A"), Deal(order="1", shop="B")])
    async with crm.session() as s:
        row = s.upsert(Deal(order="1", shop="B", price=9), key=(Deal.order, Deal.shop))
    assert row.id == other.id
    assert (await crm.get(Deal, one.id)).price == 0


async def test_what_a_user_may_not_see_is_created_anew(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The token of a user who sees its own records only is blind for those of others."""
    (stored,) = await store(crm, orders(1))
    user = sandbox.ui.add_user(view="M")
    own = client_of(sandbox, token=user["token"], retry=NEVER)
    async with own.session() as s:
        row = s.upsert(orders(1)[0], key=Deal.order)
    assert row.id != stored.id


async def test_deleted_records_are_created_anew(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """What lies in the bin is in no list."""
    (stored,) = await store(crm, orders(1))
    sandbox.ui.delete("leads", stored.id)
    async with crm.session() as s:
        row = s.upsert(orders(1)[0], key=Deal.order)
    assert row.id != stored.id


async def test_contacts_of_an_incoming_lead_are_not_found_before_it_is_accepted(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """The contact of a mail that nobody accepted is in no list, so that the row is created."""
    sandbox.ui.receive_mail("anna@example.com", "Заявка", "Текст", "Анна")
    async with crm.session() as s:
        found = s.upsert_all([Contact(name="Анна", email="anna@example.com")], key=Contact.email)
    assert found.counts() == {"created": 1}


# ---- rules


async def test_new_values_are_for_created_records_only(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A lead that was won stays won; the one that is created begins where new= says."""
    stage = next(
        one for one in (await crm.pipelines.all())[0].statuses if one.id not in (142, 143) and one.type == 0
    )
    (won,) = await store(crm, [Deal(order="1", status_id=142, pipeline_id=stage.pipeline_id)])
    async with crm.session() as s:
        old, new = (Deal(order="1", price=3), Deal(order="2"))
        s.upsert_all([old, new], key=Deal.order, new={"status": stage, "name": "Новый"})
    assert (await crm.get(Deal, won.id)).status_id == 142
    assert old.id == won.id
    read = await crm.get(Deal, new.id)
    assert (read.status_id, read.name) == (stage.id, "Новый")


async def test_a_row_says_what_stays_what_is_cleared_and_what_is_added(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """What is not set stays, None clears, tags and options are added to."""
    (stored,) = await store(
        crm, [Deal(name="Имя", order="1", shop="A", price=5, tags={"a"}, options=[Option.FAST])]
    )
    async with crm.session() as s:
        s.upsert(Deal(order="1", shop=None, tags={"b"}, options=[Option.GIFT]), key=Deal.order)
    read = await crm.get(Deal, stored.id)
    assert (read.name, read.shop, read.price, read.tags) == ("Имя", None, 5, {"a", "b"})
    assert set(read.options) == {Option.FAST, Option.GIFT}


async def test_links_to_a_row_are_links_to_its_record(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A lead that names the row is linked with the record; the second time nothing is written."""
    (contact,) = await store(crm, [Contact(name="Иван", phone="+79001234567")])
    for _ in range(2):
        sent(sandbox)
        async with crm.session() as s:
            person = s.upsert(Contact(phone="89001234567"), key=Contact.phones)
            lead = s.upsert(Deal(name="Заказ", order="1", contacts=[person]), key=Deal.order)
        assert person.id == contact.id
    assert not {name for name in sent(sandbox) if not name.startswith("list_")}
    assert [one.id for one in (await crm.get(Deal, lead.id, preload=[Deal.contacts])).contacts] == [
        contact.id
    ]


@pytest.mark.parametrize(("rule", "chosen"), [("oldest", 0), ("newest", -1)])
async def test_one_of_several_records_is_chosen_by_a_rule(
    sandbox: Sandbox, crm: AsyncAmoCRM, rule: Any, chosen: int
) -> None:
    """The oldest or the newest record of a key is changed, and no other."""
    await store(crm, [Deal(order="1"), Deal(order="1")])
    stored = sorted([lead.id async for lead in crm.leads])
    async with crm.session() as s:
        row = s.upsert(Deal(order="1", price=9), key=Deal.order, on_many=rule)
    assert row.id == stored[chosen]


async def test_a_function_chooses_among_several_records(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The function gets the row and the records; None skips the row."""
    await store(crm, [Deal(order="1", price=1), Deal(order="1", price=2)])
    async with crm.session() as s:
        row = s.upsert(
            Deal(order="1", name="Два"),
            key=Deal.order,
            on_many=lambda row, found: next(one for one in found if one.price == 2),
        )
        assert row.id if row._key else True
    assert (await crm.get(Deal, row.id)).price == 2
    async with crm.session() as s:
        found = s.upsert_all([Deal(order="1", name="Три")], key=Deal.order, on_many=lambda row, found: None)
    assert found[0].action == "skipped"
    assert len(found[0].matches) == 2
    s = crm.session()
    s.upsert(Deal(order="1"), key=Deal.order, on_many=lambda row, found: row)
    with pytest.raises(ValueError, match="on_many must return one of the records"):
        await s.look_up()
    s.discard(*s.new)


async def test_several_matches_reject_the_row_and_nothing_else(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The other rows are written, a lead that needs the rejected one waits, and the commit says so."""
    stored = await store(crm, [Deal(order="1"), Deal(order="1")])
    s = crm.session()
    found = s.upsert_all([Deal(order="1", price=2), Deal(order="2", price=2)], key=Deal.order)
    with pytest.raises(FlushError):
        await s.commit()
    assert [entry.action for entry in found] == ["rejected", "created"]
    assert found[0].matches == tuple(sorted(one.id for one in stored))
    assert found.to_dict()["counts"] == {"rejected": 1, "created": 1}


async def test_rows_of_one_key_are_refused_before_anything_is_sent(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """Different rows of one key raise; equal ones are one row."""
    s = crm.session()
    s.upsert_all([Deal(order="1", price=1), Deal(order="1", price=2)], key=Deal.order)
    with pytest.raises(RepeatedKey) as caught:
        await s.commit()
    assert len(caught.value.rows) == 2
    assert not sent(sandbox)
    async with crm.session() as s:
        found = s.upsert_all([Deal(order="1", price=1), Deal(order="1", price=1)], key=Deal.order)
    assert [entry.action for entry in found] == ["created", "repeated"]
    assert found[1].row.id == found[0].row.id


@pytest.mark.parametrize(("rule", "name"), [("last", None), ("merge", "Первый")])
async def test_rows_of_one_key_are_joined_by_a_rule(
    sandbox: Sandbox, crm: AsyncAmoCRM, rule: Any, name: str | None
) -> None:
    """The last row alone is written, or the later values over the earlier ones."""
    async with crm.session() as s:
        first = Deal(order="1", name="Первый", price=1, shop="A", options=[Option.GIFT])
        found = s.upsert_all([first, Deal(order="1", price=2, shop="B")], key=Deal.order, on_repeat=rule)
    assert found.counts() == {"created": 1, "repeated": 1}
    (read,) = await crm.query(Deal).all()
    assert (read.price, read.shop) == (2, "B")
    assert set(read.options) == ({Option.GIFT} if rule == "merge" else set())
    assert name is None or read.name == name


async def test_a_link_to_a_repeated_row_is_a_link_to_the_one_that_is_written(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """Two leads of one caller are linked with one contact."""
    async with crm.session() as s:
        for name in ("А", "Б"):
            person = s.upsert(Contact(name="Иван", phone="+79001234567"), key=Contact.phone)
            s.add(Lead(name=name, contacts=[person]))
    (contact,) = [one async for one in crm.contacts]
    leads = [one async for one in crm.query(Lead).preload(Lead.contacts)]
    assert [[one.id for one in lead.contacts] for lead in leads] == [[contact.id], [contact.id]]


@pytest.mark.parametrize(("rule", "stored"), [("reject", 0), ("skip", 0), ("create", 1)])
async def test_rows_without_a_key_are_told(
    sandbox: Sandbox, crm: AsyncAmoCRM, rule: Any, stored: int
) -> None:
    """A row without a number is not created unless on_keyless says so."""
    s = crm.session()
    found = s.upsert_all(
        [Contact(name="Без номера"), Contact(name="Б", phone="спросить")][:1],
        key=Contact.phone,
        on_keyless=rule,
    )
    if rule == "reject":
        with pytest.raises(FlushError):
            await s.commit()
    else:
        await s.commit()
    assert found[0].action == ("created" if stored else "keyless")
    assert len([one async for one in crm.contacts]) == stored


async def test_changes_of_the_session_win_over_those_of_the_row(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A record that the session has changed keeps its change, takes what else the row says, and the entry tells."""
    (stored,) = await store(crm, [Deal(order="1", price=1, name="Имя")])
    async with crm.session() as s:
        known = await s.get(Deal, stored.id)
        known.price = 100
        row = Deal(order="1", price=2, name="Другое")
        found = s.upsert_all([row], key=Deal.order)
        lead_note = row.notes.add("заметка")
    assert found[0].entity is known
    assert found[0].found_by == "session"
    assert "win" in found[0].reason
    read = await crm.get(Deal, stored.id)
    assert (read.price, read.name) == (100, "Другое")
    assert lead_note.id


async def test_only_new_objects_are_rows(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """What exists or is in a session is refused at the call, as is a key of another class."""
    (stored,) = await store(crm, [Deal(order="1")])
    s = crm.session()
    with pytest.raises(ValueError, match="row"):
        s.upsert(stored, key=Deal.order)
    with pytest.raises(ValueError, match="row"):
        s.upsert(s.add(Deal(order="2")), key=Deal.order)
    with pytest.raises(TypeError, match="key"):
        s.upsert(Deal(order="2"), key=Contact.phone)
    with pytest.raises(TypeError, match="new"):
        s.upsert(Deal(order="2"), key=Deal.order, new={"stage": 1})
    s.discard(*s.new)


class Kinds(Lead):
    """A lead with a field of each kind that can be a key."""

    number = fields.Numeric(name="Число")
    link = fields.Url(name="Ссылка")
    day = fields.Date(name="День")
    options = fields.MultiSelect(name="Опции", options=Option)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        (Kinds.number, [{"number": 100}, {"number": "1000.50"}, {"number": Decimal("7")}]),
        (Kinds.link, [{"link": "https://a.b/?q=1&x=ю#z"}]),
        (Kinds.day, [{"day": date(2030, 1, 31)}]),
        (Kinds.options, [{"options": [Option.GIFT]}]),
        (Kinds.name, [{"name": "Иван & Ко, #1 [2]"}]),
        (Kinds.price, [{"price": 100}, {"price": 250}]),
        (Kinds.created_at, [{"created_at": 1_700_000_000}]),
        ((Kinds.number, Kinds.name), [{"number": 300, "name": "x"}, {"number": 300, "name": "y"}]),
        (any_of(Kinds.number, Kinds.link), [{"number": 1}, {"link": "https://c.d"}]),
    ],
)
async def test_every_kind_of_key_finds_its_record(
    sandbox: Sandbox, crm: AsyncAmoCRM, key: Any, values: list[dict[str, Any]]
) -> None:
    """Created once, found by a filter or in the list, one by one in the plan as well."""
    await crm.fields.ensure(Kinds)
    report = await crm.leads.upsert_all([Kinds(**value) for value in values], key=key)
    assert report.counts() == {"created": len(values)}
    again = await crm.leads.upsert_all([Kinds(**value) for value in values], key=key)
    assert again.counts() == {"unchanged": len(values)}
    one = await crm.leads.upsert(Kinds(**values[0]), key=key)
    assert one.id == report[0].entity.id


# ---- lost answers


@pytest.mark.parametrize("sure", [False, True])
async def test_the_same_call_after_a_lost_answer_doubles_nothing(
    sandbox: Sandbox, crm: AsyncAmoCRM, sure: bool
) -> None:
    """The answer is lost after the server stored the lead; the search is late. The key finds it."""
    sandbox.behaviour.search_delay = 3600
    sandbox.faults.add(Drop(after_commit=True), operation="create_contacts", nth=1)
    s = crm.session()
    s.upsert(Contact(name="Иван", phone="+79001234567"), key=Contact.phone, sure=sure)
    with pytest.raises(FlushError):
        await s.commit()
    async with crm.session() as again:
        row = again.upsert(Contact(name="Иван", phone="+79001234567"), key=Contact.phone, sure=sure)
    assert [one.id async for one in crm.contacts] == [row.id]


@pytest.mark.parametrize("spelling", ["+79001234567", "8 (900) 123-45-67"])
async def test_a_search_by_digits_finds_other_spellings(
    sandbox: Sandbox, crm: AsyncAmoCRM, spelling: str
) -> None:
    """Where the server searches by digits, one request finds a number however it is stored."""
    sandbox.behaviour.search = "digits"
    (stored,) = await store(crm, [Contact(name="Иван", phone=spelling)])
    sent(sandbox)
    async with crm.session() as s:
        row = s.upsert(Contact(phone="9001234567"), key=Contact.phone)
    assert row.id == stored.id
    assert sent(sandbox) == {"list_contacts": 1}


async def test_one_object_given_twice_is_one_row(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A list that names an object twice writes it once and says so."""
    row = Contact(name="Иван", phone="+79001234567")
    async with crm.session() as s:
        found = s.upsert_all([row, row], key=Contact.phone)
    assert [entry.action for entry in found] == ["created", "repeated"]
    assert [one.id async for one in crm.contacts] == [row.id]


async def test_a_look_up_that_failed_forgets_no_row(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """The list could not be read: the next commit looks up again and still reports the row without a key."""
    sandbox.faults.add(Drop(), operation="list_contacts", nth=1)
    s = crm.session()
    rows = [
        Contact(name="Без номера"),
        Contact(name="Иван", phone="+79001234567"),
        Contact(phone="89001234567"),
    ]
    found = s.upsert_all(rows, key=Contact.phone, on_repeat="merge")
    with pytest.raises(TransportError):
        await s.commit()
    assert await crm.contacts.all() == []
    with pytest.raises(FlushError, match="no value"):
        await s.commit()
    assert [entry.action for entry in found] == ["keyless", "created", "repeated"]
    assert [one.name for one in await crm.contacts.all()] == ["Иван"]
    assert rows[2].id == rows[1].id


async def test_a_commit_that_sent_nothing_settles_no_row(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """A field is missing: the rows wait, and end with the commit that sends them."""

    class Other(Lead):
        order = fields.Text(name="Номер заказа")
        unknown = fields.Text(name="Нет такого поля")

    s = crm.session()
    found = s.upsert_all([Other(order="1", unknown="x"), Other(unknown="y")], key=Other.order)
    for _ in range(2):
        with pytest.raises(LookupError):
            await s.commit()
    sandbox.faults.add(ErrorPage(403, html=False), operation="create_leads", nth=1)
    await crm.fields.ensure(Other)
    with pytest.raises(FlushError, match="no value") as caught:
        await s.commit()
    assert [entry.action for entry in found] == ["rejected", "keyless"]
    assert len(caught.value.report.rejected) == 2
    await s.commit()
    assert [lead.name for lead in await crm.leads.all()] != []


# ---- rows of one key


async def test_none_of_a_field_is_a_value_as_none_of_an_attribute(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """It differs from a row that says nothing, and clears where rows are joined or the session has changes."""
    await store(crm, [Deal(order="1", shop="A")])
    with pytest.raises(RepeatedKey):
        await crm.leads.upsert_all([Deal(order="1"), Deal(order="1", shop=None)], key=Deal.order)
    async with crm.session() as s:
        (lead,) = await s.query(Deal).all()
        lead.price = 9
        s.upsert(Deal(order="1", shop=None), key=Deal.order)
    read = await crm.get(Deal, lead.id)
    assert (read.shop, read.price) == (None, 9)


async def test_none_of_a_joined_row_clears_and_a_later_value_wins(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """In the order of the rows, whether the record is found or created."""
    await store(crm, [Deal(order="1", shop="A")])
    for shops, result in (((None,), None), ((None, "B"), "B"), (("C", None), None)):
        async with crm.session() as s:
            s.upsert(Deal(order="1", price=len(shops)), key=Deal.order)
            for shop in shops:
                row = s.upsert(Deal(order="1", shop=shop), key=Deal.order)
        assert (await crm.get(Deal, row.id)).shop == result
    row = Deal(order="2", shop=None)
    await crm.leads.upsert_all([row], key=Deal.order, new={"shop": "Z"})
    assert (await crm.get(Deal, row.id)).shop is None


async def test_what_a_created_record_was_without_is_not_cleared_later(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """None at the creation is done; what somebody wrote since is theirs."""
    async with crm.session() as s:
        lead = s.add(Deal(order="1", shop=None))
        await s.commit()
        other = await crm.get(Deal, lead.id)
        other.shop = "A"
        await crm.leads.save(other)
        s.upsert(Deal(order="1", price=3), key=Deal.order)
    read = await crm.get(Deal, lead.id)
    assert (read.shop, read.price) == ("A", 3)


async def test_numbers_and_options_of_joined_rows_are_all_kept(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Each row adds to those before it; one spelling of a number stays."""
    async with crm.session() as s:
        for second in ("+79000000002", "+79000000003", "8 900 000-00-02"):
            s.upsert(Contact(phones=["+79000000001", second], tags={second[-1]}), key=Contact.phones)
    (contact,) = await crm.contacts.all()
    assert [phone.value for phone in contact.phones] == ["+79000000001", "+79000000002", "+79000000003"]
    assert contact.tags == {"2", "3"}
    rows = [Deal(order="1", options=[option]) for option in Option]
    await crm.leads.upsert_all(rows, key=Deal.order, on_repeat="merge")
    (deal,) = await crm.query(Deal).all()
    assert set(deal.options) == set(Option)


async def test_a_joined_row_replaces_the_numbers_that_it_is_told_to(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """Those of the record and of the rows before it."""
    numbers = [f"+7900000000{digit}" for digit in range(4)]
    (contact,) = await store(crm, [Contact(phones=[numbers[0], numbers[3]])])
    async with crm.session() as s:
        s.upsert(Contact(phones=numbers[:2]), key=Contact.phones)
        row = Contact(phones=[numbers[0], numbers[2]])
        s.upsert(row, key=Contact.phones, replace=[Contact.phones])
    assert [phone.value for phone in (await crm.get(Contact, contact.id)).phones] == [numbers[0], numbers[2]]


@pytest.mark.parametrize("is_stored", [False, True])
async def test_every_entry_of_one_key_names_the_row_that_is_written(
    sandbox: Sandbox, crm: AsyncAmoCRM, is_stored: bool
) -> None:
    """The last of three rows stands for all of them, and they have its id."""
    await store(crm, [Deal(order="1")] * is_stored)
    rows = [Deal(order="1", price=price) for price in (1, 2, 3)]
    found = await crm.leads.upsert_all(rows, key=Deal.order, on_repeat="last")
    assert [entry.action for entry in found[:2]] == ["repeated", "repeated"]
    assert all(entry.entity is rows[2] for entry in found)
    assert {row.id for row in rows} == {(await crm.query(Deal).all())[0].id}


async def test_every_entry_of_one_key_names_the_object_of_the_session(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """A changed object of the session stands for all rows of its key."""
    (stored,) = await store(crm, [Deal(order="1")])
    async with crm.session() as s:
        lead = await s.get(Deal, stored.id)
        lead.price = 9
        rows = [Deal(order="1", name=name) for name in "AB"]
        found = s.upsert_all(rows, key=Deal.order, on_repeat="merge")
    assert all(entry.entity is lead for entry in found)
    assert rows[1].id == stored.id


@pytest.mark.parametrize("is_stored", [False, True])
async def test_a_row_that_was_joined_is_linked_and_not_changed_after_the_look_up(
    sandbox: Sandbox, crm: AsyncAmoCRM, is_stored: bool
) -> None:
    """A link to it is one to what is written, a change of it is refused; with its id it is an object like others."""
    await store(crm, [Contact(name="Анна", phone="+79001234567")] * is_stored)
    s = crm.session()
    first, second, third = (
        s.upsert(Contact(phone=phone), key=Contact.phone)
        for phone in ("+79001234567", "89001234567", "9001234567")
    )
    await s.look_up()
    with pytest.raises(ValueError, match="which is written instead"):
        second.name = "Б"
    leads = [
        s.add(Deal(order="1", contacts=[second])),
        s.add(Deal(order="2", contacts=[first, third])),
    ]
    leads[1].contacts.main = third
    await s.commit()
    (contact,) = await crm.contacts.all()
    assert {contact.id} == {first.id, second.id, third.id}
    for lead in await crm.query(Deal).preload(Deal.contacts).all():
        assert [linked.id for linked in lead.contacts] == [contact.id]
    second.name = "Б"
    await s.commit()


async def test_a_joined_row_that_is_added_again_is_an_object_of_its_own(
    sandbox: Sandbox, crm: AsyncAmoCRM
) -> None:
    """Whoever adds it after the look-up wants a record for it."""
    s = crm.session()
    rows = [s.upsert(Contact(phone="+79001234567"), key=Contact.phone) for _ in range(2)]
    await s.look_up()
    s.add(rows[1])
    lead = s.add(Deal(order="1", contacts=[rows[1]]))
    await s.commit()
    assert rows[0].id != rows[1].id
    read = await crm.get(Deal, lead.id, preload=[Deal.contacts])
    assert [contact.id for contact in read.contacts] == [rows[1].id]


# ---- wrong arguments


@pytest.mark.parametrize("name", ["upsert", "upsert_all"])
@pytest.mark.parametrize(("unknown", "hint"), [("onmany", "on_many="), ("is_changing", "key=")])
async def test_an_unknown_argument_is_refused_with_the_likely_one(
    sandbox: Sandbox, crm: AsyncAmoCRM, name: str, unknown: str, hint: str
) -> None:
    """By the collection and by the session, with the name of the function."""
    for owner in (crm.leads, crm.session()):
        rows: Any = Deal(order="1") if name == "upsert" else [Deal(order="1")]
        with pytest.raises(TypeError) as caught:
            await getattr(owner, name)(rows, key=Deal.order, **{unknown: "oldest"})
        assert str(caught.value).startswith(f"{name}() has no argument {unknown}; write ")
        assert hint in str(caught.value)


@pytest.mark.parametrize("wrong", ["phones", Deal.tags, Deal.name, Contact.phones])
async def test_only_fields_of_the_row_can_be_replaced(sandbox: Sandbox, crm: AsyncAmoCRM, wrong: Any) -> None:
    """Names, tags, attributes and fields of another class would do nothing."""
    with pytest.raises(TypeError, match="replace must name fields of Deal"):
        crm.session().upsert(Deal(order="1"), key=Deal.order, replace={wrong})
