"""Routers for tests: an inbox in this process, a clock that the test moves."""
# GENERATED from tests/shell_async/_hooks.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import Any

from amocrm._sync.webhooks.receiver import Hooks
from amocrm._sync.webhooks.sqlite_inbox import SQLiteInbox
from amocrm.webhooks import Event
from amocrm.webhooks._receiving.inbox_entry import Backoff

from ._support import StoppedClock

WON = b"leads[status][0][id]=17&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=31&leads[status][0][updated_at]=1700000000"


def router(**options: Any) -> Hooks:
    """A router whose inbox lives in this process and whose waits take no time."""
    options.setdefault("secret", None)
    options.setdefault("inbox", SQLiteInbox(":memory:"))
    options.setdefault("clock", StoppedClock())
    options.setdefault("backoff", Backoff(base=10, attempts=3))
    return Hooks(**options)


def collector(hooks: Hooks, *kinds: type[Event[Any]], **options: Any) -> list[Any]:
    """Events that the router hands to a handler."""
    seen: list[Any] = []

    @hooks.on(*kinds, name=f"collector {len(hooks._handlers)}", **options)
    def collect(event: Event[Any]) -> None:
        seen.append(event)

    return seen
