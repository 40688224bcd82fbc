"""Rows of the report: a ratio, its budget, and its reference."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

#: of the first column, the same in all tables of a report
_WIDTH = 46


@dataclass(frozen=True)
class Row:
    """Line of the report.

    Attributes:
        what: name of the measurement.
        value: the figure, a ratio where ``unit`` is ``x``.
        budget: highest good value, the lowest if ``at_least``, the only one if ``exact``.
        note: reference that the figure is compared with.
    """

    what: str
    value: float
    budget: float
    note: str
    unit: str = "x"
    exact: bool = False
    at_least: bool = False

    @property
    def good(self) -> bool:
        """True if the row keeps its budget."""
        if self.exact:
            return self.value == self.budget
        return self.value >= self.budget if self.at_least else self.value <= self.budget


def show(rows: list[Row]) -> bool:
    """Print the rows and return whether all of them keep their budgets."""
    for row in rows:
        sign = "=" if row.exact else ">=" if row.at_least else "<="
        value = f"{row.value:.0f}" if row.unit != "x" else f"{row.value:.2f}"
        budget = f"{row.budget:.0f}" if row.unit != "x" else f"{row.budget:.2f}"
        mark = "ok  " if row.good else "OVER"
        print(f"{mark} {row.what:<{_WIDTH}}  {value:>8} {row.unit:<9} budget {sign} {budget:<6} {row.note}")
    sys.stdout.flush()
    return all(row.good for row in rows)


def cpu_ratio(
    first: Callable[[], object], second: Callable[[], object], *, rounds: int = 9, repeat: int = 3
) -> float:
    """Return the CPU time of ``first`` divided by that of ``second``, medians of interleaved rounds."""

    def once(work: Callable[[], object]) -> float:
        start = time.process_time()
        for _ in range(repeat):
            work()
        return time.process_time() - start

    first()
    second()
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        gc.collect()
        ours.append(once(first))
        gc.collect()
        theirs.append(once(second))
    return statistics.median(ours) / statistics.median(theirs)
