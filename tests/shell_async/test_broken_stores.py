"""Stores, limiters and inboxes whose place is broken: every method answers, or raises an error of ours."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from amocrm._async.auth.redis_token_store import AsyncRedisTokenStore
from amocrm._async.auth.token_stores import AsyncFileTokenStore
from amocrm._async.limits.file import AsyncFileLimiter
from amocrm._async.limits.redis import AsyncRedisLimiter
from amocrm._async.webhooks.redis_inbox import AsyncRedisInbox
from amocrm._async.webhooks.sqlite_inbox import AsyncSQLiteInbox
from amocrm._core.auth.token import Token
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import SlotOutcome
from amocrm.errors import AmoCRMError
from amocrm.webhooks import Delivery, InboxEntry, InboxError

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]

TOKEN = Token(access="x", refresh="x", expires_at=5.0, lifetime=5.0, account="x")
ENTRY = InboxEntry(id="5", delivery=Delivery(body=b"{}", key="k"), attempts=1)


async def use_store(store: Any) -> None:
    """Every method of a token store."""
    await attempt(lambda: store.load("x"))
    await attempt(lambda: store.save("x", TOKEN, fence=1, replaces=None))
    await attempt(lambda: enter(store))


async def enter(store: Any) -> None:
    """Take the lock and give it back."""
    async with store.lock("x"):
        pass


async def use_limiter(limiter: Any) -> None:
    """Both methods of a limiter."""
    slot = await attempt(lambda: limiter.acquire(LimitKey("a", "b")))
    if slot is not None:
        await attempt(lambda: limiter.confirm(slot, SlotOutcome.ANSWERED))


async def use_inbox(inbox: Any) -> None:
    """Every method of an inbox."""
    await attempt(lambda: inbox.put(ENTRY.delivery, now=1.0))
    await attempt(lambda: inbox.lease(1, now=1.0, seconds=1.0))
    await attempt(lambda: inbox.extend(ENTRY, until=5.0))
    await attempt(lambda: inbox.mark(ENTRY, "x"))
    await attempt(lambda: inbox.finish(ENTRY, now=1.0))
    await attempt(lambda: inbox.retry(ENTRY, due=5.0, error="x"))
    await attempt(lambda: inbox.bury(ENTRY, now=1.0, error="x"))
    await attempt(lambda: inbox.entries())
    await attempt(lambda: inbox.counts())
    await attempt(lambda: inbox.replay(now=1.0))
    await attempt(lambda: inbox.drop(["5"]))
    await attempt(lambda: inbox.purge(before=5.0))
    await attempt(lambda: inbox.close())


async def attempt(call: Callable[[], Any]) -> Any:
    """The result, or ``None`` after an error of ours; every other error fails the test."""
    try:
        return await call()
    except (AmoCRMError, InboxError):
        return None


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow, which is what a full disk does to a writer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


PLACES: dict[str, tuple[Callable[[Path], Any], Callable[[Any], Any]]] = {
    "token store": (AsyncFileTokenStore, use_store),
    "limiter": (AsyncFileLimiter, use_limiter),
    "inbox": (lambda folder: AsyncSQLiteInbox(folder / "inbox.sqlite3"), use_inbox),
}


@pytest.mark.parametrize("what", PLACES)
@pytest.mark.parametrize("how", ["is a file", "holds garbage", "holds folders", "is full", "is full later"])
async def test_a_broken_folder(what: str, how: str, tmp_path: Path) -> None:
    """A file in its place, damaged or odd files in it, and a disk without room."""
    make, use = PLACES[what]
    folder = tmp_path / "place"
    if how == "is a file":
        folder.write_text("x")
    else:
        folder.mkdir()
    if how != "is a file" and how != "is full":
        await use(make(folder))
    for path in list(folder.iterdir()) if folder.is_dir() else ():
        if how == "holds garbage":
            path.write_bytes(b"\xff\x00 no state of ours" * 100)
        elif how == "holds folders":
            path.unlink()
            path.mkdir()
    with full_disk() if how.startswith("is full") else nullcontext():
        await use(make(folder))


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (AsyncRedisTokenStore, use_store),
        (AsyncRedisLimiter, use_limiter),
        (AsyncRedisInbox, use_inbox),
    ],
)
@pytest.mark.parametrize("how", ["nobody", "no Redis"])
async def test_a_broken_redis(make: Any, use: Any, how: str) -> None:
    """Nobody listens there, or something that speaks otherwise."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    if how == "nobody":
        listener.close()
    else:
        threading.Thread(target=answer_in_http, args=(listener,), daemon=True).start()
    await use(make(f"redis://127.0.0.1:{port}/0"))
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def answer_in_http(listener: socket.socket) -> None:
    """Tell whoever connects that this is something else."""
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
