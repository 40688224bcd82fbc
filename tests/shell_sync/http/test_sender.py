"""Sending: what reaches the server, what the caller gets, in fair weather and in foul."""
# GENERATED from tests/shell_async/http/test_sender.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import gzip
import pickle
import socket
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest

from amocrm._sync._primitives import run_all
from amocrm._sync.connection.connection import Connection
from amocrm._sync.limits.memory import MemoryLimiter, Slot
from amocrm._core.http.hosts import LimitKey
from amocrm._core.http.retry import NEVER, RetryPolicy
from amocrm._core.limits.limiter import RateLimits
from amocrm.errors import (
    APIError,
    BlockedError,
    CircuitOpen,
    ConfigurationError,
    DecodeError,
    GatewayError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    RedirectRefused,
    ResponseTooLarge,
    UnansweredError,
    UnauthorizedError,
)
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.reader import read
from amocrm_gen._runtime.wire import Request, Response, build
from amocrm_sandbox import Drop, ErrorPage, Sandbox, SandboxServer, Truncate

from .._support import ManualClock, mock, pieces, rerouted

pytestmark = pytest.mark.anyio

GET = Op(id="list_leads", tag="leads", method="GET", path="/api/v4/leads", safety="safe", success=(200, 204))
PATCH = Op(id="update_leads", tag="leads", method="PATCH", path="/api/v4/leads", safety="idempotent")
POST = Op(id="create_leads", tag="leads", method="POST", path="/api/v4/leads", safety="unsafe")
FAST = RateLimits(per_key=100_000, per_account=100_000)


def client(transport: Any, **options: Any) -> Connection:
    """A client without limits whose waits take no time."""
    clock = options.pop("clock", None) or ManualClock()
    options.setdefault("limiter", MemoryLimiter(FAST, clock=clock))
    options.setdefault("token", "secret-token")
    return Connection("demo", http_transport=transport, clock=clock, **options)


