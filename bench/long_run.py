"""``python -m bench.long_run``: an hour's worth of use, as fast as it goes: descriptors, threads and memory stay flat.

Half of the requests are made by four threads of one sync client, half by eight tasks of one async client, while the
server is restarted on its port and closes every connection again and again.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import threading
from collections import Counter
from pathlib import Path

from amocrm import (
    AmoCRM,
    AmoCRMError,
    AsyncAmoCRM,
    AsyncMemoryLimiter,
    MemoryLimiter,
    RateLimits,
    RetryPolicy,
)
from amocrm_sandbox import Sandbox, SandboxServer

#: More than this machine sends, and few enough that the windows of the limiter are full after one round.
_FAST = RateLimits(per_key=2_000, per_account=2_000)
_ROUNDS = 20


def _state() -> dict[str, int]:
    gc.collect()
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    size = pages * os.sysconf("SC_PAGE_SIZE") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"descriptors": descriptors, "threads": threading.active_count(), "MiB": size >> 20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    each = parser.parse_args().requests // _ROUNDS
    sandbox, counts = Sandbox(limits=False), Counter[str]()
    server = SandboxServer(sandbox).__enter__()
    url, port = server.url, server.port
    options = {"token": sandbox.token, "base_url": url, "retry": RetryPolicy(base_delay=0.01)}
    crm = AmoCRM("demo", limiter=MemoryLimiter(_FAST), **options)  # type: ignore[arg-type]
    other = AsyncAmoCRM("demo", limiter=AsyncMemoryLimiter(_FAST), **options)  # type: ignore[arg-type]

    def read(count: int) -> None:
        for _ in range(count):
            try:
                crm.api.account.get()
                counts["answered"] += 1
            except AmoCRMError as error:
                counts[type(error).__name__] += 1

    async def read_beside(count: int) -> None:
        for _ in range(count):
            try:
                await other.api.account.get()
                counts["answered"] += 1
            except AmoCRMError as error:
                counts[type(error).__name__] += 1

    async def tasks() -> None:
        await asyncio.gather(*(read_beside(each // 16) for _ in range(8)))

    for number in range(_ROUNDS):
        threads = [threading.Thread(target=read, args=(each // 8,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        beside = threading.Thread(target=lambda: asyncio.run(tasks()))  # an event loop of its own each time
        beside.start()
        server.__exit__(None, None, None)
        server = SandboxServer(sandbox, port=port).__enter__()
        for thread in [*threads, beside]:
            thread.join()
        sandbox.journal.reset()
        print(number + 1, _state(), dict(counts), flush=True)
    crm.close()
    asyncio.run(other.close())
    server.__exit__(None, None, None)


if __name__ == "__main__":
    main()
