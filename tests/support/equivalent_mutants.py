"""Mutants that change nothing that a program can see, each with the reason; `make mutants` leaves them out."""

from __future__ import annotations

from typing import Final

__all__ = ["EQUIVALENT"]

#: Module, line and change, to why nothing differs.
EQUIVALENT: Final[dict[str, str]] = {
    'fingerprints.py: if isinstance(key, tuple) and key[0] == "field":: and/or swapped': (
        "keys of other pairs, such as params, have no type of a field and are not sure in the other branch either"
    ),
    "directories.py: one.sort = max(places, default=0) + 10 * number if one.sort is None else one.sort: "
    "constant 0 changed to 1": "the default counts where no stage is open, and any number is a place there",
    "_merging.py: target._touch(): statement removed": (
        "an upsert holds its objects until the commit, which places each by its state"
    ),
    "_writing.py: return set(): result dropped": "where no lead may be merged nobody looks into what is nested",
    "reading.py: return 0: result dropped": (
        "without a number the list is read, which gives nothing for such a condition, without a request either"
    ),
}
