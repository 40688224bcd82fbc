"""``amocrm verify``: compares what an account answers with the description of this version.

It reads a page of everything that the token may see and changes nothing, unless ``--write`` is given. The report has
paths, types and counts and no values: it can be attached to an issue as it is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import AmoCRMError
from .account import add_options, client_of
from .doctor import DISTRIBUTION, installed_version

if TYPE_CHECKING:
    from .._sync.client import AmoCRM
    from .verification.round_trip import RoundTrip

__all__ = ["main", "verify"]


def verify(
    crm: AmoCRM, *, write: bool = False, now: float = 0.0
) -> tuple[dict[str, object], RoundTrip | None]:
    """Read a page of everything and compare it with the description.

    Args:
        crm: the client.
        write: write objects as well and read them back.
        now: Unix seconds, for the due date of what is written.

    Returns:
        The report, and what was written.

    Raises:
        UnauthorizedError: the token is refused.
    """
    from amocrm_gen import openapi

    from .verification.reading import Reading
    from .verification.report import report_of
    from .verification.round_trip import RoundTrip

    document = openapi()
    reading = Reading(document, crm.send, lambda name: print(f"  {name}", file=sys.stderr, flush=True))
    reading.run()
    trip = RoundTrip(document, reading, now) if write else None
    if trip is not None:
        trip.run()
    platform = ".".join(crm.account_host.split(".")[-2:])
    version = installed_version(DISTRIBUTION) or "unknown"
    return report_of(reading, trip, document, version, platform), trip


def main(arguments: Sequence[str]) -> int:
    """Write the report; the exit code is 0 without a deviation, 1 with one, 2 where nothing could be read."""
    parser = argparse.ArgumentParser(prog="amocrm verify", description=__doc__)
    add_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("amocrm-verify.json"),
        help="file of the report (default: %(default)s)",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="also create a lead, a contact, a company, a note and a task, named “amocrm verify”; "
        "leads, contacts and companies cannot be deleted by the API and stay",
    )
    options = parser.parse_args(arguments)
    from .verification.report import lines

    try:
        with client_of(options) as crm:
            report, trip = verify(crm, write=options.write, now=time.time())
    except AmoCRMError as error:
        print(f"amocrm verify: {error}", file=sys.stderr)
        return 2
    options.output.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    for line in lines(report):
        print(line)
    for kind, id in trip.ids.items() if trip is not None else ():
        print(f"left behind: {kind} {id}")
    print(f"{options.output}: written; it holds no values and can be attached to an issue as it is")
    return 1 if report["deviations"] else 0