class Server:
    """Answers from a list, the last one again and again, and remembers what came."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        self.requests.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


OK = httpx.Response(200, json={"ok": True})
PAGE = {"content-type": "text/html"}


def test_a_request_goes_to_the_account_with_its_token() -> None:
    """Address, query with literal brackets, token, body and agent stand as they should."""
    server = Server(OK)
    crm = client(mock(server), user_agent="shop/1.0")
    crm.send(build(GET, query=[("filter", "brackets", {"id": [1, 2]})]))
    crm.send(build(POST, body=[{"name": "Заказ"}]))
    first, second = server.requests
    assert str(first.url) == "https://demo.amocrm.ru/api/v4/leads?filter[id][]=1&filter[id][]=2"
    assert first.headers["authorization"] == "Bearer secret-token"
    assert first.headers["host"] == "demo.amocrm.ru"
    assert first.headers["user-agent"].startswith("shop/1.0 amocrm-orm")
    assert "content-length" not in first.headers
    assert second.content == '[{"name":"Заказ"}]'.encode()
    assert second.headers["content-type"] == "application/json"
    assert second.headers["content-length"] == str(len(second.content))


def test_operations_without_a_token_get_none() -> None:
    """The token is sent only where the description asks for it."""
    server = Server(OK)
    open_op = Op(id="x", tag="x", method="GET", path="/x", safety="safe", auth=False, host="portal")
    client(mock(server)).send(Request(op=open_op, path="/x"))
    assert "authorization" not in server.requests[0].headers
    assert server.requests[0].url.host == "www.amocrm.ru"


def test_options_change_a_copy_only() -> None:
    """``with_options`` shares everything else with the client it comes from."""
    server = Server(OK)
    crm = client(mock(server))
    other = crm.with_options(timeout=3, context_user=77)
    other.send(Request(op=GET, path=GET.path))
    crm.send(Request(op=GET, path=GET.path))
    first, second = server.requests
    assert first.headers["x-context-user-id"] == "77"
    assert first.extensions["timeout"]["read"] == 3
    assert "x-context-user-id" not in second.headers
    assert second.extensions["timeout"]["read"] == 30.0
    assert other.stats is crm.stats
    assert crm.stats.requests == 2


def test_one_request_can_have_a_time_of_its_own() -> None:
    """The options of ``crm.api`` reach the wire: time, parameters and headers, and the next request has none of them."""
    server = Server(httpx.Response(204))
    crm = client(mock(server))
    crm.api.with_options(
        timeout=3, extra_query={"beta": 1}, extra_headers={"X-Trace": "t"}
    ).leads.list()
    crm.api.leads.list()
    first, second = server.requests
    assert (first.extensions["timeout"]["read"], second.extensions["timeout"]["read"]) == (3, 30.0)
    assert (first.url.query, second.url.query) == (b"beta=1", b"")
    assert (first.headers.get("x-trace"), second.headers.get("x-trace")) == ("t", None)


def test_an_unchanged_list_is_an_error_with_its_status() -> None:
    """``If-Modified-Since`` goes out as it is given; 304 is no list without items, so it is told and not retried."""
    server = Server(httpx.Response(304))
    crm = client(mock(server))
    since = {"If-Modified-Since": "Mon, 03 Mar 2025 10:00:00 GMT"}
    with pytest.raises(APIError) as caught:
        crm.api.with_options(extra_headers=since).leads.list()
    assert caught.value.status == 304
    (sent,) = server.requests
    assert sent.headers["if-modified-since"] == since["If-Modified-Since"]


CUT = httpx.ReadError("reset")
LATE = httpx.ReadTimeout("late")
REFUSED = httpx.ConnectError("refused")
SLOW = httpx.ConnectTimeout("slow")
SHORT = httpx.RemoteProtocolError("incomplete")


def status(code: int, **headers: str) -> httpx.Response:
    """An error page of a gateway."""
    return httpx.Response(code, headers={**PAGE, **headers}, content=b"<html>no</html>")


# what happens -> requests that the server sees of a GET, a PATCH and a POST, and how the last one ends
FAULTS: list[tuple[str, Any, tuple[int, int, int], type[Exception], type[Exception]]] = [
    ("refused connection", REFUSED, (3, 3, 3), NotSentError, NotSentError),
    ("connect timeout", SLOW, (3, 3, 3), NotSentError, NotSentError),
    ("read timeout", LATE, (3, 3, 1), UnansweredError, UnansweredError),
    ("reset", CUT, (3, 3, 1), UnansweredError, UnansweredError),
    ("cut body", SHORT, (3, 3, 1), UnansweredError, UnansweredError),
    ("429", status(429), (3, 3, 3), RateLimitedError, RateLimitedError),
    ("429 with a time", status(429, **{"retry-after": "2"}), (3, 3, 3), RateLimitedError, RateLimitedError),
    ("429 for long", status(429, **{"retry-after": "300"}), (1, 1, 1), RateLimitedError, RateLimitedError),
    ("500", httpx.Response(500, json={"title": "ErrInternalServer"}), (3, 3, 1), APIError, APIError),
    ("502 page", status(502), (3, 3, 1), GatewayError, GatewayError),
    ("504 page", status(504), (3, 3, 1), GatewayError, GatewayError),
    ("403 page", status(403), (1, 1, 1), BlockedError, BlockedError),
    ("404", httpx.Response(404, json={"title": "Not Found"}), (1, 1, 1), NotFoundError, NotFoundError),
    ("page with 200", status(200), (3, 3, 1), DecodeError, DecodeError),
]


@pytest.mark.parametrize(("name", "fault", "counts", "read_ends", "write_ends"), FAULTS)
@pytest.mark.parametrize(("place", "op"), [(0, GET), (1, PATCH), (2, POST)])
def test_a_fault_that_stays(
    name: str,
    fault: Any,
    counts: tuple[int, int, int],
    read_ends: type[Exception],
    write_ends: type[Exception],
    place: int,
    op: Op,
) -> None:
    """How often each kind of operation is sent while a fault lasts, and what the caller sees in the end."""
    server = Server(fault)
    crm = client(mock(server), retry=RetryPolicy(attempts=3))
    with pytest.raises(read_ends if op is GET else write_ends):
        read(op, crm.send(Request(op=op, path=op.path)), dict[str, Any])
    assert len(server.requests) == counts[place]


@pytest.mark.parametrize("fault", [REFUSED, status(429)])
@pytest.mark.parametrize("op", [GET, PATCH, POST])
def test_what_was_not_carried_out_is_sent_again(fault: Any, op: Op) -> None:
    """A refused connection and a 429 are safe to repeat, whatever the operation."""
    server = Server(fault, OK)
    response = client(mock(server)).send(Request(op=op, path=op.path))
    assert (response.status, response.sent) == (200, 1)


def test_a_repeated_change_is_reported_as_sent_twice() -> None:
    """A PATCH that was cut off is sent again, and its answer says so."""
    response = client(mock(Server(CUT, OK))).send(Request(op=PATCH, path=PATCH.path))
    assert (response.status, response.sent) == (200, 2)


def test_one_attempt_that_may_have_arrived_makes_the_whole_unknown() -> None:
    """A PATCH cut off first and refused a connection then is unanswered, not unsent."""
    crm = client(mock(Server(CUT, REFUSED)), retry=RetryPolicy(attempts=3))
    with pytest.raises(UnansweredError, match="unknown"):
        crm.send(Request(op=PATCH, path=PATCH.path))


def test_a_stream_is_not_sent_again() -> None:
    """What was read from a stream is gone: an upload is never repeated after it may have arrived."""
    server = Server(CUT)
    content = gzip.compress(b"x")
    request = Request(
        op=PATCH, path=PATCH.path, content=pieces(content), headers={"Content-Length": str(len(content))}
    )
    with pytest.raises(UnansweredError):
        client(mock(server)).send(request)
    assert len(server.requests) == 1
    assert server.requests[0].content == content


def test_waits_grow_and_obey_the_server() -> None:
    """The wait between attempts is random up to a growing bound, and at least what the server asked for."""
    clock = ManualClock()
    crm = client(mock(Server(status(429, **{"retry-after": "7"}), CUT, OK)), clock=clock)
    crm.send(Request(op=GET, path=GET.path))
    assert clock.slept[0] == 7.0
    assert 0.0 <= clock.slept[1] <= 1.0
    assert crm.stats.retries == 2


def test_the_deadline_counts_from_when_the_first_attempt_left() -> None:
    """A server that is silent for 30 s at a time is asked twice within a deadline of 59 s, not three times."""
    clock = ManualClock()
    asked: list[float] = []

    def silent(request: httpx.Request) -> httpx.Response:
        asked.append(clock.now)
        clock.now += 30.0
        raise httpx.ReadTimeout("nothing came")

    crm = client(mock(silent), clock=clock, retry=RetryPolicy(deadline=59.0, base_delay=0.0))
    began = clock.now
    with pytest.raises(UnansweredError):
        crm.send(Request(op=GET, path=GET.path))
    assert asked == [began, began + 30.0]


def test_hooks_see_each_decision() -> None:
    """Every attempt that fell short is followed by what the policy makes of it, also when it gives up at once."""
    seen: list[Any] = []
    crm = client(mock(Server(CUT, status(503), status(404))), event_hooks=[seen.append])
    crm.send(Request(op=GET, path=GET.path))
    decided = [event for event in seen if type(event).__name__ == "RetryDecided"]
    assert [(event.failure, event.verdict) for event in decided] == [
        ("unanswered", "retry"),
        ("unanswered", "retry"),
        ("answered", "give up"),
    ]
    assert [event.status for event in decided] == [None, 503, 404]


def test_events_know_our_own_seconds() -> None:
    """How long an answer took is told by our clock, also when the limiter's is another machine's."""

    class Elsewhere(MemoryLimiter):
        """Its clock is far ahead of ours."""

        def acquire(self, key: LimitKey) -> Slot:
            """A slot in its own time."""
            return msgspec.structs.replace(super().acquire(key), at=1e12)

    clock = ManualClock()
    seen: list[Any] = []

    def slow(request: httpx.Request) -> httpx.Response:
        clock.now += 3.0
        return OK

    crm = client(mock(slow), clock=clock, limiter=Elsewhere(FAST, clock=clock), event_hooks=[seen.append])
    crm.send(Request(op=GET, path=GET.path))
    assert [event.seconds for event in seen if hasattr(event, "seconds")] == [3.0, 3.0]


def test_a_page_with_403_stops_everything() -> None:
    """The gateway's block is not hammered: until the silence is over nothing is sent, then one probe."""
    clock = ManualClock()
    server = Server(status(403), OK)
    crm = client(mock(server), clock=clock)
    assert (crm.send(Request(op=GET, path=GET.path))).status == 403
    with pytest.raises(CircuitOpen, match="support") as caught:
        crm.send(Request(op=GET, path=GET.path))
    assert caught.value.op == "list_leads"
    assert caught.value.retry_in == pytest.approx(60.0, abs=1.0)
    assert len(server.requests) == 1
    clock.now += 61.0
    assert (crm.send(Request(op=GET, path=GET.path))).status == 200


