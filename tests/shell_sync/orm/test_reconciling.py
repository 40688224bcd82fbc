"""What became of creations of each kind, read from lists of several pages that others change meanwhile."""
# GENERATED from tests/shell_async/orm/test_reconciling.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from amocrm import Company, Contact, Customer, FlushError, Lead, Note, Outcome, Task, fields
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm.fields import Definition
from amocrm_sandbox import Drop, PartialBatch, Sandbox
from amocrm_sandbox.domain.selection import Selection

from .._support import ManualClock, tampered
from ..crm import client_of

pytestmark = pytest.mark.anyio

DAY = datetime(2030, 1, 1, tzinfo=UTC)


class Order(Lead):
    """A lead with a declared field."""

    city = fields.Text(name="City")


@pytest.fixture
def once(sandbox: Sandbox) -> AmoCRM:
    """A client that repeats nothing, of an account with customers."""
    sandbox.act("PATCH", "/api/v4/customers/mode", {"mode": "periodicity", "is_enabled": True})
    return client_of(sandbox, retry=NEVER, max_prefetch=0)


def commit(session: Any) -> Any:
    """The report of a commit, whatever it says."""
    try:
        return session.commit()
    except FlushError as error:
        return error.report


def customer(name: str, _: Lead) -> Customer:
    """A customer with what every customer has."""
    return Customer(name=name, next_date=DAY)


MAKE: dict[str, tuple[str, Callable[[str, Lead], Any]]] = {
    "leads": ("create_leads", lambda name, _: Lead(name=name)),
    "contacts": ("create_contacts", lambda name, _: Contact(name=name)),
    "companies": ("create_companies", lambda name, _: Company(name=name)),
    "customers": ("create_customers", customer),
    "tasks": ("create_tasks", lambda name, _: Task(text=name, due=DAY)),
    "tasks of a lead": (
        "create_tasks",
        lambda name, lead: Task(text=name, due=DAY, entity=lead),
    ),
    "notes": ("create_notes", lambda name, lead: Note(entity=lead, text=name)),
}


@pytest.mark.parametrize("kind", MAKE)
def test_every_kind_is_found_where_it_is_and_made_where_it_is_not(
    sandbox: Sandbox, once: AmoCRM, kind: str
) -> None:
    """Of two creations in one batch the first was stored: it is taken, and only the second is sent again.

    Notes have no events that tell what one was created as; a note that is the first one is not the second.
    """
    operation, make = MAKE[kind]
    with once.session() as other:
        lead = other.add(Lead(name="parent"))
        other.add(make("older", lead))
    s = once.session(mark=True)
    parent = s.get(Lead, lead.id)
    first, second = s.add_all([make("first", parent), make("second", parent)])
    sandbox.faults.add(PartialBatch(1), operation=operation, nth=1)
    assert {result.outcome for result in (commit(s)).of(first)} == {Outcome.UNKNOWN}
    report = s.reconcile(equal="mine", settle=0)
    assert [result.outcome for result in report.of(first)] == [Outcome.APPLIED]
    assert [result.outcome for result in report.of(second)] == [Outcome.SKIPPED]
    assert (s.commit()).ok
    assert first.id < second.id
    sent = [len(entry.json()) for entry in sandbox.journal if entry.operation == operation]
    assert sent[-2:] == [2, 1]
    if kind in ("notes", "tasks of a lead"):  # they are looked for at their entity and not in the whole list
        list_ = operation.replace("create", "list")
        lists = [entry.target for entry in sandbox.journal if entry.operation == list_]
        assert all("entity_id" in target for target in lists)
        assert lists


@pytest.mark.parametrize("equal", ["proven", "mine"])
@pytest.mark.parametrize("is_same_session", [True, False])
@pytest.mark.parametrize("means", ["upsert", "adopt"])
@pytest.mark.parametrize("is_upserted", [True, False])
def test_a_record_that_was_only_found_since_may_be_the_creation_in_doubt(
    once: AmoCRM, sandbox: Sandbox, is_upserted: bool, means: str, is_same_session: bool, equal: Any
) -> None:
    """Another object stands for the stored record, but nobody saw it created: it is not created again."""
    once.fields.ensure(Order)
    s = once.session(mark=True)
    order, again = Order(name="Order", city="Omsk"), Order(name="Order", city="Omsk")
    if is_upserted:
        s.upsert(order, key=Order.city)
    else:
        s.add(order)
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    commit(s)
    t = s if is_same_session else once.session()
    (stored,) = once.leads.all()
    if means == "upsert":
        t.upsert(again, key=Order.city)
    else:
        t.adopt(again, stored.id)
    commit(t)
    assert again.id == stored.id
    (result,) = s.reconcile(equal=equal, settle=0)
    if equal == "mine":
        assert (result.outcome, order.id) == (Outcome.APPLIED, stored.id)
    else:
        assert (result.outcome, result.candidates) == (Outcome.UNKNOWN, (stored.id,))
        s.discard(order)
    commit(s)
    assert [lead.id for lead in once.leads.all()] == [stored.id]


