"""Processes that upsert one number at the same moment; jobs of ``process_pool``."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from amocrm import AmoCRM, Contact, FileTokenStore, MemoryLimiter, RateLimits, RedisTokenStore
from amocrm.events import ResponseReceived

__all__ = ["SPELLINGS", "client_at", "store_of", "upsert"]

SPELLINGS = [
    "+7 900 123-45-67",
    "8 (900) 123-45-67",
    "8-900-123-45-67",
    "+7(900)1234567",
    "79001234567",
    "9001234567",
]


def store_of(spec: dict[str, Any]) -> Any:
    """The store whose lock is shared, None for programs that share none."""
    if spec.get("redis"):
        return RedisTokenStore(spec["redis"], prefix=spec["name"], lease=1.0)
    return FileTokenStore(spec["folder"]) if spec.get("folder") else None


def client_at(spec: dict[str, Any], **options: Any) -> AmoCRM:
    """A client of the server, without limits."""
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    return AmoCRM("demo", token=spec["token"], base_url=spec["url"], limiter=fast, **options)


def upsert(spec: dict[str, Any], index: int) -> Callable[[], Any]:
    """Upsert the number in a spelling of the process's own; the first one may be killed once it is stored."""

    def killed(event: Any) -> None:
        """End without a word before the answer to the creation is looked at."""
        if isinstance(event, ResponseReceived) and event.op == "create_contacts":
            os.kill(os.getpid(), signal.SIGKILL)

    store = store_of(spec)
    options = {"event_hooks": [killed]} if spec.get("kill") and index == 0 else {}

    def run() -> int:
        with client_at(spec, **options) as crm:
            row = Contact(name="Анна", phone=SPELLINGS[index % len(SPELLINGS)])
            return crm.contacts.upsert(row, key=Contact.phone, sure=True, lock=store).id

    return run
