"""`closest_task_at` of the main entities."""

from __future__ import annotations

from typing import Any

from .context import Context

__all__ = ["TABLES", "refresh_closest"]

TABLES = ("leads", "contacts", "companies", "customers")


def refresh_closest(ctx: Context, rows: list[dict[str, Any]]) -> None:
    """Set `closest_task_at` of the entities: the nearest deadline of an open task."""
    for kind, id in {(row["entity_type"], row["entity_id"]) for row in rows if row["entity_type"] in TABLES}:
        nearest = (
            "SELECT min(complete_till) FROM tasks WHERE entity_type=? AND entity_id=? AND is_completed=0"
        )
        ctx.store.execute(f"UPDATE {kind} SET closest_task_at=({nearest}) WHERE id=?", (kind, id, id))