def test_a_forbidden_entity_is_no_block() -> None:
    """A 403 with JSON is about rights: the next request goes out as always."""
    server = Server(httpx.Response(403, json={"title": "Forbidden"}), OK)
    crm = client(mock(server))
    assert (crm.send(Request(op=GET, path=GET.path))).status == 403
    assert (crm.send(Request(op=GET, path=GET.path))).status == 200


def test_redirects_are_not_followed() -> None:
    """The token stays here, whatever ``Location`` says, and the error names the host that it said."""
    server = Server(httpx.Response(301, headers={"location": "https://evil.example/api?token=1"}))
    with pytest.raises(RedirectRefused, match=r"evil\.example") as caught:
        client(mock(server)).send(Request(op=GET, path=GET.path))
    assert caught.value.location == "evil.example"
    assert len(server.requests) == 1


def test_an_answer_over_the_bound_is_not_taken_in() -> None:
    """Neither a long answer nor a small one that unfolds to a long one is taken in whole."""
    bomb = gzip.compress(b" " * 3_000_000)
    assert len(bomb) < 10_000
    for answer in (
        httpx.Response(200, content=b" " * 20_000),
        _compressed(bomb),
    ):
        crm = client(mock(lambda request, answer=answer: answer), max_response_bytes=10_000)
        with pytest.raises(ResponseTooLarge, match="10000 bytes"):
            crm.send(Request(op=GET, path=GET.path))
        assert crm.stats.requests == 1


