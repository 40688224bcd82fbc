"""What OpenTelemetry is told: one span per call with what happened in it, metrics, and no secret."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from amocrm import AmoCRM, AsyncAmoCRM, Lead, MemoryLimiter, MemoryTokenStore, OAuth, RateLimits, RetryPolicy
from amocrm.errors import APIError, UnansweredError
from amocrm.otel import OpenTelemetry
from amocrm_sandbox import AsyncSandboxTransport, Drop, ErrorPage, Sandbox, SandboxTransport

FAST = RetryPolicy(base_delay=0.0)


class Seen:
    """A tracer and a meter that keep what they were told."""

    def __init__(self) -> None:
        self._spans, self._metrics = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.hook = OpenTelemetry(self.tracers, MeterProvider([self._metrics]))

    @property
    def spans(self) -> list[Any]:
        """Those that have ended."""
        return list(self._spans.get_finished_spans())

    def points(self, name: str) -> list[Any]:
        """The points of a metric."""
        data = self._metrics.get_metrics_data()
        scopes = (
            [] if data is None else [scope for each in data.resource_metrics for scope in each.scope_metrics]
        )
        found = [metric for scope in scopes for metric in scope.metrics if metric.name == name]
        return [point for metric in found for point in metric.data.data_points]

    def everything(self) -> str:
        """All that would leave for a collector."""
        data = self._metrics.get_metrics_data()
        return "".join(span.to_json() for span in self.spans) + ("" if data is None else data.to_json())


@pytest.fixture
def seen() -> Seen:
    """One for each test."""
    return Seen()


@pytest.fixture
def sandbox() -> Sandbox:
    """An account of its own."""
    return Sandbox(limits=False)


def client(sandbox: Sandbox, seen: Seen, **options: Any) -> AmoCRM:
    """A client that is watched."""
    options.setdefault("token", sandbox.token)
    options.setdefault("retry", FAST)
    return AmoCRM("demo", http_transport=SandboxTransport(sandbox), event_hooks=[seen.hook], **options)


def test_one_span_for_all_attempts(seen: Seen, sandbox: Sandbox) -> None:
    """A read that is cut off once is one span with both requests, the loss and the verdict in their order."""
    sandbox.faults.add(Drop(), method="GET", path="/api/v4/account", next=1)
    with client(sandbox, seen) as crm:
        crm.api.account.get()
    (span,) = seen.spans
    assert span.name == "amocrm get_account"
    assert [event.name for event in span.events if event.name != "throttled"] == [
        "request",
        "no answer",
        "verdict",
        "request",
        "answer",
    ]
    told = dict(span.attributes)
    assert told["amocrm.requests"] == 2
    assert told["http.response.status_code"] == 200
    assert told["url.template"] == "/api/v4/account"
    assert told["amocrm.account"] == "demo.amocrm.ru"
    assert span.status.status_code is StatusCode.UNSET
    assert [point.value for point in seen.points("amocrm.client.retries")] == [1]
    assert sum(point.value for point in seen.points("amocrm.client.requests")) == 2


def test_a_failure_is_marked(seen: Seen, sandbox: Sandbox) -> None:
    """An error status and a lost write both make the span an error of their own type."""
    with client(sandbox, seen) as crm:
        with pytest.raises(APIError):
            crm.api.leads.list(limit=10_000)
        sandbox.faults.add(Drop(after_commit=True), method="POST", path="/api/v4/leads", next=1)
        with pytest.raises(UnansweredError):
            crm.api.leads.create(body=[])
    assert [span.status.status_code for span in seen.spans] == [StatusCode.ERROR] * 2
    assert [span.attributes["error.type"] for span in seen.spans] == ["422", "UnansweredError"]


def test_a_refresh_belongs_to_the_call_that_needed_it(seen: Seen, sandbox: Sandbox) -> None:
    """A call whose token is over shows the refresh as an event, and the metric counts it."""
    made = sandbox.integration
    with client(
        sandbox, seen, token=None, oauth=OAuth(made.client_id, made.client_secret, made.redirect_uri)
    ) as crm:
        crm.authorize(sandbox.authorization_code())
        sandbox.faults.add(ErrorPage(401, html=False), method="GET", path="/api/v4/account", next=1)
        crm.api.account.get()
    (span,) = seen.spans
    assert "token refreshed" in [event.name for event in span.events]
    assert sum(point.value for point in seen.points("amocrm.client.token.refreshes")) == 2


def test_waits_are_measured(seen: Seen, sandbox: Sandbox) -> None:
    """What the limiter makes a request wait stands in a histogram and in the span."""
    with client(sandbox, seen, limiter=MemoryLimiter(RateLimits(per_key=10))) as crm:
        for _ in range(3):
            crm.api.account.get()
    (point,) = seen.points("amocrm.client.throttle.wait")
    assert point.count == 2
    assert 0.0 < point.sum < 1.0
    assert "throttled" in [event.name for span in seen.spans for event in span.events]


def test_calls_hang_below_the_users_span(seen: Seen, sandbox: Sandbox) -> None:
    """Calls of the thread, of reader threads and of tasks are children of the span that is current there."""
    sandbox.call("POST", "/api/v4/leads", [{"name": "one"}, {"name": "two"}])
    tracer = trace.get_tracer("test", tracer_provider=seen.tracers)
    with client(sandbox, seen) as crm, tracer.start_as_current_span("a job") as job:
        crm.api.account.get()
        assert len(list(crm.query(Lead))) == 2
        assert trace.get_current_span() is job

    async def tasks() -> None:
        transport = AsyncSandboxTransport(sandbox)
        options: dict[str, Any] = {
            "token": sandbox.token,
            "http_transport": transport,
            "event_hooks": [seen.hook],
        }
        async with AsyncAmoCRM("demo", **options) as crm:
            with tracer.start_as_current_span("another job"):
                await asyncio.gather(*[crm.api.account.get() for _ in range(5)])
                assert trace.get_current_span().name == "another job"  # type: ignore[attr-defined]

    asyncio.run(tasks())
    names = {span.context.span_id: span.name for span in seen.spans}
    parents = [
        names.get(span.parent.span_id) if span.parent else None
        for span in seen.spans
        if "amocrm" in span.name
    ]
    assert parents.count("another job") == 5
    assert set(parents) == {"a job", "another job"}


def test_no_secret_reaches_a_collector(seen: Seen, sandbox: Sandbox) -> None:
    """Neither tokens nor keys, query values, names or bodies stand in spans or metrics."""
    made = sandbox.integration
    oauth = OAuth(made.client_id, made.client_secret, made.redirect_uri)
    store = MemoryTokenStore()
    with client(sandbox, seen, token=None, oauth=oauth, store=store) as crm:
        code = sandbox.authorization_code()
        crm.authorize(code)
        crm.api.leads.list(query="planted-query")
        sandbox.faults.add(Drop(after_commit=True), method="POST", path="/api/v4/leads", next=1)
        with pytest.raises(UnansweredError):
            crm.api.leads.create(body=[{"name": "planted-name"}])  # type: ignore[list-item]
    pair = store.load(f"demo.amocrm.ru/{made.client_id}")
    assert pair is not None
    told = seen.everything()
    assert "list_leads" in told
    for secret in ("planted", code, made.client_secret, pair.access, pair.refresh):
        assert secret not in told


def test_the_import_says_what_to_install() -> None:
    """Where OpenTelemetry is not installed, the import says what to install."""
    script = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "try:\n    import amocrm.otel\n"
        "except ValueError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'amocrm-orm[otel]'" in run.stdout
