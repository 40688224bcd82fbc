"""The report: JSON without a value of the account, to be attached to an issue as it is. Pure."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .reading import Reading
from .round_trip import RoundTrip

__all__ = ["found_deviations", "lines", "report_of"]


def report_of(
    reading: Reading, trip: RoundTrip | None, document: Mapping[str, Any], version: str, platform: str
) -> dict[str, Any]:
    """Make the report.

    Args:
        reading: what was read.
        trip: what was written, None where nothing was.
        document: the description that answers were compared with.
        version: of this distribution.
        platform: domain of the account's region; the account itself is not named.
    """
    asked = {name: _operation(operation) for name, operation in sorted(reading.asked.items())}
    return {
        "report": "amocrm verify",
        "format": 1,
        "version": version,
        "description": hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()[:16],
        "python": ".".join(map(str, sys.version_info[:2])),
        "platform": platform,
        "wrote": None
        if trip is None
        else {"created": dict(trip.created), "left_behind": dict(trip.left_behind)},
        "deviations": sum(len(item["deviations"]) for item in asked.values()),
        "operations": asked,
        "left_out": dict(sorted(reading.left_out.items())),
    }


def _operation(asked: Any) -> dict[str, Any]:
    deviations = sorted(asked.comparison.deviations.items())
    return {
        "statuses": {str(status): count for status, count in sorted(asked.statuses.items())},
        "items": asked.items,
        "objects": asked.comparison.objects,
        "deviations": [
            {"kind": deviation.kind, "path": deviation.path, "detail": deviation.detail, "count": count}
            for deviation, count in deviations
        ],
        "never_seen": asked.comparison.never_seen,
    }


def found_deviations(report: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over the deviations of a report as lines for the terminal."""
    for name, operation in report["operations"].items():
        for deviation in operation["deviations"]:
            yield f"{name}: {deviation['kind']} at {deviation['path']}: {deviation['detail']} ({deviation['count']} times)"


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over what the terminal shows of a report."""
    yield from found_deviations(report)
    read = report["operations"]
    requests = sum(sum(item["statuses"].values()) for item in read.values())
    objects = sum(item["objects"] for item in read.values())
    yield f"{len(read)} operations asked with {requests} requests, {objects} objects compared"
    yield f"{len(report['left_out'])} operations left out; the report says why"
    count = report["deviations"]
    yield f"{count} deviations from the description" if count else "no deviation from the description"
