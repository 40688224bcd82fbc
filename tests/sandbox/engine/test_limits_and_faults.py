from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sandbox import (
    Drop,
    ErrorPage,
    Latency,
    MalformedJson,
    ManualClock,
    Mutate,
    Response,
    Sandbox,
    ServerLimits,
    SlowBody,
    Truncate,
)
from amocrm_sandbox.engine.rate_limits import Limiter

PATH = "/api/v4/account"


@pytest.fixture
def plain(clock: ManualClock) -> Sandbox:
    """An account without limits that may answer anything."""
    return Sandbox(limits=False, clock=clock)


def test_the_eighth_request_of_a_second_is_429_as_a_page(clock: ManualClock) -> None:
    """Seven requests fit into any second; the eighth gets the gateway's HTML page, and a second later all is well."""
    sandbox = Sandbox(clock=clock)
    assert [sandbox.get(PATH).status for _ in range(8)] == [200] * 7 + [429]
    refused = sandbox.journal[-1]
    assert refused.response_head.startswith(b"<html>")
    clock.tick(0.999)
    assert sandbox.get(PATH).status == 429
    clock.tick(0.001)
    assert sandbox.get(PATH).status == 200


def test_the_window_slides(clock: ManualClock) -> None:
    """Seven requests spread over a second are followed by one more only when the first is a second old."""
    sandbox = Sandbox(clock=clock)
    for _ in range(7):
        assert sandbox.get(PATH).status == 200
        clock.tick(0.1)
    assert sandbox.get(PATH).status == 429
    clock.tick(0.3)
    assert [sandbox.get(PATH).status for _ in range(2)] == [200, 429]


def test_integrations_count_apart_and_the_account_counts_all(clock: ManualClock) -> None:
    """Each integration has seven, all of them together have fifty."""
    sandbox = Sandbox(clock=clock)
    statuses: Counter[int] = Counter()
    for _ in range(8):
        keys = sandbox.tokens.create_integration()
        token = sandbox.tokens.issue_access(keys.client_id, sandbox.admin_id, 60)
        for _ in range(7):
            statuses[sandbox.call("GET", PATH, headers={"authorization": f"Bearer {token}"}).status] += 1
    assert statuses == {200: 50, 429: 6}
    assert sandbox.counters()["peak"] == 56
    assert set(sandbox.counters()["peaks"].values()) == {7}


def test_repeated_violations_end_in_a_block_until_it_is_lifted(clock: ManualClock) -> None:
    """After so many refusals every request gets the 403 page, however long the client waits."""
    sandbox = Sandbox(clock=clock, limits=ServerLimits(block_after=3))
    for _ in range(10):
        sandbox.get(PATH)
    clock.tick(3600)
    blocked = sandbox.get(PATH)
    assert (blocked.status, blocked.header("Content-Type")) == (403, "text/html")
    sandbox.reset(data=False)
    assert sandbox.get(PATH).status == 200


def test_a_json_429_names_the_seconds(clock: ManualClock) -> None:
    """The page can be replaced by the problem JSON that Kommo documents."""
    sandbox = Sandbox(clock=clock, limits=ServerLimits(per_integration=1, json_page=True))
    sandbox.get(PATH)
    refused = sandbox.get(PATH)
    assert refused.json()["retry_after"] == 1


def test_the_control_endpoint_is_not_counted(clock: ManualClock) -> None:
    """Reading counters costs nothing of the limit and does not show in them."""
    sandbox = Sandbox(clock=clock)
    for _ in range(20):
        assert sandbox.get("/_sandbox/counters").status == 200
    assert sandbox.counters()["total"] == 0


@given(st.lists(st.floats(0, 0.5), max_size=80))
def test_no_sliding_second_holds_more_accepted_requests_than_allowed(gaps: list[float]) -> None:
    """Whatever the arrivals, every window of a second holds at most seven accepted requests."""
    limiter, now, accepted, arrived = Limiter(ServerLimits(block_after=None)), 0.0, [], []
    for gap in gaps:
        now += gap
        arrived.append(now)
        if limiter.arrive("a", now) == "ok":
            accepted.append(now)
    for end in accepted:
        assert sum(end - 1.0 < time <= end for time in accepted) <= 7
    peak = max((sum(end - 1.0 < time <= end for time in arrived) for end in arrived), default=0)
    assert limiter.peak == peak


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.9)), max_size=60))
def test_arrivals_that_are_told_late_are_counted_where_they_were(gaps: list[tuple[float, float]]) -> None:
    """Threads that wait for each other may be told in another order; neither the limit nor the peak suffers."""
    limiter, now, moments = Limiter(ServerLimits(block_after=None)), 0.0, []
    for gap, late in gaps:
        now += gap
        moments.append((now + late, now))
    arrived = [moment for _, moment in sorted(moments)]
    accepted = [moment for moment in arrived if limiter.arrive("a", moment) == "ok"]
    for end in accepted:
        assert sum(end - 1.0 < time <= end for time in accepted) <= 7
    assert limiter.peak == max(
        (sum(end - 1.0 < time <= end for time in arrived) for end in arrived), default=0
    )


