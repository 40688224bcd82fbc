"""What the demo shows: a progress bar and tables."""

from __future__ import annotations

import sys
import time
from collections import Counter

WIDTH = 40


class Bar:
    """A progress bar on one line; on something that is no terminal it prints quarters only."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._shown = what, max(1, total), -1
        self._start = time.monotonic()
        self._live = sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        step = done * (WIDTH if self._live else 4) // self._total
        if step == self._shown or (step == 0 and not self._live):
            return
        self._shown = step
        share = done / self._total
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, ".")
        line = f"  {self._what:<12} [{bar}] {done:>5,} of {self._total:,}  {time.monotonic() - self._start:5.1f} s"
        print(
            f"\r{line}" if self._live else line,
            end="" if self._live and done < self._total else "\n",
            file=sys.stderr,
        )


def compare(title: str, expected: Counter[str], found: Counter[str], *, rows: int | None = None) -> bool:
    """Print two columns of sums side by side and return whether they are the same."""
    same = expected == found
    print(f"\n  {title:<22}{'CSV':>14}{'amoCRM':>14}")
    # The greatest first where only some are shown, else in the order of their names.
    names = sorted(expected.keys() | found.keys(), key=lambda name: (-expected[name] if rows else 0, name))
    for name in names[:rows]:
        mark = "" if expected[name] == found[name] else "   <- differs"
        print(f"  {name:<22}{expected[name]:>14,}{found[name]:>14,}{mark}")
    if rows is not None and len(names) > rows:
        rest = names[rows:]
        print(
            f"  {f'{len(rest)} more':<22}{sum(expected[n] for n in rest):>14,}{sum(found[n] for n in rest):>14,}"
        )
    print(
        f"  {'together':<22}{sum(expected.values()):>14,}{sum(found.values()):>14,}   {'the same' if same else 'DIFFERENT'}"
    )
    return same
