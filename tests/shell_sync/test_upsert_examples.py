"""The examples of find, update or create do what they promise, in as many requests as they should."""
# GENERATED from tests/shell_async/test_upsert_examples.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from amocrm import Contact, Lead
from amocrm._sync.auth.token_stores import MemoryTokenStore
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, Sandbox
from examples.upserts._sync import recipes
from examples.upserts._sync.recipes import Order

from .crm import client_of

pytestmark = pytest.mark.anyio

FORM = {"name": "Anna", "phone": "8 900 123-45-67", "email": "anna@example.com", "text": "Call me"}


@pytest.fixture(params=[False, True], ids=["without the option", "with the option"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh account without limits, with and without the filter option; its search knows digits."""
    made = Sandbox(limits=False, api_filter=request.param)
    made.behaviour.search = "digits"
    yield made
    made.close()


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """A client that has read the account and made the field."""
    made = client_of(sandbox, retry=NEVER, max_prefetch=0)
    made.account()
    made.fields.ensure(Order)
    sandbox.journal.reset()
    return made


def sent(sandbox: Sandbox) -> Counter[str]:
    """Operations that the server has seen since the last call."""
    found = Counter(entry.operation for entry in sandbox.journal)
    sandbox.journal.reset()
    return found


def test_a_form_makes_a_contact_and_one_open_lead(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Once per person, whatever is written how often; a new lead only when the last one is closed."""
    first = recipes.take_form(crm, FORM)
    assert sent(sandbox) == {
        "list_contacts": 3,  # the number, the address, the newest page
        "create_contacts": 1,
        "create_leads": 1,
        "create_notes": 1,
    }
    again = recipes.take_form(
        crm, {**FORM, "name": "A.", "phone": "+7 (900) 123-45-67", "text": "Well?"}
    )
    assert again.id == first.id
    assert sent(sandbox) == {"list_contacts": 2, "get_contact": 1, **leads_of(sandbox, 1), "create_notes": 1}
    (contact,) = crm.contacts.all()
    assert contact.name == "Anna"
    assert [note.text for note in crm.notes.of(first)] == ["Call me", "Well?"]
    (pipeline,) = crm.pipelines.all()
    with crm.session() as s:
        s.ref(Lead, first.id).status = pipeline.won
    sent(sandbox)
    second = recipes.take_form(crm, FORM)
    assert second.id != first.id
    assert sent(sandbox) == {
        "list_contacts": 2,
        "get_contact": 1,
        "create_leads": 1,
        "create_notes": 1,
        **leads_of(sandbox, 1),
    }


def leads_of(sandbox: Sandbox, number: int) -> dict[str, int]:
    """Requests that read the leads of a contact."""
    paid = sandbox.account["is_api_filter_enabled"]
    return {"list_leads": 1} if paid else {"get_lead": number}


def test_a_form_whose_answer_is_lost_is_sent_again(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The visitor presses the button once more: one contact, and the lead that the lost answer was about."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_contacts", nth=1)
    with pytest.raises(Exception, match="not applied in full"):
        recipes.take_form(crm, FORM)
    recipes.take_form(crm, FORM)
    assert len(crm.contacts.all()) == len(crm.leads.all()) == 1


@pytest.mark.slow
def test_a_list_of_orders_is_written_once(sandbox: Sandbox, crm: AmoCRM) -> None:
    """12 requests that write, none, then one for what changed; a won lead stays won."""
    (pipeline,) = crm.pipelines.all()
    rows = [{"number": f"A-{at:05}", "price": "5"} for at in range(3_000)]
    report = recipes.import_orders(crm, rows, pipeline.statuses[1])
    assert report.counts() == {"created": 3_000}
    operations = sent(sandbox)
    assert operations["create_leads"] == 12
    with crm.session() as s:
        s.ref(Lead, report[0].entity.id).status = pipeline.won
    sent(sandbox)
    report = recipes.import_orders(crm, rows, pipeline.statuses[1])
    assert report.counts() == {"unchanged": 3_000}
    assert sent(sandbox).keys() == {"list_leads"}
    for row in rows[:67]:
        row["price"] = "7"
    report = recipes.import_orders(crm, rows, pipeline.statuses[1])
    assert report.counts() == {"unchanged": 2_933, "updated": 67}
    assert sent(sandbox)["update_leads"] == 1
    assert (crm.leads.get(report[0].entity.id)).status == pipeline.won


def test_a_list_with_bad_rows_is_written_without_them(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Two leads with one number: that row is rejected with their ids, the other one is written."""
    with crm.session() as s:
        s.add_all([Order(number="1"), Order(number="1")])
    (pipeline,) = crm.pipelines.all()
    rows = [{"number": "1", "price": "5"}, {"number": "2", "price": "5"}]
    report = recipes.import_orders(crm, rows, pipeline.statuses[1])
    assert report.counts() == {"rejected": 1, "created": 1}
    assert len(report.rejected[0].matches) == 2


def test_a_phone_book_is_one_contact_for_a_number(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Spellings are joined, what is stored in another one is found, a row without a number is left out."""
    rows = [
        {"name": "Anna", "phone": "+7 900 123-45-67"},
        {"name": "Anna P.", "phone": "8 (900) 123-45-67"},
        {"name": "Boris", "phone": "8 495 000-00-00, 12"},
        {"name": "Nobody", "phone": ""},
    ]
    report = recipes.import_phone_book(crm, rows)
    assert report.counts() == {"created": 2, "repeated": 1, "keyless": 1}
    assert sent(sandbox) == {"list_contacts": 1, "create_contacts": 1}
    report = recipes.import_phone_book(crm, [{"name": "Anna P.", "phone": "89001234567"}])
    assert report.counts() == {"unchanged": 1}
    assert {one.name for one in crm.contacts.all()} == {"Anna P.", "Boris"}


def test_duplicates_are_told_in_lines(sandbox: Sandbox, crm: AmoCRM) -> None:
    """By number and by address, in one reading."""
    with crm.session() as s:
        one = s.add(Contact(name="Anna", phone="+79001234567", email="a@b.ru"))
        other = s.add(Contact(name="A.", phone="8 900 123-45-67", email="A@b.ru"))
    sent(sandbox)
    said = [line for line in recipes.duplicates(crm)]
    both = f"{one.id} Anna, {other.id} A."
    assert said == [f"+79001234567: {both}", f"a@b.ru: {both}"]
    assert sent(sandbox) == {"list_contacts": 1}


def test_a_call_makes_its_contact_once(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Under the lock of a store; what is known is not changed."""
    store = MemoryTokenStore()
    made, is_new = recipes.take_call(crm, "+7 900 123-45-67", store)
    assert is_new
    again, is_new = recipes.take_call(crm, "8 900 123-45-67", store)
    assert (again.id, is_new) == (made.id, False)
    assert sent(sandbox) == {"list_contacts": 3, "create_contacts": 1}
