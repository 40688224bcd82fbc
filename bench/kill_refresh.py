"""Kills and cancellations at every step of a token refresh, and concurrent refreshes: no token may be lost.

``python -m bench.kill_refresh`` kills 200 real processes per store, at every step in turn, and cancels 200 tasks.
The next process continues, and the outcome of each is printed. Then 20 processes with ten tasks each use one
expired token.
"""

from __future__ import annotations

import argparse

from tests.support.kill_refresh import Result, cancellations, kills, one_refresh, world
from tests.support.redis_server import redis_server

from .table import Row

__all__ = ["refresh_rows"]


def refresh_rows() -> list[Row]:
    """Count the refreshes by 20 processes and by 200 tasks with one expired token, for each shared store."""
    rows = []
    with redis_server() as url:
        for store in ("file", "redis"):
            with world(store, url) as on:
                for who, processes, tasks in (("20 processes", 20, 10), ("200 tasks", 1, 200)):
                    refreshes, outcomes = one_refresh(on, processes, tasks)
                    served = f"{outcomes['ok']} of {processes * tasks} requests answered well"
                    what = f"refreshes by {who} on one token, {store}"
                    rows.append(Row(what, refreshes, 1, served, "refreshes", exact=True))
    return rows


def _show(title: str, result: Result) -> bool:
    print(f"{'LOST' if result.wrong else 'ok  '} {title}: {result.runs} runs over {len(result.steps)} steps")
    for end, count in sorted(result.ends.items()):
        print(f"       {count:4} {end}")
    for text in result.wrong:
        print(f"     ! {text}")
    return not result.wrong


def main() -> int:
    """Print every part and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Kills, cancellations and concurrent refreshes of one token."
    )
    parser.add_argument("--runs", type=int, default=200, help="per store and kind (default: %(default)s)")
    args = parser.parse_args()
    good = True
    with redis_server() as url:
        for store in ("file", "redis"):
            with world(store, url) as on:
                refreshes, outcomes = one_refresh(on, 20, 10)
                good &= refreshes == 1 and outcomes == {"ok": 200}
                print(f"{store}: 20 processes x 10 tasks: {refreshes} refresh, {dict(outcomes)}")
                refreshes, outcomes = one_refresh(on, 1, 200)
                good &= refreshes == 1 and outcomes == {"ok": 200}
                print(f"{store}: 200 tasks of one process: {refreshes} refresh, {dict(outcomes)}")
                good &= _show(f"{store}: killed", kills(on, args.runs))
                good &= _show(f"{store}: cancelled", cancellations(on, args.runs))
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
