"""Distributions that also install a package ``amocrm``; their files and ours overwrite each other."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Final

__all__ = ["KNOWN", "conflicts_in", "installed_conflicts"]

_HERE: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: Published distributions with a package of this name; ``amocrm doctor`` finds unknown ones too, but slowly.
KNOWN: Final = frozenset({"amocrm", "amocrm-api", "amocrm-api-async", "amocrm-sdk", "amocrm-cli"})


def conflicts_in(entries: Iterable[str]) -> list[str]:
    """Return the known conflicts among the entries of a packages folder, such as ``amocrm_sdk-1.2.dist-info``."""
    conflicts = set()
    for entry in entries:
        stem, _, ending = entry.rpartition(".")
        name = stem.split("-")[0].lower().replace("_", "-").replace(".", "-")
        if ending in ("dist-info", "egg-info") and name in KNOWN:
            conflicts.add(name)
    return sorted(conflicts)


@cache
def installed_conflicts(folder: str = _HERE) -> tuple[str, ...]:
    """Return the known conflicts in the folder that this package is installed in; listed once."""
    try:
        return tuple(conflicts_in(os.listdir(folder)))
    except OSError:
        return ()
