"""Table of the limiter as the server sees it.

``python -m bench.limits`` takes some minutes and prints per row the peak in any sliding second (never more
than 7), the share of the allowed rate, and the longest wait compared with the fair one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from tests.support.limiter_load import NETWORKS, RATE, Row, measure
from tests.support.redis_server import redis_server

from . import table

__all__ = ["limit_rows"]

_ONE = [("memory", 1, 64, "tasks"), ("memory", 1, 64, "threads")]
_MANY = [
    (backend, processes, workers, flavour)
    for backend, flavour in (("file", "threads"), ("redis", "tasks"))
    for processes, workers in ((1, 8), (4, 4), (16, 2))
]
_OTHER = [("file", 4, 4, "tasks"), ("redis", 4, 4, "threads")]
ROWS = [Row(*shape) for shape in _ONE + _MANY + _OTHER]
ROWS += [Row(*shape, network) for network in NETWORKS[1:] for shape in _ONE[:1] + _MANY]


def limit_rows(seconds: float = 10.0) -> Iterator[table.Row]:
    """Measure the largest case of each back end and network; ``python -m bench.limits`` measures all."""
    chosen = [Row("memory", 1, 64, "tasks", network) for network in NETWORKS]
    chosen += [Row("memory", 1, 64, "threads"), Row("file", 16, 2, "threads"), Row("redis", 16, 2, "tasks")]
    with redis_server() as url:
        for row in chosen:
            seen = measure(row, seconds, redis_url=url)
            yield table.Row(
                f"limiter, {row.name.strip()}: peak", seen.peak, RATE, "arrivals in any second", "requests"
            )
            note = f"of the allowed rate, over {seconds:.0f} s"
            yield table.Row("... share", seen.share, row.network.least, note, at_least=True)
            yield table.Row(
                "... longest wait",
                seen.longest / seen.fair,
                2.0,
                f"against the fair one of {seen.fair:.1f} s",
            )


def main() -> int:
    """Print every row and return the exit code."""
    parser = argparse.ArgumentParser(description="The limiter as the server sees it.")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="of measurement per row (default: %(default)s)"
    )
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument(
        "--at-once", type=int, default=1, help="rows that run at the same time (default: %(default)s)"
    )
    args = parser.parse_args()
    rows = [row for row in ROWS if args.only in row.name]
    good = True
    with ExitStack() as stack:
        url = stack.enter_context(redis_server()) if any(row.backend == "redis" for row in rows) else ""
        pool = stack.enter_context(ThreadPoolExecutor(args.at_once))
        for seen in pool.map(lambda row: measure(row, args.seconds, redis_url=url), rows):
            print(seen, flush=True)
            good = good and seen.good
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
