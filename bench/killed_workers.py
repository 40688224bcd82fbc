"""How long a killed process holds up the others that share its limit.

``python -m bench.killed_workers`` prints per back end and kind of death the longest time without an arrival at the
server, beside what is allowed: the lease (plus a turn) for a slot, a turn or two for a place in the queue.
"""

from __future__ import annotations

from tests.support.killed_workers import DEATHS, held_up
from tests.support.redis_server import redis_server


def main() -> int:
    """Prints every row; returns the exit code."""
    good = True
    with redis_server() as url:
        for death in DEATHS:
            held = held_up(death, redis_url=url)
            print(held, flush=True)
            good = good and held.good
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
