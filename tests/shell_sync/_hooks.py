"""Routers for tests: an inbox in this process, a clock that the test moves."""
# GENERATED from tests/shell_async/_hooks.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import Any

from amocrm._sync.webhooks.receiver import WebhookReceiver
from amocrm._sync.webhooks.sqlite_inbox import SQLiteInbox
from amocrm.webhooks import Event
from amocrm.webhooks._receiving.inbox_entry import Backoff

from ._support import StoppedClock

WON = b"leads[status][0][id]=17&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=31&leads[status][0][updated_at]=1700000000"


def make_receiver(**options: Any) -> WebhookReceiver:
    """A receiver whose inbox lives in this process and whose waits take no time."""
    options.setdefault("secret", None)
    options.setdefault("inbox", SQLiteInbox(":memory:"))
    options.setdefault("clock", StoppedClock())
    options.setdefault("backoff", Backoff(base_delay=10, attempts=3))
    return WebhookReceiver(**options)


def collector(receiver: WebhookReceiver, *kinds: type[Event[Any]], **options: Any) -> list[Any]:
    """Events that the receiver hands to a handler."""
    seen: list[Any] = []

    @receiver.on(*kinds, name=f"collector {len(receiver._handlers)}", **options)
    def collect(event: Event[Any]) -> None:
        seen.append(event)

    return seen
