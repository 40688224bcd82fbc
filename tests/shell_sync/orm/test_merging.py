"""Leads that the server may merge into others: asked for by word, reported, never chosen otherwise."""
# GENERATED from tests/shell_async/orm/test_merging.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import Any

import pytest

from amocrm import Company, Contact, FlushError, Lead, NotLoaded, Outcome
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, Sandbox

from ..crm import bodies, client_of

pytestmark = pytest.mark.anyio

PHONE = "+79001234567"


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """A client of an account whose duplicate control is on."""
    sandbox.ui.set_duplicate_control()
    return client_of(sandbox, retry=NEVER, max_prefetch=0)


def sent(sandbox: Sandbox) -> list[str]:
    """Operations that the server has seen since the last call."""
    found = [entry.operation for entry in sandbox.journal]
    sandbox.journal.reset()
    return found


def request_of(phone: str = PHONE, name: str = "Заявка", **values: Any) -> Lead:
    """A new lead with a new contact."""
    return Lead(name=name, contacts=[Contact(name="Анна", phone=phone)], **values)


def test_a_lead_and_its_new_contact_are_one_request(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Nothing repeats it: lead, contact and company are created by one request and have their ids."""
    lead = request_of(company=Company(name="ООО"))
    s = crm.session(mark=False)
    s.add(lead, duplicates="server")
    assert (s.plan().requests, s.plan().items) == (1, 3)
    report = s.commit()
    assert sent(sandbox) == ["create_leads_complex"]
    assert [result.action for result in report.applied] == ["create"] * 3
    assert report.merged == []
    stored = crm.get(Lead, lead.id, preload=[Lead.contacts, Lead.company])
    assert [one.name for one in stored.contacts] == ["Анна"]
    assert stored.contacts[0].id == lead.contacts[0].id
    assert lead.company is not None
    assert stored.company is not None
    assert stored.company.id == lead.company.id
    assert not lead._is_dirty()
    assert (s.commit()).requests == 0


def test_a_repeated_lead_is_reported_with_the_id_of_the_other(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """The objects stand for the records that were changed; what those hold now is asked for and not assumed."""
    with crm.session() as s:
        first = s.add(request_of(price=5), duplicates="server")
    with crm.session() as s:
        second = s.add(request_of("8 900 123-45-67", "Вторая"), duplicates="server")
        contact = second.contacts[0]
        second.notes.add("Позвонить")
    merged = s.report.merged
    assert {result.entity for result in merged} == {second, contact}
    assert str(first.id) in merged[-1].reason
    assert all("which existed" in result.reason for result in merged)
    assert second in list(s._map)
    assert (second.id, contact.id) == (first.id, first.contacts[0].id)
    assert not second._is_dirty()
    for value in ("name", "price", "contacts"):
        with pytest.raises(NotLoaded):
            list(getattr(second, value))
    assert (crm.leads.get(first.id)).name == "Вторая"
    assert [note.text for note in crm.notes.of(first)] == ["Позвонить"]
    second.price = 9  # what is changed afterwards is sent as ever
    with crm.session() as s:
        s.add(second)
    assert bodies(sandbox, "update_leads")[-1] == [{"id": first.id, "price": 9}]


def test_it_is_never_chosen_without_the_word(sandbox: Sandbox, crm: AmoCRM) -> None:
    """A plain lead with a new contact is created beside the one that it repeats."""
    for _ in range(2):
        with crm.session() as s:
            s.add(request_of())
    assert "create_leads_complex" not in sent(sandbox)
    assert len(crm.leads.all()) == 2
    s = crm.session()
    with pytest.raises(ValueError, match="duplicates"):
        s.add(Lead(), duplicates="client")  # type: ignore[arg-type]
    for wrong in (Contact(name="А"), s.ref(Lead, 17)):
        with pytest.raises(ValueError, match="new Lead"):
            s.add(wrong, duplicates="server")


def test_a_lead_in_doubt_is_looked_for_by_what_existed_before(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """Its tags and the contact that it names count; the company of the same request is in doubt on its own."""
    with crm.session() as other:
        known = other.add(Contact(name="Анна", phone=PHONE))
    s = crm.session(mark=True)
    lead = Lead(
        name="Заявка", tags={"сайт"}, contacts=[s.ref(Contact, known.id)], company=Company(name="ООО")
    )
    s.add(lead, duplicates="server")
    sandbox.faults.add(Drop(), operation="create_leads_complex", nth=1)
    with pytest.raises(FlushError):
        s.commit()
    assert {type(entity) for entity in s.doubtful} == {Lead, Company}
    assert lead._doubt is not None
    embedded = {kind: items for kind, items in lead._doubt.body["_embedded"].items() if items}
    assert embedded == {"tags": [{"name": "сайт"}], "contacts": [{"id": known.id}]}
    s.discard(*s.doubtful)


def test_a_lead_in_doubt_with_a_new_contact_is_not_called_changed(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """Its record has a contact of an id that nobody was told: it may be it, and nobody has changed it."""
    s = crm.session(mark=True)
    lead = request_of()
    s.add(lead, duplicates="server")
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads_complex", nth=1)
    with pytest.raises(FlushError):
        s.commit()
    (stored,) = crm.leads.all()
    (result,) = (s.reconcile(settle=0)).of(lead)
    assert (result.outcome, result.candidates) == (Outcome.UNKNOWN, (stored.id,))
    assert result.reason.startswith("a record may be it: nothing proves that it is another one; ")
    s.discard(*s.doubtful)


def test_the_word_holds_for_the_session_that_heard_it(sandbox: Sandbox, crm: AmoCRM) -> None:
    """A lead that is taken out and added elsewhere without the word is created plainly."""
    lead = request_of()
    first = crm.session()
    first.add(lead, duplicates="server")
    first.discard(lead)
    with crm.session() as s:
        s.add(lead)
    assert "create_leads_complex" not in sent(sandbox)


def test_a_contact_of_several_leads_is_made_once(sandbox: Sandbox, crm: AmoCRM) -> None:
    """It is created first and named by its id; two contacts are refused before anything is sent."""
    anna = Contact(name="Анна", phone=PHONE)
    with crm.session() as s:
        for name in "AB":
            s.add(Lead(name=name, contacts=[anna]), duplicates="server")
        s.add(Lead(name="C", contacts=[anna]))
    assert sent(sandbox) == ["create_contacts", "create_leads_complex", "create_leads"]
    assert len(crm.contacts.all()) == 1
    many = Lead(contacts=[Contact(name="1"), Contact(name="2")])
    s = crm.session()
    s.add(many, duplicates="server")
    with pytest.raises(FlushError, match="at most one contact"):
        s.commit()
    assert "create_leads_complex" not in sent(sandbox)


def test_a_plain_lead_takes_the_contact_of_a_merged_one(sandbox: Sandbox, crm: AmoCRM) -> None:
    """What else points to the contact waits for the request that creates it."""
    lead = request_of()
    with crm.session() as s:
        s.add(lead, duplicates="server")
        s.add(Lead(name="B", contacts=list(lead.contacts)))
    assert sent(sandbox) == ["create_leads_complex", "create_leads"]
    assert len(crm.contacts.all()) == 1


@pytest.mark.slow
def test_fifty_leads_are_a_request(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The limit of the operation cuts them; each object has its own record."""
    leads = [request_of(f"+7900{at:07}") for at in range(120)]
    with crm.session(mark=False) as s:
        for lead in leads:
            s.add(lead, duplicates="server")
    assert sent(sandbox) == ["create_leads_complex"] * 3
    assert len({lead.id for lead in leads}) == len({lead.contacts[0].id for lead in leads}) == 120


def test_two_rows_that_end_in_one_lead_share_its_id(sandbox: Sandbox, crm: AmoCRM) -> None:
    """A session has one object for each id: the other one leaves it and is told so."""
    with crm.session() as s:
        first = s.add(request_of(), duplicates="server")
    with crm.session() as s:
        held = s.get(Lead, first.id)
        rows = [s.add(request_of(name=name), duplicates="server") for name in "AB"]
    assert [row.id for row in rows] == [first.id] * 2
    assert all("refresh()" in result.reason for row in rows for result in s.report.of(row))
    rows[0].price = 5
    assert held in list(s._map)
    assert rows[0] not in s.changed


def test_a_lost_answer_puts_lead_and_contact_in_doubt(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Neither is created again by itself; what was refused is a change again."""
    lead = request_of()
    s = crm.session()
    s.add(lead, duplicates="server")
    sandbox.faults.add(ErrorPage(403, html=False), operation="create_leads_complex", nth=1)
    with pytest.raises(FlushError):
        s.commit()
    assert (lead.name, lead.contacts[0].name, s.doubtful) == ("Заявка", "Анна", [])
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads_complex", next=1)
    with pytest.raises(FlushError):
        s.commit()
    assert set(s.doubtful) == {lead, lead.contacts[0]}
    with pytest.raises(FlushError):
        s.commit()  # still in doubt, nothing is sent
    assert sent(sandbox).count("create_leads_complex") == 2
    report = s.reconcile(settle=0, sees_all=True)
    assert "get_user" not in report.sent  # the caller has said what its rights are
    assert {result.entity for result in report} == {lead, lead.contacts[0]}
    for entity in list(s.doubtful):
        s.resend(entity)
    s.commit()
    assert len(crm.leads.all()) == 1  # the control found what was stored
    assert len(crm.contacts.all()) == 1
