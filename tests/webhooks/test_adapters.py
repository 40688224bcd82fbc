"""The plain applications, and every recipe of examples/webhooks with its real framework."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest

from amocrm import (
    AsyncRedisInbox,
    AsyncSQLiteInbox,
    AsyncWebhookReceiver,
    RedisInbox,
    SQLiteInbox,
    WebhookReceiver,
)
from amocrm.errors import ConfigurationError
from amocrm.webhooks import Delivery
from amocrm.webhooks.asgi import asgi_app
from amocrm.webhooks.wsgi import wsgi_app
from examples.webhooks import aiohttp_app, django_app, fastapi_app, flask_app, handlers, starlette_app

BODY = b"leads%5Bstatus%5D%5B0%5D%5Bid%5D=17&leads%5Bstatus%5D%5B0%5D%5Bstatus_id%5D=142"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-Amocrm-Requestid": "r-1"}


@pytest.fixture
def seen() -> list[int]:
    """Leads that the handler saw."""
    return []


@pytest.fixture
def receiver(tmp_path: Path, seen: list[int]) -> WebhookReceiver:
    """A receiver of the sync flavour."""
    found = WebhookReceiver(secret="s3cret", inbox=tmp_path / "hooks.sqlite3")
    handlers.register(found, seen)
    return found


@pytest.fixture
def async_receiver(tmp_path: Path, seen: list[int]) -> AsyncWebhookReceiver:
    """A receiver of the async flavour."""
    found = AsyncWebhookReceiver(secret="s3cret", inbox=tmp_path / "hooks.sqlite3")
    handlers.register(found, seen)
    return found


def accepted(tmp_path: Path) -> list[Delivery]:
    """What was kept."""
    inbox = SQLiteInbox(tmp_path / "hooks.sqlite3")
    found = [entry.delivery for entry in inbox.entries()]
    inbox.close()
    return found


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Startup and shutdown of an ASGI application, as a server does them."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.ensure_future(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, inbox.get, outbox.put)
    )
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    yield
    await inbox.put({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await task


async def exercised(app: Any, prefix: str, seen: list[int]) -> None:
    """Posts deliveries to an ASGI application and waits for its worker."""
    transport = httpx.ASGITransport(app)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.post(f"{prefix}/wrong", content=BODY, headers=FORM)).status_code == 404
        answer = await client.post(f"{prefix}/s3cret", content=BODY, headers=FORM)
        assert (answer.status_code, answer.text) == (200, "ok")
        assert (await client.get(f"{prefix}/s3cret?code=a&state=b")).status_code == 200
        while not seen:
            await asyncio.sleep(0.01)
    assert seen == [17]


@pytest.mark.parametrize("make", [asgi_app, fastapi_app.make_app, starlette_app.make_app])
def test_the_asgi_application_takes_answers_and_works(
    make: Callable[[AsyncWebhookReceiver], Any],
    async_receiver: AsyncWebhookReceiver,
    seen: list[int],
    tmp_path: Path,
) -> None:
    """The plain ASGI application, mounted into FastAPI and Starlette as well: taken, answered, worked on."""
    prefix = "" if make is asgi_app else "/amocrm"

    asyncio.run(exercised(make(async_receiver), prefix, seen))

    kept, redirect = accepted(tmp_path)
    assert (kept.body, kept.request_id, kept.headers["content-type"]) == (BODY, "r-1", FORM["Content-Type"])
    assert (redirect.body, redirect.query) == (b"", "code=a&state=b")


def test_asgi_without_a_startup_works_all_the_same(
    async_receiver: AsyncWebhookReceiver, seen: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """Mounted below an application that passes no startup on, it handles what it accepts and says what is amiss."""
    from fastapi import FastAPI

    outer = FastAPI()
    outer.mount("/amocrm", asgi_app(async_receiver))

    async def run() -> None:
        async with (
            lifespan(outer),
            httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://t") as client,
        ):
            for _ in range(3):
                assert (await client.post("/amocrm/s3cret", content=BODY, headers=FORM)).status_code == 200
            while not seen:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 30))

    assert seen == [17]
    assert [record.levelname for record in caplog.records if "no startup" in record.message] == ["WARNING"]


def test_asgi_without_a_worker(async_receiver: AsyncWebhookReceiver, seen: list[int], tmp_path: Path) -> None:
    """Where other processes work, the application only accepts."""

    async def run() -> None:
        app = asgi_app(async_receiver, work=False)
        async with (
            lifespan(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client,
        ):
            await client.post("/s3cret", content=BODY, headers=FORM)

    asyncio.run(run())

    assert (seen, len(accepted(tmp_path))) == ([], 1)


def test_asgi_refuses_what_is_too_large_unread(async_receiver: AsyncWebhookReceiver) -> None:
    """The body is not collected beyond the bound; other methods, protocols and clients that left end early."""
    app = asgi_app(async_receiver, max_body_bytes=10)
    sent: list[Any] = []

    async def run(messages: list[dict[str, Any]], method: str = "POST") -> int:
        queue = iter(messages)

        async def receive() -> Any:
            return next(queue)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "headers": [], "path": "/s3cret", "query_string": b""}
        await app(scope, receive, send)
        return int(sent[-2]["status"])

    endless = [{"type": "http.request", "body": b"x" * 6, "more_body": True}] * 2
    assert asyncio.run(run(endless)) == 413
    assert asyncio.run(run([], "PUT")) == 405
    assert asyncio.run(run([{"type": "http.disconnect"}])) == 499
    with pytest.raises(RuntimeError, match="websocket"):
        asyncio.run(app({"type": "websocket"}, None, None))  # type: ignore[arg-type]


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


def test_the_wsgi_application_works_behind_a_server(
    receiver: WebhookReceiver, seen: list[int], tmp_path: Path
) -> None:
    """The plain WSGI application behind a real server."""
    with make_server("127.0.0.1", 0, wsgi_app(receiver), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            with httpx.Client(base_url=url, trust_env=False) as client:
                assert client.post("/hook/s3cret", content=BODY, headers=FORM).status_code == 200
                assert client.post("/hook/wrong", content=BODY, headers=FORM).status_code == 404
                assert client.get("/hook/s3cret?code=a&state=b").status_code == 200
                assert client.put("/hook/s3cret", content=BODY).status_code == 405
        finally:
            server.shutdown()
            thread.join()
    receiver.work()
    receiver.close()

    assert seen == [17]
    kept = accepted(tmp_path)[0]
    assert (kept.body, kept.request_id, kept.headers["content-type"]) == (BODY, "r-1", FORM["Content-Type"])


def test_wsgi_refuses_what_is_too_large_unread(receiver: WebhookReceiver) -> None:
    """A body that is announced as too large is not read; one without a length is read to the bound."""
    answers: list[str] = []

    class Stream:
        """A body without an end."""

        def read(self, size: int) -> bytes:
            return b"x" * size

    def call(**environ: Any) -> str:
        given = {"REQUEST_METHOD": "POST", "PATH_INFO": "/s3cret", "wsgi.input": Stream(), **environ}
        wsgi_app(receiver, max_body_bytes=10)(given, lambda status, headers: answers.append(status))
        return answers[-1]

    assert call(CONTENT_LENGTH="11").startswith("413")
    assert call(CONTENT_LENGTH="9" * 30).startswith("413")
    assert call(**{"wsgi.input_terminated": True}).startswith("413")
    assert call(CONTENT_LENGTH="").startswith("200")


def test_the_recipe_for_flask_works(receiver: WebhookReceiver, seen: list[int], tmp_path: Path) -> None:
    """The recipe for Flask."""
    client = flask_app.make_app(receiver).test_client()

    assert client.post("/amocrm/s3cret", data=BODY, headers=FORM).status_code == 200
    assert client.post("/amocrm/wrong", data=BODY, headers=FORM).status_code == 404
    assert client.get("/amocrm/s3cret?code=a&state=b").status_code == 200
    receiver.work()
    receiver.close()

    assert seen == [17]
    assert accepted(tmp_path)[0].body == BODY


def test_the_recipe_for_django_works(receiver: WebhookReceiver, seen: list[int], tmp_path: Path) -> None:
    """The recipe for Django, through its own request handling."""
    import django
    from django.conf import settings
    from django.test import Client, override_settings

    class Urls:
        urlpatterns = django_app.make_urls(receiver)

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="only for tests", ROOT_URLCONF=Urls)
        django.setup()
    with override_settings(ROOT_URLCONF=Urls):
        client = Client(enforce_csrf_checks=True)
        headers = {"X-Amocrm-Requestid": "r-1"}
        good = client.post("/amocrm/s3cret", BODY, FORM["Content-Type"], headers=headers)
        bad = client.post("/amocrm/wrong", BODY, FORM["Content-Type"])
        redirect = client.get("/amocrm/s3cret?code=a&state=b")
    receiver.work()
    receiver.close()

    assert (good.status_code, bad.status_code, redirect.status_code) == (200, 404, 200)
    assert seen == [17]
    kept = accepted(tmp_path)[0]
    assert (kept.body, kept.request_id) == (BODY, "r-1")


def test_the_recipe_for_aiohttp_works(
    async_receiver: AsyncWebhookReceiver, seen: list[int], tmp_path: Path
) -> None:
    """The recipe for aiohttp, behind its own server."""
    from aiohttp.test_utils import TestClient, TestServer

    async def run() -> None:
        async with TestClient(TestServer(aiohttp_app.make_app(async_receiver))) as client:
            assert (await client.post("/amocrm/s3cret", data=BODY, headers=FORM)).status == 200
            assert (await client.post("/amocrm/wrong", data=BODY, headers=FORM)).status == 404
            assert (await client.get("/amocrm/s3cret?code=a&state=b")).status == 200
            while not seen:
                await asyncio.sleep(0.01)

    asyncio.run(run())

    assert seen == [17]
    assert accepted(tmp_path)[0].body == BODY


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "411"),
        ({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, "200"),
        ({"CONTENT_LENGTH": str(len(BODY))}, "200"),
    ],
)
def test_a_chunked_body_needs_a_server_that_marks_its_end(
    environ: dict[str, Any], status: str, receiver: WebhookReceiver
) -> None:
    """A body that cannot be read is refused with 411 and never answered with 200 unread."""
    statuses: list[str] = []
    request = {"REQUEST_METHOD": "POST", "PATH_INFO": "/s3cret", "wsgi.input": io.BytesIO(BODY), **environ}

    wsgi_app(receiver)(request, lambda line, headers: statuses.append(line))

    assert statuses[0].startswith(status)
    assert receiver.inbox.counts()["ready"] == (status == "200")


def test_the_sync_router_refuses_coroutine_functions(receiver: WebhookReceiver) -> None:
    """A handler that nobody could await is refused when it is registered."""

    async def handler(event: Any) -> None:
        """Never runs."""

    with pytest.raises(TypeError, match="AsyncWebhookReceiver"):
        receiver.on()(handler)


def test_flavours_are_not_mixed(
    receiver: WebhookReceiver, async_receiver: AsyncWebhookReceiver, tmp_path: Path
) -> None:
    """A coroutine that nobody runs would look like an acceptance, so the wrong half is refused at once."""
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis

    for wrong, words in (
        (lambda: asgi_app(receiver), "must be an AsyncWebhookReceiver"),  # type: ignore[arg-type]
        (lambda: wsgi_app(async_receiver), "must be a WebhookReceiver"),  # type: ignore[arg-type]
        (lambda: WebhookReceiver(secret=None, inbox=AsyncSQLiteInbox(tmp_path / "a")), "same variant"),  # type: ignore[arg-type]
        (lambda: AsyncWebhookReceiver(secret=None, inbox=SQLiteInbox(tmp_path / "a")), "same variant"),  # type: ignore[arg-type]
        (lambda: RedisInbox(AsyncRedis()), "redis must be"),
        (lambda: AsyncRedisInbox(Redis()), "redis must be"),
    ):
        with pytest.raises((TypeError, ConfigurationError), match=words):
            wrong()
