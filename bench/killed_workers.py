"""Delay that a killed process causes for the others that share its limit.

``python -m bench.killed_workers`` prints, per back end and point of the kill, the longest time without a request at
the server and its bound: the lease (plus one slot) for a held slot, one or two slots for a place in the queue.
"""

from __future__ import annotations

from tests.support.killed_workers import DEATHS, held_up
from tests.support.redis_server import redis_server


def main() -> int:
    """Print every row and return the exit code."""
    good = True
    with redis_server() as url:
        for death in DEATHS:
            held = held_up(death, redis_url=url)
            print(held, flush=True)
            good = good and held.good
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
