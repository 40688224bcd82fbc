"""A creation that was sent and not answered, as plain data that travels with its object."""

from __future__ import annotations

from typing import Any

import msgspec

from .operations import Operation

__all__ = ["MARGIN", "Doubt", "seconds_since", "stamp_of", "stamp_refs"]

#: Seconds by which the clocks of a front server and of the application may differ.
MARGIN = 60


class Doubt(msgspec.Struct):
    """What is known of a creation without an answer.

    Attributes:
        operation: what sent it.
        body: what was sent.
        sent: what was taken off the object.
        account: host of the account.
        mark: highest id of its kind that was seen before the request, None if none was.
        sent_at: when the request was sent, in Unix seconds of our clock.
        ended_at: when the request ended, in Unix seconds of our clock.
        stamp: reference and value of the field that makes it unique, None without one.
        reason: why there is no answer.
        token: what tells it from every other creation; copies of the object that pickle makes share it.
        clock_offset: seconds by which the server's clock was ahead of ours then, None if no answer had told.
    """

    operation: Operation
    body: dict[str, Any]
    sent: Any
    account: str
    mark: int | None
    sent_at: float
    ended_at: float
    stamp: tuple[tuple[str, Any], Any] | None = None
    reason: str = ""
    token: str = ""
    clock_offset: float | None = None


def seconds_since(doubt: Doubt, now: float, clock_offset: float | None) -> float:
    """Return the seconds since the request ended, also where our clock was set meanwhile.

    Args:
        doubt: the creation.
        now: Unix seconds of our clock.
        clock_offset: seconds by which the server's clock is ahead of ours now, None if no answer told.
    """
    then = doubt.clock_offset
    drift = 0.0 if clock_offset is None or then is None else clock_offset - then
    # Answers tell the time in whole seconds and come late: a small drift says nothing.
    return now - doubt.ended_at + (drift if abs(drift) > MARGIN else 0.0)


def stamp_of(body: dict[str, Any], refs: set[tuple[str, Any]]) -> tuple[tuple[str, Any], Any] | None:
    """Return reference and value of the field that makes a creation unique."""
    for field in body.get("custom_fields_values") or () if refs else ():
        for kind in ("id", "code", "name"):
            ref = (kind, field.get(f"field_{kind}"))
            if ref in refs and field.get("values"):
                return ref, field["values"][0].get("value")
    return None


def stamp_refs(stamp: tuple[str, Any] | None, definitions: Any) -> set[tuple[str, Any]]:
    """Return the references under which a stamp may stand in a body.

    Args:
        stamp: reference of the field, None without one.
        definitions: definitions of the kind, None where they were not loaded.
    """
    if stamp is None:
        return set()
    definition = None if definitions is None else definitions.find(stamp)
    return {stamp} if definition is None else {stamp, ("id", definition.id)}
