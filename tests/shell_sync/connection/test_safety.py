"""Hostile servers over real sockets: nothing leaves for anywhere else, nothing grows without bound."""
# GENERATED from tests/shell_async/connection/test_safety.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import gzip
import itertools
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amocrm._sync.client import AmoCRM
from amocrm._core.http.options import Timeout
from amocrm._core.http.retry import NEVER
from amocrm.errors import (
    ConfigurationError,
    DecodeError,
    NotSentError,
    RedirectRefused,
    ResponseTooLarge,
    UnansweredError,
)
from amocrm_sandbox import Sandbox, SandboxServer
from amocrm_sandbox.http.certificate import Certificate, local_certificate

from .._raw import Raw, raw
from .._support import ManualClock

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BOUND = 1_000_000


def client(url: str, **options: Any) -> AmoCRM:
    """A client of a server on this machine that tries once."""
    options.setdefault("retry", NEVER)
    return AmoCRM("demo", token="secret-token", base_url=url, max_response_bytes=BOUND, **options)


def ask(server: Raw, **options: Any) -> Any:
    """One request for the account."""
    with client(server.url, **options) as crm:
        return crm.api.account.get()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    """Neither token nor request reach the address that a server points to, on any kind of redirect."""
    with raw([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]) as other:
        location = f"Location: {other.url}/api/v4/account\r\n".encode()
        head = f"HTTP/1.1 {status} Moved\r\nContent-Length: 0\r\n".encode()
        with raw([head + location + b"\r\n"]) as server, pytest.raises(RedirectRefused) as caught:
            ask(server)
        assert other.requests == []
        assert caught.value.location == "127.0.0.1"


def test_links_in_answers_lead_nowhere_else() -> None:
    """A list whose links name another host is read on from our own."""
    body = (
        b'{"_page":1,"_links":{"next":{"href":"http://127.0.0.1:9/evil?page=2"}},'
        b'"_embedded":{"leads":[{"id":1}]}}'
    )
    page = HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    last = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    answers = iter([page, last])
    with raw(_one_each(answers), times=2) as server:
        with client(server.url, max_prefetch=0) as crm:
            assert [lead.id for lead in crm.leads] == [1]
    assert [request.split(" ")[1].partition("?")[0] for request in server.requests] == ["/api/v4/leads"] * 2
    assert "page=2" in server.requests[1]


class _one_each:
    """Gives the next of some answers each time that it is iterated over."""

    def __init__(self, answers: Iterator[bytes]) -> None:
        self._answers = answers

    def __iter__(self) -> Iterator[bytes]:
        return iter([next(self._answers)])


def test_an_answer_without_end() -> None:
    """A body that never ends is cut off near the bound: the server does not get rid of much more."""
    endless = itertools.repeat(b"10000\r\n" + b" " * 65_536 + b"\r\n", 2_000)
    pieces = itertools.chain([HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], endless)
    with raw(pieces) as server, pytest.raises(ResponseTooLarge, match="1000000 bytes"):
        ask(server)
    assert server.sent < 40 * BOUND


@pytest.mark.slow
def test_a_body_that_unfolds_to_200_mb_is_refused() -> None:
    """A small body that unfolds to 200 MB is refused without being unfolded."""
    bomb = gzip.compress(bytes(200_000_000), 9)
    assert len(bomb) < BOUND
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with raw([head, bomb]) as server, pytest.raises(ResponseTooLarge):
        ask(server)


def test_a_bomb_in_a_bomb() -> None:
    """Two codings were not asked for: the answer is refused as a whole."""
    twice = gzip.compress(gzip.compress(bytes(1000)))
    head = HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(twice)
    with raw([head, twice]) as server, pytest.raises(UnansweredError, match="gzip"):
        ask(server)


def test_a_head_that_never_ends_is_no_answer() -> None:
    """A head that never ends is no answer."""
    lines = itertools.repeat(b"X-Filler: " + b"a" * 1000 + b"\r\n", 5_000)
    with raw(itertools.chain([b"HTTP/1.1 200 OK\r\n"], lines)) as server, pytest.raises(UnansweredError):
        ask(server)


def test_a_body_that_drips() -> None:
    """A server that sends a byte now and then holds a call no longer than the time for a whole answer."""

    class Slow(ManualClock):
        """Every look at the clock takes a second."""

        def monotonic(self) -> float:
            self.now += 1.0
            return self.now

    drops = itertools.repeat(b"1\r\n \r\n", 3_000)
    pieces = itertools.chain([HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], drops)
    with raw(pieces) as server, pytest.raises(UnansweredError, match="total"):
        ask(server, clock=Slow(), timeout=Timeout(total=2.0))


def test_json_that_is_too_deep() -> None:
    """Brackets without end are an answer that cannot be understood, and nothing worse."""
    deep = b"[" * 200_000
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(deep)
    with raw([head, deep]) as server, pytest.raises(DecodeError):
        ask(server)
    deep = b'{"a":' * 100_000
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(deep)
    with raw([head, deep]) as server, pytest.raises(ValueError, match="400"):
        ask(server)


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "tökén", "a\x00b"])
def test_tokens_that_would_change_the_head(token: str) -> None:
    """A token from elsewhere with characters that no token has is never written to a head."""

    def provide() -> str:
        return token

    crm = AmoCRM("demo", token=provide, base_url="http://127.0.0.1:9", retry=NEVER)
    with pytest.raises(ConfigurationError) as caught:
        crm.api.account.get()
    assert token not in str(caught.value)
    with pytest.raises(ConfigurationError):
        AmoCRM("demo", token="t", user_agent="a\r\nX-Evil: 1")


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of an authority that nobody trusts by default."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    return local_certificate(folder)


def test_tls_is_verified(certificate: Certificate) -> None:
    """Under the vendor's own name, a certificate of an unknown authority gets nothing; a trusted one does."""
    sandbox = Sandbox(limits=False)
    with SandboxServer(sandbox, certificate=certificate) as server:
        refused = AmoCRM("demo", token=sandbox.token, proxy=server.url, retry=NEVER)
        with refused:
            with pytest.raises(NotSentError):
                refused.api.account.get()
        assert sandbox.journal.find("GET", "/api/v4/account") == []
        trust = ssl.create_default_context(cafile=str(certificate.ca_file))
        with AmoCRM("demo", token=sandbox.token, proxy=server.url, verify=trust) as crm:
            account: Any = crm.api.account.get()
    assert account.id == sandbox.account["id"]