def create(sandbox: Sandbox) -> Response:
    """Create one lead."""
    return sandbox.call("POST", "/api/v4/leads", [{"name": "A"}])


def stored(sandbox: Sandbox) -> int:
    """Return the number of stored leads."""
    return int(sandbox.store.value("SELECT count(*) FROM leads"))


def test_a_drop_before_the_commit_leaves_nothing(plain: Sandbox) -> None:
    """The connection is closed, and nothing was written."""
    plain.faults.add(Drop(), method="POST", next=1)
    assert create(plain).transmission.drop
    assert stored(plain) == 0
    assert create(plain).status == 200


def test_a_drop_after_the_commit_leaves_the_lead(plain: Sandbox) -> None:
    """The connection is closed, and the lead is there all the same."""
    plain.faults.add(Drop(after_commit=True), operation="create_leads", next=1)
    assert create(plain).transmission.drop
    assert stored(plain) == 1


@pytest.mark.parametrize(("after", "count"), [(False, 0), (True, 1)])
def test_a_504_comes_before_or_after_the_work(plain: Sandbox, after: bool, count: int) -> None:
    """A gateway page can hide a request that was carried out, or one that was not."""
    plain.faults.add(ErrorPage(504, after_commit=after), path="/leads$")
    answer = create(plain)
    assert (answer.status, answer.header("Content-Type")) == (504, "text/html")
    assert stored(plain) == count


def test_pages_may_carry_headers_and_json(plain: Sandbox) -> None:
    """A planted 429 can name Retry-After, and a planted 500 can be a problem."""
    plain.faults.add(ErrorPage(429, headers=(("Retry-After", "3"),)), nth=1)
    plain.faults.add(ErrorPage(500, html=False, detail="Oops"), nth=2)
    assert plain.get(PATH).header("Retry-After") == "3"
    assert plain.get(PATH).json()["detail"] == "Oops"
    assert plain.get(PATH).status == 200


