"""The promise of the Unit of Work: nothing lost, nothing doubled, the report tells the truth."""
# GENERATED from tests/shell_async/orm/test_promise.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import copy
import pickle
from collections import Counter
from typing import Any

import pytest

from amocrm import Company, Contact, FlushError, Lead, Note, Outcome, Task, fields
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm._core.orm.states import State, state_of
from amocrm.fields import Definition
from amocrm_sandbox import Drop, ErrorPage, Sandbox

from ..crm import bodies, client_of

pytestmark = pytest.mark.anyio


class Order(Lead):
    """A lead with a natural key and a field for stamps."""

    number = fields.Text(name="Order no")
    import_key = fields.Text(name="Import key")


def commit(session: Any) -> Any:
    """The report of a commit, whatever it says."""
    try:
        return session.commit()
    except FlushError as error:
        return error.report


def names(crm: AmoCRM) -> Counter[str]:
    """How often each name is there."""
    return Counter([str(lead.name) for lead in crm.leads])


@pytest.fixture
def once(sandbox: Sandbox) -> AmoCRM:
    """A client that repeats nothing."""
    return client_of(sandbox, retry=NEVER, max_prefetch=0)


# ---- creations without an answer


@pytest.mark.slow
def test_an_import_with_times_of_its_own_is_not_doubled(sandbox: Sandbox, once: AmoCRM) -> None:
    """Records with a settable creation time are found by their ids, not by their time."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(mark=True)
    s.add_all(Lead(name=f"Order {number}", created_at=1_500_000_000 + number) for number in range(600))
    commit(s)
    s.reconcile()
    commit(s)
    assert max((names(once)).values()) == 1
    report = s.reconcile(equal="mine")
    assert report.ok
    assert len(once.leads.all()) == 600


@pytest.mark.parametrize("equal", ["mine", "proven"])
def test_the_tags_of_a_creation_are_no_change_of_it(
    sandbox: Sandbox, once: AmoCRM, equal: Any
) -> None:
    """The server tells of them by an event of their own; putting that back must not hide the record."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(mark=True)
    leads = s.add_all([Lead(name="x", tags={"a"}), Lead(name="x")])
    commit(s)
    stored = once.leads.all()
    report = s.reconcile(equal=equal, settle=0)
    assert not report.skipped
    if equal == "mine":
        assert {lead.id for lead in leads} == {lead.id for lead in stored}
        tagged = next(lead for lead in stored if "a" in lead.tags)
        assert leads[0].id == tagged.id
    s.discard(*s.new)


def test_another_workers_equal_record_is_not_adopted(sandbox: Sandbox, once: AmoCRM) -> None:
    """What the same user has written before is older than the mark; what looks equal later leaves it unknown."""
    with once.session() as other:
        theirs = other.add(Lead(name="Request"))
    sandbox.faults.add(Drop(), operation="create_leads", nth=1)
    s = once.session()
    mine = s.add(Lead(name="Request"))
    commit(s)
    assert mine.id is None  # type: ignore[comparison-overlap]
    with client_of(sandbox).session() as other:
        later = other.add(Lead(name="Request"))
    report = s.reconcile(settle=0)
    assert (report.unknown[0].entity, report.unknown[0].candidates) == (mine, (later.id,))
    assert theirs.id != later.id


def test_a_key_declared_by_name_decides(sandbox: Sandbox, once: AmoCRM) -> None:
    """A value of yours alone finds the record, before and after the name was resolved."""
    once.fields.create(Lead, [Definition(name="Order no", type="text")])
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session()
    order = s.add(Order(name="x", number="A1"))
    commit(s)
    assert (s.reconcile(key=Order.number)).ok
    assert order.id == (once.leads.all())[0].id
    sandbox.faults.add(Drop(), operation="create_leads", next=1)
    s.add(Order(name="y"))
    commit(s)
    with pytest.raises(ValueError, match="without a value"):
        s.reconcile(key=Order.number)
    s.discard(*s.doubtful)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_key_may_name_the_field_otherwise_than_the_object_did(
    sandbox: Sandbox, once: AmoCRM, is_known: bool
) -> None:
    """The definitions of the account say that an id and a name are one field; without them the value is not seen."""
    (number,) = once.fields.create(Lead, [Definition(name="Order no", type="text")])
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session()
    order = s.add(Order(name="x"))
    order.custom[number.id] = "A1"
    commit(s)
    if is_known:
        once.fields.load(Lead)
        assert (s.reconcile(key=Order.number)).ok
        assert order.id == (once.leads.all())[0].id
    else:
        assert "leads" not in once.directory.fields
        with pytest.raises(ValueError, match="without a value"):
            s.reconcile(key=Order.number)
        s.discard(order)


