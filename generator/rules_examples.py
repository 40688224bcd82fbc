"""Rule of examples: what is sent and answered as JSON is shown in the published description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .bundle import Bundle
from .published import by_operation
from .source import Problem

__all__ = ["RULES", "check"]

RULES: dict[str, str] = {
    "example": "An operation has an example of the JSON that it takes and of the JSON that it answers.",
}


def check(bundle: Bundle, fixtures: Path) -> Iterator[Problem]:
    """Problems of operations whose bodies or answers no fixture shows.

    Args:
        bundle: the bundled description.
        fixtures: folder with ``examples/<operation>[.<variant>].json`` and ``bodies/…``.
    """
    answers, bodies = by_operation(fixtures / "examples"), by_operation(fixtures / "bodies")
    for operation in bundle.operations():
        data = operation.data
        responses = data.get("responses") or {}
        success = [status for status in sorted(responses) if str(status).startswith("2")]
        shown = [("bodies", "requestBody", data.get("requestBody"), bodies)]
        shown += [("examples", "responses", responses[status], answers) for status in success]
        for folder, key, holder, names in shown:
            if _is_json(holder) and operation.id not in names:
                yield data.problem(
                    "example", f"write one into {fixtures.name}/{folder}/{operation.id}.json", key
                )
                break


def _is_json(holder: Any) -> bool:
    return any(kind.endswith("json") for kind in (holder or {}).get("content", {}))
