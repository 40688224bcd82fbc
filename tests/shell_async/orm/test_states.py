"""A session keeps to the table of states: every state, every event, by public calls only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from amocrm import Company, Contact, FlushError, Lead, fields
from amocrm._core.http.retry import NEVER
from amocrm._core.orm.states import CALLS, TRANSITIONS, Event, State, state_of
from amocrm_sandbox import Drop, ErrorPage, Sandbox

from .._support import tampered
from ..crm import client_of

pytestmark = pytest.mark.anyio


class Deal(Lead):
    """A lead with a key of its own, by which it is found."""

    number = fields.Text(name="Order no")


class Stage:
    """An account with a session, and the object whose states are looked at."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.meanwhile: Any = None
        transport = tampered(sandbox, self._before, lambda *_: None)
        self.crm = client_of(sandbox, retry=NEVER, max_prefetch=0, http_transport=transport)
        self.s = self.crm.session(mark=True)
        self.deal: Deal = Deal(name="x", number="A-1")

    def _before(self, method: str, path: str, content: bytes) -> None:
        if self.meanwhile is not None and method != "GET" and path.endswith("/leads"):
            self.meanwhile, call = None, self.meanwhile
            call()

    async def commit(self) -> None:
        """Commit, whatever the report says."""
        with suppress(FlushError):
            await self.s.commit()

    async def enter(self, state: State) -> None:
        """Bring the object into a state."""
        if state in (State.TRANSIENT, State.PENDING):
            if state is State.PENDING:
                self.s.add(self.deal)
            return
        if state in (State.DOUBTFUL, State.STRAY):
            self.sandbox.faults.add(Drop(), operation="create_leads", next=1)
            self.s.add(self.deal)
            await self.commit()
            if state is State.STRAY:
                self.s.discard(self.deal)
            return
        async with self.crm.session() as maker:
            made = maker.add(Deal(name="x"))
        if state in (State.DETACHED, State.LOOSE):
            self.deal = await self.crm.query(Deal).one()
        else:
            self.deal = await self.s.get(Deal, made.id)
        if state in (State.DIRTY, State.LOOSE):
            self.deal.name = "y"

    async def happen(self, event: Event) -> None:
        """Let an event happen to the object."""
        s, deal = self.s, self.deal
        match event:
            case Event.ADD:
                s.add(deal)
            case Event.CHANGE:
                deal.price = 77
            case Event.ADOPT:
                s.adopt(deal, 999_999)
            case Event.RESEND:
                s.resend(deal)
            case Event.DISCARD:
                s.discard(deal)
            case Event.ROLLBACK:
                s.rollback(deal)
            case Event.FOUND:
                await self._store_by_hand()
                await s.reconcile(key=Deal.number, settle=0)
            case Event.ABSENT:
                await s.reconcile(settle=0)
            case Event.UNDECIDED:
                await s.reconcile()
            case _:
                await self._end(event)

    async def _store_by_hand(self) -> None:
        async with client_of(self.sandbox).session() as other:
            other.add(Deal(name="x", number="A-1"))

    async def _end(self, event: Event) -> None:
        """Commit with this end; what has no session or no changes is discarded or set back while it is in flight."""
        state = state_of(self.deal)
        if state not in (State.DOUBTFUL, State.STRAY):
            self.s.add(self.deal)
        if state in (State.CLEAN, State.DETACHED):
            self.deal.tags.add("x")

        def meanwhile() -> None:
            if state in (State.CLEAN, State.DETACHED):
                self.deal.tags.discard("x")
            if state in (State.TRANSIENT, State.LOOSE, State.DETACHED):
                self.s.discard(self.deal)
            assert state_of(self.deal) is state

        self.meanwhile = meanwhile
        for operation in ("create_leads", "update_leads"):
            if event is Event.NOT_APPLIED:
                self.sandbox.faults.add(ErrorPage(402, html=False), operation=operation, next=1)
            elif event is Event.UNANSWERED:
                self.sandbox.faults.add(Drop(), operation=operation, next=1)
        await self.commit()