def test_a_stamp_tells_equal_objects_apart(sandbox: Sandbox, once: AmoCRM) -> None:
    """The session writes a value of its own into each object, and finds each by it."""
    once.fields.create(Lead, [Definition(name="Import key", type="text")])
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(stamp=Order.import_key)
    orders = s.add_all([Order(name="x"), Order(name="x")])
    assert any("newest id" in lookup for lookup in s.plan().lookups)
    commit(s)
    assert (s.reconcile()).ok
    assert [(once.get(Order, order.id)).import_key for order in orders] == [
        order.import_key for order in orders
    ]


def test_a_lost_request_may_still_arrive(sandbox: Sandbox, once: AmoCRM) -> None:
    """Nothing is called absent before the time to settle has passed; the report says when to ask again."""
    sandbox.faults.add(Drop(), operation="create_leads", nth=1)
    s = once.session(mark=True)
    lead = s.add(Lead(name="x"))
    commit(s)
    report = s.reconcile()
    assert "ask again in" in report.unknown[0].reason
    assert (s.reconcile(settle=0)).skipped[0].entity is lead
    assert (s.commit()).ok


def test_a_user_who_does_not_see_everything_proves_no_absence(sandbox: Sandbox) -> None:
    """A robot may have given the record to somebody else, so that our user does not see it any more."""
    boris = sandbox.ui.add_user("Борис", view="M")
    sandbox.robots.when_added("leads", responsible_user_id=sandbox.admin_id)
    own = client_of(sandbox, retry=NEVER, max_prefetch=0, token=boris["token"])
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = own.session(mark=True)
    lead = s.add(Lead(name="x"))
    commit(s)
    report = s.reconcile(settle=0)
    assert "may not see every record" in report.unknown[0].reason
    assert s.doubtful == [lead]


def test_ids_that_do_not_ascend_end_all_proofs_of_absence(sandbox: Sandbox, once: AmoCRM) -> None:
    """Where newer records may have lower ids, the list has no lower end."""
    sandbox.behaviour.ids_ascend = False
    with once.session() as s:
        s.add_all(Lead(name=f"old {number}") for number in range(20))
    with once.session(batch_size=5) as s:
        s.add_all(Lead(name=f"more {number}") for number in range(20))
    sandbox.faults.add(Drop(), operation="create_leads", next=1)
    s = once.session()
    s.add(Lead(name="x"))
    commit(s)
    report = s.reconcile(settle=0)
    assert "do not ascend" in report.unknown[0].reason


def test_nothing_is_ok_while_something_is_in_doubt(sandbox: Sandbox, once: AmoCRM) -> None:
    """The report of every commit names what an earlier one has left in doubt."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session()
    lead = s.add(Lead(name="x"))
    commit(s)
    report = commit(s)
    assert not report.ok
    assert [result.outcome for result in report.of(lead)] == [Outcome.UNKNOWN]


def test_doubt_travels_with_the_object(sandbox: Sandbox, once: AmoCRM) -> None:
    """Through pickle and into another session; a copy of the object has none."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(mark=True)
    lead = s.add(Lead(name="x", price=5))
    commit(s)
    s.discard(lead)
    elsewhere = pickle.loads(pickle.dumps(lead))
    for twin in (copy.copy(lead), copy.deepcopy(lead)):
        assert state_of(twin) is State.TRANSIENT
    other = once.session()
    other.add(elsewhere)
    assert other.doubtful == [elsewhere]
    assert (other.reconcile(equal="mine")).ok
    assert elsewhere.id == (once.leads.all())[0].id
    assert not other.plan()


@pytest.mark.parametrize("is_stored", [True, False])
def test_copies_of_a_doubt_are_one_creation(
    sandbox: Sandbox, once: AmoCRM, is_stored: bool
) -> None:
    """An object and what pickle made of it create one record, whichever is asked about first."""
    once.session(mark=True).commit()
    sandbox.faults.add(Drop(after_commit=is_stored), operation="create_leads", nth=1)
    s = once.session(mark=True)
    lead = s.add(Lead(name="x", price=5))
    commit(s)
    other = once.session()
    first, second = other.add_all(pickle.loads(pickle.dumps(lead)) for _ in range(2))
    for session in (other, s):
        session.reconcile(equal="mine", settle=0)
        commit(session)
    assert names(once) == {"x": 1}
    assert first.id == (once.leads.all())[0].id
    assert other.doubtful == [second]
    assert s.doubtful == ([] if is_stored else [lead])


