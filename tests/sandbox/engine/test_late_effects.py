"""Faults of servers that work on behind a gateway that has given up, and the clock that tells of it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import httpx
import pytest

from amocrm_sandbox import (
    Drop,
    ErrorPage,
    ManualClock,
    PartialBatch,
    Sandbox,
    SandboxServer,
    SandboxTransport,
)

from ..conftest import NOW, Checked


def test_every_answer_is_dated_by_the_clock_of_the_account(clock: ManualClock) -> None:
    """Answers, refusals, pages of the gateway and control answers have a Date header of the sandbox's clock."""
    sandbox = Sandbox(limits=False, clock=clock)
    clock.advance(86_400)
    sandbox.faults.add(ErrorPage(502), path="tasks")
    for target in ("/api/v4/leads", "/api/v4/account", "/api/v4/tasks", "/nowhere", "/_sandbox/state"):
        moment = sandbox.get(target).header("Date")
        assert moment is not None
        assert parsedate_to_datetime(moment).timestamp() == NOW + 86_400


def test_a_fault_may_put_another_date_in() -> None:
    """A page with a Date header of its own is sent with that one alone."""
    sandbox = Sandbox(limits=False)
    wrong = "Thu, 01 Jan 1970 00:00:00 GMT"
    sandbox.faults.add(ErrorPage(503, headers=(("Date", wrong),)), path="leads")
    answer = sandbox.get("/api/v4/leads")
    assert [value for name, value in answer.headers if name == "Date"] == [wrong]


def test_the_date_is_on_the_wire() -> None:
    """A server sends the header for answers and for what is no request."""
    with SandboxServer(limits=False) as server:
        server.sandbox.clock.advance(-3600)
        for target in ("/api/v4/account", "/" + "x" * 40_000):
            answer = httpx.get(server.url + target)
            ago = time.time() - parsedate_to_datetime(answer.headers["date"]).timestamp()
            assert 3500 < ago < 3700


@pytest.mark.parametrize("effect", [ErrorPage(504, effect_after=30), Drop(effect_after=30)])
def test_a_request_may_take_effect_after_its_answer(clock: ManualClock, effect: ErrorPage | Drop) -> None:
    """The client is answered now; the lead appears after so many seconds, created at that moment."""
    sandbox = Sandbox(limits=False, clock=clock)
    sandbox.faults.add(effect, operation="create_leads", next=1)
    refused = sandbox.call("POST", "/api/v4/leads", [{"name": "Order 17"}])
    assert refused.status in (502, 504)
    assert refused.transmission.drop == isinstance(effect, Drop)
    clock.tick(29)
    assert sandbox.get("/api/v4/leads").status == 204
    clock.tick(5)
    (lead,) = sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]
    assert (lead["name"], lead["created_at"]) == ("Order 17", NOW + 30)
    (event,) = sandbox.get("/api/v4/events").json()["_embedded"]["events"]
    assert (event["type"], event["created_at"]) == ("lead_added", NOW + 30)


def test_a_late_effect_is_seen_without_a_request(sandbox: Checked, clock: ManualClock) -> None:
    """`run_deferred` lets what is due take effect and says how much that was."""
    sandbox.faults.add(ErrorPage(504, effect_after=5), operation="create_leads")
    sandbox.post("/api/v4/leads", [{"name": "a"}])
    assert sandbox.run_deferred() == 0
    clock.tick(5)
    assert sandbox.run_deferred() == 1
    assert sandbox.store.value("SELECT count(*) FROM leads") == 1


def test_a_bad_request_has_no_late_effect(sandbox: Checked, clock: ManualClock) -> None:
    """What would have been refused changes nothing later either, and harms no other request."""
    sandbox.faults.add(ErrorPage(504, effect_after=5), operation="create_leads", next=1)
    sandbox.post("/api/v4/leads", [{"name": 1}])
    clock.tick(5)
    assert sandbox.get("/api/v4/leads").status == 204


def test_a_reset_forgets_late_effects(sandbox: Checked, clock: ManualClock) -> None:
    """An account that is emptied stays empty."""
    sandbox.faults.add(ErrorPage(504, effect_after=5), operation="create_leads")
    sandbox.post("/api/v4/leads", [{"name": "a"}])
    sandbox.reset()
    clock.tick(5)
    assert sandbox.get("/api/v4/leads").status == 204


@pytest.mark.parametrize("status", [None, 500])
def test_a_batch_may_be_stored_in_part(status: int | None) -> None:
    """The first items are stored, then the connection is cut or a page of the gateway is answered."""
    sandbox = Sandbox(limits=False)
    sandbox.faults.add(PartialBatch(2, status=status), operation="create_leads", next=1)
    answer = sandbox.call("POST", "/api/v4/leads", [{"name": str(number)} for number in range(5)])
    assert answer.transmission.drop == (status is None)
    assert answer.status == (status or 502)
    stored = sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]
    assert [lead["name"] for lead in stored] == ["0", "1"]


def test_a_client_sees_a_batch_that_was_cut() -> None:
    """Over a transport the stored part is a lost answer."""
    sandbox = Sandbox(limits=False)
    sandbox.faults.add(PartialBatch(1), method="PATCH")
    ids = [
        item["id"] for item in sandbox.call("POST", "/api/v4/leads", [{}, {}]).json()["_embedded"]["leads"]
    ]
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with (
        httpx.Client(transport=SandboxTransport(sandbox), base_url=sandbox.url, headers=headers) as client,
        pytest.raises(httpx.ReadError),
    ):
        client.patch("/api/v4/leads", json=[{"id": id, "name": "new"} for id in ids])
    assert [sandbox.get(f"/api/v4/leads/{id}").json()["name"] for id in ids] == ["new", ""]


def test_late_and_partial_effects_are_planted_from_other_processes(sandbox: Checked) -> None:
    """The control endpoint takes `effect_after` and the effect `partial_batch`."""
    for effect in ({"kind": "page", "status": 504, "effect_after": 9}, {"kind": "partial_batch", "items": 2}):
        assert sandbox.post("/_sandbox/faults", {"effect": effect}).status == 200
    first, second = (fault.effect for fault in sandbox.faults.planted)
    assert first == ErrorPage(504, effect_after=9)
    assert second == PartialBatch(2)
