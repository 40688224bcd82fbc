"""Clients of Redis for coroutines. ``_sync/_redis.py`` has the same functions for threads."""

from __future__ import annotations

import asyncio
import inspect
import os
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from amocrm.errors import ConfigurationError

__all__ = ["evicting_policy", "is_replicated", "redis_client", "server_settings"]

#: Names of the errors with which a server says that a client may not ask.
_REFUSALS = ("ResponseError", "NoPermissionError")

#: Clients of a parent process. They are kept, since closing them would touch the parent's event loop.
_abandoned: list[object] = []


def redis_client(redis: Any, seconds: float) -> Any:
    """Return the given client of Redis, or a new one for an address.

    A new one answers or fails within ``seconds`` and tries at most once more.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or what was given is neither an address nor
            a client of this variant.
    """
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError as RedisConnectionError
    except ImportError:
        raise ConfigurationError(
            "the package redis must be installed, got none; run pip install 'amocrm-orm[redis]'"
        ) from None
    if not isinstance(redis, str):
        if not inspect.iscoroutinefunction(getattr(redis, "execute_command", None)):
            raise ConfigurationError(
                f"redis must be an address or a client redis.asyncio.Redis, got {type(redis).__module__}."
                f"{type(redis).__name__}; write 'redis://localhost:6379/0'"
            )
        return redis
    try:
        return _LoopClient(
            partial(
                Redis.from_url,
                redis,
                socket_timeout=seconds,
                socket_connect_timeout=seconds,
                # The connection may be an old one to a server that was started again since.
                retry=Retry(NoBackoff(), 1),
                retry_on_error=[RedisConnectionError],  # up to version 5 none is taken for granted
                max_connections=10_000,
            )
        )
    except (ValueError, TypeError):
        # Its own words would repeat the address, and with it a password.
        raise ConfigurationError(
            "redis must be an address with a scheme, got another text; write for example 'redis://user:password@host:6379/0'"
        ) from None


class _LoopClient:
    """Client of Redis that starts anew in another event loop or process, whose connections are not its own.

    Args:
        make: makes a client; it opens no connection.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client = make()  # refuses an address that is none
        self._home: tuple[int, asyncio.AbstractEventLoop | None] = (os.getpid(), None)

    def register_script(self, text: str) -> Any:
        """Return a script that runs on the current client."""
        from redis.commands.core import AsyncScript

        return AsyncScript(self, text)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)

    def _current(self) -> Any:
        try:
            home = os.getpid(), asyncio.get_running_loop()
        except RuntimeError:
            return self._client
        if self._home != home:
            if self._home[0] != home[0]:
                _abandoned.append(self._client)
            with warnings.catch_warnings():
                # The loop that could have closed its connections has ended; they are closed with their objects.
                warnings.simplefilter("ignore", ResourceWarning)
                if self._home[1] is not None or self._home[0] != home[0]:
                    self._client = self._make()
            self._home = home
        return self._client


async def server_settings(client: Any, pattern: str) -> dict[str, str]:
    """Return settings of the server, none if it hides them."""
    try:
        settings = await client.config_get(pattern)
    except Exception as error:
        if type(error).__name__ in _REFUSALS:
            return {}
        raise
    return {_text(name): _text(value) for name, value in settings.items()}


async def evicting_policy(client: Any) -> str:
    """Return the policy by which a full server evicts any data; empty if it evicts none, or hides its settings."""
    settings = await server_settings(client, "maxmemory*")
    policy = settings.get("maxmemory-policy", "")
    return policy if policy.startswith("allkeys-") and settings.get("maxmemory") != "0" else ""


async def is_replicated(client: Any, seconds: float) -> bool:
    """Wait until a replica has what was written; return False if there are replicas and none has it in time."""
    try:
        if not (await client.info("replication")).get("connected_slaves"):
            return True
        return bool(await client.wait(1, round(seconds * 1000)))
    except Exception as error:
        if type(error).__name__ in _REFUSALS:
            return True
        raise


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
