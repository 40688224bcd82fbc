"""Processes to be killed: a receiver with a worker, and a worker alone. Forked on demand, so that they start fast.

Reads lines of JSON: role, inbox, port, file of effects; answers each with the id of the new process.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys

import redis  # noqa: F401  # loaded here once instead of in every process

from amocrm import WebhookReceiver
from amocrm._io.delivery_server import DeliveryServer
from amocrm._sync.webhooks import worker  # noqa: F401  # as well
from amocrm.webhooks import LeadAdded
from amocrm.webhooks._receiving.inbox_entry import Backoff


def run(role: str, place: str, port: int, effects: str) -> None:
    """Receives and works, or works, until killed."""
    receiver = WebhookReceiver(
        secret="s3cret",
        inbox=place,
        lease=1.0,
        poll_interval=0.02,
        concurrency=4,
        backoff=Backoff(base_delay=0.05, max_delay=0.2),
        on_failure=lambda failure: None,
    )

    @receiver.on(LeadAdded, name="count")
    def count(event: LeadAdded) -> None:
        database = sqlite3.connect(effects, timeout=30)
        database.execute("PRAGMA synchronous = OFF")  # processes die here and the power does not
        with database:
            database.execute("INSERT INTO calls VALUES (?)", (event.lead_id,))
        with database:  # the effect and the note that it was made are one transaction
            database.execute("INSERT OR IGNORE INTO effects VALUES (?, ?)", (event.key, event.lead_id))
        database.close()

    @receiver.on(LeadAdded, name="nothing")
    def nothing(event: LeadAdded) -> None:
        """A second handler, so that marks are written."""

    if role == "worker":
        receiver.run()
    else:
        with DeliveryServer(receiver.accept, port=port):
            receiver.run()


def main() -> None:
    """Forks."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            run(*json.loads(line))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
