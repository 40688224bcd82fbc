"""Processes and tasks that refresh a token, and may be stopped at a chosen step of it.

A step is every call of the store, of the disk or of Redis below it, and every event of the HTTP connection
to the token endpoint: before it and after it. They are counted, and at a planned number the process kills
itself (``SIGKILL``) or the task is cancelled.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import httpx
import redis
import redis.asyncio

from amocrm import (
    AmoCRM,
    AsyncAmoCRM,
    AsyncFileTokenStore,
    AsyncMemoryLimiter,
    AsyncRedisTokenStore,
    FileTokenStore,
    MemoryLimiter,
    OAuth,
    RateLimits,
    RedisTokenStore,
)
from amocrm._core.auth.token import Token, fingerprint
from amocrm._io.durable_files import Disk
from amocrm._io.durable_files import Disk as AsyncDisk
from amocrm.errors import AmoCRMError
from amocrm_gen.api.account import get_account

__all__ = ["Steps", "cancelled_at", "kill", "many", "put", "taken_up"]

#: everything is on loopback without TLS, so that nobody has to load certificates
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_FREE = RateLimits(per_key=100_000, per_account=100_000)
#: seconds; short, because the next process waits for the lock of a dead one
_LEASE = 0.4
#: processes die here and the power does not, so that nobody has to wait for the disk
_UNSYNCED = "PRAGMA synchronous=OFF"


class Steps:
    """Counts the steps of one refresh and strikes at one of them."""

    def __init__(self, at: int, strike: Callable[[], object]) -> None:
        self.names: list[str] = []
        self._at, self._strike = at, strike

    def __call__(self, name: str) -> None:
        """One more step."""
        self.names.append(name)
        if len(self.names) - 1 == self._at:
            self._strike()

    def around(self, what: str, call: Callable[[], Any]) -> Any:
        """A call with a step before it and one after it."""
        self(f"before {what}")
        result = call()
        self(f"after {what}")
        return result


def _stepping_disk(base: type[Any], steps: Steps) -> Any:
    """A disk each of whose calls is two steps."""

    class Stepping(base):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            if name.startswith("_"):
                return found
            return lambda *args: steps.around(f"disk.{name}", partial(found, *args))

    return Stepping()


def _stepping_redis(url: str, steps: Steps) -> redis.Redis:
    class Stepping(redis.Redis):
        def execute_command(self, *args: Any, **options: Any) -> Any:
            return steps.around(f"redis.{args[0]}", partial(super().execute_command, *args, **options))

    return Stepping.from_url(url)


def _stepping_async_redis(url: str, steps: Steps) -> redis.asyncio.Redis:
    class Stepping(redis.asyncio.Redis):
        async def execute_command(self, *args: Any, **options: Any) -> Any:
            steps(f"before redis.{args[0]}")
            result = await super().execute_command(*args, **options)
            steps(f"after redis.{args[0]}")
            return result

    return Stepping.from_url(url)


class _Store:
    """A store each of whose calls is two steps; sync."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def load(self, key: str) -> Any:
        return self._steps.around("load", partial(self._inner.load, key))

    def save(self, key: str, token: Token, **how: Any) -> Any:
        what = "save of the intent" if token.intent else "save of the pair"
        return self._steps.around(what, partial(self._inner.save, key, token, **how))

    @contextmanager
    def lock(self, key: str) -> Iterator[int]:
        self._steps("before lock")
        with self._inner.lock(key) as fence:
            self._steps("after lock")
            yield fence
            self._steps("before unlock")
        self._steps("after unlock")


