"""Planted secrets: none is in a message, argument, traceback, repr, pickle, log line, warning or event."""
# GENERATED from tests/shell_async/connection/test_secrets.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import gzip
import json
import logging
import pickle
import traceback
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

from amocrm._sync.auth.redis_token_store import RedisTokenStore
from amocrm._sync.auth.token_stores import FileTokenStore, MemoryTokenStore
from amocrm._sync.connection.connection import Connection
from amocrm._sync.limits.redis import RedisLimiter
from amocrm._core.auth.token import OAuth, Token
from amocrm._core.http.chat_signing import ChannelSecret
from amocrm._core.http.retry import NEVER
from amocrm.errors import AmoCRMError
from amocrm.tokens import read_redirect, verify_bot, verify_disposable
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.reader import read
from amocrm_gen._runtime.wire import Request

from .._support import mock

pytestmark = pytest.mark.anyio

#: every secret of these tests has this in it
PLANTED = "hidden"
KEYS = OAuth("client", f"{PLANTED}-client-secret", "https://shop.example/cb")
POST = Op(id="create_leads", tag="leads", method="POST", path="/api/v4/leads", safety="unsafe")
ASK = Request(
    op=POST,
    path=POST.path,
    query=f"query={PLANTED}-query",
    content=json.dumps([{"name": f"{PLANTED}-body"}]).encode(),
)


def told_by(error: BaseException) -> str:
    """All that an error says to people, logs and other processes."""
    words = [
        str(error),
        repr(error),
        repr(error.args),
        repr(error.__dict__),
        *traceback.format_exception(error),
    ]
    words += traceback.format_exception(error.__cause__) if error.__cause__ else []
    packed = pickle.dumps(error)
    copy = pickle.loads(packed)
    words += [packed.decode("latin-1"), repr(copy), repr(copy.__dict__)]
    return "\n".join(words)


def cut(request: httpx.Request) -> httpx.Response:
    """A connection that breaks, told with the whole request, as libraries do."""
    raise httpx.ReadError(f"broken: {request.url} {request.headers.raw} {request.content!r}")


def refused(request: httpx.Request) -> httpx.Response:
    """No connection, told likewise."""
    raise httpx.ConnectError(f"refused: {request.url} {request.headers.raw}")


def garbled(request: httpx.Request) -> httpx.Response:
    """A protocol error that quotes what it stumbled over."""
    raise httpx.RemoteProtocolError(f"illegal line {PLANTED}")


def answered(status: int, **how: Any) -> Any:
    """A server that repeats what it was sent, and sets a secret of its own."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "json" in how or "content" in how or "headers" in how:
            return httpx.Response(status, **how)
        page = f"<html>{request.headers.get('authorization')} {request.url} {request.content!r}</html>"
        return httpx.Response(status, content=page.encode(), headers={"content-type": "text/html"})

    return answer


SERVERS = {
    "cut": cut,
    "refused": refused,
    "garbled": garbled,
    **{
        f"page {status}": answered(status)
        for status in (200, 400, 401, 402, 403, 404, 422, 429, 500, 502, 504)
    },
    "redirect": answered(302, headers={"location": f"https://u:{PLANTED}@evil.ru/?q={PLANTED}"}),
    "cut json": answered(200, content=f'{{"_embedded": {{"leads": [{{"name": "{PLANTED}'.encode()),
    "bad gzip": answered(
        200, content=gzip.compress(PLANTED.encode())[:-4], headers={"content-encoding": "gzip"}
    ),
    "echo of the address": answered(
        400, json={"detail": f"bad /api/v4/leads?query={PLANTED}-query", "status": 400}
    ),
}


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_failed_request_tells_its_secrets(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the server does with a request, its token, query and body stay between the two of them."""
    caplog.set_level(0)
    events: list[Any] = []
    server = mock(SERVERS[name])
    crm = Connection(
        "demo", token=f"{PLANTED}-token", http_transport=server, event_hooks=[events.append], retry=NEVER
    )
    try:
        read(POST, crm.send(ASK), dict)
    except Exception as error:
        told = told_by(error)
    else:
        raise AssertionError("nothing went wrong")
    ours = [
        record.getMessage() + str(record.exc_text) for record in caplog.records if record.name == "amocrm"
    ]
    assert events
    told += repr(events) + repr(crm) + repr(vars(crm)) + repr(ASK) + "\n".join(ours)
    told += b"".join(pickle.dumps(event) for event in events).decode("latin-1")
    assert PLANTED not in told


REFUSALS = {
    "revoked": (401, {"hint": "Token has been revoked", "detail": "x"}),
    "echo": (400, {"hint": f"no such token: {PLANTED}-refresh", "detail": f"{PLANTED}-client-secret"}),
    "keys": (400, {"hint": f"Check the `client_secret` parameter {PLANTED}-client-secret"}),
    "down": (500, {"detail": f"{PLANTED}-refresh"}),
    "blocked": (403, {"detail": f"{PLANTED}-refresh"}),
    "no pair": (200, {"access_token": f"{PLANTED}-access"}),
}


