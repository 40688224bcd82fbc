"""The function "customers", as several areas ask for it."""

from __future__ import annotations

from ..engine.refusals import refuse
from .context import Context

__all__ = ["ENABLED", "require_customers", "require_mode"]

ENABLED = frozenset({"segments", "periodicity", "dynamic"})


def require_customers(ctx: Context) -> None:
    """Refuse writing while customers are off; with which status the server does that is not documented."""
    if ctx.account.settings["customers_mode"] not in ENABLED:
        raise refuse(403, "Customers disabled")


def require_mode(ctx: Context, mode: str | None = None) -> None:
    """Refuse with 422 while customers are off or work in another mode."""
    now = ctx.account.settings["customers_mode"]
    if now not in ENABLED or (mode is not None and now != mode):
        raise refuse(422, "Customers disabled")
