"""Contacts."""

from __future__ import annotations

from ..domain.context import Context, Routes
from ..domain.entities import create_many, get_one, list_all, update_many, update_one
from ..domain.kinds import CONTACTS
from ..engine.messages import Response

__all__ = ["routes"]

routes = Routes()


@routes("GET", "/api/v4/contacts")
def list_contacts(ctx: Context) -> Response:
    """List contacts."""
    return list_all(ctx, CONTACTS)


@routes("GET", "/api/v4/contacts/{id}")
def get_contact(ctx: Context) -> Response:
    """Return one contact; 204 when there is none."""
    return get_one(ctx, CONTACTS)


@routes("POST", "/api/v4/contacts")
def create_contacts(ctx: Context) -> Response:
    """Add contacts."""
    return create_many(ctx, CONTACTS)


@routes("PATCH", "/api/v4/contacts")
def update_contacts(ctx: Context) -> Response:
    """Change contacts."""
    return update_many(ctx, CONTACTS)


@routes("PATCH", "/api/v4/contacts/{id}")
def update_contact(ctx: Context) -> Response:
    """Change one contact; the answer is the bare object."""
    return update_one(ctx, CONTACTS)
