"""The two clients that face the faults: default policy, no waiting between attempts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from amocrm import AmoCRM, AsyncAmoCRM, Lead, RateLimits, Timeout
from amocrm._async._primitives import Clock as AsyncClock
from amocrm._sync._primitives import Clock
from amocrm.errors import AmoCRMError, DecodeError, FlushError, ServerError, UnansweredError
from amocrm_gen.models.leads import LeadCreate, LeadUpdate

__all__ = ["Seen", "ask", "ask_async"]

_LIMITS = RateLimits(per_key=100_000, per_account=100_000)


@dataclass(frozen=True)
class Seen:
    """What the caller got: the result or the name of the error, and what that says about the effect."""

    what: str
    claim: str


class _Skipping(Clock):
    """Real time, but a pause is over at once."""

    def __init__(self, after_pause: Callable[[], None] | None) -> None:
        self._skipped, self._after = 0.0, after_pause

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += seconds
        if self._after is not None:
            self._after()

    def wait(self, wakeup: Any, seconds: float | None) -> None:
        self._skipped += seconds or 0.0


class _AsyncSkipping(AsyncClock):
    def __init__(self, after_pause: Callable[[], None] | None) -> None:
        self._skipped, self._after = 0.0, after_pause

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += seconds
        if self._after is not None:
            await asyncio.to_thread(self._after)

    async def wait(self, wakeup: Any, seconds: float | None) -> None:
        self._skipped += seconds or 0.0
        await asyncio.sleep(0)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # made once: it costs more than a whole case


def _options(token: str, base_url: str, timeout: float | None, clock: Any) -> dict[str, Any]:
    patience = Timeout() if timeout is None else Timeout(read=timeout, connect=timeout)
    return {"token": token, "base_url": base_url, "timeout": patience, "clock": clock, "verify": _tls()}


def ask(
    method: str,
    lead_id: int,
    *,
    session: bool,
    token: str,
    base_url: str,
    timeout: float | None,
    after_pause: Callable[[], None] | None,
) -> Seen:
    """Reads, changes or creates with the sync client."""
    from amocrm import MemoryLimiter

    clock = _Skipping(after_pause)
    limiter = MemoryLimiter(_LIMITS, clock=clock)
    with AmoCRM("demo", limiter=limiter, **_options(token, base_url, timeout, clock)) as crm:
        try:
            if session:
                with crm.session() as changes:
                    _plan(changes, method, lead_id)
                return Seen("report", str(changes.report.results[0].outcome))
            if method == "GET":
                crm.api.leads.list()
            elif method == "PATCH":
                crm.api.leads.update(body=[LeadUpdate(id=lead_id, price=777)])
            else:
                crm.api.leads.create(body=[LeadCreate(name="Order")])
        except AmoCRMError as error:
            return _of(error, method)
    return Seen("the answer", "done" if method != "GET" else "–")


async def ask_async(
    method: str,
    lead_id: int,
    *,
    session: bool,
    token: str,
    base_url: str,
    timeout: float | None,
    after_pause: Callable[[], None] | None,
) -> Seen:
    """The same with the async client."""
    from amocrm import AsyncMemoryLimiter

    clock = _AsyncSkipping(after_pause)
    limiter = AsyncMemoryLimiter(_LIMITS, clock=clock)
    async with AsyncAmoCRM("demo", limiter=limiter, **_options(token, base_url, timeout, clock)) as crm:
        try:
            if session:
                async with crm.session() as changes:
                    _plan(changes, method, lead_id)
                return Seen("report", str(changes.report.results[0].outcome))
            if method == "GET":
                await crm.api.leads.list()
            elif method == "PATCH":
                await crm.api.leads.update(body=[LeadUpdate(id=lead_id, price=777)])
            else:
                await crm.api.leads.create(body=[LeadCreate(name="Order")])
        except AmoCRMError as error:
            return _of(error, method)
    return Seen("the answer", "done" if method != "GET" else "–")


def _plan(session: Any, method: str, lead_id: int) -> None:
    if method == "PATCH":
        session.ref(Lead, lead_id).price = 777
    else:
        session.add(Lead(name="Order"))


def _of(error: AmoCRMError, method: str) -> Seen:
    if isinstance(error, FlushError):
        return Seen("report", str(error.report.results[0].outcome))
    if method == "GET":
        return Seen(f"`{type(error).__name__}`", "–")
    unknown = isinstance(error, UnansweredError | ServerError | DecodeError)
    return Seen(f"`{type(error).__name__}`", "unknown" if unknown else "not done")
