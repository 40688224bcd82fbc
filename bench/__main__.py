"""Command ``make bench``: print every figure as a ratio with its budget.

``--quick`` leaves out what takes minutes: many processes on one token, the limiter as the server sees it, and
reading 50,000 leads over a slow connection. ``--strict`` makes a missed budget an error. All rows of the limiter, 30 s each,
are printed by ``python -m bench.limits``; kills and cancellations of refreshes by ``python -m bench.kill_refresh``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from .calls import call_rows
from .committing import commit_row, memory_row
from .hooks import hook_row
from .importing import import_rows
from .kill_refresh import refresh_rows
from .limits import limit_rows
from .reading import alive_rows, decode_row, hydrate_row, unknown_row
from .streaming import streaming_rows
from .table import Row, show
from .writing import patch_row, request_row

_QUICK: Sequence[Callable[[], list[Row]]] = (
    lambda: [decode_row(), unknown_row(), hydrate_row(), *alive_rows()],
    lambda: [request_row(), patch_row()],
    lambda: [commit_row(), memory_row()],
    call_rows,
    import_rows,
    lambda: [hook_row()],
)
_SLOW: Sequence[Callable[[], list[Row]]] = (refresh_rows, lambda: list(limit_rows()), streaming_rows)


def main() -> int:
    """Measure, print and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what takes seconds")
    parser.add_argument("--strict", action="store_true", help="a missed budget is an error")
    args = parser.parse_args()
    good = [show(rows()) for rows in (_QUICK if args.quick else (*_QUICK, *_SLOW))]
    return 0 if all(good) or not args.strict else 1


if __name__ == "__main__":
    raise SystemExit(main())
