"""Which properties of which item of a list could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amocrm_gen._runtime.drift import Drift

__all__ = ["unreadable", "warn_unreadable"]

_PLACE = re.compile(r"^\$(?:\._embedded\.\w+\[(\d+)\])?(?:\.(\w+))?")


def unreadable(drifts: Iterable[Drift]) -> dict[int, set[str]]:
    """Names of properties by the position of the item among those that were kept; one object has position 0."""
    listed = [(drift, match) for drift in drifts if (match := _PLACE.match(drift.path)) is not None]
    gone = sorted(
        int(match[1]) for drift, match in listed if drift.kind == "left out" and match[1] and not match[2]
    )
    result: dict[int, set[str]] = {}
    for drift, match in listed:
        of_page = match[1] is None and (match[2] or "_").startswith("_")  # such as $._embedded or $._links
        if match[2] and not of_page and drift.kind in ("unset", "missing"):
            place = int(match[1] or 0)
            result.setdefault(place - sum(1 for item in gone if item < place), set()).add(match[2])
    return result


def warn_unreadable(kind: str, name: str, raw: Any) -> None:
    """Warn of a value that fits its description and still cannot be read, such as a moment in the year 50,000.

    Args:
        kind: collection of the object.
        name: of the attribute or field.
        raw: the value; only its type is shown.
    """
    import warnings

    from amocrm_gen._runtime.drift import Drift, DriftWarning

    warnings.warn(str(Drift(kind, f"$.{name}", "unset", raw)), DriftWarning, stacklevel=4)
