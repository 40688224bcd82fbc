"""What came of the calls of one client, and the table that is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .explained import reason_of

__all__ = ["Call", "Tally", "lines"]


@dataclass(frozen=True)
class Call:
    """One call of a method of a client.

    Attributes:
        call: What was called.
        passed: Whether the client took the answer.
        said: Its error.
    """

    call: str
    passed: bool
    said: str


@dataclass(frozen=True)
class Tally:
    """Calls of one client.

    Attributes:
        package: What the package index calls it.
        version: Its version.
        calls: Its calls.
        operations: Operations of the description that it asked for, and whether one of these requests succeeded.
    """

    package: str
    version: str
    calls: list[Call]
    operations: dict[str, bool]


def lines(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Iterate over the generated part of the page."""
    yield "| client | version | calls | passed | explained | ours | operations tried | carried out |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    reasons: dict[str, dict[str, int]] = {}
    for name, tally in tallies.items():
        failures = [reason_of(name, call.call) for call in tally.calls if not call.passed]
        explained = [reason for reason in failures if reason is not None]
        for reason in explained:
            counts = reasons.setdefault(tally.package, {})
            counts[reason] = counts.get(reason, 0) + 1
        figures = (
            len(tally.calls),
            len(tally.calls) - len(failures),
            len(explained),
            len(failures) - len(explained),
        )
        operations = (len(tally.operations), sum(tally.operations.values())) if tally.operations else ("", "")
        cells = [f"`{tally.package}`", tally.version, *map(str, (*figures, *operations))]
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "Failures that are no fault of the sandbox:"
    yield ""
    for package, counts in reasons.items():
        for reason, count in counts.items():
            yield f"- `{package}`, {count}: {reason}."