def test_arguments_of_a_session_that_mean_nothing_are_refused(
    sandbox: Sandbox, once: AmoCRM
) -> None:
    """Before anything is sent, with the name of the argument."""
    s: Any = once.session()
    for wrong, match in (
        ({"equal": "all"}, "equal"),
        ({"settle": -1}, "settle"),
        ({"settle": "1"}, "settle"),
    ):
        with pytest.raises(ValueError, match=match):
            s.reconcile(**wrong)
    with pytest.raises(TypeError, match="stamp"):
        once.session(stamp=Lead.name)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="key"):
        s.adopt(Lead(), -1)
    with pytest.raises(TypeError, match="class of entities"):
        s.ref("leads", 5)
    assert sandbox.counters()["total"] == 0


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_record_that_was_found_has_one_object(
    sandbox: Sandbox, once: AmoCRM, is_changed: bool
) -> None:
    """One that was read meanwhile and is unchanged makes room; one with changes is sent first."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session(mark=True)
    lead = s.add(Lead(name="x"))
    commit(s)
    (there,) = once.leads.all()
    read = s.get(Lead, there.id)
    if is_changed:
        read.price = 7
        report = s.reconcile(equal="mine")
        assert "roll back" in report.unknown[0].reason
        commit(s)
    lead.name = "y"
    assert (s.reconcile(equal="mine")).ok
    assert (s.commit()).ok
    assert s.get(Lead, there.id) is lead
    assert (lead.name, lead.price) == ("y", 7 if is_changed else 0)


def test_what_is_in_flight_cannot_be_adopted(crm: AmoCRM) -> None:
    """The answer that is under way may bring another id."""
    refused: list[str] = []

    def adopt(done: int, total: int) -> None:
        with pytest.raises(ValueError, match="under way") as error:
            s.adopt(late, 5)
        refused.append(str(error.value))

    s = crm.session(progress=adopt)
    s.add(Lead(name="x"))
    late = Lead(name="y")
    assert (s.commit()).ok
    assert refused
    assert state_of(late) is State.TRANSIENT


def test_the_way_out_of_doubt_creates_nothing(sandbox: Sandbox, once: AmoCRM) -> None:
    """A note of an object that was discarded waits for it; adopt lets it follow."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_leads", nth=1)
    s = once.session()
    lead = s.add(Lead(name="L", price=5))
    note = lead.notes.add("n")
    commit(s)
    (there,) = once.leads.all()
    sandbox.robots.change("leads", there.id, price=7)
    s.reconcile()
    s.discard(lead)
    report = commit(s)
    assert "discarded" in report.of(note)[0].reason
    assert "waits for" in str(s.plan())
    assert (names(once))["L"] == 1
    s.adopt(lead, there.id)
    assert (s.commit()).ok
    assert (once.leads.get(there.id)).price == 7
    assert [one.text for one in once.notes.of(there)] == ["n"]


def test_adopting_what_another_object_stands_for_is_refused(crm: AmoCRM) -> None:
    """An id belongs to one object; a changed or created one keeps it."""
    s = crm.session()
    first = s.add(Lead(name="a"))
    s.commit()
    second = s.add(Lead(name="b"))
    with pytest.raises(ValueError, match="cannot become"):
        s.adopt(second, first.id)
    with pytest.raises(ValueError, match="which is persistent"):
        s.adopt(first, first.id + 1)
    assert s.adopt(first, first.id) is first
    s.discard(second)


# ---- nothing forgotten


def test_a_link_that_failed_is_sent_by_the_next_commit(sandbox: Sandbox, once: AmoCRM) -> None:
    """Also on an object that was created by the same commit."""
    sandbox.faults.add(ErrorPage(429), operation="link_entities", nth=1)
    s = once.session()
    contact = s.add(Contact(name="Иван", company=Company(name="Ромашка")))
    commit(s)
    assert s.changed == [contact]
    assert (s.commit()).ok
    read = once.contacts.get(contact.id)
    assert read.company is not None


