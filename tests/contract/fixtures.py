"""The fixtures: bodies as they stand on the wire, with invented values.

``examples/<operation>[.<variant>].json``        a documented (or observed) answer
``bodies/<operation>[.<variant>].json``          a request body
``hooks/<delivery>[.<variant>].json``            a delivery; forms as their tree, so that every scalar is a text
``errors/<operation>.<status>.<shape>.json``     an error answer

``python -m generator coverage`` counts them by the names of the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

__all__ = ["Fixture", "fixtures"]

_FOLDER = Path(__file__).parent


class Fixture:
    """One file; ``operation`` is what its name begins with, ``variant`` the rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.operation, _, self.variant = path.name.removesuffix(".json").partition(".")

    def __repr__(self) -> str:
        return f"{self.operation}.{self.variant}".rstrip(".")

    @property
    def content(self) -> bytes:
        """The bytes."""
        return self.path.read_bytes()

    @property
    def value(self) -> Any:
        """The JSON value."""
        return msgspec.json.decode(self.content)


def fixtures(kind: str) -> list[Fixture]:
    """All fixtures of a kind: ``examples``, ``bodies``, ``hooks`` or ``errors``."""
    return [Fixture(path) for path in sorted((_FOLDER / kind).glob("*.json"))]
