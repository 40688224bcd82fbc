"""Leads."""

from __future__ import annotations

from ..domain.context import Context, Routes
from ..domain.entities import create_many, get_one, list_all, update_many, update_one
from ..domain.kinds import LEADS
from ..engine.messages import Response

__all__ = ["routes"]

routes = Routes()


@routes("GET", "/api/v4/leads")
def list_leads(ctx: Context) -> Response:
    """List leads."""
    return list_all(ctx, LEADS)


@routes("GET", "/api/v4/leads/{id}")
def get_lead(ctx: Context) -> Response:
    """Return one lead; 204 when there is none."""
    return get_one(ctx, LEADS)


@routes("POST", "/api/v4/leads")
def create_leads(ctx: Context) -> Response:
    """Add leads."""
    return create_many(ctx, LEADS)


@routes("PATCH", "/api/v4/leads")
def update_leads(ctx: Context) -> Response:
    """Change leads."""
    return update_many(ctx, LEADS)


@routes("PATCH", "/api/v4/leads/{id}")
def update_lead(ctx: Context) -> Response:
    """Change one lead; the answer is the bare object."""
    return update_one(ctx, LEADS)
