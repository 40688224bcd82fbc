"""Failed calls that are no fault of the sandbox, one by one: why a live account would not take them either."""

from __future__ import annotations

import re

__all__ = ["reason_of"]

_NOT_FILLED = "`syncOne()` reads a key of the model that `addOne()` does not fill from the answer"
_EXPLAINED: dict[str, tuple[tuple[str, str], ...]] = {
    "php": (
        (r"(groups \w+|statuses|lossReasons)\.syncOne", _NOT_FILLED),
        (r"links \w+\.delete", "its mass unlinking takes the documented 204 for an error"),
        (r"roles\.update as read", "its `update()` of several roles sends no ids"),
    ),
    "php-examples": (
        ("customers_actions", "the example calls `setValues()` of a collection, which has no such method"),
        ("transactions_actions", "the example deletes a purchase whose model was never given its customer"),
    ),
}


def reason_of(client: str, call: str) -> str | None:
    """Return why a failed call of a client is no fault of the sandbox, or None when it may be one."""
    for pattern, reason in _EXPLAINED.get(client, ()):
        if re.fullmatch(pattern, call):
            return reason
    return None
