"""Whatever happens to the answers: in the end every object is on the server once, and no object twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amocrm import AmoCRM, Contact, FlushError, Lead, MemoryLimiter, RateLimits
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, Sandbox, SandboxTransport, Truncate

pytestmark = pytest.mark.slow

_FAULTS = st.one_of(
    st.builds(Drop, after_commit=st.booleans()),
    st.sampled_from(
        [
            ErrorPage(504),
            ErrorPage(504, after_commit=True),
            ErrorPage(502, after_commit=True),
            ErrorPage(500),
            ErrorPage(429),
            ErrorPage(400, html=False, detail="Not valid"),
        ]
    ),
    st.sampled_from([Truncate(0.0), Truncate(0.5)]),
)
_PLANTED = st.lists(
    st.tuples(st.sampled_from(["create_leads", "create_contacts"]), st.integers(1, 6), _FAULTS), max_size=6
)


#: One of two equal leads is refused and mended; what is sent then has a null that the other has not.
_MENDED = [("create_leads", 2, Drop()), ("create_leads", 3, Drop(after_commit=True))]


@settings(max_examples=60, deadline=None)
@example([("a", False), ("a", False)], {1}, 2, _MENDED)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=12),
    st.sets(st.integers(0, 11)),
    st.integers(1, 5),
    _PLANTED,
)
def test_every_object_is_created_once(
    wanted: list[tuple[str, bool]], refused: set[int], size: int, planted: list[tuple[str, int, Any]]
) -> None:
    """Lost answers, timeouts, cut bodies, refusals and equal objects: commit, reconcile, mend, until all is done."""
    sandbox = Sandbox(limits=False)
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    for operation, nth, effect in planted:
        sandbox.faults.add(effect, operation=operation, nth=nth)
    with AmoCRM(
        "demo",
        token=sandbox.token,
        http_transport=SandboxTransport(sandbox),
        limiter=fast,
        retry=NEVER,
        max_prefetch=0,
    ) as crm:
        session = crm.session(batch_size=size, mark=True)
        leads = []
        for number, (name, with_contact) in enumerate(wanted):
            lead = session.add(Lead(name=name))
            if with_contact:
                lead.contacts.add(Contact(name=f"{name} contact"))
            if number in refused:
                lead.responsible_user_id = 1
            leads.append(lead)
        for _ in range(40):
            try:
                session.commit()
                break
            except FlushError:
                pass
            if session.doubtful:
                session.reconcile(equal="mine", settle=0)
            for lead in leads:
                if lead._key is None and lead.responsible_user_id == 1:
                    lead.responsible_user_id = None
        assert not session.new
        assert not session.doubtful
        assert Counter(lead.name for lead in crm.leads) == Counter(name for name, _ in wanted)
        assert sum(1 for _ in crm.contacts) == sum(with_contact for _, with_contact in wanted)
        assert len({lead.id for lead in leads}) == len(leads)
        contacts = {lead.id: with_contact for lead, (_, with_contact) in zip(leads, wanted, strict=True)}
        for lead in leads:
            read = crm.leads.get(lead.id, preload=[Lead.contacts])
            assert (read.name, len(read.contacts)) == (lead.name, int(contacts[lead.id]))
    sandbox.close()
