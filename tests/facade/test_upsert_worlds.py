"""Whatever is lost and whoever writes meanwhile: the same call again doubles nothing and overwrites nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amocrm import AmoCRM, FlushError, Lead, MemoryLimiter, RateLimits, fields
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, PartialBatch, Sandbox, SandboxTransport, Truncate


class Deal(Lead):
    """A lead with an order number."""

    order = fields.Text(name="Номер заказа")


KEYS = st.sampled_from(["A-1", "A-2", "a-2", "Б 3"])
ROWS = st.lists(st.tuples(KEYS, st.integers(1, 9)), min_size=1, max_size=5)
LOSS = st.sampled_from(
    [
        Drop(),
        Drop(after_commit=True),
        ErrorPage(500),
        ErrorPage(403, html=False),
        Truncate(),
        PartialBatch(1, 504),
        None,
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("upsert"), ROWS, st.tuples(LOSS, st.sampled_from(["create_leads", "update_leads"]))
        ),
        st.tuples(st.just("rename"), KEYS, st.sampled_from("абв")),
        st.tuples(st.just("delete"), KEYS, st.none()),
        st.tuples(st.just("stranger"), st.just(""), st.none()),
    ),
    max_size=8,
)


@pytest.fixture(scope="module", params=[False, True], ids=["without the option", "with the option"])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[Sandbox, AmoCRM]]:
    """An account with the field, and a client."""
    sandbox = Sandbox(limits=False, api_filter=request.param)
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    transport = SandboxTransport(sandbox)
    with AmoCRM(
        "demo", token=sandbox.token, http_transport=transport, limiter=fast, retry=NEVER, max_prefetch=0
    ) as crm:
        crm.account()
        crm.fields.ensure(Deal)
        yield sandbox, crm
    sandbox.close()


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_key_is_one_record_whatever_is_lost(world: tuple[Sandbox, AmoCRM], steps: list[Any]) -> None:
    """Each key has one record with the last price; names that a colleague gave stay; a second call sends nothing."""
    sandbox, crm = world
    for deal in crm.query(Deal).all():
        sandbox.delete("leads", deal.id)
    prices: dict[str, int] = {}
    names: dict[str, str] = {}
    strangers = 0

    def stored() -> dict[str, list[Deal]]:
        found: dict[str, list[Deal]] = {}
        for deal in crm.query(Deal).all():
            found.setdefault(deal.order or "", []).append(deal)
        return found

    for kind, what, more in steps:
        if kind == "upsert":
            effect, operation = more
            if effect is not None:
                sandbox.faults.add(effect, operation=operation, next=1)
            for _ in range(3):
                rows = [Deal(order=key, price=price) for key, price in what]
                try:
                    crm.leads.upsert_all(rows, key=Deal.order, on_repeat="last", new={"name": "новая"})
                except FlushError:
                    continue
                break
            sandbox.faults.clear()
            for key, price in what:
                prices[key] = price
                names.setdefault(key, "новая")
            sandbox.journal.reset()
            again = crm.leads.upsert_all(
                [Deal(order=key, price=price) for key, price in prices.items()], key=Deal.order
            )
            assert again.counts() == {"unchanged": len(prices)}
            assert {entry.operation for entry in sandbox.journal} == {"list_leads"}
        elif kind == "stranger":
            sandbox.call("POST", "/api/v4/leads", [{"name": "чужая"}])
            strangers += 1
        else:
            for deal in stored().get(what, []):
                if kind == "rename":
                    sandbox.call("PATCH", f"/api/v4/leads/{deal.id}", {"name": more})
                    names[what] = more
                else:
                    sandbox.delete("leads", deal.id)
                    prices.pop(what, None)
                    names.pop(what, None)
    found = stored()
    assert len(found.pop("", [])) == strangers
    assert {key: [(deal.price, deal.name) for deal in deals] for key, deals in found.items()} == {
        key: [(price, names[key])] for key, price in prices.items()
    }
