"""What the tests of collections, queries and sessions share: a client of a fresh sandbox."""
# GENERATED from tests/shell_async/crm.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from enum import StrEnum
from typing import Any

from amocrm import Lead, fields
from amocrm._sync.client import AmoCRM
from amocrm._sync.limits.memory import MemoryLimiter
from amocrm._core.limits.limiter import RateLimits
from amocrm_sandbox import Sandbox

from ._support import ManualClock, in_process

__all__ = ["City", "Deal", "bodies", "client_of"]

FAST = RateLimits(per_key=100_000, per_account=100_000)


class City(StrEnum):
    """Options of a declared field."""

    KAZAN = "Казань"
    MOSCOW = "Москва"


class Deal(Lead):
    """A lead with declared fields: by name and by code."""

    city = fields.Select(name="Город", options=City)
    due = fields.Date(name="Срок")
    amount = fields.Numeric(name="Сумма договора", code="AMOUNT")


def client_of(sandbox: Sandbox, **options: Any) -> AmoCRM:
    """A client without limits whose waits take no time."""
    clock = options.pop("clock", None) or ManualClock()
    limiter = MemoryLimiter(FAST, clock=clock)
    return AmoCRM(
        options.pop("name", "demo"),
        token=options.pop("token", sandbox.token),
        http_transport=options.pop("http_transport", None) or in_process(sandbox),
        limiter=limiter,
        clock=clock,
        **options,
    )


def bodies(sandbox: Sandbox, operation: str) -> list[Any]:
    """The bodies of all requests of one operation, in their order."""
    return [entry.json() for entry in sandbox.journal if entry.operation == operation]
