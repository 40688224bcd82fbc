"""Which properties of which item of a list could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from amocrm_gen._runtime.drift import Drift

__all__ = ["unreadable"]

_PLACE = re.compile(r"^\$(?:\._embedded\.\w+\[(\d+)\])?(?:\.(\w+))?")


def unreadable(drifts: Iterable[Drift]) -> dict[int, set[str]]:
    """Names of properties by the position of the item among those that were kept; one object has position 0."""
    listed = [(drift, match) for drift in drifts if (match := _PLACE.match(drift.path)) is not None]
    gone = sorted(
        int(match[1]) for drift, match in listed if drift.kind == "left out" and match[1] and not match[2]
    )
    found: dict[int, set[str]] = {}
    for drift, match in listed:
        if match[2] and drift.kind in ("unset", "missing"):
            place = int(match[1] or 0)
            found.setdefault(place - sum(1 for one in gone if one < place), set()).add(match[2])
    return found