class _AsyncStore:
    """The same for tasks."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    async def load(self, key: str) -> Any:
        self._steps("before load")
        token = await self._inner.load(key)
        self._steps("after load")
        return token

    async def save(self, key: str, token: Token, **how: Any) -> Any:
        what = "save of the intent" if token.intent else "save of the pair"
        self._steps(f"before {what}")
        stored = await self._inner.save(key, token, **how)
        self._steps(f"after {what}")
        return stored

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[int]:
        self._steps("before lock")
        async with self._inner.lock(key) as fence:
            self._steps("after lock")
            yield fence
            self._steps("before unlock")
        self._steps("after unlock")


class _Traced(httpx.HTTPTransport):
    """Every event of a connection to the token endpoint is a step."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(verify=_NO_TLS)
        self._steps = steps

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "oauth2" in request.url.path:
            request.extensions["trace"] = lambda name, info: self._steps(name)
        return super().handle_request(request)


class _AsyncTraced(httpx.AsyncHTTPTransport):
    def __init__(self, steps: Steps) -> None:
        super().__init__(verify=_NO_TLS)
        self._steps = steps

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "oauth2" in request.url.path:

            async def trace(name: str, info: Any) -> None:
                self._steps(name)

            request.extensions["trace"] = trace
        return await super().handle_async_request(request)


def _store(spec: dict[str, Any], place: str) -> Any:
    if spec["store"] in ("sqlalchemy", "django"):
        return database_store(spec["store"], place, _LEASE)
    if spec["store"] == "redis":
        return RedisTokenStore(spec["redis"], prefix=place, lease=_LEASE)
    return FileTokenStore(place)


def _close(store: Any) -> None:
    """Close the connections of a store, which pools and Django keep open."""
    if isinstance(store, RedisTokenStore):
        store.close()
    elif hasattr(store, "_engine"):
        store._engine.dispose()
    elif hasattr(store, "_using"):
        from django.db import connections

        connections[store._using].close()


def database_store(kind: str, place: str, lease: float) -> Any:
    """A store of the recipes, on a SQLite file of its own."""
    if kind == "sqlalchemy":
        from sqlalchemy import create_engine, event

        from examples.stores.sqlalchemy_store import SQLAlchemyTokenStore

        engine = create_engine(f"sqlite:///{place}.db")
        event.listen(engine, "connect", lambda connection, _: connection.execute(_UNSYNCED))
        made = SQLAlchemyTokenStore(engine, lease=lease, poll_interval=0.02)
        made.create_table()
        return made
    import django
    from django.conf import settings
    from django.db import connections

    if not settings.configured:
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        )
        django.setup()
    from examples.stores.django_store import AmoCRMToken, DjangoTokenStore

    alias = place
    if alias not in connections.settings:
        file = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{place}.db",
            "OPTIONS": {"timeout": 30, "init_command": _UNSYNCED},
        }
        connections.settings[alias] = connections.configure_settings({"default": {}, alias: file})[alias]
    if AmoCRMToken._meta.db_table not in connections[alias].introspection.table_names():
        with connections[alias].schema_editor() as schema:
            schema.create_model(AmoCRMToken)
    return DjangoTokenStore(alias, lease=lease, poll_interval=0.02)


def put(spec: dict[str, Any], place: str, pair: dict[str, Any]) -> None:
    """Stores a pair whose access token is over."""
    token = Token(
        access=pair["access_token"],
        refresh=pair["refresh_token"],
        expires_at=time.time() - 1.0,
        lifetime=86_400.0,
        account="demo.amocrm.ru",
    )
    store, key = _store(spec, place), f"demo.amocrm.ru/{spec['oauth'][0]}"
    with store.lock(key) as fence:
        store.save(key, token, fence=fence, replaces=None)
    _close(store)


def stored(spec: dict[str, Any], place: str) -> str:
    """Fingerprint of the refresh token in a store."""
    store = _store(spec, place)
    token = store.load(f"demo.amocrm.ru/{spec['oauth'][0]}")
    _close(store)
    assert token is not None
    return fingerprint(token.refresh)


