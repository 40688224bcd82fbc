"""Companies."""

from __future__ import annotations

from ..domain.context import Context, Routes
from ..domain.entities import create_many, get_one, list_all, update_many, update_one
from ..domain.kinds import COMPANIES
from ..engine.messages import Response

__all__ = ["routes"]

routes = Routes()


@routes("GET", "/api/v4/companies")
def list_companies(ctx: Context) -> Response:
    """List companies."""
    return list_all(ctx, COMPANIES)


@routes("GET", "/api/v4/companies/{id}")
def get_company(ctx: Context) -> Response:
    """Return one company; 204 when there is none."""
    return get_one(ctx, COMPANIES)


@routes("POST", "/api/v4/companies")
def create_companies(ctx: Context) -> Response:
    """Add companies."""
    return create_many(ctx, COMPANIES)


@routes("PATCH", "/api/v4/companies")
def update_companies(ctx: Context) -> Response:
    """Change companies."""
    return update_many(ctx, COMPANIES)


@routes("PATCH", "/api/v4/companies/{id}")
def update_company(ctx: Context) -> Response:
    """Change one company; the answer is the bare object."""
    return update_one(ctx, COMPANIES)
