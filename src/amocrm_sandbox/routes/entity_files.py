"""Files attached to entities; on the account's host, not on that of the file service."""

from __future__ import annotations

from typing import Any

from ..domain import access
from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/{entity_type}/{entity_id}/files"
_KINDS = ("leads", "contacts", "companies", "customers")


def _entity(ctx: Context, action: str) -> tuple[str, int]:
    kind, id = ctx.params["entity_type"], ctx.id("entity_id")
    access.require_entity(ctx, kind, id, action)
    return kind, id


@routes("GET", _PATH)
def list_entity_files(ctx: Context) -> Response:
    """List the files of an entity, the newest link first; `before_id` is the cursor, there is no next link."""
    kind, id = _entity(ctx, "view")
    limit = max(1, min(as_int(ctx.query.get("limit")) or 50, 250))
    before = as_int(ctx.query.get("before_id"), 2**62)
    rows = ctx.store.rows(
        "SELECT id, file_uuid FROM entity_files WHERE entity_type=? AND entity_id=? AND id<? ORDER BY id DESC LIMIT ?",
        (kind, id, before, limit),
    )
    if not rows:
        return Response(204)
    links = {"self": {"href": f"{ctx.base}/ajax/v4/{kind}/{id}/files?limit={limit}"}}
    shown = [{"file_uuid": uuid, "id": link_id} for link_id, uuid in rows]
    return json_response({"_links": links, "_embedded": {"files": shown}})


@routes("PUT", _PATH)
def link_entity_files(ctx: Context) -> Response:
    """Attach files; 202 without a body."""
    kind, id = _entity(ctx, "edit")
    for item in ctx.items:
        if item.errors:
            continue
        uuid = item.data["file_uuid"]
        if ctx.store.row("SELECT 1 FROM files WHERE uuid=? AND deleted_at IS NULL", (uuid,)) is None:
            item.error("NotSupportedChoice", "file_uuid")
            continue
        ctx.store.execute(
            "INSERT OR IGNORE INTO entity_files VALUES (?,?,?,?)",
            (ctx.store.next_id("entity_files"), kind, id, uuid),
        )
    ctx.refuse_bad_items()
    return Response(202)


@routes("DELETE", _PATH)
def unlink_entity_files(ctx: Context) -> Response:
    """Detach files; 202 without a body."""
    kind, id = _entity(ctx, "edit")
    ctx.refuse_bad_items()
    for item in ctx.items:
        ctx.store.execute(
            "DELETE FROM entity_files WHERE entity_type=? AND entity_id=? AND file_uuid=?",
            (kind, id, item.data["file_uuid"]),
        )
    return Response(202)


@routes("GET", "/api/v4/files/{file_uuid}/links")
def list_file_links(ctx: Context) -> Response:
    """Return the entities of a file, in the words of the old API and without HAL."""
    uuid, entities = ctx.params["file_uuid"], []
    for kind in _KINDS:
        columns = "id,name,created_by,responsible_user_id,created_at,updated_at,updated_by,closest_task_at"
        own = ",price,pipeline_id,status_id" if kind == "leads" else ""
        rows = ctx.store.rows(
            f"SELECT {columns}{own} FROM {kind} WHERE is_deleted=0 AND id IN "
            "(SELECT entity_id FROM entity_files WHERE file_uuid=? AND entity_type=?)",
            (uuid, kind),
        )
        entities += [_entity_of(kind, row) for row in rows if access.may_see(ctx, kind, row[0])]
    return json_response({"file_uuid": uuid, "entities": entities})


def _entity_of(kind: str, row: tuple[Any, ...]) -> dict[str, Any]:
    id, name, created_by, responsible, created_at, updated_at, updated_by, closest, *own = row
    shown = {"id": id, "name": name, "created_by": created_by, "main_user_id": responsible}
    shown.update(date_create=created_at, date_update=updated_at, updated_by=updated_by, entity_type=kind)
    shown["closest_task_at"] = closest
    return {**shown, **dict(zip(("price", "pipeline_id", "status_id"), own, strict=False))}