def test_a_record_that_stands_for_one_doubtful_object_is_no_candidate_for_another(
    once: AmoCRM, sandbox: Sandbox
) -> None:
    """Of two equal creations one was stored: with that one named, the other is proven not to be stored."""
    s = once.session(mark=True)
    first, second = s.add_all([Lead(name="x"), Lead(name="x")])
    sandbox.faults.add(PartialBatch(1), operation="create_leads", nth=1)
    commit(s)
    (stored,) = once.leads.all()
    s.adopt(first, stored.id)
    assert [result.outcome for result in s.reconcile(settle=0)] == [Outcome.SKIPPED]
    assert (s.commit()).ok
    assert second.id > first.id


@pytest.mark.parametrize("kind", ["notes", "tasks"])
@pytest.mark.parametrize("is_stored", [True, False])
def test_what_belongs_to_a_new_entity_needs_no_mark(
    sandbox: Sandbox, once: AmoCRM, kind: str, is_stored: bool
) -> None:
    """Everything on a lead that this session created is younger than the lead: its list is read to the end."""
    s = once.session(mark=False)
    lead = s.add(Lead(name="a"))
    s.commit()
    sandbox.faults.add(Drop(after_commit=is_stored), operation=f"create_{kind}", nth=1)
    child = lead.notes.add("x") if kind == "notes" else lead.tasks.add("x", due=DAY)
    commit(s)
    report = s.reconcile(equal="mine", settle=0)
    assert [one.outcome for one in report] == [Outcome.APPLIED if is_stored else Outcome.SKIPPED]
    assert (s.commit()).ok
    assert child.id
    assert "list_leads" not in [entry.operation for entry in sandbox.journal]


def test_a_mark_is_read_for_each_kind_that_is_created(sandbox: Sandbox, once: AmoCRM) -> None:
    """One request for the newest id of each, before anything is sent; what was seen is not asked again."""
    s = once.session(mark=True)
    lead = s.add(Lead(name="a"))
    s.add_all([Lead(name="b"), Contact(name="c"), Company(name="d"), customer("e", lead)])
    s.add(Task(text="f", due=DAY))
    assert sum("newest id" in lookup for lookup in s.plan().lookups) == 5
    seen = len(sandbox.journal)
    s.commit()
    sent = [entry.operation for entry in list(sandbox.journal)[seen:]]
    kinds = ("leads", "contacts", "companies", "customers", "tasks")
    assert set(sent[:5]) == {f"list_{kind}" for kind in kinds}
    s.add(Lead(name="g"))
    assert s.plan().lookups == ()
    s.commit()


def test_a_mark_of_notes_is_read_from_the_list_of_their_type(
    sandbox: Sandbox, once: AmoCRM
) -> None:
    """A client that has seen no note reads the newest one first, and proves by it that another is not stored."""
    with once.session() as other:
        lead = other.add(Lead(name="parent"))
    s = once.session(mark=True)
    parent = s.get(Lead, lead.id)
    note = parent.notes.add("x")
    assert s.plan().lookups == (
        "GET    /api/v4/leads/notes: the newest id, to prove later what is not stored",
    )
    sandbox.faults.add(Drop(), operation="create_notes", nth=1)
    commit(s)
    assert (s.reconcile(settle=0)).skipped[0].entity is note
    assert (s.commit()).ok
    s.add(Lead(name="new")).notes.add("y")
    assert not s.plan().lookups
    s.discard(*s.new)


