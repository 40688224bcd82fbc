"""Clients of Redis for threads. ``_async/_redis.py`` has the same function for coroutines."""

from __future__ import annotations

import inspect
from typing import Any

from amocrm.errors import ConfigurationError

__all__ = ["redis_client"]


def redis_client(given: Any, seconds: float) -> Any:
    """A client of Redis: the one given, or of an address, that answers or fails within so many seconds,
    after one attempt more at most.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or what was given is neither an address nor
            a client of this flavour.
    """
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ConfigurationError("the package redis must be installed, got none; run pip install 'amocrm-orm[redis]'") from None
    if not isinstance(given, str):
        command = getattr(given, "execute_command", None)
        if command is None or inspect.iscoroutinefunction(command):
            raise ConfigurationError(
                f"redis must be an address or a client redis.Redis, got {type(given).__module__}."
                f"{type(given).__name__}; write 'redis://localhost:6379/0'"
            )
        return given
    try:
        return Redis.from_url(
            given,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            # The connection may be an old one to a server that was started again since.
            retry=Retry(NoBackoff(), 1),
            max_connections=10_000,
        )
    except (ValueError, TypeError):
        # Its own words would repeat the address, and with it a password.
        raise ConfigurationError("redis must be an address, got another text; write 'redis://user:password@host:6379/0'") from None