def _suicide() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill(spec: dict[str, Any], index: int) -> Callable[[], dict[str, Any]]:
    """A process that makes one request with a token that is over, and dies at step ``spec["at"][index]``."""
    steps, place = Steps(spec["at"][index], _suicide), spec["places"][index]
    if spec["store"] == "redis":
        inner: Any = RedisTokenStore(_stepping_redis(spec["redis"], steps), prefix=place, lease=_LEASE)
    elif spec["store"] == "file":
        inner = FileTokenStore(place, disk=_stepping_disk(Disk, steps))
    else:
        inner = _store(spec, place)

    def run() -> dict[str, Any]:
        with _Traced(steps) as traced:
            return {"outcome": _ask(spec, _Store(inner, steps), traced), "steps": steps.names}

    return run


def taken_up(spec: dict[str, Any], index: int) -> Callable[[], list[str]]:
    """A process that comes after the dead ones: what each of its requests ends in."""

    def one(place: str) -> str:
        store = _store(spec, place)
        outcome = _ask(spec, store, None)
        _close(store)
        return outcome

    return lambda: [one(place) for place in spec["places"][index :: spec["processes"]]]


def _ask(spec: dict[str, Any], store: Any, transport: Any) -> str:
    limiter, oauth = MemoryLimiter(_FREE), OAuth(*spec["oauth"])
    with AmoCRM(
        "demo",
        oauth=oauth,
        store=store,
        base_url=spec["url"],
        limiter=limiter,
        http_transport=transport,
        verify=_NO_TLS,
    ) as crm:
        try:
            get_account.sync(client=crm)
        except AmoCRMError as error:
            return type(error).__name__
    return "ok"


def many(spec: dict[str, Any], index: int) -> Callable[[], list[str]]:
    """A process with some tasks on a token that others share; what their requests end in."""
    return lambda: asyncio.run(_many(spec))


async def _many(spec: dict[str, Any]) -> list[str]:
    place = spec["places"][0]
    shared = AsyncRedisTokenStore(spec["redis"], prefix=place) if spec["store"] == "redis" else None
    store: Any = shared or AsyncFileTokenStore(place)
    if spec["store"] in ("sqlalchemy", "django"):
        from examples.stores.in_threads import InThreads

        store = InThreads(await asyncio.to_thread(database_store, spec["store"], place, 30.0))
    async with AsyncAmoCRM(
        "demo",
        oauth=OAuth(*spec["oauth"]),
        store=store,
        base_url=spec["url"],
        limiter=AsyncMemoryLimiter(_FREE),
        verify=_NO_TLS,
    ) as crm:

        async def one() -> str:
            try:
                await get_account.asyncio(client=crm)
            except AmoCRMError as error:
                return f"{type(error).__name__}: {error}"
            return "ok"

        outcomes = await asyncio.gather(*[one() for _ in range(spec["tasks"])])
    if shared is not None:
        await shared.close()
    return list(outcomes)


async def cancelled_at(spec: dict[str, Any], place: str, at: int) -> tuple[str, list[str]]:
    """A task that makes one request with a token that is over, cancelled at a step; its end and its steps."""
    loop, tasks = asyncio.get_running_loop(), list[asyncio.Task[Any]]()
    # Some steps are on threads of the disk.
    steps = Steps(at, lambda: loop.call_soon_threadsafe(tasks[0].cancel))
    client = _stepping_async_redis(spec["redis"], steps) if spec["store"] == "redis" else None
    inner: Any
    if client is not None:
        inner = AsyncRedisTokenStore(client, prefix=place, lease=_LEASE)
    else:
        inner = AsyncFileTokenStore(place, disk=_stepping_disk(AsyncDisk, steps))
    transport = _AsyncTraced(steps)
    async with AsyncAmoCRM(
        "demo",
        oauth=OAuth(*spec["oauth"]),
        store=_AsyncStore(inner, steps),
        base_url=spec["url"],
        limiter=AsyncMemoryLimiter(_FREE),
        http_transport=transport,
    ) as crm:
        tasks.append(asyncio.ensure_future(get_account.asyncio(client=crm)))
        try:
            await tasks[0]
            end = "ok"
        except asyncio.CancelledError:
            end = "cancelled"
        except AmoCRMError as error:
            end = type(error).__name__
    await transport.aclose()
    if client is not None:
        await client.aclose()
    return end, steps.names