def test_faults_strike_as_often_as_they_are_told(plain: Sandbox) -> None:
    """nth, next and always count matching requests only."""

    def hits(**when: Any) -> list[int]:
        plain.faults.clear()
        plain.faults.add(ErrorPage(502), path="/account$", **when)
        plain.get("/api/v4/leads")
        return [number for number in range(1, 6) if plain.get(PATH).status == 502]

    assert hits(nth=3) == [3]
    assert hits(next=2) == [1, 2]
    assert hits() == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_probability_is_repeatable(clock: ManualClock) -> None:
    """Two runs with one seed strike the same requests, about as often as asked."""

    def run(seed: int) -> list[bool]:
        sandbox = Sandbox(limits=False, clock=clock, seed=seed)
        sandbox.faults.add(ErrorPage(502), probability=0.3)
        return [sandbox.get(PATH).status == 502 for _ in range(200)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 30 < sum(run(1)) < 90


def test_delays_are_orders_to_the_transport(plain: Sandbox) -> None:
    """The core never sleeps: latency, slow and truncated bodies are told to whoever delivers."""
    plain.faults.add(Latency(0.3), nth=1)
    plain.faults.add(SlowBody(chunks=3, seconds=0.1), nth=2)
    plain.faults.add(Truncate(0.5), nth=3)
    assert plain.get(PATH).transmission.delay == pytest.approx(0.3)
    assert (plain.get(PATH).transmission.chunks, plain.journal[-1].status) == (3, 200)
    cut = plain.get(PATH)
    assert cut.transmission.keep == len(cut.body) // 2


def test_answers_can_be_mutated(plain: Sandbox) -> None:
    """An answer can be given an unknown value, lose a key or stop being JSON."""
    create(plain)
    plain.faults.add(Mutate("_embedded.leads.*.status_id", "new kind"), nth=1)
    plain.faults.add(Mutate("_embedded.leads.0.name", remove=True), nth=2)
    plain.faults.add(MalformedJson(), nth=3)
    assert plain.get("/api/v4/leads").json()["_embedded"]["leads"][0]["status_id"] == "new kind"
    assert "name" not in plain.get("/api/v4/leads").json()["_embedded"]["leads"][0]
    with pytest.raises(ValueError, match=r"JSON|trailing|malformed"):
        plain.get("/api/v4/leads").json()


def test_the_journal_remembers_requests_with_their_bodies(plain: Sandbox) -> None:
    """Tests can read what was sent, to which operation, and what became of it."""
    create(plain)
    plain.get("/api/v4/leads/5")
    first, second = plain.journal
    assert (first.operation, first.status, first.json()) == ("create_leads", 200, [{"name": "A"}])
    assert (second.method, second.path, second.status) == ("GET", "/api/v4/leads/5", 204)
    assert plain.counters()["operations"] == {"create_leads": 1, "get_lead": 1}
    assert plain.journal.find(operation="get_lead") == [second]


def test_faults_clock_tokens_and_options_over_the_control_endpoint(plain: Sandbox) -> None:
    """Another process can plant faults, move the clock, make tokens and change options."""
    effect = {"kind": "page", "status": 503, "headers": {"Retry-After": "1"}}
    planted = plain.call(
        "POST", "/_sandbox/faults", {"effect": effect, "match": {"path": "/account"}, "when": {"next": 1}}
    )
    assert planted.json()["when"]["next"] == 1
    assert plain.get(PATH).status == 503
    assert plain.get("/_sandbox/faults").json()[0]["hits"] == 1
    assert plain.call("DELETE", "/_sandbox/faults").json() == []
    before = plain.get("/_sandbox/clock").json()["now"]
    assert plain.call("POST", "/_sandbox/clock", {"advance": 60}).json()["now"] == before + 60
    code = plain.call("POST", "/_sandbox/tokens", {"action": "code"}).json()["code"]
    assert code.startswith("def502")
    changed = plain.call("POST", "/_sandbox/options", {"is_api_filter_enabled": True}).json()
    assert changed["is_api_filter_enabled"] is True
    assert plain.call("POST", "/_sandbox/options", {"nonsense": 1}).status == 400
    create(plain)
    assert plain.get("/_sandbox/log?last=1").json()[0]["operation"] == "create_leads"
    plain.call("POST", "/_sandbox/reset", {"what": ["data"]})
    assert plain.get("/_sandbox/state").json()["counts"]["leads"] == 0
    assert plain.get("/api/v4/leads/pipelines").json()["_total_items"] == 1


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("faults", {"effect": {"kind": "nonsense"}}, "one of latency, drop, page"),
        ("faults", {}, "missing or unknown: effect"),
        ("faults", {"effect": {"kind": "page", "status": "many"}}, "Expected `int`, got `str`"),
        ("faults", {"effect": {"kind": "page"}}, "missing required field `status`"),
        (
            "faults",
            {"effect": {"kind": "drop", "after": True}},
            "knows after_commit, effect_after, not after",
        ),
        ("faults", {"effect": {"kind": "drop"}, "when": {"nth": 0}}, "`int` >= 1"),
        ("faults", {"effect": {"kind": "drop"}, "when": {"probability": 2}}, "`float` <= 1"),
        ("faults", {"effect": {"kind": "drop"}, "match": {"verb": "GET"}}, "unknown field `verb`"),
        ("faults", {"effect": {"kind": "drop"}, "match": {"path": "("}}, "no regular expression"),
        ("faults", {"effect": {"kind": "drop"}, "match": {"operation": "create_lead"}}, "'create_leads'?"),
        ("clock", [1], "one JSON object"),
        ("clock", b"{", "not valid JSON"),
        ("tokens", {"action": "nonsense"}, "unknown action 'nonsense'"),
        ("options", {"nonsense": 1}, "missing or unknown: nonsense"),
        ("nonsense", {}, "there are behaviour, clock, delete, faults"),
    ],
)
def test_the_control_endpoint_explains_what_it_does_not_take(
    plain: Sandbox, name: str, body: Any, words: str
) -> None:
    """A misspelt fault would never strike, so it is refused with what there is."""
    answer = plain.call("POST", f"/_sandbox/{name}", body)
    assert answer.status in (400, 404)
    assert words in answer.json()["detail"]
    assert plain.faults.planted == []


def test_a_mutation_that_finds_nothing_leaves_the_answer_alone(plain: Sandbox) -> None:
    """Paths that lead nowhere are no error."""
    for path in ("_embedded.leads.*.x", "id.x.y", "_links.self.href.0", "*.*.*.*"):
        plain.faults.add(Mutate(path, remove=True))
    assert plain.get("/api/v4/account").status == 200
