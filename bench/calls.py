"""CPU time of one small GET through the whole facade, compared with bare httpx."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time

import httpx

from tests.support.sandbox_process import sandbox

from .table import Row

_SERIES = 9
_CALLS = 150
#: Requests per second; so many that the limiter decides at every call and never waits.
_RATE = 1_000_000


def call_rows() -> list[Row]:
    """Measure the sync and the async client."""
    with sandbox("--limits", "off") as server:
        return [
            Row(
                "one GET through the facade, sync",
                _sync(server),
                1.1,
                "CPU against httpx.Client.get(params).json()",
            ),
            Row("... async", asyncio.run(_async(server)), 1.1, "CPU against httpx.AsyncClient"),
        ]


def _bare(server: dict[str, str]) -> tuple[str, dict[str, str], dict[str, str]]:
    return (
        f"{server['url']}/api/v4/account",
        {"with": "version"},
        {"authorization": f"Bearer {server['token']}"},
    )


def _sync(server: dict[str, str]) -> float:
    from amocrm import AmoCRM, MemoryLimiter, RateLimits
    from amocrm_gen.api.account import get_account

    url, params, headers = _bare(server)
    limiter = MemoryLimiter(RateLimits(per_key=_RATE, per_account=_RATE))
    with (
        AmoCRM("demo", token=server["token"], base_url=server["url"], limiter=limiter) as crm,
        httpx.Client(headers=headers) as bare,
    ):

        def ours() -> None:
            get_account.sync(client=crm, with_=["version"])

        def theirs() -> None:
            bare.get(url, params=params).json()

        def series(call: object) -> float:
            gc.collect()
            start = time.process_time()
            for _ in range(_CALLS):
                call()  # type: ignore[operator]
            return time.process_time() - start

        series(ours), series(theirs)
        pairs = [(series(ours), series(theirs)) for _ in range(_SERIES)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


async def _async(server: dict[str, str]) -> float:
    from amocrm import AsyncAmoCRM, AsyncMemoryLimiter, RateLimits
    from amocrm_gen.api.account import get_account

    url, params, headers = _bare(server)
    limiter = AsyncMemoryLimiter(RateLimits(per_key=_RATE, per_account=_RATE))
    async with (
        AsyncAmoCRM("demo", token=server["token"], base_url=server["url"], limiter=limiter) as crm,
        httpx.AsyncClient(headers=headers) as bare,
    ):

        async def ours() -> None:
            await get_account.asyncio(client=crm, with_=["version"])

        async def theirs() -> None:
            (await bare.get(url, params=params)).json()

        async def series(call: object) -> float:
            gc.collect()
            start = time.process_time()
            for _ in range(_CALLS):
                await call()  # type: ignore[operator]
            return time.process_time() - start

        await series(ours)
        await series(theirs)
        pairs = [(await series(ours), await series(theirs)) for _ in range(_SERIES)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)
