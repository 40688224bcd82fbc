"""Drift: differences between an answer and the description, one record for each place."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from .token_hiding import HIDDEN, SECRET_KEYS, hide_tokens

__all__ = ["Drift", "DriftKind", "DriftWarning", "without_secrets"]

DriftKind: TypeAlias = Literal["converted", "unset", "left out", "missing"]


class DriftWarning(UserWarning):
    """An answer did not fit the description; it was mended. Worth a report to the maintainers."""


class Drift(msgspec.Struct, frozen=True):
    """One place where an answer did not fit.

    Attributes:
        op: operation id.
        path: JSON path with exact indexes, such as ``$._embedded.leads[11].group_id``.
        kind: ``converted`` (a value of another type that could be read), ``unset`` (could not; the
            property is UNSET), ``left out`` (a list member), ``missing`` (a required property).
        raw: the value as it arrived, without tokens. It may hold personal data and is not part of messages.
    """

    op: str
    path: str
    kind: DriftKind
    raw: Any

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two drifts the same: operation, path without indexes, kind."""
        return self.op, _without_indexes(self.path), self.kind

    def __str__(self) -> str:
        op, path, kind = self.key
        return f"{op}: {path} did not fit the description and was {kind} (got {type(self.raw).__name__})"

    def __repr__(self) -> str:
        return f"Drift({self})"


def without_secrets(path: str, raw: Any) -> Any:
    """Return a raw value with a mark in the place of each token.

    Args:
        path: where it stood; the last name tells whether it is a secret as a whole.
        raw: decoded JSON.
    """
    name = path.rpartition(".")[2].partition("[")[0]
    if isinstance(raw, dict):
        return {key: without_secrets(f".{key}", value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [without_secrets(path, value) for value in raw]
    if name in SECRET_KEYS and raw not in (None, ""):
        return HIDDEN
    return hide_tokens(raw) if isinstance(raw, str) else raw


def _without_indexes(path: str) -> str:
    return "".join(part if not part.isdigit() else "*" for part in _split(path))


def _split(path: str) -> list[str]:
    parts: list[str] = []
    current = ""
    for char in path:
        if char in "[]":
            parts.extend((current, char))
            current = ""
        else:
            current += char
    return [*parts, current]
