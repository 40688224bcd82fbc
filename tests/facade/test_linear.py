"""A commit of ten times as much takes ten times as many steps: counted in instructions, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from amocrm import AmoCRM, Company, Contact, Lead, MemoryLimiter, RateLimits, RetryPolicy
from amocrm._core.orm.doubt import Doubt
from amocrm._core.orm.evidence import Window, decide
from amocrm._core.orm.fingerprints import Vocabulary
from amocrm._core.orm.operations import CREATE, Operation
from amocrm_gen.models.leads import Lead as Record
from bench.committing import Account

FEW, MANY = 20, 200
#: What may stay beside the part that grows: imports, tables, one list of everything.
SLACK = 1.1
SESSIONS: list[Any] = []


def steps(work: Callable[[], object]) -> int:
    """Run something and return the number of its Python instructions."""
    return traced(work) if sys.version_info < (3, 12) else monitored(work)


def monitored(work: Callable[[], object]) -> int:
    """Count where a trace misses the frames that it finds running."""
    count, monitoring = 0, sys.monitoring
    instruction = monitoring.events.INSTRUCTION

    def counted(code: object, offset: int) -> None:
        nonlocal count
        count += 1

    monitoring.use_tool_id(4, "steps")
    monitoring.register_callback(4, instruction, counted)
    monitoring.set_events(4, instruction)
    try:
        work()
    finally:
        monitoring.set_events(4, 0)
        monitoring.register_callback(4, instruction, None)
        monitoring.free_tool_id(4)
    return count


def traced(work: Callable[[], object]) -> int:
    """Count where there is no monitoring."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def filled(number: int) -> Any:
    """A session with leads, each with a contact and a company, and one company with all the contacts."""
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    crm = AmoCRM(
        "demo", token="x" * 40, http_transport=Linking(), limiter=fast, retry=RetryPolicy(), max_prefetch=0
    )
    session = crm.session()
    SESSIONS.append(session)
    shared = session.add(Company(name="all"))
    for place in range(number):
        lead = Lead(name=f"L{place}", company=Company(name=f"C{place}"), tags={"a", f"t{place}"})
        contact = lead.contacts.add(Contact(name=f"P{place}", phone=f"+7900{place:07}"), main=True)
        lead.notes.add("n")
        shared.contacts.add(contact)
        session.add(lead)
    return session


class Linking(Account):
    """Account that takes links as well."""

    def handle_request(self, request: Any) -> Any:
        """Answer a request."""
        if request.url.path.endswith("/link"):
            import httpx

            return httpx.Response(200, json={"_embedded": {"links": []}})
        return super().handle_request(request)


def committed(number: int) -> Any:
    """A session after its commit."""
    session = filled(number)
    assert session.commit().ok
    return session


def ask_for_each(session: Any) -> None:
    """Look the results of all objects up, between them new ones."""
    report = session.report
    for result in list(report):
        assert report.of(result.entity)[0] is not None
        report.note(result)


def reconciled(number: int) -> Any:
    """The decision about creations, half of which are stored."""
    operation = Operation(CREATE["leads"])
    doubts = [
        Doubt(operation, {"name": f"L{place}"}, None, "demo", 0, 100.0, 101.0) for place in range(number)
    ]
    records = [
        Record(id=place + 1, name=f"L{place}", created_at=100, created_by=7) for place in range(0, number, 2)
    ]
    window = Window(records=records, complete=True, user=7, clock_offset=0.0)
    return lambda: decide(doubts, window, Vocabulary(), now=1000.0, settle=120.0, equal="mine")


def ready(make: Callable[[int], Any], call: Callable[[Any], Any]) -> Callable[[int], Callable[[], Any]]:
    """Make something that is not counted, and return what is."""

    def prepared(number: int) -> Callable[[], Any]:
        made = make(number)
        return lambda: call(made)

    return prepared


def linked(number: int) -> Any:
    """A new lead, one that was read, and contacts that exist."""
    session = filled(1)
    contacts = [session.ref(Contact, place + 1000) for place in range(number)]
    return session, [session.new[1], session.ref(Lead, 900)], contacts


def link_and_unlink(session: Any, leads: list[Any], contacts: list[Any]) -> None:
    """Link each contact to each lead, with other objects of the same ids as well, commit, and take them off."""
    for lead in leads:
        for contact in contacts:
            lead.contacts.add(contact)
            assert lead.contacts.add(Contact._from_api(Contact._model(id=contact.id), None)) is contact
    assert session.commit().ok
    for lead in leads:
        for contact in contacts:
            lead.contacts.remove(contact)
    session.plan()
    session.rollback(*leads)


WORK: dict[str, Callable[[int], Callable[[], Any]]] = {
    "adding": lambda number: lambda: filled(number),
    "planning": ready(filled, lambda session: session.plan()),
    "committing": ready(filled, lambda session: session.commit()),
    "linking what exists": ready(linked, lambda made: link_and_unlink(*made)),
    "asking the report": ready(committed, ask_for_each),
    "reconciling": reconciled,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORK)
def test_ten_times_as_much_is_ten_times_the_work(name: str) -> None:
    """Nothing of a session looks at all other objects for each of its objects."""
    WORK[name](FEW)()  # imports and tables are made once
    few, many = steps(WORK[name](FEW)), steps(WORK[name](MANY))
    for session in SESSIONS:
        session.discard(*session.new)
    SESSIONS.clear()
    assert few > 100
    assert many / few <= MANY / FEW * SLACK
