"""Mutants that change nothing that a program can see, each with the reason; `make mutants` leaves them out."""

from __future__ import annotations

from typing import Final

__all__ = ["EQUIVALENT"]

#: Module, line and change, to why nothing differs.
EQUIVALENT: Final[dict[str, str]] = {
    'fingerprints.py: if isinstance(key, tuple) and key[0] == "field":: and/or swapped': (
        "keys of other pairs, such as params, have no type of a field and are not sure in the other branch either"
    ),
}