@pytest.mark.parametrize("newest_first", [False, True])
def test_customers_are_found_in_whatever_order_their_list_has(
    sandbox: Sandbox, once: AmoCRM, newest_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their list takes no order: it is read to its end, unless it turns out to go from the newest down."""
    with once.session() as other:
        other.add_all(Customer(name=f"old {number}", next_date=DAY) for number in range(260))
    sandbox.faults.add(Drop(after_commit=True), operation="create_customers", next=1)
    s = once.session(mark=True)
    mine = s.add(Customer(name="mine", next_date=DAY))
    commit(s)
    if newest_first:
        monkeypatch.setattr(Selection, "order_by", lambda self, *_: setattr(self, "order", "id DESC"))
    seen = len(sandbox.journal)
    assert (s.reconcile(equal="mine", settle=0)).ok
    assert mine.name == "mine"
    pages = [entry for entry in list(sandbox.journal)[seen:] if entry.operation == "list_customers"]
    assert (len(pages) == 1) is newest_first


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("given", [{}, {"created_at": 1_500_000_000}, {"created_by": 0}], ids=str)
def test_events_that_tell_of_the_creation_are_not_put_back(
    sandbox: Sandbox, once: AmoCRM, follow: bool, given: dict[str, Any]
) -> None:
    """The tags of a new lead have an event of their own, whose time and author may be others than the lead's."""
    sandbox.behaviour.events_follow_created_at = follow
    sandbox.robots.when_added("leads", name="renamed")
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(mark=True)
    s.add_all([Lead(name="x", tags={"a"}, **given), Lead(name="y")])
    commit(s)
    assert not (s.reconcile(settle=0)).skipped
    s.discard(*s.doubtful)


@pytest.mark.parametrize("seconds", [-7200, 7200])
def test_a_clock_that_was_set_since_hides_no_record(sandbox: Sandbox, seconds: float) -> None:
    """The machine's clock was put right, or the object was pickled and goes on elsewhere: the record is found."""
    clock = ManualClock()
    crm = client_of(sandbox, retry=NEVER, max_prefetch=0, clock=clock)
    crm.leads.all()  # tells the time of the server as well
    s = crm.session(mark=False)
    mine = s.add(Lead(name="mine"))
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    commit(s)
    clock.now += seconds
    (result,) = s.reconcile(settle=0)
    assert (result.outcome, len(result.candidates)) == (Outcome.UNKNOWN, 1)
    assert (s.reconcile(settle=0, equal="mine")).ok
    assert mine.name == "mine"


class Deleting:
    """Somebody who deletes the newest lead before each request for a second page."""

    def __init__(self, sandbox: Sandbox, times: int) -> None:
        self.sandbox, self.times, self.keys = sandbox, times, list[int]()
        self.asked = 0

    def before(self, method: str, path: str, content: bytes) -> None:
        """Delete, if this request reads the list of leads and is not the first one."""
        if method != "GET" or not path.endswith("/leads") or not self.keys:
            return
        self.asked += 1
        if self.asked > 1 and self.times > 0:
            self.times -= 1
            self.sandbox.ui.delete("leads", self.keys.pop())


@pytest.mark.parametrize(("newer", "times"), [(250, 1), (270, 100)])
def test_a_record_that_a_deletion_moves_between_two_pages_is_not_overlooked(
    sandbox: Sandbox, newer: int, times: int
) -> None:
    """It stood first on the second page and stands last on the first one, which has been read by then."""
    somebody = Deleting(sandbox, times)
    crm = client_of(
        sandbox,
        retry=NEVER,
        max_prefetch=0,
        http_transport=tampered(sandbox, somebody.before, lambda *_: None),
    )
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = crm.session(mark=True)
    mine = s.add(Lead(name="mine"))
    commit(s)
    boris = sandbox.ui.add_user("Boris")
    with client_of(sandbox, token=boris["token"]).session() as other:
        later = other.add_all(Lead(name=f"later {number}") for number in range(newer))
    somebody.keys = [lead.id for lead in later]
    report = s.reconcile(settle=0)
    # The second reading has one page and needs no third; of four readings of two pages no two agree.
    assert report.sent.count("list_leads") == (3 if times == 1 else 8)
    (found,) = report.unknown
    assert found.entity is mine
    if times == 1:
        assert len(found.candidates) == 1
        assert (s.reconcile(equal="mine", settle=0)).ok
    else:
        assert "changed while it was read" in found.reason
        s.discard(mine)


def test_a_field_that_a_robot_has_changed_is_put_back_before_it_is_compared(
    sandbox: Sandbox, once: AmoCRM
) -> None:
    """Of two objects that differ in one field each finds the record that was created from it."""
    (city,) = once.fields.create(Lead, [Definition(name="City", type="text")])
    value = {"field_id": city.id, "values": [{"value": "Moscow"}]}
    sandbox.robots.when_added("leads", custom_fields_values=[value])
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(mark=True)
    s.add_all([Order(name="x", city="Omsk"), Order(name="x", city="Perm")])
    commit(s)
    omsk, perm = s.doubtful
    assert (s.reconcile(equal="mine", settle=0)).ok
    assert omsk.id < perm.id
    assert {order.city for order in once.query(Order).all()} == {"Moscow"}
