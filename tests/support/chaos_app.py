"""A receiver as a program would write it, for servers whose processes are killed: WSGI and ASGI application and receiver.

``CHAOS_INBOX`` and ``CHAOS_EFFECTS`` name the inbox and the database of effects, ``CHAOS_FLAVOUR`` the receiver.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from amocrm import AsyncWebhookReceiver, WebhookReceiver
from amocrm.webhooks import LeadAdded
from amocrm.webhooks._receiving.inbox_entry import Backoff
from amocrm.webhooks.asgi import asgi_app
from amocrm.webhooks.wsgi import wsgi_app

__all__ = ["count", "receiver", "pair"]

_OPTIONS: dict[str, Any] = {
    "secret": "s3cret",
    "lease": 1.0,
    "poll_interval": 0.05,
    "concurrency": 4,
    "timeout": 10.0,
    "backoff": Backoff(base_delay=0.05, max_delay=0.2, attempts=100),
}


def count(event: LeadAdded) -> None:
    """Make the effect once, and note the call."""
    database = sqlite3.connect(os.environ["CHAOS_EFFECTS"], timeout=30)
    try:
        database.execute("PRAGMA synchronous = OFF")  # processes die here and the power does not
        with database:
            database.execute("INSERT INTO calls VALUES (?)", (event.lead_id,))
        with database:  # the effect and the note that it was made are one transaction
            database.execute("INSERT OR IGNORE INTO effects VALUES (?, ?)", (event.key, event.lead_id))
    finally:
        database.close()


def pair(event: LeadAdded) -> None:
    """Do nothing; a second handler, so that marks are written."""


receiver: Any
if os.environ.get("CHAOS_FLAVOUR") == "async":
    receiver = AsyncWebhookReceiver(inbox=os.environ["CHAOS_INBOX"], **_OPTIONS)
    app: Any = asgi_app(receiver)
elif "CHAOS_INBOX" in os.environ:
    receiver = WebhookReceiver(inbox=os.environ["CHAOS_INBOX"], **_OPTIONS)
    receiver.inbox.counts()  # opened before a server forks, as a health check at start does
    app = wsgi_app(receiver)
if "CHAOS_INBOX" in os.environ:
    receiver.on(LeadAdded, name="count")(count)
    receiver.on(LeadAdded, name="pair")(pair)
