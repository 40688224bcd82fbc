"""The programs of the page about webhooks, each run as the page says: real servers, queues and processes."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType
from typing import Any

import httpx
import pytest

from amocrm._sync.webhooks.receiver import WebhookReceiver
from amocrm.webhooks import Delivery
from tests.support.redis_server import RedisServer, needs_redis

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[2] / "docs"
PROGRAM = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```", re.MULTILINE | re.DOTALL)
BODY = b"leads[add][0][id]=17&leads[add][0][created_at]=1700000000"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The programs of the page in a folder."""
    text = (DOCS / "webhooks.md").read_text(encoding="utf-8")
    for program, name in PROGRAM.findall(text):
        (tmp_path / name).write_text(program)
    return tmp_path


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """What the programs ask their environment for."""
    inbox = str(folder / "inbox.sqlite3")
    return {
        **os.environ,
        "HOOK_SECRET": "s3cret",
        "HOOK_INBOX": inbox,
        "PYTHONPATH": str(folder),
        **variables,
    }


@contextmanager
def running(folder: Path, *command: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment(folder, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def deliver(port: int) -> None:
    """Deliver until the server takes it."""
    deadline = time.monotonic() + 60
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if client.post(f"http://127.0.0.1:{port}/hook/s3cret", content=BODY).status_code == 200:
                    return
            time.sleep(0.05)
    raise AssertionError("nobody takes the delivery")


def wait_until_handled(inbox: str) -> None:
    """Wait until the one delivery is done."""
    receiver = WebhookReceiver(secret=None, inbox=inbox)
    deadline = time.monotonic() + 60
    while receiver.inbox.counts()["done"] != 1:
        assert time.monotonic() < deadline, receiver.inbox.counts()
        time.sleep(0.05)
    receiver.close()


def accept(inbox: str) -> None:
    """Accept the delivery, as a server would."""
    receiver = WebhookReceiver(secret=None, inbox=inbox)
    assert receiver.accept(Delivery(body=BODY)).status == 200
    receiver.close()


def test_gunicorn(programs: Path) -> None:
    """Processes forked from one that has loaded the program accept; another handles."""
    port = free_port()
    serve = ("gunicorn", "--preload", "--workers", "2", "-b", f"127.0.0.1:{port}", "app_gunicorn:app")
    with (
        running(programs, *serve),
        running(programs, "amocrm", "webhooks", "work", "app_gunicorn:receiver"),
    ):
        deliver(port)
        wait_until_handled(str(programs / "inbox.sqlite3"))


def test_uvicorn(programs: Path) -> None:
    """Each process accepts and handles."""
    port = free_port()
    with running(programs, "uvicorn", "--workers", "2", "--port", str(port), "app_uvicorn:app"):
        deliver(port)
        wait_until_handled(str(programs / "inbox.sqlite3"))


def test_celery(programs: Path) -> None:
    """A prefork child works off what a server has accepted."""
    needs_redis()
    accept(str(programs / "inbox.sqlite3"))
    with RedisServer() as broker:
        worker = ("celery", "--app", "app_celery", "worker", "--beat", "--concurrency", "2")
        with running(programs, *worker, BROKER=broker.url):
            wait_until_handled(str(programs / "inbox.sqlite3"))


def test_rq(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job in a process of its own works off what a server has accepted."""
    needs_redis()
    import redis
    from rq import Queue

    accept(str(programs / "inbox.sqlite3"))
    with RedisServer() as server, redis.Redis(port=server.port) as client:
        Queue("amocrm", connection=client).enqueue("app_rq.work_off")
        with running(programs, "rq.cli", "worker", "--burst", "--url", server.url, "amocrm"):
            wait_until_handled(str(programs / "inbox.sqlite3"))


def test_lambda(programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One function accepts into Redis, the other handles; the body comes as text or in Base64."""
    needs_redis()
    with RedisServer() as server:
        for name, value in environment(programs, HOOK_INBOX=server.url).items():
            monkeypatch.setenv(name, value)
        names: dict[str, Any] = {}
        exec(compile((programs / "app_lambda.py").read_text(), "app_lambda.py", "exec"), names)
        text = {"rawPath": "/hook/s3cret", "body": BODY.decode()}
        coded = {
            "rawPath": "/hook/s3cret",
            "body": "bGVhZHNbYWRkXVswXVtpZF09MTg=",
            "isBase64Encoded": True,
            "headers": {"x-amocrm-requestid": "r-1"},
        }
        assert names["receive"](text, None) == {"statusCode": 200, "body": "ok"}
        assert names["receive"](coded, None) == {"statusCode": 200, "body": "ok"}
        assert names["receive"]({"rawPath": "/hook/wrong"}, None)["statusCode"] == 404
        names["work_off"](None, None)
        names["receiver"].close()

    assert capsys.readouterr().out.splitlines() == ["handled 17", "handled 18"]


def test_jupyter(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell awaits at its top level, in the loop of the notebook."""
    source = (programs / "cell_jupyter.py").read_text()
    cell = compile(source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert isinstance(cell, CodeType)
    assert cell.co_flags & inspect.CO_COROUTINE

    async def run() -> None:
        await eval(cell, {})

    asyncio.run(asyncio.wait_for(run(), 30))

    assert capsys.readouterr().out == "handled 17\n"
