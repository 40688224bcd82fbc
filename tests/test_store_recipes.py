"""The stores of `examples/stores` and our own keep every promise, with real databases and real processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from amocrm import (
    AsyncFileTokenStore,
    AsyncMemoryTokenStore,
    AsyncRedisTokenStore,
    FileTokenStore,
    MemoryTokenStore,
    RedisTokenStore,
)
from amocrm.errors import TokenStoreError
from amocrm.testing import check_async_token_store, check_token_store
from amocrm.tokens import Token
from examples.stores.in_threads import InThreads
from examples.stores.sqlalchemy_store import SQLAlchemyTokenStore
from tests.support.kill_refresh import kills, one_refresh, world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


ENGINES: list[Engine] = []


@pytest.fixture(autouse=True)
def no_database_stays_open() -> Iterator[None]:
    """Close the connections that the pools of a test have kept."""
    yield
    while ENGINES:
        ENGINES.pop().dispose()


def sql_store(place: Path, **options: Any) -> SQLAlchemyTokenStore:
    """A store on a SQLite file."""
    ENGINES.append(create_engine(f"sqlite:///{place}/tokens.db"))
    made = SQLAlchemyTokenStore(ENGINES[-1], poll_interval=0.01, **options)
    made.create_table()
    return made


def in_django(script: str, place: Path) -> str:
    """Runs a script in a process with Django and a store on a SQLite file; what it prints."""
    start = f"from tests.support.refreshing import database_store\nstore = database_store('django', {str(place / 'd')!r}, 300.0)\n"
    command = [sys.executable, "-W", "error", "-c", start + textwrap.dedent(script)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_our_own_stores_keep_the_promises_of_the_protocol(tmp_path: Path, redis_url: str) -> None:
    """Memory, file and Redis keep what the protocol promises."""
    check_token_store(MemoryTokenStore())
    check_token_store(FileTokenStore(tmp_path))
    check_token_store(RedisTokenStore(redis_url, prefix=str(tmp_path)), leased=True)

    async def the_others() -> None:
        await check_async_token_store(AsyncMemoryTokenStore())
        await check_async_token_store(AsyncFileTokenStore(tmp_path))
        redis = AsyncRedisTokenStore(redis_url, prefix=str(tmp_path))
        await check_async_token_store(redis, leased=True)
        await redis.close()

    asyncio.run(the_others())


def test_the_sqlalchemy_store_keeps_the_promises_of_the_protocol(tmp_path: Path) -> None:
    """Lock, conditions and fencing numbers, from threads and from tasks."""
    check_token_store(sql_store(tmp_path), leased=True)
    asyncio.run(check_async_token_store(InThreads(sql_store(tmp_path)), leased=True))


def test_the_django_store_keeps_the_promises_of_the_protocol(tmp_path: Path) -> None:
    """The same through Django's ORM, in a process of its own."""
    script = """
        from amocrm.testing import check_token_store
        check_token_store(store, leased=True)
        print("kept")
    """
    assert in_django(script, tmp_path) == "kept\n"


def test_django_refuses_what_could_be_rolled_back(tmp_path: Path) -> None:
    """Inside a transaction of its own alias a token is not stored: the view around it could take it back."""
    script = """
        from django.db import transaction
        from amocrm.errors import TokenStoreError
        with transaction.atomic(using=store._using):
            try:
                with store.lock("key"):
                    pass
            except TokenStoreError as error:
                print(error)
    """
    assert "rolled back" in in_django(script, tmp_path)


@pytest.mark.parametrize("kind", ["sqlalchemy", "django"])
def test_processes_race_for_one_refresh(kind: str) -> None:
    """Four processes with three tasks each on one token that is over: one refresh, and everybody gets an answer."""
    with world(kind) as on:
        refreshes, outcomes = one_refresh(on, 4, 3)
    assert (refreshes, outcomes) == (1, {"ok": 12})


@pytest.mark.parametrize("kind", ["sqlalchemy", "django"])
def test_a_kill_loses_nothing_unseen(kind: str) -> None:
    """Killed before, during and after the request: the next process waits for the lease, then finds out."""
    with world(kind) as on:
        result = kills(on, 10)
    assert result.wrong == []
    assert result.runs == 10


def test_the_lock_of_the_dead_ends(tmp_path: Path) -> None:
    """Nobody frees the lock of a process that died; its lease does."""
    first, second = sql_store(tmp_path, lease=0.3), sql_store(tmp_path, lock_timeout=5.0)
    held = first.lock("key")
    held.__enter__()
    began = time.monotonic()
    with second.lock("key") as fence:
        assert fence == 2
    assert 0.2 < time.monotonic() - began < 3.0
    with pytest.raises(TokenStoreError, match="too long"), second.lock("key"):
        sql_store(tmp_path, lock_timeout=0.05).lock("key").__enter__()
    held.__exit__(None, None, None)  # frees nothing, and leaves no connection to the collector


def test_an_error_of_the_database_quotes_no_token(tmp_path: Path) -> None:
    """A table that is gone: the error says what failed, and not with which parameters."""
    store = sql_store(tmp_path)
    token = Token(access="hidden", refresh="hidden", expires_at=1.0, lifetime=1.0, account="x")
    with store._engine.begin() as connection:
        connection.execute(text("DROP TABLE amocrm_tokens"))
    with pytest.raises(TokenStoreError, match="OperationalError") as caught:
        store.save("key", token, fence=1, replaces=None)
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


class Careless(MemoryTokenStore):
    """Forgets one promise."""

    def __init__(self, broken: str) -> None:
        super().__init__()
        self.broken = broken

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Perhaps without its condition."""
        return super().save(
            key, token, fence=fence, replaces=None if self.broken == "condition" else replaces
        )

    @contextmanager
    def lock(self, key: str) -> Iterator[int]:
        """Perhaps without a lock."""
        if self.broken == "lock":
            yield 1
        else:
            with super().lock(key) as fence:
                yield fence


@pytest.mark.parametrize(
    ("broken", "leased", "told"),
    [("condition", False, "refuses"), ("lock", False, "one holds"), ("fence", True, "not the newest")],
)
def test_the_check_finds_what_is_broken(broken: str, leased: bool, told: str) -> None:
    """A store without conditions, without a lock or without fencing does not pass."""
    with pytest.raises(AssertionError, match=told):
        check_token_store(Careless(broken), leased=leased)
