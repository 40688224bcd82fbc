"""Sending over real sockets: what is bounded, what is refused before it leaves, which library carries it."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from amocrm import Timeout
from amocrm._async.connection.connection import AsyncConnection
from amocrm._core.http.retry import NEVER
from amocrm._io.http_library import library_of
from amocrm.errors import ConfigurationError, UnansweredError
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Request
from amocrm_sandbox import Sandbox, SandboxServer

from .._raw import raw

pytestmark = pytest.mark.anyio

GET = Op(id="list_leads", tag="leads", method="GET", path="/api/v4/leads", safety="safe")
POST = Op(id="create_leads", tag="leads", method="POST", path="/api/v4/leads", safety="unsafe")


def client(url: str | None = None, **options: Any) -> AsyncConnection:
    """A client that tries once."""
    options.setdefault("token", "x" * 40)
    return AsyncConnection("demo", base_url=url, retry=NEVER, **options)


@pytest.mark.parametrize("op", [GET, POST])
@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nx-slow: ", b"a"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"a"),
    ],
    ids=["headers", "informational", "body"],
)
async def test_the_whole_is_bounded(op: Op, first: bytes, again: bytes) -> None:
    """A server that sends a byte now and then holds a call no longer than ``whole``, wherever it is slow."""
    ended = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield first
        while not ended.wait(0.02):
            yield again

    with raw(slowly()) as server:
        async with client(server.url, timeout=Timeout(read=30, total=0.4)) as crm:
            with pytest.raises(UnansweredError, match="total"):
                await crm.send(Request(op=op, path=op.path))
        ended.set()


@pytest.mark.parametrize("op", [GET, POST])
async def test_a_connection_that_was_closed_while_it_was_idle_costs_nothing(op: Op) -> None:
    """The next request goes over a new connection, at the first attempt and once."""
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    with raw([answer], times=5) as server:
        async with client(server.url) as crm:
            for _ in range(5):
                assert (await crm.send(Request(op=op, path=op.path))).status == 200
                assert server.closed.acquire(timeout=10)
            assert crm.stats.retries == 0
        assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (Request(op=GET, path=GET.path, query="x=" + "1" * 100_000), "address"),
        (Request(op=GET, path=GET.path, headers={"X-Note": "a\r\nb: c"}), "X-Note"),
        (Request(op=GET, path=GET.path, headers={"X-Note\r\nHost": "a"}), "Host"),
        (Request(op=GET, path=GET.path, headers={"": "a"}), "header"),
        (Request(op=GET, path=GET.path, headers={"X-Имя": "a"}), "header"),
        (Request(op=GET, path=GET.path, headers={"X-Name": "имя"}), "header"),
    ],
)
async def test_what_no_request_can_hold_is_refused_before_it_leaves(request_: Request, word: str) -> None:
    """Line breaks, foreign letters and endless addresses are named, and no connection is opened for them."""
    with raw([], times=0) as server:
        async with client(server.url) as crm:
            with pytest.raises(ConfigurationError, match=word):
                await crm.send(request_)
        assert server.requests == []


async def test_a_missing_file_of_certificates_is_refused_before_it_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SSL_CERT_FILE that names no file is told, not called an unknown outcome."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    async with client() as crm:
        with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
            await crm.send(Request(op=POST, path=POST.path))


async def test_plain_http_loads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local server costs no certificates of authorities, whose loading takes longer than the request."""
    loaded = []
    with monkeypatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: loaded.append("file"))
        patch.setattr(ssl.SSLContext, "load_default_certs", lambda *_, **__: loaded.append("default"))
        with SandboxServer(Sandbox(limits=False)) as server:
            async with client(server.url, token=server.sandbox.token) as crm:
                assert (await crm.send(Request(op=GET, path=GET.path))).status in (200, 204)
    assert loaded == []


async def test_a_closed_client_says_so() -> None:
    """After close nothing is sent, in this client and in its copies."""
    crm = client("http://127.0.0.1:9")
    copy = crm.with_options(timeout=1)
    await crm.close()
    for each in (crm, copy):
        with pytest.raises(ConfigurationError, match="closed"):
            await each.send(Request(op=GET, path=GET.path))


@pytest.mark.slow
async def test_a_pool_that_has_lost_its_connections_is_replaced() -> None:
    """A hundred answers that nobody reads take every connection; the next request is answered all the same."""
    with SandboxServer(Sandbox(limits=False)) as server:
        async with client(server.url, token=server.sandbox.token) as crm:
            pool = crm._sender.transport._connections.take(server.url)
            taken = [await pool.http.handle_async_request(_bare(pool.http, server)) for _ in range(100)]
            assert (await crm.send(Request(op=GET, path=GET.path))).status in (200, 204)
            for response in taken:
                await response.stream.aclose()  # type: ignore[union-attr]


def _bare(transport: Any, server: SandboxServer) -> Any:
    headers = {"authorization": f"Bearer {server.sandbox.token}"}
    return library_of(transport).Request("GET", server.url + "/api/v4/account", headers=headers)


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
async def test_a_transport_of_either_library_is_taken(name: str) -> None:
    """Requests for a transport are made of its own library, errors of it become ours."""
    library: Any = pytest.importorskip(name)
    answer = library.MockTransport(lambda request: library.Response(200, json={"host": request.url.host}))
    async with client(http_transport=answer) as crm:
        assert b"demo.amocrm.ru" in (await crm.send(Request(op=GET, path=GET.path))).content

    def fail(request: Any) -> Any:
        raise library.ReadTimeout("late", request=request)

    async with client(http_transport=library.MockTransport(fail)) as crm:
        with pytest.raises(UnansweredError, match="ReadTimeout"):
            await crm.send(Request(op=GET, path=GET.path))


