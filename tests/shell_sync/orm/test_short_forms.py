"""Find, update or create in one call, alone and with others at the same time."""
# GENERATED from tests/shell_async/orm/test_short_forms.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from amocrm import AmbiguousKey, Contact, FlushError, Lead, MultipleFound, NotFoundError, UpsertReport, fields
from amocrm._sync.auth.token_stores import MemoryTokenStore
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, PartialBatch, Sandbox

from ..crm import client_of

pytestmark = pytest.mark.anyio


class Deal(Lead):
    """A lead with an order number."""

    order = fields.Text(name="Номер заказа")


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """A client that has read the account."""
    made = client_of(sandbox, retry=NEVER, max_prefetch=0)
    made.account()
    made.fields.ensure(Deal)
    sandbox.journal.reset()
    return made


def sent(sandbox: Sandbox) -> list[str]:
    """Operations that the server has seen since the last call."""
    found = [entry.operation for entry in sandbox.journal]
    sandbox.journal.reset()
    return found


def store(crm: AmoCRM, rows: list[Any]) -> list[Any]:
    """Create records."""
    with crm.session() as s:
        s.add_all(rows)
    return rows


def test_one_call_creates_then_changes_then_does_nothing(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Search and newest page, then the creation; afterwards one search, and one change where something differs."""
    made = crm.contacts.upsert(Contact(name="Анна", phone="+79001234567"), key=Contact.phone)
    assert sent(sandbox) == ["list_contacts", "list_contacts", "create_contacts"]
    same = crm.contacts.upsert(Contact(name="Анна", phone="+79001234567"), key=Contact.phone)
    assert sent(sandbox) == ["list_contacts"]
    other = crm.contacts.upsert(Contact(name="Анна П.", phone="+79001234567"), key=Contact.phone)
    assert sent(sandbox) == ["list_contacts", "update_contacts"]
    assert made.id == same.id == other.id


def test_one_row_that_cannot_be_placed_raises(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Several records raise their ids, a row without a key says so, a lost answer is a failed commit."""
    stored = store(crm, [Contact(name="A", email="a@b.ru"), Contact(name="B", email="A@b.ru")])
    with pytest.raises(AmbiguousKey) as caught:
        crm.contacts.upsert(Contact(email="a@B.ru"), key=Contact.email, sure=True)
    assert caught.value.matches == tuple(sorted(one.id for one in stored))
    with pytest.raises(ValueError, match="no value"):
        crm.contacts.upsert(Contact(name="Без почты"), key=Contact.email)
    sandbox.faults.add(Drop(), operation="create_contacts", nth=1)
    with pytest.raises(FlushError):
        crm.contacts.upsert(Contact(email="c@b.ru"), key=Contact.email)


def test_many_rows_give_a_report_also_when_some_are_rejected(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """The error carries the entries; what could be written is written."""
    store(crm, [Deal(order="1"), Deal(order="1"), Deal(order="2")])
    rows = [Deal(order="1"), Deal(order="2", price=3), Deal(order="3")]
    with pytest.raises(FlushError) as caught:
        crm.leads.upsert_all(rows, key=Deal.order)
    found = caught.value.upserts
    assert isinstance(found, UpsertReport)
    assert found.counts() == {"rejected": 1, "updated": 1, "created": 1}
    report = crm.leads.upsert_all([Deal(order="2", price=3)], key=Deal.order)
    assert report.counts() == {"unchanged": 1}
    assert report.of(report[0].row) is report[0]
    assert report.to_dict() == {
        "counts": {"unchanged": 1},
        "entries": [
            {
                "id": rows[1].id,
                "action": "unchanged",
                "key": "2",
                "matches": [rows[1].id],
                "found_by": report[0].found_by,
                "reason": "",
            }
        ],
    }
    assert report[0].found_by in ("list", "search")


@pytest.mark.slow
@pytest.mark.parametrize("stored", [0, 100], ids=["dead before", "dead in the middle"])
def test_a_server_that_dies_in_the_middle_doubles_nothing(
    sandbox: Sandbox, crm: AmoCRM, stored: int
) -> None:
    """The second batch ends half stored, everything after it is refused; the same call writes what is missing."""
    sandbox.faults.add(PartialBatch(stored), operation="create_leads", nth=2)
    sandbox.faults.add(Drop(), operation="create_leads", nth=3)
    with pytest.raises(FlushError) as caught:
        crm.leads.upsert_all([Deal(order=str(at), price=at) for at in range(700)], key=Deal.order)
    assert isinstance(caught.value.upserts, UpsertReport)
    assert caught.value.upserts.counts()["created"] == 250
    assert set(caught.value.upserts.counts()) <= {"created", "unknown", "skipped"}
    sandbox.faults.clear()
    report = crm.leads.upsert_all([Deal(order=str(at), price=at) for at in range(700)], key=Deal.order)
    assert report.counts() == {"unchanged": 250 + stored, "created": 450 - stored}
    found = crm.query(Deal).all()
    assert sorted(int(one.order or "") for one in found) == list(range(700))


def test_find_or_create_changes_nothing_that_exists(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The second call returns the record as it is."""
    made, is_new = crm.contacts.find_or_create(Contact(name="Анна", email="a@b.ru"), key=Contact.email)
    again, is_new_again = crm.contacts.find_or_create(
        Contact(name="Б", email="A@b.ru "), key=Contact.email
    )
    assert (is_new, is_new_again) == (True, False)
    assert again.id == made.id
    assert again.name == "Анна"
    assert "update_contacts" not in sent(sandbox)
    with pytest.raises(ValueError, match="value"):
        crm.contacts.find_or_create(Contact(name="Б"), key=Contact.email)


def test_records_are_found_by_a_value_in_any_spelling(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The list is compared by keys; a value that is no number is refused."""
    (stored,) = store(crm, [Contact(name="Анна", phone="+7 (900) 123-45-67")])
    found = crm.contacts.find_by(key=Contact.phone, value="8 900 123-45-67", sure=True)
    assert [one.id for one in found] == [stored.id]
    assert crm.contacts.find_by(key=Contact.phone, value="8 900 123-45-68") == []
    with pytest.raises(ValueError, match="value"):
        crm.contacts.find_by(key=Contact.phone, value="123-45-67")
    store(crm, [Deal(order="7")])
    (deal,) = crm.leads.find_by(key=Deal.order, value="7")
    assert isinstance(deal, Deal)


def test_duplicates_are_reported_and_not_merged(sandbox: Sandbox, crm: AmoCRM) -> None:
    """One reading of the list; nothing is written."""
    stored = store(
        crm,
        [Contact(phone="+79001234567"), Contact(phone="8 900 123-45-67"), Contact(phone="+79000000000")],
    )
    sent(sandbox)
    (found,) = crm.contacts.find_duplicates(by=Contact.phones)
    assert found.key == "+79001234567"
    assert {one.id for one in found.records} == {stored[0].id, stored[1].id}
    assert sent(sandbox) == ["list_contacts"]


# ---- several programs


class Watched(MemoryTokenStore):
    """A store that does something between the look-up of one program and its commit, unless it is locked."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    @contextmanager
    def lock(self, key: str) -> Generator[int]:
        """Remember which lock was held."""
        with super().lock(key) as fence:
            self.names.append(key)
            yield fence
            self.names.append(f"free {key}")


def test_a_lock_is_held_from_the_look_up_to_the_end_of_the_commit(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """One lock for each class of an account, whatever the key, so that one call and many exclude each other."""
    store_ = Watched()
    crm.contacts.upsert(Contact(email="a@b.ru"), key=Contact.email, lock=store_)
    crm.contacts.upsert_all([Contact(email="c@b.ru")], key=Contact.email, lock=store_)
    name = "upsert:demo.amocrm.ru:contacts"
    assert store_.names == [name, f"free {name}"] * 2


def test_what_strangers_doubled_meanwhile_is_reported(sandbox: Sandbox, crm: AmoCRM) -> None:
    """verify=True looks the created keys up once more."""
    report = crm.leads.upsert_all([Deal(order="1")], key=Deal.order, verify=True)
    assert report.duplicates == ()
    field = (crm.fields.load(Deal)).get(("name", "Номер заказа")).id

    def stranger(done: int, total: int) -> None:
        """Create the same order by hand before the commit ends."""
        values = [{"field_id": field, "values": [{"value": "2"}]}]
        sandbox.call("POST", "/api/v4/leads", [{"name": "чужая", "custom_fields_values": values}])

    rows = [Deal(order="2"), Deal(order="3")]
    report = crm.leads.upsert_all(rows, key=Deal.order, verify=True, progress=stranger)
    (duplicates,) = report.duplicates
    assert duplicates.key == "2"
    assert rows[0].id in [one.id for one in duplicates.records]
    assert len(duplicates.records) == 2


# ---- queries


def test_the_only_one_of_a_query_is_asked_for(sandbox: Sandbox, crm: AmoCRM) -> None:
    """None, one and several have an answer each, with one request."""
    leads = crm.leads.query()
    assert leads.one_or_none() is None
    assert not leads.exists()
    with pytest.raises(NotFoundError):
        leads.one()
    (stored,) = store(crm, [Lead(name="1")])
    sent(sandbox)
    assert (leads.one()).id == stored.id
    assert leads.exists()
    assert len(sent(sandbox)) == 2
    store(crm, [Lead(name="2")])
    with pytest.raises(MultipleFound):
        leads.one()
