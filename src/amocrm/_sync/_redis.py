"""Clients of Redis for threads. ``_async/_redis.py`` has the same functions for coroutines."""

from __future__ import annotations

import inspect
from typing import Any

from amocrm.errors import ConfigurationError

__all__ = ["evicting_policy", "is_replicated", "redis_client", "server_settings"]

#: Names of the errors with which a server says that a client may not ask.
_REFUSALS = ("ResponseError", "NoPermissionError")


def redis_client(redis: Any, seconds: float) -> Any:
    """A client of Redis: the one given, or of an address, that answers or fails within so many seconds,
    after one attempt more at most.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or what was given is neither an address nor
            a client of this flavour.
    """
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError as RedisConnectionError
        from redis.retry import Retry
    except ImportError:
        raise ConfigurationError("the package redis must be installed, got none; run pip install 'amocrm-orm[redis]'") from None
    if not isinstance(redis, str):
        command = getattr(redis, "execute_command", None)
        if command is None or inspect.iscoroutinefunction(command):
            raise ConfigurationError(
                f"redis must be an address or a client redis.Redis, got {type(redis).__module__}."
                f"{type(redis).__name__}; write 'redis://localhost:6379/0'"
            )
        return redis
    try:
        return Redis.from_url(
            redis,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            # The connection may be an old one to a server that was started again since.
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[RedisConnectionError],  # up to version 5 none is taken for granted
            max_connections=10_000,
        )
    except (ValueError, TypeError):
        # Its own words would repeat the address, and with it a password.
        raise ConfigurationError("redis must be an address with a scheme, got another text; write for example 'redis://user:password@host:6379/0'") from None


def server_settings(client: Any, pattern: str) -> dict[str, str]:
    """Return settings of the server, none if it hides them."""
    try:
        settings = client.config_get(pattern)
    except Exception as error:
        if type(error).__name__ in _REFUSALS:
            return {}
        raise
    return {_text(name): _text(value) for name, value in settings.items()}


def evicting_policy(client: Any) -> str:
    """Return the policy by which a full server evicts any data; empty if it evicts none, or hides its settings."""
    settings = server_settings(client, "maxmemory*")
    policy = settings.get("maxmemory-policy", "")
    return policy if policy.startswith("allkeys-") and settings.get("maxmemory") != "0" else ""


def is_replicated(client: Any, seconds: float) -> bool:
    """Wait until a replica has what was written; return False if there are replicas and none has it in time."""
    try:
        if not (client.info("replication")).get("connected_slaves"):
            return True
        return bool(client.wait(1, round(seconds * 1000)))
    except Exception as error:
        if type(error).__name__ in _REFUSALS:
            return True
        raise


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
