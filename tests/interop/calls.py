"""Clients written by others over all that they offer: every call is counted, every failure is ours or explained.

    python -m tests.interop.calls --folder ~/.cache/interop [--at php=FOLDER] [--write docs/interop.md] [client ...]

Each client has a driver in `clients/drive_*`, which creates, reads, lists, changes as read, links and deletes with
every method of the client that has a place in the API. The vendor's PHP library also runs its own examples.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from amocrm_sandbox import SandboxServer
from amocrm_sandbox.http.certificate import Certificate, local_certificate

from .driver_account import make_account
from .environments import DRIVERS, SCRIPTS, Client, Missing, install
from .page import replace_part
from .php_examples import run_examples
from .tally import Call, Tally, lines

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]


def drive(
    client: Client, folder: Path, certificate: Certificate, at: Path | None, strict: bool = True
) -> Tally:
    """Run a driver; it prints one JSON object a line.

    Args:
        client: The client.
        folder: Where environments are kept.
        certificate: Certificate of the sandbox.
        at: Folder in which the client lies already.
        strict: Which reading the sandbox follows where evidence is thin.

    Raises:
        Missing: The client cannot be run here.
    """
    command, environment = install(client, folder, at)
    sandbox, job = make_account(strict)
    ca_file = str(certificate.ca_file)
    with SandboxServer(sandbox, certificate=certificate) as server:
        assert server.tls_url is not None
        environment |= {
            "HTTPS_PROXY": server.url,
            "https_proxy": server.url,
            "SSL_CERT_FILE": ca_file,
            "NODE_EXTRA_CA_CERTS": ca_file,
            "SANDBOX_TLS": server.tls_url.removeprefix("https://"),
        }
        if client.path.suffix == ".php":
            command += ["-d", f"curl.cainfo={ca_file}"]
        if client.is_node:
            # A proxy of the environment is for those who cannot be pointed.
            command += ["--require", str(SCRIPTS / "point.cjs")]
            del environment["HTTPS_PROXY"], environment["https_proxy"]
        clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(
            [*command, str(client.path)],
            input=json.dumps({**job, "url": server.url}),
            env=clean | environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        printed = [line for line in done.stdout.splitlines() if line.startswith('{"call"')]
        calls = [Call(**{"said": "", **json.loads(line)}) for line in printed]
        if done.returncode or not calls:
            said = (done.stderr or done.stdout).strip()
            calls.append(Call("the driver itself", False, said[-2000:]))
        answered: dict[str, bool] = {}
        for entry in sandbox.journal.find():
            if entry.operation in sandbox.description.operations:
                answered[entry.operation] = answered.get(entry.operation, False) or entry.status < 400
    return Tally(client.package, client.version, calls, answered)


def _examples(folder: Path, certificate: Certificate, at: Path | None) -> Tally:
    client = DRIVERS["php"]
    install(client, folder, at)
    calls = list(run_examples(at or folder / client.name, folder, certificate))
    return Tally(f"{client.package}, its examples", client.version, calls, {})


def _show(name: str, tally: Tally) -> int:
    """Print what came of a client and return the number of failures that are ours."""
    print(f"{name:20} {', '.join(f'{count} {word}' for word, count in tally.figures(name).items())}")
    ours = tally.ours(name)
    for call in ours:
        print(f"    {call.call}: {call.said}")
    return len(ours)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the clients that are named, or all of them; the status is 1 when a failure is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.calls", description=__doc__)
    parser.add_argument("clients", nargs="*", help=f"which: {', '.join(DRIVERS)} (default: all)")
    parser.add_argument(
        "--folder", type=Path, required=True, help="where environments are kept, outside the repository"
    )
    parser.add_argument(
        "--at", action="append", default=[], metavar="CLIENT=FOLDER", help="a client that lies there already"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="renew the generated part of a page")
    args = parser.parse_args(None if arguments is None else list(arguments))
    folder = args.folder.expanduser().resolve()
    if folder.is_relative_to(ROOT):
        parser.error("--folder must lie outside the repository")
    folder.mkdir(parents=True, exist_ok=True)
    places = {name: Path(place).expanduser() for name, _, place in (each.partition("=") for each in args.at)}
    certificate = local_certificate(folder / "certificate")
    tallies: dict[str, Tally] = {}
    ours = 0
    for name in args.clients or DRIVERS:
        try:
            tallies[name] = drive(DRIVERS[name], folder, certificate, places.get(name))
            if tallies[name].ours(name):
                other = drive(DRIVERS[name], folder, certificate, places.get(name), strict=False)
                tallies[name] = tallies[name].beside(other)
            ours += _show(name, tallies[name])
            if name == "php":
                tallies["php-examples"] = _examples(folder, certificate, places.get(name))
                ours += _show("php-examples", tallies["php-examples"])
        except Missing as missing:
            print(f"{name:20} skipped: {missing}", flush=True)
    if args.write:
        replace_part(args.write, "tests.interop.calls", lines(tallies))
    return int(ours > 0)


if __name__ == "__main__":
    raise SystemExit(main())
