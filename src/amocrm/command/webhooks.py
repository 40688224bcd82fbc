"""``amocrm webhooks``: list an inbox, replay or drop deliveries, run a worker.

The inbox is a file or ``redis://...#name``; without ``--inbox`` it is ``$AMOCRM_WEBHOOKS_INBOX`` or
``amocrm-webhooks.sqlite3`` in the current folder.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from .._sync.webhooks.inbox import Inbox
from .._sync.webhooks.receiver import WebhookReceiver
from .._sync.webhooks.redis_inbox import RedisInbox
from .._sync.webhooks.sqlite_inbox import SQLiteInbox
from ..errors import ConfigurationError
from ..webhooks._parsing.parse import parse_delivery
from ..webhooks._receiving.inbox_entry import InboxEntry, State
from ..webhooks.errors import InboxError, WebhookError

__all__ = ["main"]

_DEFAULT = "amocrm-webhooks.sqlite3"
_REDIS = ("redis://", "rediss://", "unix://")


class _Refused(Exception):
    """Error of a command, with a message for the terminal."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="amocrm webhooks", description="Inspect accepted deliveries, replay or drop them, run a worker."
    )
    inbox = argparse.ArgumentParser(add_help=False)
    inbox.add_argument(
        "--inbox",
        default=os.environ.get("AMOCRM_WEBHOOKS_INBOX", _DEFAULT),
        help="file, or redis://host:port/0#name (default: %(default)s)",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", parents=[inbox], help="list deliveries, the oldest first")
    listing.add_argument("--state", choices=get_args(State), help="only deliveries in this state")
    listing.add_argument(
        "--limit", type=int, default=50, metavar="N", help="at most N deliveries (default: %(default)s)"
    )
    listing.add_argument("--json", action="store_true", help="one JSON object a line, bodies included")
    replay = commands.add_parser(
        "replay",
        parents=[inbox],
        help="make dead or handled deliveries ready again, and waiting ones due now",
    )
    drop = commands.add_parser("drop", parents=[inbox], help="remove deliveries for good")
    for command in (replay, drop):
        command.add_argument("ids", nargs="*", metavar="ID", help="id as `list` prints it")
        command.add_argument("--dead", action="store_true", help="all dead deliveries")
    work = commands.add_parser("work", help="run a worker until Ctrl+C or SIGTERM")
    work.add_argument(
        "receiver",
        metavar="MODULE:NAME",
        help="variable with your WebhookReceiver, such as myapp.webhooks:receiver",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code.

    Args:
        arguments: arguments after ``amocrm webhooks``.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.command == "work":
            return _work(options.receiver)
        with _inbox(options.inbox) as inbox:
            if options.command == "list":
                return _list(inbox, options)
            return _decide(inbox, options)
    except (_Refused, InboxError, ConfigurationError) as refused:
        print(refused, file=sys.stderr)
        return 2


@contextmanager
def _inbox(place: str) -> Iterator[Inbox]:
    if place.startswith(_REDIS):
        inbox: Inbox = RedisInbox(place)
    elif Path(place).is_file():
        inbox = SQLiteInbox(place, lock_timeout=30)
    else:
        raise _Refused(
            f"--inbox must be an existing file or a Redis address, got {place!r}; write --inbox with the path of your inbox, or set AMOCRM_WEBHOOKS_INBOX"
        )
    try:
        yield inbox
    finally:
        inbox.close()


def _list(inbox: Inbox, options: argparse.Namespace) -> int:
    for entry in inbox.entries(options.state, limit=options.limit):
        print(json.dumps(_as_json(entry), ensure_ascii=False) if options.json else _as_line(entry))
    if not options.json:
        print(", ".join(f"{count} {state}" for state, count in inbox.counts().items()))
    return 0


def _decide(inbox: Inbox, options: argparse.Namespace) -> int:
    if options.dead == bool(options.ids):
        raise _Refused(
            f"{options.command} needs either ids or --dead; write `amocrm webhooks {options.command} ID` with an id "
            f"of `amocrm webhooks list`, or `amocrm webhooks {options.command} --dead`"
        )
    ids = None if options.dead else list(dict.fromkeys(options.ids))
    count = inbox.replay(ids, now=time.time()) if options.command == "replay" else inbox.drop(ids)
    result = "ready again" if options.command == "replay" else "dropped"
    print(f"{count} {'delivery' if count == 1 else 'deliveries'} {result}")
    if ids is None or count == len(ids):
        return 0
    print(
        f"{len(ids) - count} of {len(ids)} ids had no effect: unknown, in progress, or due already",
        file=sys.stderr,
    )
    return 1


def _work(place: str) -> int:
    module, _, name = place.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        receiver: Any = getattr(import_module(module), name or "receiver")
    except (ImportError, AttributeError, ValueError) as error:
        raise _Refused(
            f"MODULE:NAME must be importable from the current folder, got {place} ({error})"
        ) from error
    if not isinstance(receiver, WebhookReceiver):
        raise _Refused(
            f"MODULE:NAME must be an amocrm.WebhookReceiver, got {place} of type {type(receiver).__name__}; run an AsyncWebhookReceiver in "
            "your event loop: `async with receiver.running(): ...`"
        )
    receiver.inbox.counts()  # an inbox that cannot be used fails now and not in the log

    def end(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # the second signal ends a handler that hangs
        receiver.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    print(f"working on {receiver.inbox!r}; stop with Ctrl+C", flush=True)
    receiver.run()
    receiver.close()
    return 0


def _events(entry: InboxEntry) -> str:
    try:
        return ", ".join(map(repr, parse_delivery(entry.delivery))) or "no events"
    except WebhookError as error:
        return f"unreadable: {error}"


def _when(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _as_line(entry: InboxEntry) -> str:
    parts = [
        f"{entry.id:>6}",
        f"{entry.state:<5}",
        f"{_when(entry.received_at)} UTC",
        f"{entry.attempts} attempt{'' if entry.attempts == 1 else 's'}",
    ]
    return "  ".join([*parts, _events(entry), *([entry.error] if entry.error else [])])


def _as_json(entry: InboxEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "state": entry.state,
        "attempts": entry.attempts,
        "received_at": entry.received_at,
        "due": entry.due,
        "error": entry.error,
        "key": entry.delivery.key,
        "headers": dict(entry.delivery.headers),
        "query": entry.delivery.query,
        "body": entry.delivery.body.decode("utf-8", "backslashreplace"),
    }
