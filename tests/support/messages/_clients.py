"""Clients of an invented server, for messages about what servers answer."""

from __future__ import annotations

from typing import Any

import httpx

from amocrm import AmoCRM, MemoryLimiter, RateLimits, RetryPolicy

__all__ = ["answering", "client"]


def client(transport: Any = None, **options: Any) -> AmoCRM:
    """Return a client that sends nothing to a real server and tries once."""
    settings: dict[str, Any] = {
        "token": "x" * 20,
        "http_transport": transport or httpx.MockTransport(lambda request: httpx.Response(204)),
        "limiter": MemoryLimiter(RateLimits(per_key=1000, per_account=1000)),
        "retry": RetryPolicy(attempts=1),
        "max_prefetch": 0,
    }
    return AmoCRM("mycompany", **{**settings, **options})


def answering(status: int, json: Any = None, **answer: Any) -> AmoCRM:
    """Return a client whose server answers every request alike."""
    given = {"json": json} if json is not None else {}
    return client(httpx.MockTransport(lambda request: httpx.Response(status, **given, **answer)))