def test_reading_again_without_contacts_keeps_what_is_known(crm: AmoCRM) -> None:
    """An answer without a relation says nothing about it."""
    with crm.session() as s:
        second = s.add(Contact(name="B"))
        lead = s.add(Lead(name="L", contacts=[Contact(name="A")]))
    s = crm.session()
    read = s.get(Lead, lead.id, preload=[Lead.contacts])
    read.contacts.add(s.ref(Contact, second.id))
    s.commit()
    s.get(Lead, lead.id)
    read.contacts.remove(s.ref(Contact, second.id))
    s.commit()
    again = crm.leads.get(lead.id, preload=[Lead.contacts])
    assert [one.name for one in again.contacts] == ["A"]


def test_a_company_set_here_wins_over_a_colleagues(crm: AmoCRM) -> None:
    """The company is one value, like a scalar: yours stays, and the other is unlinked."""
    with crm.session() as s:
        one, two = s.add_all([Company(name="1"), Company(name="2")])
        lead = s.add(Lead(name="L"))
    s = crm.session()
    read = s.get(Lead, lead.id)
    read.company = s.ref(Company, two.id)
    with crm.session() as other:
        other.ref(Lead, lead.id).company = other.ref(Company, one.id)
    s.refresh(read)
    assert read.company is not None
    assert read.company.id == two.id
    s.commit()
    again = crm.leads.get(lead.id)
    assert again.company is not None
    assert again.company.id == two.id


def test_a_page_of_html_is_no_success(sandbox: Sandbox, once: AmoCRM) -> None:
    """Where nothing is promised, an empty or JSON body is applied and any other is unknown."""
    with once.session() as s:
        lead = s.add(Lead(name="L", contacts=[Contact(name="A")]))
    sandbox.faults.add(ErrorPage(200), operation="unlink_entities", nth=1)
    s = once.session()
    read = s.get(Lead, lead.id, preload=[Lead.contacts])
    read.contacts.remove(read.contacts[0])
    report = commit(s)
    assert [result.outcome for result in report] == [Outcome.UNKNOWN]
    assert (s.commit()).ok
    assert not (once.leads.get(lead.id, preload=[Lead.contacts])).contacts


