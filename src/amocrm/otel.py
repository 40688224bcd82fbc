"""Traces and metrics for OpenTelemetry as one hook (extra ``otel``).

    from amocrm import AmoCRM
    from amocrm.otel import OpenTelemetry

    crm = AmoCRM("mycompany", token="…", event_hooks=[OpenTelemetry()])

One span per call, a child of the current span, with each attempt, wait, retry and refresh as an event.
The span is current while the call lasts: spans of the HTTP library or of Redis become its children.

Metrics: ``amocrm.client.requests`` (attempts, by operation and status or error), ``amocrm.client.retries``,
``amocrm.client.throttle.wait`` and ``amocrm.client.call.duration`` (histograms in seconds),
``amocrm.client.token.refreshes`` (by whether it was adopted) and ``amocrm.client.drift``.

Attributes contain no token, query value, id or body: events do not have them, and a path is recorded as its
pattern.
"""

from __future__ import annotations

from typing import Any, Final

from ._core.events import (
    AccountMoved,
    CallFinished,
    CallStarted,
    ClientEvent,
    DriftSeen,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    RetryDecided,
    ThrottleWaited,
    TokenRefreshed,
)
from .errors import ConfigurationError

try:
    from opentelemetry import context, metrics, trace
except ImportError:
    raise ConfigurationError(
        "amocrm.otel must be installed with its extra, got no opentelemetry-api; "
        "run pip install 'amocrm-orm[otel]'"
    ) from None

__all__ = ["OpenTelemetry"]

_NAME: Final = "amocrm"
_CALL: Final = context.create_key("amocrm-call")


class _Call:
    """Call in progress: its span, and the context before it."""

    __slots__ = ("before", "requests", "span")

    def __init__(self, span: trace.Span) -> None:
        self.span, self.requests = span, 0
        self.before: Any = None


class OpenTelemetry:
    """Hook that turns events into spans and metrics; one object may serve any number of clients.

    Args:
        tracer_provider: by default the global one.
        meter_provider: by default the global one.

    Raises:
        ConfigurationError: at the import, if the extra ``otel`` is not installed.

    Example:
        >>> from amocrm.otel import OpenTelemetry
        >>> crm = AmoCRM("mycompany", token="…", event_hooks=[OpenTelemetry()])
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._requests = meter.create_counter(
            "amocrm.client.requests", "{request}", "Attempts that were made"
        )
        self._retries = meter.create_counter("amocrm.client.retries", "{retry}", "Attempts made again")
        self._waits = meter.create_histogram("amocrm.client.throttle.wait", "s", "Waits for the limiter")
        self._calls = meter.create_histogram(
            "amocrm.client.call.duration", "s", "Calls with all their attempts"
        )
        self._refreshes = meter.create_counter(
            "amocrm.client.token.refreshes", "{refresh}", "New tokens in use"
        )
        self._drifts = meter.create_counter(
            "amocrm.client.drift", "{drift}", "Answers unlike their description"
        )

    def __call__(self, event: ClientEvent) -> None:
        """Record one event."""
        match event:
            case CallStarted():
                self._begin(event)
            case CallFinished():
                self._end(event)
            case ResponseReceived():
                attributes: dict[str, Any] = {"http.response.status_code": event.status}
                self._requests.add(1, _of(event) | attributes)
                self._note("answer", event, {**attributes, "size": event.size, "seconds": event.seconds})
            case RequestFailed():
                self._requests.add(1, _of(event) | {"error.type": event.error})
                self._note("no answer", event, {"error.type": event.error, "seconds": event.seconds})
            case _:
                self._other(event)

    def _other(self, event: ClientEvent) -> None:
        match event:
            case RequestSent():
                call = context.get_value(_CALL)
                if isinstance(call, _Call):
                    call.requests += 1
                self._note("request", event, {"attempt": event.attempt, "server.address": event.host})
            case RetryDecided():
                if event.verdict == "retry":
                    self._retries.add(1, _of(event) | {"amocrm.failure": event.failure})
                decided = {"verdict": event.verdict, "failure": event.failure, "wait": event.wait}
                self._note("verdict", event, decided)
            case ThrottleWaited():
                self._waits.record(event.seconds, {"amocrm.account": event.account})
                self._note("throttled", event, {"seconds": event.seconds})
            case TokenRefreshed():
                refreshed: dict[str, Any] = {"amocrm.account": event.account, "amocrm.adopted": event.adopted}
                self._refreshes.add(1, refreshed)
                self._note("token refreshed", event, {"adopted": event.adopted})
            case AccountMoved():
                self._note("account moved", event, {"now": event.now})
            case DriftSeen():
                self._drifts.add(1, {"amocrm.account": event.account, "amocrm.operation": event.drift.op})

    def _begin(self, event: CallStarted) -> None:
        attributes = _of(event) | {"http.request.method": event.method, "url.template": event.route}
        span = self._tracer.start_span(
            f"amocrm {event.op}", kind=trace.SpanKind.CLIENT, attributes=attributes
        )
        call = _Call(span)
        call.before = context.attach(context.set_value(_CALL, call, trace.set_span_in_context(span)))

    def _end(self, event: CallFinished) -> None:
        call = context.get_value(_CALL)
        attributes = _of(event)
        if event.status is not None:
            attributes["http.response.status_code"] = event.status
        kind = event.error or (str(event.status) if event.status is not None and event.status >= 400 else "")
        if kind:
            attributes["error.type"] = kind
        self._calls.record(event.seconds, attributes)
        if not isinstance(call, _Call):  # the hook was added during the call
            return
        span = call.span
        span.set_attributes(attributes | {"amocrm.requests": call.requests})
        if event.request_id is not None:
            span.set_attribute("amocrm.request_id", event.request_id)
        if kind:
            span.set_status(trace.Status(trace.StatusCode.ERROR, kind))
        span.end()
        context.detach(call.before)

    def _note(self, name: str, event: ClientEvent, attributes: dict[str, Any]) -> None:
        call = context.get_value(_CALL)
        span = call.span if isinstance(call, _Call) else trace.get_current_span()
        op = getattr(event, "op", None)
        span.add_event(name, attributes if op is None else {"amocrm.operation": op, **attributes})


def _of(event: Any) -> dict[str, Any]:
    return {"amocrm.account": event.account, "amocrm.operation": event.op}