@pytest.mark.parametrize("by_hand", [True, False])
async def test_an_object_that_makes_room_is_named(sandbox: Sandbox, by_hand: bool) -> None:
    """Of two objects for one record one leaves the session: a warning or the report names both, links follow."""
    crm = client_of(sandbox, retry=NEVER, max_prefetch=0)
    async with crm.session() as other:
        lead = other.add(Lead(name="L"))
    s = crm.session(mark=True)
    sandbox.faults.add(Drop(after_commit=True), operation="create_contacts", next=1)
    contact = s.add(Contact(name="C"))
    with pytest.raises(FlushError):
        await s.commit()
    (there,) = await crm.contacts.all()
    async with crm.session() as other:
        other.add(await crm.leads.get(lead.id, preload=[Lead.contacts])).contacts.add(there)
    lead = await s.get(Lead, lead.id, preload=[Lead.contacts])
    (stub,) = lead.contacts
    if by_hand:
        with pytest.warns(UserWarning, match="was detached") as caught:
            s.adopt(contact, there.id)
        said = str(caught[0].message)
    else:
        (result,) = await s.reconcile(equal="mine", settle=0)
        said = result.reason
    assert repr(stub) in said
    assert repr(contact) in said
    assert state_of(stub) is State.DETACHED
    assert list(lead.contacts) == [contact]
    assert not s.plan()


_PAIRS = [
    (state, event) for state in State for event in Event if event in TRANSITIONS[state] or event in CALLS
]


@pytest.mark.parametrize(("state", "event"), _PAIRS)
async def test_the_session_keeps_to_the_table_of_states(sandbox: Sandbox, state: State, event: Event) -> None:
    """Each event leads where the table says; a call that has no place there is refused and changes nothing."""
    stage = Stage(sandbox)
    await stage.crm.fields.create(Lead, [fields.Definition(name="Order no", type="text")])
    await stage.enter(state)
    assert state_of(stage.deal) is state
    if (target := TRANSITIONS[state].get(event)) is None:
        with pytest.raises(ValueError, match=f"which is {state}"):
            await stage.happen(event)
        target = state
    else:
        await stage.happen(event)
    assert state_of(stage.deal) is target
    held = target in (State.PENDING, State.DOUBTFUL, State.DIRTY)
    assert (stage.deal in [*stage.s.new, *stage.s.changed, *stage.s.doubtful]) is held
    stage.s.discard(*stage.s.new, *stage.s.changed)


@pytest.mark.parametrize("event", [Event.ADD, Event.DISCARD, Event.APPLIED, Event.UNANSWERED])
async def test_no_transition_passes_by_the_table(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, event: Event
) -> None:
    """What the table does not have does not happen: neither a call nor the end of a commit brings it about."""
    stage = Stage(sandbox)
    await stage.crm.fields.create(Lead, [fields.Definition(name="Order no", type="text")])
    state = State.TRANSIENT if event is Event.ADD else State.PENDING
    await stage.enter(state)
    target = TRANSITIONS[state][event]
    events = {other: target for other, target in TRANSITIONS[state].items() if other is not event}
    monkeypatch.setitem(TRANSITIONS, state, events)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{event}.*which is {state}"):
        await stage.happen(event)
    assert state_of(stage.deal) is not target
    monkeypatch.undo()
    stage.s.discard(stage.deal)


@pytest.mark.parametrize("is_stored", [True, False])
@pytest.mark.parametrize("in_flight", [True, False])
async def test_a_change_without_an_answer_can_be_taken_back(
    sandbox: Sandbox, is_stored: bool, in_flight: bool
) -> None:
    """The server may have it: values, fields, tags and links end as they were, whether it has it or not."""
    stage = Stage(sandbox)
    (city,) = await stage.crm.fields.create(Lead, [fields.Definition(name="City", type="text")])
    async with stage.crm.session() as other:
        companies = other.add_all([Company(name="first"), Company(name="second")])
        made = other.add(Lead(name="x", price=1, tags={"a"}, company=companies[0]))
        made.custom[city.id] = "Omsk"
    lead = await stage.s.get(Lead, made.id)
    first, second = [await stage.s.get(Company, company.id) for company in companies]

    def set_values(price: int, text: str, company: Company, tag: str, other: str) -> None:
        lead.price, lead.custom[city.id], lead.company = price, text, company
        lead.tags.add(tag)
        lead.tags.discard(other)

    def set_back() -> None:
        set_values(1, "Omsk", first, "a", "b")

    set_values(5, "Perm", second, "b", "a")
    for operation in ("update_leads", "link_entities"):
        sandbox.faults.add(Drop(after_commit=is_stored), operation=operation, next=1)
    if in_flight:
        stage.meanwhile = set_back
    await stage.commit()
    if not in_flight:
        set_back()
    assert (await stage.s.commit()).ok
    stored = await stage.crm.leads.get(lead.id)
    assert (stored.price, stored.custom[city.id], set(stored.tags)) == (1, "Omsk", {"a"})
    assert stored.company is not None
    assert stored.company.id == first.id
