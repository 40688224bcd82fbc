"""Routers that cross a fork, as with `gunicorn --preload`, Celery prefork and process pools."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from pathlib import Path

import pytest

import amocrm
from amocrm import FileLimiter, FileTokenStore, WebhookReceiver
from amocrm._core.auth.token import Token
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import SlotOutcome
from amocrm.webhooks import Delivery, LeadAdded
from tests.support.redis_server import RedisServer, needs_redis

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only"),
]

#: processes that are forked from one that works already
CHILDREN = 3


def delivery(number: int) -> Delivery:
    """One of its own."""
    return Delivery(body=b"leads[add][0][id]=%d&leads[add][0][updated_at]=1700000000" % number)


def in_children(work: object, count: int = CHILDREN) -> None:
    """Run a function in forked processes; all of them end well."""
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(number,)) for number in range(count)]  # type: ignore[arg-type]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        if child.is_alive():
            os.kill(child.pid, signal.SIGABRT)  # its stacks are printed
    assert [child.exitcode for child in children] == [0] * count


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_a_router_that_works_is_forked(kind: str, tmp_path: Path) -> None:
    """Children of a process whose worker runs accept and work with connections and threads of their own."""
    if kind == "redis":
        needs_redis()
    server = RedisServer()
    try:
        if kind == "redis":
            server.start()
        place = server.url if kind == "redis" else str(tmp_path / "inbox.sqlite3")
        receiver = WebhookReceiver(secret=None, inbox=place, timeout=30, poll_interval=0.01, concurrency=2)
        seen = tmp_path / "seen"

        @receiver.on(LeadAdded, name="note")
        def note(event: LeadAdded) -> None:
            with seen.open("a") as file:
                file.write(f"{event.lead_id}\n")

        def child(number: int) -> None:
            assert not receiver.is_working
            with receiver.running():
                for each in range(20):
                    assert receiver.accept(delivery(1000 * (number + 1) + each)).status == 200
                while receiver.inbox.counts()["ready"]:
                    threading.Event().wait(0.01)
            receiver.close()

        with receiver.running():
            for number in range(20):
                assert receiver.accept(delivery(number + 1)).status == 200
                if number == 10:
                    in_children(child)
            while receiver.inbox.counts()["ready"]:
                threading.Event().wait(0.01)
        counts = receiver.inbox.counts()
        receiver.close()
    finally:
        server.kill()

    wanted = [
        *range(1, 21),
        *(1000 * (number + 1) + each for number in range(CHILDREN) for each in range(20)),
    ]
    assert sorted(map(int, seen.read_text().split())) == sorted(wanted)
    assert counts == {"ready": 0, "dead": 0, "done": len(wanted)}


def test_a_lock_on_a_file_does_not_outlive_its_holder_in_a_child(tmp_path: Path) -> None:
    """A child that was forked while another thread held the lock keeps it from nobody."""
    store = FileTokenStore(tmp_path, lock_timeout=5)
    held, go_on, end_child = threading.Event(), threading.Event(), multiprocessing.get_context("fork").Event()

    def hold() -> None:
        with store.lock("key"):
            held.set()
            go_on.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    child = multiprocessing.get_context("fork").Process(target=end_child.wait, args=(60,))
    child.start()
    go_on.set()
    holder.join()
    try:
        with store.lock("key") as fence:  # would wait for the child to end
            token = Token(access="a", refresh="r", expires_at=1.0, lifetime=1.0, account="demo")
            assert store.save("key", token, fence=fence, replaces=None)
    finally:
        end_child.set()
        child.join(30)


def test_children_of_a_busy_limiter_go_on(tmp_path: Path) -> None:
    """A child that is forked in the middle of questions to the files neither hangs nor holds anybody up."""
    limiter, key = FileLimiter(tmp_path), LimitKey("demo/client", "demo")
    stop = threading.Event()

    def ask(times: int) -> None:
        for _ in range(times):
            limiter.confirm(limiter.acquire(key), SlotOutcome.ANSWERED)

    def busy() -> None:
        while not stop.is_set():
            ask(1)

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        in_children(lambda number: ask(3))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_no_codec_is_imported_at_its_first_use() -> None:
    """Python imports every codec but UTF-8 at its first use; a child forked in that moment waits for ever."""
    sources = Path(amocrm.__file__).parent.rglob("*.py")
    codecs = {
        (source.name, codec)
        for source in sources
        for codec in re.findall(r'encoding="([^"]+)"', source.read_text(encoding="utf-8"))
    }
    assert {codec for _, codec in codecs} == {"utf-8"}, codecs
