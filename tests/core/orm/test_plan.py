"""The flush plan as data: grouping, order, sizes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from amocrm import Company, Contact, Lead
from amocrm._core.orm.operations import Operation
from amocrm._core.orm.plan import PendingWrite, Plan, make_plan
from amocrm.entities._collecting import Collected


def plan_of(*entities: Any, batch_size: int | None = None) -> Plan:
    """The plan for some entities."""
    collected = Collected()
    collected.entities = list(entities)
    return make_plan(collected.writes(), batch_size)


def shape(plan: Plan) -> list[tuple[int, str, tuple[int, ...]]]:
    """Level, operation and request sizes of each step."""
    return [(step.level, step.operation.op.id, step.sizes) for step in plan.steps]


def test_an_unchanged_entity_needs_no_work() -> None:
    """Nothing to do is an empty plan without requests."""
    plan = plan_of(Lead._from_api(Lead._model(id=5, name="x"), None))
    assert not plan
    assert plan.requests == 0
    assert str(plan) == "Plan: nothing to send"


def test_levels_follow_what_entities_need() -> None:
    """A lead waits for its company and contact; what is independent shares the first level."""
    company, contact = Company(name="a"), Contact(name="b")
    lead = Lead(name="c", company=company, contacts=[contact])
    assert shape(plan_of(lead, contact, company)) == [
        (1, "create_contacts", (1,)),
        (1, "create_companies", (1,)),
        (2, "create_leads", (1,)),
    ]


def test_leads_with_and_without_new_contacts_share_their_requests() -> None:
    """One operation is one step: independent leads wait for the others rather than cost a request."""
    contact = Contact(name="b")
    plan = plan_of(Lead(name="1"), contact, Lead(name="2", contacts=[contact]))
    assert shape(plan) == [(1, "create_contacts", (1,)), (2, "create_leads", (2,))]


@given(st.integers(1, 700), st.one_of(st.none(), st.integers(1, 400)))
def test_the_number_of_requests_is_the_smallest_possible(count: int, batch_size: int | None) -> None:
    """Items are cut at the batch limit and at the wanted size, whichever is smaller."""
    operation = Operation("leads.create_leads")
    works = [PendingWrite("create", operation, object(), {}) for _ in range(count)]
    plan = make_plan(works, batch_size)
    size = min(250, batch_size or 250)
    assert plan.requests == -(-count // size)
    assert sum(plan.steps[0].sizes) == count
    assert max(plan.steps[0].sizes) <= size


def test_replacing_the_company_removes_the_old_link_first() -> None:
    """The link to another company waits until the old one is gone."""
    models = __import__("amocrm_gen.models.leads", fromlist=["leads"])
    data = models.Lead(id=5, embedded=models.LeadEmbedded(companies=[models.common.Ref(id=7)]))
    lead = Lead._from_api(data, None)
    lead.company = Company._from_api(Company._model(id=8), None)
    assert shape(plan_of(lead)) == [(1, "unlink_entities", (1,)), (2, "link_entities", (1,))]


@st.composite
def graphs(draw: st.DrawFn) -> list[Any]:
    """New companies, contacts and leads with links in every direction, notes and tasks among them."""
    companies = [Company(name=f"c{number}") for number in range(draw(st.integers(0, 4)))]
    contacts = [
        Contact(name=f"p{number}", company=draw(st.sampled_from([None, *companies])))
        for number in range(draw(st.integers(0, 6)))
    ]
    leads = []
    for number in range(draw(st.integers(0, 8))):
        lead = Lead(name=f"l{number}", company=draw(st.sampled_from([None, *companies])))
        for contact in draw(st.lists(st.sampled_from(contacts), unique=True)) if contacts else ():
            lead.contacts.add(contact)
        if draw(st.booleans()):
            lead.notes.add("n")
        if draw(st.booleans()):
            lead.tasks.add("t", due=1)
        leads.append(lead)
    for company in companies:
        for contact in draw(st.lists(st.sampled_from(contacts), unique=True)) if contacts else ():
            company.contacts.add(contact)
    children = [child for lead in leads for child in lead._cascade() if child._kind in ("notes", "tasks")]
    return draw(st.permutations([*companies, *contacts, *leads, *children]))


@given(graphs(), st.integers(1, 5))
def test_whatever_is_linked_a_plan_is_complete_in_order_and_small(graph: list[Any], size: int) -> None:
    """Every object is created once, what a work needs is done on an earlier level, one operation is one step."""
    plan = plan_of(*graph, batch_size=size)
    level_of = {
        id(work.entity): step.level for step in plan for work in step.writes if work.action == "create"
    }
    assert (
        len(level_of) == len(graph) == sum(work.action == "create" for step in plan for work in step.writes)
    )
    for step in plan:
        for work in step.writes:
            assert all(level_of[id(target)] < step.level for _, _, target in work.places)
    targets = [step.operation for step in plan]
    assert len(targets) == len(set(targets))
    assert plan.requests == sum(-(-len(step.writes) // size) for step in plan)
    assert len(plan.levels) <= 3
