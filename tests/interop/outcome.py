"""What came of one client."""

from __future__ import annotations

from dataclasses import dataclass, field

from .environments import Client

__all__ = ["JOBS", "Outcome"]

JOBS = ("create", "sum", "hook")


@dataclass
class Outcome:
    """What came of one client on one way.

    Attributes:
        client: The client.
        way: `name` or `address`.
        requests: Requests by job.
        failures: What is wrong, by job.
        notes: What its script has to say.
        keys: Keys of the body that changed the one field.
    """

    client: Client
    way: str
    requests: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