def test_compressed_answers_are_unfolded() -> None:
    """A gzip answer arrives as the JSON it is; a damaged one is no answer."""
    whole = gzip.compress(b'{"ok":true}')
    response = client(mock(lambda request: _compressed(whole))).send(Request(op=GET, path=GET.path))
    assert response.content == b'{"ok":true}'
    for damaged in (whole[:-4], b"\x00" + whole):
        crm = client(mock(lambda request, content=damaged: _compressed(content)), retry=NEVER)
        with pytest.raises(UnansweredError):
            crm.send(Request(op=GET, path=GET.path))


def _compressed(content: bytes) -> httpx.Response:
    answer = httpx.Response(200, stream=httpx.ByteStream(content))
    answer.headers["content-encoding"] = "gzip"
    return answer


def test_hooks_see_what_happens_and_cannot_break_it() -> None:
    """Attempts, answers and decisions are told in order; a hook that fails is only logged."""
    seen: list[Any] = []

    def fail(event: Any) -> None:
        raise ValueError("a bug in somebody's hook")

    crm = client(mock(Server(CUT, OK)), event_hooks=[fail, seen.append])
    crm.send(Request(op=GET, path=GET.path, query="query=secret"))
    assert [type(event).__name__ for event in seen] == [
        "CallStarted",
        "RequestSent",
        "RequestFailed",
        "RetryDecided",
        "RequestSent",
        "ResponseReceived",
        "CallFinished",
    ]
    failed, decided, answered, ended = seen[2], seen[3], seen[5], seen[6]
    assert (ended.status, ended.error, ended.op) == (200, "", "list_leads")
    assert (failed.error, failed.attempt) == ("UnansweredError", 1)
    assert (decided.verdict, decided.failure, decided.attempt) == ("retry", "unanswered", 1)
    assert (answered.status, answered.attempt, answered.op) == (200, 2, "list_leads")
    assert "secret" not in repr(seen)


