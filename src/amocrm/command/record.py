"""``amocrm record``: records what a program and an account say to one another, without personal data.

The command listens on this machine and passes everything on. Point your program at the address that it prints
(AMOCRM_BASE_URL), with the account and the token that it has anyway, and end the command with Ctrl+C. Tokens, names,
phones, mails and texts are replaced by invented ones, the same one for the same value. The sandbox replays the file:
``amocrm sandbox --cassette FILE``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..errors import AmoCRMError, ConfigurationError

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Record until a signal; the exit code is 2 where no account is named or the port is taken."""
    parser = argparse.ArgumentParser(prog="amocrm record", description=__doc__)
    parser.add_argument("cassette", type=Path, help="file to write")
    parser.add_argument("--account", default=os.environ.get("AMOCRM_ACCOUNT"), help="or AMOCRM_ACCOUNT")
    parser.add_argument("--base-url", help="a local server in the account's place, for trials")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on, 0 for a free one (default: 0)"
    )
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        _record(options, stop)
    except (AmoCRMError, OSError) as error:
        print(f"amocrm record: {error}", file=sys.stderr)
        return 2
    return 0


def _record(options: argparse.Namespace, stop: threading.Event) -> None:
    import httpx

    from amocrm_gen import openapi

    from .._core.http.hosts import parse_account
    from .recording.proxy import Recorder
    from .recording.replacement import Replacement, words_of

    if not options.account:
        raise ConfigurationError(
            "an account must be given, got none; set AMOCRM_ACCOUNT or write --account mycompany"
        )
    hosts = parse_account(options.account, options.base_url)
    invented = {hosts.name: f"example.{hosts.family.domain}", hosts.name.partition(".")[0]: "example"}
    replacement = Replacement(words_of(openapi()), invented)
    with httpx.Client(timeout=120, follow_redirects=False) as http:
        recorder = Recorder(hosts, http, replacement)
        with recorder.server(options.port) as server:
            recorder.address = server.url
            print(f"recording {hosts.name}: AMOCRM_BASE_URL={server.url}\nstop with Ctrl+C", flush=True)
            stop.wait()
    cassette = {"cassette": "amocrm record", "format": 1, "interactions": recorder.interactions}
    options.cassette.write_bytes(msgspec.json.format(msgspec.json.encode(cassette), indent=1) + b"\n")
    print(f"{options.cassette}: {len(recorder.interactions)} requests; read it before you share it")