def test_a_class_of_its_own_gets_the_library_in_use() -> None:
    """An object with the right method needs no base class."""
    assert library_of(object()).Request
    assert library_of(httpx.MockTransport(lambda request: httpx.Response(200))).Request is httpx.Request


@pytest.mark.parametrize("what", ["no certificates", "no host names"])
async def test_a_context_that_verifies_nothing_is_refused(what: str) -> None:
    """Whoever wants it has to say so by name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    if what == "no certificates":
        context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ConfigurationError, match="unverified_tls"):
        client(verify=context)
    await client(verify=context, unverified_tls=True).close()


class BrokenTransport(httpx.AsyncBaseTransport):
    """Transport of a user that fails in its own way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


@pytest.mark.parametrize("op", [GET, POST])
@pytest.mark.parametrize(
    "error",
    [ValueError("x"), KeyError("x"), OSError(5, "x"), UnicodeError("x"), RuntimeError("x"), TypeError("x")],
    ids=lambda error: type(error).__name__,
)
async def test_a_foreign_error_of_a_given_transport_is_wrapped(op: Op, error: Exception) -> None:
    """It may have sent the request, so the outcome is unknown; the cause is kept."""
    async with client(http_transport=BrokenTransport(error)) as crm:
        with pytest.raises(UnansweredError, match=type(error).__name__) as caught:
            await crm.send(Request(op=op, path=op.path))

    assert caught.value.__cause__ is error


async def test_an_assertion_of_a_given_transport_reaches_the_test() -> None:
    """A mock that asserts fails its test and not a request."""
    async with client(http_transport=BrokenTransport(AssertionError("wrong path"))) as crm:
        with pytest.raises(AssertionError, match="wrong path"):
            await crm.send(Request(op=GET, path=GET.path))


class FirstPart(httpx.AsyncBaseTransport):
    """A server that reads the first part of a body and answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Read one part."""
        async for part in request.stream:  # type: ignore[union-attr]
            return httpx.Response(200, content=part)
        return httpx.Response(400)


async def test_a_body_is_read_part_by_part() -> None:
    """A plain iterable is a body in both flavours, and none of it is read before it is sent."""
    read: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b"%d" % number

    async with client(http_transport=FirstPart()) as crm:
        answer = await crm.send(Request(op=POST, path=POST.path, content=parts()))
    assert (answer.content, read) == (b"0", [0])


async def test_a_body_goes_over_the_wire_in_parts() -> None:
    """What one part is, the server gets as one, whether it stands in a list or is made on the way."""
    with SandboxServer(Sandbox(limits=False)) as server:
        async with client(server.url, token=server.sandbox.token) as crm:
            for content in ([b'[{"name":', b'"A"}]'], iter([b'[{"name":"B"', b"}]"])):
                request = Request(op=POST, path=POST.path, content=content, content_type="application/json")
                assert (await crm.send(request)).status == 200
        names = [lead["name"] for lead in server.sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]]
    assert sorted(names) == ["A", "B"]


class Parts:
    """A receiver that remembers what it was given."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.began = threading.Event()

    def begin(self) -> None:
        """Forget the parts."""
        self.parts.clear()

    def write(self, part: bytes) -> None:
        """Take a part."""
        self.parts.append(part)
        self.began.set()


async def test_an_answer_is_handed_on_part_by_part() -> None:
    """A receiver has the first part before the server sends the next one; nothing is kept beside it."""
    given = Parts()

    def answer() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nabcd"
        assert given.began.wait(30)
        yield b"efgh"

    with raw(answer()) as server:
        async with client(server.url) as crm:
            response = await crm.send(Request(op=GET, path=GET.path, sink=given))
    assert (given.parts, response.content) == ([b"abcd", b"efgh"], b"")


@pytest.mark.parametrize("status", [200, 404])
async def test_only_a_success_is_handed_on(status: int) -> None:
    """An error is read as always, and a compressed answer is unpacked on the way."""
    given = Parts()
    answer = httpx.Response(
        status, content=gzip.compress(b"y" * 3_000_000), headers={"content-encoding": "gzip"}
    )
    async with client(http_transport=httpx.MockTransport(lambda request: answer)) as crm:
        response = await crm.send(Request(op=GET, path=GET.path, sink=given))
    whole = b"".join(given.parts)
    assert (len(whole), len(response.content)) == ((3_000_000, 0) if status == 200 else (0, 3_000_000))
    assert all(len(part) <= 1024 * 1024 for part in given.parts)


async def test_a_compressed_answer_that_is_cut_short_is_no_success() -> None:
    """What was handed on is not taken for the whole."""
    content = gzip.compress(bytes(range(256)) * 1000)[:-20]
    answer = httpx.Response(200, content=content, headers={"content-encoding": "gzip"})
    async with client(http_transport=httpx.MockTransport(lambda request: answer)) as crm:
        with pytest.raises(UnansweredError, match="cut short"):
            await crm.send(Request(op=GET, path=GET.path, sink=Parts()))
