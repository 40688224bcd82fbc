"""The plain applications behind real servers, and clients that do not behave: slow, gone, cut off, too large."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import pytest
import uvicorn

from amocrm import AsyncWebhookReceiver, WebhookReceiver
from amocrm._io.delivery_server import DeliveryServer
from amocrm.webhooks import BodyLimits, LeadStatusChanged
from amocrm.webhooks.asgi import asgi_app
from amocrm.webhooks.wsgi import wsgi_app

BODY = b"leads%5Bstatus%5D%5B0%5D%5Bid%5D=17&leads%5Bstatus%5D%5B0%5D%5Bstatus_id%5D=142"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-Amocrm-Requestid": "r-1"}


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


class Threads(ThreadingMixIn, WSGIServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 128


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    """An ASGI application behind uvicorn; its port."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.ensure_future(server.serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def sent(port: int, head: bytes, body: bytes = b"", *, stay: bool = True) -> bytes:
    """What a server answers to these bytes; without ``stay`` the client leaves after them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + b"\r\n\r\n" + body)
    await writer.drain()
    if not stay:
        writer.close()
        return b""
    try:
        return await reader.readline()
    finally:
        writer.close()


def head(length: int, path: str = "/hook/s3cret") -> bytes:
    """The head of a delivery."""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}".encode()


def test_asgi_behind_uvicorn(tmp_path: Path) -> None:
    """Accepted over a socket, answered before the handler is done, handled by the worker of the lifespan."""
    started, go_on = asyncio.Event(), asyncio.Event()
    seen: list[int] = []

    async def run() -> None:
        receiver = AsyncWebhookReceiver(secret="s3cret", inbox=tmp_path / "hooks.sqlite3")

        @receiver.on(LeadStatusChanged)
        async def slow(event: LeadStatusChanged) -> None:
            started.set()
            await go_on.wait()
            seen.append(event.lead_id)

        async with (
            served(asgi_app(receiver)) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ):
            answer = await client.post("/hook/s3cret", content=BODY, headers=FORM)
            assert (answer.status_code, answer.text, seen) == (200, "ok", [])
            await started.wait()
            # Another delivery while the handler is still busy.
            assert (await client.post("/hook/s3cret", content=BODY + b"&x=1")).status_code == 200
            assert (await client.post("/hook/wrong", content=BODY)).status_code == 404
            assert (await client.put("/hook/s3cret", content=BODY)).status_code == 405
            go_on.set()
        assert seen[0] == 17
        await receiver.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_asgi_and_clients_that_do_not_behave(tmp_path: Path) -> None:
    """Strangers are answered before they have sent anything; the slow are cut off; the gone leave nothing."""

    async def run() -> None:
        receiver = AsyncWebhookReceiver(
            secret="s3cret", inbox=tmp_path / "hooks.sqlite3", limits=BodyLimits(bytes=1000)
        )
        async with served(asgi_app(receiver, work=False, timeout=0.2)) as port:
            assert b" 404 " in await sent(port, head(10**9, "/hook/wrong"))
            assert b" 413 " in await sent(port, head(2000), b"x" * 2000)
            assert b" 408 " in await sent(port, head(100), b"leads")
            await sent(port, head(100), b"leads[delete][0][id]=1", stay=False)
            await sent(port, head(0), stay=False)
            assert b" 200 " in await sent(port, head(22), b"leads[delete][0][id]=1")
        assert await receiver.inbox.counts() == {"ready": 1, "dead": 0, "done": 0}
        await receiver.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_asgi_says_when_it_cannot_start() -> None:
    """A worker that cannot start keeps the server from starting."""

    class Broken:
        limits = BodyLimits()

        def check_address(self, path: str, query: str) -> None:
            """Nobody is refused."""

        async def accept(self, delivery: object) -> Any:
            """Is never called."""

        def running(self) -> Any:
            """Fails."""
            raise RuntimeError("no inbox")

    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(asgi_app(Broken())({"type": "lifespan"}, receive, send))  # type: ignore[arg-type]

    assert said == [{"type": "lifespan.startup.failed", "message": "no inbox"}]


@pytest.mark.parametrize("kind", ["wsgi", "local"])
def test_a_body_that_was_cut_off_is_not_taken(kind: str, tmp_path: Path) -> None:
    """Half a form is a form as well: whoever leaves before its end has delivered nothing."""
    answers: list[int] = []
    receiver = WebhookReceiver(secret="s3cret", inbox=tmp_path / "hooks.sqlite3")
    accept = receiver.accept

    def spied(delivery: Any) -> Any:
        answer = accept(delivery)
        answers.append(answer.status)
        return answer

    receiver.accept = spied  # type: ignore[method-assign]
    if kind == "local":
        server: Any = DeliveryServer(spied)
        port = int(server.url.rpartition(":")[2])
    else:
        server = make_server("127.0.0.1", 0, wsgi_app(receiver), server_class=Threads, handler_class=Quiet)
        port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with server:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(head(100) + b"\r\n\r\nleads[delete][0][id]=1")
        deadline = time.monotonic() + 20
        while not answers and time.monotonic() < deadline:
            time.sleep(0.01)
        url = f"http://127.0.0.1:{port}/hook/s3cret"
        assert httpx.post(url, content=BODY, headers=FORM, trust_env=False).status_code == 200
        if kind == "wsgi":
            server.shutdown()

    assert answers == [503, 200]
    assert receiver.inbox.counts() == {"ready": 1, "dead": 0, "done": 0}
    receiver.close()


@pytest.mark.slow
def test_wsgi_with_many_clients_at_once(tmp_path: Path) -> None:
    """Threads of a server share a receiver; each delivery is kept once."""
    receiver = WebhookReceiver(secret="s3cret", inbox=tmp_path / "hooks.sqlite3")
    with make_server("127.0.0.1", 0, wsgi_app(receiver), server_class=Threads, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook/s3cret"

        async def run() -> list[int]:
            async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
                posts = [
                    client.post(
                        url, content=b"leads[add][0][id]=%d&leads[add][0][updated_at]=1" % (number // 2)
                    )
                    for number in range(40)
                ]
                return [answer.status_code for answer in await asyncio.gather(*posts)]

        assert asyncio.run(run()) == [200] * 40
        server.shutdown()
    assert receiver.inbox.counts() == {"ready": 20, "dead": 0, "done": 0}
    receiver.close()