def test_no_secret_is_in_an_error_a_log_or_a_pickle(caplog: pytest.LogCaptureFixture) -> None:
    """Token, query values and bodies stand in no message, argument, traceback, log, repr or pickle."""
    caplog.set_level(0)
    for fault in (
        REFUSED,
        CUT,
        status(502),
        httpx.Response(301, headers={"location": "https://x/?q=hidden-value"}),
    ):
        crm = client(mock(Server(fault)), retry=NEVER, token="hidden-token")
        request = Request(op=POST, path=POST.path, query="query=hidden-query", content=b'["hidden-body"]')
        try:
            read(POST, crm.send(request), None)
        except Exception as error:
            told = "".join(traceback.format_exception(error)) + repr(error.__dict__)
            told += repr(pickle.loads(pickle.dumps(error)).__dict__) + pickle.dumps(error).decode("latin-1")
        else:
            raise AssertionError("the fault was not noticed")
        assert "hidden" not in told + repr(crm) + repr(request)
    assert "hidden" not in caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": "a", "oauth": object()},
        {"token": ""},
        {"token": "a\nb"},
        {"token": "a", "store": object()},
    ],
)
def test_clients_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    """Wrong credentials are noticed where they are written, before any request."""
    with pytest.raises(ConfigurationError):
        Connection("demo", **options)


# ---- against the sandbox, over real sockets


def test_a_server_that_is_down() -> None:
    """Nobody listens: not sent, said with the host and the system's word, without the address line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clock = ManualClock()
    with Connection("demo", token="t", base_url=f"http://127.0.0.1:{port}", clock=clock) as crm:
        with pytest.raises(
            NotSentError, match=r"list_leads could not be sent to 127\.0\.0\.1 \(ConnectError"
        ) as caught:
            crm.send(Request(op=GET, path=GET.path, query="query=x"))
    assert "query" not in str(caught.value)
    assert crm.stats.requests == 4


@pytest.fixture
def server(amocrm_sandbox_server: SandboxServer) -> SandboxServer:
    """The sandbox over HTTP."""
    return amocrm_sandbox_server


def over_http(server: SandboxServer, **options: Any) -> Connection:
    """A client of a sandbox over real sockets."""
    options.setdefault("token", server.sandbox.token)
    return Connection("demo", base_url=server.url, clock=ManualClock(), **options)


def test_a_good_token_over_http(server: SandboxServer) -> None:
    """An empty account has no leads: 204; and what is created is there."""
    with over_http(server) as crm:
        assert (crm.send(Request(op=GET, path=GET.path))).status == 204
        made = crm.send(build(POST, body=[{"name": "Заказ 17"}]))
        listed = crm.send(Request(op=GET, path=GET.path))
    assert made.status == 200
    assert "Заказ 17".encode() in listed.content or b"\\u0417" in listed.content


def test_a_wrong_token_over_http(server: SandboxServer) -> None:
    """A long-lived token cannot be renewed: one request, and the error of 401."""
    with over_http(server, token="wrong") as crm:
        with pytest.raises(UnauthorizedError):
            read(GET, crm.send(Request(op=GET, path=GET.path)), None)
    assert crm.stats.requests == 1


def test_a_wrong_subdomain_over_http(server: SandboxServer) -> None:
    """An account that does not exist answers 401 once; the error repeats the server's word for it."""
    transport = rerouted(server.url)
    with Connection(
        "nobody", token=server.sandbox.token, http_transport=transport, clock=ManualClock()
    ) as crm:
        with pytest.raises(UnauthorizedError, match="Account not found"):
            read(GET, crm.send(Request(op=GET, path=GET.path)), None)
    transport.close()
    assert crm.stats.requests == 1


