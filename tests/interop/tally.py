"""What came of the calls of one client, and the table that is made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

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
        open: Calls that the other reading of an uncertain fact takes (`Behaviour.strict` off).
    """

    package: str
    version: str
    calls: list[Call]
    operations: dict[str, bool]
    open: frozenset[str] = frozenset()

    def beside(self, lenient: Tally) -> Tally:
        """Return the tally with what the other reading takes."""
        return replace(self, open=frozenset(call.call for call in lenient.calls if call.passed))

    def reasons(self, name: str) -> list[str]:
        """Return why failed calls are no fault of the sandbox, one for each that has a reason."""
        return [reason for call in self._failed if (reason := reason_of(name, call.call)) is not None]

    def unclear(self, name: str) -> list[Call]:
        """Return failed calls that the other reading takes."""
        return [one for one in self._failed if reason_of(name, one.call) is None and one.call in self.open]

    def ours(self, name: str) -> list[Call]:
        """Return failed calls that are ours to mend."""
        return [
            one for one in self._failed if reason_of(name, one.call) is None and one.call not in self.open
        ]

    def figures(self, name: str) -> dict[str, int]:
        """Return the counts of calls."""
        return {
            "calls": len(self.calls),
            "passed": len(self.calls) - len(self._failed),
            "explained": len(self.reasons(name)),
            "uncertain": len(self.unclear(name)),
            "ours": len(self.ours(name)),
        }

    @property
    def _failed(self) -> list[Call]:
        return [call for call in self.calls if not call.passed]


def lines(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Iterate over the generated part of the page."""
    yield "| client | version | calls | passed | explained | uncertain | ours | operations tried | carried out |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, tally in tallies.items():
        tried = tally.operations
        operations = (len(tried), sum(tried.values())) if tried else ("", "")
        cells = (f"`{tally.package}`", tally.version, *tally.figures(name).values(), *operations)
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""
    yield "Failures that are no fault of the sandbox:"
    yield ""
    for name, tally in tallies.items():
        for reason, count in Counter(tally.reasons(name)).items():
            yield f"- `{tally.package}`, {count}: {reason}."
    yield ""
    yield "Calls that the sandbox takes with `Behaviour.strict` off only, because evidence is thin:"
    yield ""
    for name, tally in tallies.items():
        if unclear := tally.unclear(name):
            yield f"- `{tally.package}`: {', '.join(f'`{call.call}`' for call in unclear)}."
