"""What the scripts of all clients share: the job that they are given, and how they hand back what came of it.

Runs in the client's own environment, beside the script; the standard library only. The runner gives a job as JSON on
standard input and reads the last line of standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["Job", "chunks", "decode_form", "run"]


@dataclass
class Job:
    """One job.

    Attributes:
        kind: `create`, `sum` or `hook`.
        url: Address of the account, without a trailing slash.
        by_address: Whether `url` is a loopback address; otherwise it is `https://{subdomain}.amocrm.ru`.
        subdomain: The account's name.
        token: A long-lived access token.
        expires_at: When the token expires, Unix seconds.
        client_id, client_secret, redirect_uri: The integration.
        rows: What to create: `name`, `price`, `user_id`, `tags`, `source`, `city`, `contact`, `phone`, `company`.
        fields: Ids of the custom fields of leads by name: `source`, `city`, `checked`.
        field_names: Their names in the account.
        since: Start of the leads to sum up, Unix seconds.
        hook: Body of a webhook, form-encoded as it was posted.
    """

    kind: str
    url: str
    by_address: bool
    subdomain: str
    token: str
    expires_at: int
    client_id: str
    client_secret: str
    redirect_uri: str
    rows: list[dict[str, Any]]
    fields: dict[str, int]
    field_names: dict[str, str]
    since: int
    hook: str


def run(
    create: Callable[[Job], list[int]],
    total: Callable[[Job], dict[str, Any]],
    hook: Callable[[Job], int | None],
) -> None:
    """Do the job on standard input with one of three functions.

    Args:
        create: Creates `job.rows` and returns the ids of the leads.
        total: Returns `leads`, `contacts` (links counted) and `sums` by responsible user.
        hook: Sets the field `checked` of the lead that a webhook names to `yes`, and returns the id of the lead.
    """
    job = Job(**json.load(sys.stdin))
    if job.kind == "create":
        result: dict[str, Any] = {"ids": create(job)}
    elif job.kind == "sum":
        result = total(job)
    else:
        result = {"id": hook(job)}
    print("\n" + json.dumps(result))


def chunks(rows: list[Any], size: int) -> list[list[Any]]:
    """Cut a list into pieces of at most so many."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def decode_form(body: str) -> dict[str, Any]:
    """Decode a form with bracketed keys into nested dictionaries; for clients that leave this to their users."""
    decoded: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        node = decoded
        for key in path:
            node = node.setdefault(key, {})
        node[last] = value
    return decoded