def test_a_429_over_http() -> None:
    """A server whose limit somebody else has used up is asked again until it answers."""
    sandbox = Sandbox(limits=False)
    clock = ManualClock()
    with SandboxServer(sandbox) as server:
        with Connection(
            "demo",
            base_url=server.url,
            token=sandbox.token,
            clock=clock,
            limiter=MemoryLimiter(
                RateLimits(per_key=1000, per_account=1000, first_pause=0.0), clock=clock
            ),
        ) as crm:
            first = crm.send(Request(op=GET, path=GET.path))
            sandbox.faults.add(ErrorPage(429), next=2)
            second = crm.send(Request(op=GET, path=GET.path))
    assert (first.status, second.status) == (204, 204)
    assert crm.stats.retries == 2


FAULTS_OF_A_SERVER: list[tuple[Any, type[Exception], int]] = [
    (Drop(), UnansweredError, 0),
    (Drop(after_commit=True), UnansweredError, 1),
    (Truncate(), UnansweredError, 1),
    (ErrorPage(504, after_commit=True), GatewayError, 1),
    (ErrorPage(502), GatewayError, 0),
    (ErrorPage(403), BlockedError, 0),
    (ErrorPage(200), DecodeError, 0),
]


@pytest.mark.parametrize(("effect", "kind", "stored"), FAULTS_OF_A_SERVER)
def test_a_lost_write_is_never_repeated(
    server: SandboxServer, effect: Any, kind: type[Exception], stored: int
) -> None:
    """Whatever happens to the answer of a POST, the server sees it once, and nothing is stored twice."""
    server.sandbox.faults.add(effect, method="POST")
    with over_http(server) as crm:
        with pytest.raises(kind):
            read(POST, crm.send(build(POST, body=[{"name": "Заказ"}])), dict[str, Any])
    assert len(server.sandbox.journal.find("POST", POST.path)) == 1
    found = server.sandbox.get(POST.path)
    assert found.status == (200 if stored else 204)


def test_a_dropped_read_is_repeated(server: SandboxServer) -> None:
    """A GET whose connection breaks is sent again until it is answered."""
    server.sandbox.faults.add(Drop(), method="GET", next=2)
    with over_http(server) as crm:
        assert (crm.send(Request(op=GET, path=GET.path))).status == 204
    assert crm.stats.requests == 3


def test_eight_workers_share_connections_and_lose_nothing(server: SandboxServer) -> None:
    """Forty requests from eight tasks or threads share connections and lose nothing."""
    clock = ManualClock()
    with Connection(
        "demo", base_url=server.url, token=server.sandbox.token, limiter=MemoryLimiter(FAST, clock=clock)
    ) as crm:
        send: Callable[[], Any] = partial(crm.send, Request(op=GET, path=GET.path))
        answers = run_all([send] * 40, limit=8)
    assert [answer.status for answer in answers if isinstance(answer, Response)] == [204] * 40


def test_drift_is_told_once() -> None:
    """What does not fit the description is told to hooks and warned about once, not once per answer."""
    seen: list[Any] = []
    odd = httpx.Response(200, json={"id": "seventeen"})
    crm = client(mock(Server(odd)), event_hooks=[seen.append])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            read(GET, crm.send(Request(op=GET, path=GET.path)), dict[str, int])
    assert len(caught) == 1
    assert [type(event).__name__ for event in seen].count("DriftSeen") == 1