def over(access: str = f"{PLANTED}-access") -> Token:
    """A pair whose access token has ended."""
    return Token(
        access=access, refresh=f"{PLANTED}-refresh", expires_at=1.0, lifetime=1.0, account="demo.amocrm.ru"
    )


@pytest.mark.parametrize("name", REFUSALS)
def test_no_failed_refresh_tells_its_secrets(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A refresh that fails in any way tells neither tokens nor keys, even if the server repeats them."""
    caplog.set_level(0)
    status, body = REFUSALS[name]
    store = MemoryTokenStore()
    key = "demo.amocrm.ru/client"
    with store.lock(key) as fence:
        store.save(key, over(), fence=fence, replaces=None)
    events: list[Any] = []
    crm = Connection(
        "demo",
        oauth=KEYS,
        store=store,
        http_transport=mock(answered(status, json=body)),
        event_hooks=[events.append],
        retry=NEVER,
    )
    for attempt in (lambda: crm.send(ASK), lambda: crm.authorize(f"{PLANTED}-refresh")):
        with pytest.raises(AmoCRMError) as caught:
            attempt()
        assert PLANTED not in told_by(caught.value)
    assert PLANTED not in repr(events) + repr(crm) + repr(KEYS) + repr(over()) + repr(store)
    assert PLANTED not in caplog.text


class _Full(MemoryTokenStore):
    """A store whose own error quotes what it was to store, as databases do."""

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Fails for a new pair."""
        if token.access == "fresh":
            raise RuntimeError("the row does not fit")
        return super().save(key, token, fence=fence, replaces=replaces)


def test_a_store_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """Warning and log about a pair that could not be stored do not hold it."""
    caplog.set_level(0)
    store = _Full()
    key = "demo.amocrm.ru/client"
    with store.lock(key) as fence:
        store.save(key, over(), fence=fence, replaces=None)
    pair = {"access_token": "fresh", "refresh_token": f"{PLANTED}-new", "expires_in": 86_400}
    crm = Connection("demo", oauth=KEYS, store=store, http_transport=mock(answered(200, json=pair)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        crm.send(ASK)
    assert len(caught) == 1
    assert PLANTED not in str(caught[0].message) + caplog.text


def test_values_that_hold_secrets(tmp_path: Path, redis_url: str) -> None:
    """Their repr, also that of rich, shows none."""
    values: list[Any] = [
        KEYS,
        over(),
        ChannelSecret("channel", f"{PLANTED}-channel"),
        FileTokenStore(tmp_path),
        RedisTokenStore(redis_url.replace("redis://", f"redis://user:{PLANTED}@")),
        RedisLimiter(redis_url.replace("redis://", f"redis://user:{PLANTED}@")),
        read_redirect(f"code={PLANTED}-code&referer=demo.amocrm.ru&state=s", "s"),
        Connection("demo", token=f"{PLANTED}-token", proxy=f"http://user:{PLANTED}@127.0.0.1:1"),
    ]
    for value in values:
        rich = getattr(value, "__rich_repr__", None)
        assert PLANTED not in repr(value) + str(value) + repr([] if rich is None else list(rich()))


@pytest.mark.parametrize("verify", [verify_disposable, verify_bot])
def test_tokens_that_are_shown_to_us(verify: Any) -> None:
    """A refused token is not repeated."""
    for shown in (f"{PLANTED}", f"{PLANTED}.{PLANTED}.{PLANTED}", f"e30.e30.{PLANTED}"):
        with pytest.raises(Exception, match="not accepted") as caught:
            verify(shown, KEYS)
        assert PLANTED not in told_by(caught.value)


def test_a_proxy_that_cannot_be_used() -> None:
    """The address of a proxy may hold a password; the error about it does not."""
    with pytest.raises(ValueError, match="proxy") as caught:
        Connection("demo", token="t", proxy=f"http://user:{PLANTED}@[bad")
    assert PLANTED not in told_by(caught.value)
    crm = Connection("demo", token="t", proxy=f"gopher://user:{PLANTED}@host", retry=NEVER)
    with pytest.raises(ValueError, match="proxy") as caught:
        crm.send(ASK)
    assert PLANTED not in told_by(caught.value)


def test_the_logger_is_one(caplog: pytest.LogCaptureFixture) -> None:
    """Everything that the library logs goes to the logger ``amocrm``, and nothing below debug holds an address."""
    caplog.set_level(logging.DEBUG, "amocrm")
    crm = Connection("demo", token="t", http_transport=mock(answered(200, json={})))
    crm.send(ASK)
    assert [(record.name, record.levelname) for record in caplog.records] == [("amocrm", "DEBUG")]
    assert "POST /api/v4/leads" in caplog.text
    assert PLANTED not in caplog.text