def test_one_field_under_two_names_is_one_field(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Of values that reach the same field the last one is sent."""
    (made,) = crm.fields.create(Lead, [Definition(name="Order no", type="text")])
    lead = Lead(name="x")
    lead.custom["Order no"] = "first"
    lead.custom[made.id] = "second"
    with crm.session() as s:
        s.add(lead)
    (body,) = bodies(sandbox, "create_leads")[0]
    assert [field["values"] for field in body["custom_fields_values"]] == [[{"value": "second"}]]


def test_a_reference_that_was_changed_is_not_taken_for_loaded(crm: AmoCRM) -> None:
    """An answer to a change does not make an object read."""
    with crm.session() as s:
        contact = Contact(name="A", phone="+79000000000")
        lead = s.add(Lead(name="L", contacts=[contact]))
    s = crm.session()
    s.ref(Contact, contact.id).name = "A2"
    s.commit()
    read = s.get(Lead, lead.id, preload=[Lead.contacts])
    assert str(read.contacts[0].phone) == "+79000000000"


def test_what_was_discarded_is_read_anew(crm: AmoCRM) -> None:
    """A discarded object keeps its changes, and another one stands for its id."""
    with crm.session() as s:
        made = s.add(Lead(name="A", price=1))
    s = crm.session()
    lead = s.get(Lead, made.id)
    lead.price = 5
    s.discard(lead)
    again = s.get(Lead, made.id)
    assert (again is lead, again.price, lead.price) == (False, 1, 5)


def test_what_changes_under_way_arrives_with_this_commit_or_the_next(sandbox: Sandbox) -> None:
    """Scalars, the main contact and a new contact, changed between two levels of a commit."""
    crm = client_of(sandbox, max_prefetch=0)
    first, second = Contact(name="first"), Contact(name="second")
    lead = Lead(name="before", contacts=[first])

    def change(done: int, total: int) -> None:
        if done == 1:
            lead.name = "after"
            lead.contacts.add(second, main=True)

    s = crm.session(progress=change)
    s.add(lead)
    assert (s.commit()).ok
    assert lead in s.changed
    assert (s.commit()).ok
    assert not s.plan()
    read = crm.leads.get(lead.id, preload=[Lead.contacts])
    assert (read.name, {one.name for one in read.contacts}) == ("after", {"first", "second"})
    assert read.contacts.main is not None
    assert read.contacts.main.name == "second"


# ---- sessions


def test_an_error_leaves_the_session_usable(crm: AmoCRM) -> None:
    """What cannot be written stops the commit before anything was moved or sent."""
    other = crm.session()
    contact = other.add(Contact(name="c"))
    s = crm.session()
    lead = s.add(Lead(name="L"))
    lead.contacts.add(contact)
    with pytest.raises(ValueError, match="another session"):
        s.plan()
    with pytest.raises(ValueError, match="another session"):
        s.commit()
    lead.contacts.remove(contact)
    assert (s.commit()).ok
    other.discard(contact)


def test_a_failed_object_can_be_tried_in_a_new_session(crm: AmoCRM) -> None:
    """A session that was left gives its objects away, with what hangs on them."""
    lead = Lead(name="L", responsible_user_id=1)
    note = lead.notes.add("n")
    with pytest.raises(FlushError):
        with crm.session() as s:
            s.add(lead)
    with crm.session() as other:
        other.add(lead).responsible_user_id = None
    assert note.id > 0
    assert s.new == []


def test_a_session_that_was_left_can_commit_again(crm: AmoCRM) -> None:
    """The natural retry after a failed block keeps working."""
    lead = Lead(name="L", responsible_user_id=1)
    with pytest.raises(FlushError):
        with crm.session() as s:
            s.add(lead)
    lead.responsible_user_id = None
    assert (s.commit()).ok


def test_a_session_dropped_with_changes_warns(crm: AmoCRM) -> None:
    """What was never committed is told."""
    s = crm.session()
    s.add(Lead(name="L"))
    with pytest.warns(RuntimeWarning, match="without a commit"):
        del s


def test_changes_show_base_local_and_server(crm: AmoCRM) -> None:
    """What was shown, what is to be, and what a refresh has brought; rollback takes it back."""
    with crm.session() as s:
        made = s.add(Lead(name="A", price=1, tags={"old"}))
    s = crm.session()
    lead = s.get(Lead, made.id)
    lead.price = 5
    lead.tags.add("new")
    note = lead.notes.add("n")
    with crm.session() as other:
        other.ref(Lead, made.id).price = 3
    s.refresh(lead)
    change = lead.changes["price"]
    assert (change.base, change.local, change.server) == (1, 5, 3)
    assert lead.changes["tags"].local == ("old", "new")
    s.rollback(lead)
    assert (lead.price, lead.changes, s.changed, note in s.new) == (3, {}, [], False)
    with pytest.raises(ValueError, match="rollback"):
        s.rollback(Lead(name="new"))


# ---- whose entity it is


def test_two_accounts_never_meet() -> None:
    """Every place that takes an entity refuses one of another account and names both."""
    alpha, beta = (client_of(Sandbox(limits=False, subdomain=name), name=name) for name in ("alpha", "beta"))
    with alpha.session() as s:
        made = s.add(Lead(name="mine", contacts=[Contact(name="c")], company=Company(name="f")))
    lead = alpha.leads.get(made.id, preload=[Lead.contacts, Lead.company])
    other = beta.session()
    own = beta.get_or_none(Lead, 1) or other.ref(Lead, made.id)
    own_contact, own_company = other.ref(Contact, 1), other.ref(Company, 1)
    places: list[Any] = [
        lambda: other.add(lead),
        lambda: other.adopt(lead, lead.id),
        lambda: own.contacts.add(lead.contacts[0]),
        lambda: setattr(own, "company", lead.company),
        lambda: setattr(own_contact, "company", lead.company),
        lambda: own_company.contacts.add(lead.contacts[0]),
        lambda: beta.notes.of(lead),
        lambda: beta.tasks.of(lead),
        lambda: lead.contacts.add(own_contact),
        lambda: setattr(other.ref(Task, 1), "entity", lead),
        lambda: other.add(pickle.loads(pickle.dumps(lead))),
    ]
    for place in places:
        with pytest.raises((ValueError, LookupError), match=r"alpha|not loaded"):
            place()
    lead.notes.add(Note("n"))
    for child in (Task("call", due=2_000_000_000, entity=lead), Note("text", entity=lead)):
        with pytest.raises(ValueError, match="alpha"):
            other.add(child)
    assert not other.new
