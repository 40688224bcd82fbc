"""``amocrm webhooks``: look into an inbox, decide about dead deliveries, run a worker.

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
from .._sync.webhooks.receiver import Hooks
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
    """What cannot be done, as a sentence for the terminal."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="amocrm webhooks", description="Accepted deliveries and what becomes of them."
    )
    inbox = argparse.ArgumentParser(add_help=False)
    inbox.add_argument(
        "--inbox",
        default=os.environ.get("AMOCRM_WEBHOOKS_INBOX", _DEFAULT),
        help="file, or redis://host:port/0#name (default: %(default)s)",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", parents=[inbox], help="what is there, the oldest first")
    listing.add_argument("--state", choices=get_args(State), help="only these")
    listing.add_argument(
        "--limit", type=int, default=50, metavar="N", help="at most so many (default: %(default)s)"
    )
    listing.add_argument("--json", action="store_true", help="one JSON object a line, bodies included")
    replay = commands.add_parser(
        "replay",
        parents=[inbox],
        help="make dead or handled deliveries ready again, try waiting ones at once",
    )
    drop = commands.add_parser("drop", parents=[inbox], help="remove deliveries for good")
    for command in (replay, drop):
        command.add_argument("ids", nargs="*", metavar="ID", help="as `list` shows them")
        command.add_argument("--dead", action="store_true", help="all dead ones")
    work = commands.add_parser("work", help="run a worker until it is told to stop")
    work.add_argument(
        "hooks", metavar="MODULE:NAME", help="where the program keeps its Hooks, such as myapp.hooks:hooks"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code.

    Args:
        arguments: the words after ``amocrm webhooks``.
    """
    given = _parser().parse_args(arguments)
    try:
        if given.command == "work":
            return _work(given.hooks)
        with _inbox(given.inbox) as inbox:
            if given.command == "list":
                return _list(inbox, given)
            return _decide(inbox, given)
    except (_Refused, InboxError, ConfigurationError) as refused:
        print(refused, file=sys.stderr)
        return 2


@contextmanager
def _inbox(named: str) -> Iterator[Inbox]:
    if named.startswith(_REDIS):
        inbox: Inbox = RedisInbox(named)
    elif Path(named).is_file():
        inbox = SQLiteInbox(named, patience=30)
    else:
        raise _Refused(f"there is no inbox {named!r}; name it with --inbox or AMOCRM_WEBHOOKS_INBOX")
    try:
        yield inbox
    finally:
        inbox.close()


def _list(inbox: Inbox, given: argparse.Namespace) -> int:
    for entry in inbox.entries(given.state, limit=given.limit):
        print(json.dumps(_as_json(entry), ensure_ascii=False) if given.json else _as_line(entry))
    if not given.json:
        print(", ".join(f"{count} {state}" for state, count in inbox.counts().items()))
    return 0


def _decide(inbox: Inbox, given: argparse.Namespace) -> int:
    if given.dead == bool(given.ids):
        raise _Refused(
            f"say which deliveries to {given.command}: ids as `amocrm webhooks list` shows them, or --dead"
        )
    ids = None if given.dead else list(dict.fromkeys(given.ids))
    count = inbox.replay(ids, now=time.time()) if given.command == "replay" else inbox.drop(ids)
    done = "ready again" if given.command == "replay" else "dropped"
    print(f"{count} {done}")
    if ids is None or count == len(ids):
        return 0
    print(
        f"{len(ids) - count} of these ids are not there, are being handled, or are due already",
        file=sys.stderr,
    )
    return 1


def _work(place: str) -> int:
    module, _, name = place.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        hooks: Any = getattr(import_module(module), name or "hooks")
    except (ImportError, AttributeError, ValueError) as error:
        raise _Refused(f"{place} cannot be found: {error}") from error
    if not isinstance(hooks, Hooks):
        raise _Refused(
            f"{place} is no amocrm.Hooks but {type(hooks).__name__}; an AsyncHooks runs where your event loop is: "
            "`async with hooks.running(): ...`"
        )
    hooks.inbox.counts()  # an inbox that cannot be used is told now and not in the log

    def end(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # the second one ends a handler that hangs
        hooks.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    print(f"working on {hooks.inbox!r}; stop with Ctrl+C", flush=True)
    hooks.run()
    hooks.close()
    return 0


def _events(entry: InboxEntry) -> str:
    try:
        return ", ".join(map(repr, parse_delivery(entry.delivery))) or "nothing"
    except WebhookError as error:
        return f"unreadable: {error}"


def _when(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _as_line(entry: InboxEntry) -> str:
    parts = [
        f"{entry.id:>6}",
        f"{entry.state:<5}",
        f"{_when(entry.received_at)} UTC",
        f"{entry.attempts} attempts",
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
