"""Distributions that install a package ``amocrm`` as well, so that their files and ours overwrite each other."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Final

__all__ = ["KNOWN", "beside", "rivals"]

_HERE: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: Published distributions with a package of this name; ``amocrm doctor`` finds unknown ones too, but slowly.
KNOWN: Final = frozenset({"amocrm", "amocrm-api", "amocrm-api-async", "amocrm-sdk", "amocrm-cli"})


def rivals(entries: Iterable[str]) -> list[str]:
    """The known ones among the entries of a folder with packages, such as ``amocrm_sdk-1.2.dist-info``."""
    found = set()
    for entry in entries:
        stem, _, ending = entry.rpartition(".")
        name = stem.split("-")[0].lower().replace("_", "-").replace(".", "-")
        if ending in ("dist-info", "egg-info") and name in KNOWN:
            found.add(name)
    return sorted(found)


@cache
def beside(folder: str = _HERE) -> tuple[str, ...]:
    """The known ones in the folder that this package was installed into; looked up once, in one listing."""
    try:
        return tuple(rivals(os.listdir(folder)))
    except OSError:
        return ()
