"""Owners of custom fields: the four entities, segments of customers, and each list."""

from __future__ import annotations

from .context import Context

__all__ = ["owner_of", "owner_path"]


def owner_of(ctx: Context) -> str:
    """Return the owner that a path names: `leads`, `segments`, or `catalogs:{id}` for one list.

    Raises:
        Refused: There is no such list (404).
    """
    if "entity_type" in ctx.params:
        return ctx.params["entity_type"]
    if "catalog_id" not in ctx.params:
        return "segments"
    id = ctx.id("catalog_id")
    if ctx.store.document("catalogs", id) is None:
        # No page names a 404 for fields of a list, so an unknown list is a path that does not exist.
        raise ctx.no_route()
    return f"catalogs:{id}"


def owner_path(owner: str) -> str:
    """Return the path of an owner below `/api/v4`.

    Example:
        >>> owner_path("catalogs:6101")
        'catalogs/6101'
    """
    return "customers/segments" if owner == "segments" else owner.replace(":", "/")
