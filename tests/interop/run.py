"""Clients written by others against the sandbox: three jobs each, checked against what the sandbox then holds.

    python -m tests.interop.run --folder ~/.cache/interop [--full] [--write docs/interop.md] [client ...]

Every client runs in an environment and a process of its own. It is sent to the sandbox in two ways: by name, where it
believes that it speaks to `https://demo.amocrm.ru` and the process environment does the rest, and by address.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .account import Account
from .environments import CLIENTS, SCRIPTS, Client, Missing, install
from .hooks import catch_stage_change
from .outcome import JOBS, Outcome
from .page import render

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]


class _Failed(Exception):
    pass


def _play(client: Client, way: str, folder: Path, count: int, limits: bool) -> Outcome:
    command, environment = install(client, folder)
    outcome = Outcome(client, way)
    with Account(folder, count, limits) as account:
        environment |= _way(account, client, way)
        url = account.keys["name_url"] if way == "name" else account.url
        if client.is_node and way == "address":
            url = account.keys["tls_url"]
        if client.is_node and way == "name":
            command = [*command, "--require", str(SCRIPTS / "point.cjs")]

        def do(kind: str, hook: str = "") -> dict[str, Any]:
            job = account.job(kind, url, way == "address", hook)
            account.sent()
            account.control("POST", "reset", {"what": ["limits"]})
            try:
                return _run([*command, str(client.path)], environment, job)
            finally:
                total, sent = account.sent()
                outcome.requests[kind] = total
                if kind == "hook" and sent:
                    outcome.keys = _keys(json.loads(sent[-1]["body"] or "null"))

        for kind, job in zip(JOBS, (_create, _sum, _hook), strict=True):
            try:
                outcome.notes += job(account, do)
            except _Failed as failed:
                outcome.failures[kind] = str(failed)
    return outcome


def _way(account: Account, client: Client, way: str) -> dict[str, str]:
    """Return what a process needs to reach the sandbox; nothing of it is seen by the client's code."""
    ca_file = account.keys["ca_file"]
    if client.is_node:
        return {
            "NODE_EXTRA_CA_CERTS": ca_file,
            "SANDBOX_TLS": account.keys["tls_url"].removeprefix("https://"),
        }
    if way == "address":
        return {}
    return {"HTTPS_PROXY": account.keys["proxy"], "SSL_CERT_FILE": ca_file, "REQUESTS_CA_BUNDLE": ca_file}


def _run(command: list[str], environment: dict[str, str], job: dict[str, Any]) -> dict[str, Any]:
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        command,
        input=json.dumps(job),
        env={**clean, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    if done.returncode:
        raise _Failed("\n".join(done.stderr.strip().splitlines()[-4:]))
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


# ---- the jobs and what must have come of them


def _create(account: Account, do: Any) -> list[str]:
    result = do("create")
    made = {row.pop("id"): row for row in account.created()}
    _expect("ids", sorted(made), sorted(result["ids"]))
    rows = sorted(made.values(), key=lambda row: int(row["name"].split()[-1]))
    _expect("leads", len(account.rows), len(rows))
    for wanted, found in zip(account.rows, rows, strict=True):
        one = {**wanted, "tags": sorted(wanted["tags"])}
        for name in ("contact", "phone", "company"):
            one[name] = [wanted[name]]
        _expect(wanted["name"], one, found)
    return list(result.get("notes", []))


def _sum(account: Account, do: Any) -> list[str]:
    result = do("sum")
    sums: dict[str, int] = {}
    for row in account.rows:
        sums[str(row["user_id"])] = sums.get(str(row["user_id"]), 0) + row["price"]
    count = len(account.rows)
    _expect("sum", {"leads": count, "contacts": count, "sums": sums}, result)
    return list(result.get("notes", []))


def _hook(account: Account, do: Any) -> list[str]:
    id = account.created()[0]["id"]
    body = catch_stage_change(account, id)
    before = account.read(id)
    result = do("hook", body)
    after = account.read(id)
    _expect("lead of the webhook", id, result["id"])
    checked = {
        "field_id": account.fields["checked"],
        "field_name": "Проверено",
        "field_code": None,
        "field_type": "text",
        "values": [{"value": "yes"}],
    }
    wanted = {**before, "custom_fields_values": [*before["custom_fields_values"], checked]}
    for moving in ("updated_at", "updated_by"):
        wanted[moving] = after[moving]
    _expect("lead", wanted, after)
    return list(result.get("notes", []))


def _expect(what: str, wanted: Any, found: Any) -> None:
    if isinstance(wanted, dict) and isinstance(found, dict):
        found = {key: value for key, value in found.items() if key != "notes"}
        apart = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
        if apart:
            shown = "; ".join(
                f"{key}: {found.get(key)!r} instead of {wanted.get(key)!r}" for key in sorted(apart)
            )
            raise _Failed(f"{what}: {shown}")
    elif wanted != found:
        raise _Failed(f"{what}: {found!r} instead of {wanted!r}")


def _keys(body: Any) -> list[str]:
    """Return the keys of an object, or of the first one of a batch, with the lengths of lists."""
    item = body[0] if isinstance(body, list) and body else body
    if not isinstance(item, dict):
        return []
    return [f"{key}[{len(value)}]" if isinstance(value, list) else key for key, value in sorted(item.items())]


# ---- command line


def main() -> int:
    """Run the clients that are named, or all of them; the status is 1 when a job of one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.run", description=__doc__)
    parser.add_argument("clients", nargs="*", help=f"which: {', '.join(CLIENTS)} (default: all)")
    parser.add_argument(
        "--folder", type=Path, required=True, help="where environments are kept, outside the repository"
    )
    parser.add_argument("--way", choices=("name", "address", "both"), default="both")
    parser.add_argument("--count", type=int, default=60, help="leads to create (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="1,000 leads")
    parser.add_argument("--limits", action="store_true", help="limit requests as the vendor does")
    parser.add_argument("--write", type=Path, metavar="FILE", help="renew the generated part of a page")
    args = parser.parse_args()
    folder = args.folder.expanduser().resolve()
    if folder.is_relative_to(ROOT):
        parser.error("--folder must lie outside the repository")
    unknown = set(args.clients) - set(CLIENTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    count = 1000 if args.full else args.count
    outcomes = []
    for name in args.clients or CLIENTS:
        for way in ("name", "address") if args.way == "both" else (args.way,):
            try:
                outcome = _play(CLIENTS[name], way, folder, count, args.limits)
            except Missing as missing:
                print(f"{name:20} skipped: {missing}", flush=True)
                continue
            outcomes.append(outcome)
            print(f"{name:20} by {way:8} {_words(outcome)}", flush=True)
            for kind, failure in outcome.failures.items():
                print(f"    {kind}: {failure}", flush=True)
    if args.write:
        render(args.write, outcomes, count)
    return int(any(outcome.failures for outcome in outcomes))


def _words(outcome: Outcome) -> str:
    parts = [
        f"{kind} {'FAILED' if kind in outcome.failures else f'{outcome.requests.get(kind)} requests'}"
        for kind in JOBS
    ]
    return ", ".join(parts)


if __name__ == "__main__":
    raise SystemExit(main())
