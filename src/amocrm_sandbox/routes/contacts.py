"""Contacts."""

from __future__ import annotations

from ..domain.context import Context, Item, Routes
from ..domain.embedding import embed_links
from ..domain.entities import Kind, Row, create_many, get_one, list_all, update_many, update_one
from ..engine.messages import Response

__all__ = ["CONTACTS", "routes"]

routes = Routes()


def _prepare(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    """Keep the full name and its parts together, whichever of them is sent."""
    parts = ("first_name", "last_name")
    if any(data.get(part) is not None for part in parts):
        known = old or {}
        for part in parts:
            row[part] = data[part] if data.get(part) is not None else known.get(part) or ""
        if not data.get("name"):
            row["name"] = f"{row['first_name']} {row['last_name']}".strip()
    elif old is None or data.get("name") is not None:
        row["first_name"], _, row["last_name"] = (row.get("name") or "").strip().partition(" ")


def _show(ctx: Context, row: Row, shown: Row) -> None:
    shown["first_name"] = row["first_name"] or ""
    shown["last_name"] = row["last_name"] or ""
    shown["is_unsorted"] = bool(row["is_unsorted"])


def _embed(ctx: Context, ids: list[int], shown: list[Row]) -> None:
    embed_links(ctx, "contacts", ids, shown, always=("companies",), asked=("leads", "customers"))
    if "social_profiles" in ctx.with_:
        # Nobody has one here; what one looks like is not published.
        for contact in shown:
            contact["_embedded"]["social_profiles"] = []


CONTACTS = Kind(
    "contacts",
    ("first_name", "last_name"),
    frozenset({"updated_at", "id"}),
    prepare=_prepare,
    show=_show,
    embed=_embed,
    echo=("name", "is_deleted", "is_unsorted"),
)


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
