"""The file service: lists with its own filters, versions, the bin, and the bytes."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..domain.files import SELECT, preset, show_file, show_version
from ..domain.selection import Selection
from ..engine.messages import JSON, Response, json_response
from ..engine.php_query import as_int, as_list, as_range
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

LIFE_IN_BIN = 30 * 24 * 3600
SPACE = 5 * 2**30
_PATH = "/v1.0/files"
_CONTENT = "SELECT {} FROM file_versions WHERE file_versions.uuid=files.version_uuid"


def _find(ctx: Context, with_deleted: bool = True) -> tuple[Any, ...]:
    row = ctx.store.row(f"SELECT {SELECT} FROM files WHERE uuid=?", (ctx.params["file_uuid"],))
    if row is None or _is_gone(ctx, row) or (row[8] is not None and not with_deleted):
        raise refuse(404, "File not found")
    return row


def _is_gone(ctx: Context, row: tuple[Any, ...]) -> bool:
    return row[8] is not None and row[8] <= ctx.now - LIFE_IN_BIN


@routes("GET", _PATH)
def list_files(ctx: Context) -> Response:
    """List files; deleted ones are a list of their own."""
    ctx.require_scope("files")
    asked, selection = ctx.filter, Selection("files")
    if "deleted" in asked:
        selection.where("deleted_at > ?", ctx.now - LIFE_IN_BIN)
    else:
        selection.where("deleted_at IS NULL")
    uuids = [part.strip() for value in as_list(asked.get("uuid")) for part in value.split(",")]
    selection.among("uuid", uuids)
    selection.among("name", as_list(asked.get("name"))[:1])
    _narrow(ctx, selection, asked)
    rows, has_next = selection.page(ctx, SELECT)
    if not rows:
        return Response(204)
    links = {key: value for key, value in ctx.page_links(has_next).items() if key in ("self", "next", "prev")}
    base = f"{ctx.request.scheme}://{ctx.request.host}"
    links = {key: {"href": value["href"].replace(ctx.base, base, 1)} for key, value in links.items()}
    shown = [show_file(ctx, row) for row in rows]
    return json_response(
        {"_count": len(shown), "_links": links, "_embedded": {"files": shown}}, content_type=JSON
    )


def _narrow(ctx: Context, selection: Selection, asked: dict[str, Any]) -> None:
    extensions = as_list(asked.get("extensions"))
    if extensions:
        conditions = " OR ".join(
            [f"instr(casefold(({_CONTENT.format('name')})) || '|', ?) > 0"] * len(extensions)
        )
        selection.where(f"({conditions})", *(f".{extension.casefold()}|" for extension in extensions))
    term = asked.get("term")
    if isinstance(term, str) and term:
        kinds = ("leads", "contacts", "companies", "customers")
        linked = " UNION ".join(
            f"SELECT file_uuid FROM entity_files JOIN {kind} ON entity_type='{kind}' AND {kind}.id=entity_id "
            "WHERE instr(casefold(name), ?) > 0"
            for kind in kinds
        )
        text = term.casefold()
        selection.where(f"(instr(casefold(name), ?) > 0 OR uuid IN ({linked}))", text, *[text] * len(kinds))
    if "source_id" in asked:
        # Files of this account come from no source.
        selection.where("0")
    size = asked.get("size")
    if isinstance(size, dict):
        unit = as_int(size.get("unit"), 1) or 1
        for end, sign in zip(as_range(size), (">=", "<="), strict=True):
            if end is not None:
                selection.where(f"({_CONTENT.format('size')}) {sign} ?", end * unit)
    date = asked.get("date")
    if isinstance(date, dict):
        column = "updated_at" if date.get("type") == "updated_at" else "created_at"
        period = preset(str(date.get("date_preset")), ctx.now, ctx.account.settings["timezone"])
        low, high = period or as_range(date)
        if low is not None or high is not None:
            selection.between(column, {"from": low, "to": high})
    for key in ("created_by", "updated_by"):
        selection.ids(key, asked.get(key))


@routes("GET", _PATH + "/stats")
def get_stats(ctx: Context) -> Response:
    """Return the space that files take, in bytes."""
    ctx.require_scope("files")
    sql = "SELECT coalesce(sum(size), 0) FROM file_versions JOIN files ON file_uuid=files.uuid WHERE deleted_at IS NULL"
    links = {"self": {"href": f"{ctx.request.scheme}://{ctx.request.host}{_PATH}/stats"}}
    return json_response({"limit": SPACE, "used": ctx.store.value(sql), "_links": links}, content_type=JSON)


@routes("GET", _PATH + "/{file_uuid}")
def get_file(ctx: Context) -> Response:
    """Return one file, from the bin as well."""
    ctx.require_scope("files")
    return json_response(show_file(ctx, _find(ctx)), content_type=JSON)


@routes("PATCH", _PATH + "/{file_uuid}")
def update_file(ctx: Context) -> Response:
    """Rename a file, or make another version the active one; not both at once."""
    ctx.require_scope("files")
    row = _find(ctx, with_deleted=False)
    ctx.refuse_bad_items()
    item, data = ctx.item, ctx.item.data
    changes: dict[str, Any] = {key: data[key] for key in ("name", "version_uuid") if key in data}
    if len(changes) == 2 and changes["version_uuid"] != row[3]:
        item.error("FieldNotExpected", "version_uuid")
    sql = "SELECT 1 FROM file_versions WHERE uuid=? AND file_uuid=?"
    if "version_uuid" in changes and ctx.store.row(sql, (changes["version_uuid"], row[1])) is None:
        item.error("NotSupportedChoice", "version_uuid")
    ctx.refuse_bad_items()
    author = (data.get("updated_by") or {}).get("id", ctx.user["id"])
    ctx.store.update("files", row[0], {**changes, "updated_by": author, "updated_at": ctx.now})
    return json_response(show_file(ctx, _find(ctx)), content_type=JSON)


@routes("GET", _PATH + "/{file_uuid}/versions")
def list_versions(ctx: Context) -> Response:
    """List the versions of a file, the newest first; not paged."""
    ctx.require_scope("files")
    row = _find(ctx)
    versions = ctx.store.rows(
        "SELECT uuid, file_uuid, name, mime_type, size, created_by, created_at FROM file_versions WHERE file_uuid=? "
        "ORDER BY rowid DESC",
        (row[1],),
    )
    shown = [show_version(ctx, version, row[3]) for version in versions]
    links = {"self": {"href": f"{ctx.request.scheme}://{ctx.request.host}{ctx.path}"}}
    return json_response(
        {"_count": len(shown), "_links": links, "_embedded": {"versions": shown}}, content_type=JSON
    )


@routes("DELETE", _PATH)
def delete_files(ctx: Context) -> Response:
    """Put files into the bin; unknown ones are passed over, no 404 is documented."""
    ctx.require_scope("files_delete")
    ctx.refuse_bad_items()
    for item in ctx.items:
        ctx.store.execute(
            "UPDATE files SET deleted_at=?, deleted_by=? WHERE uuid=? AND deleted_at IS NULL",
            (ctx.now, ctx.user["id"], item.data["uuid"]),
        )
    return Response(204)


@routes("POST", _PATH + "/restore")
def restore_files(ctx: Context) -> Response:
    """Take files out of the bin; 204 when nothing was there."""
    ctx.require_scope("files")
    ctx.refuse_bad_items()
    shown = []
    for item in ctx.items:
        row = ctx.store.row(f"SELECT {SELECT} FROM files WHERE uuid=?", (item.data["uuid"],))
        if row is not None and row[8] is not None and not _is_gone(ctx, row):
            ctx.store.update("files", row[0], {"deleted_at": None, "deleted_by": None})
            restored = ctx.store.row(f"SELECT {SELECT} FROM files WHERE uuid=?", (item.data["uuid"],))
            shown.append(show_file(ctx, restored or row))
    if not shown:
        return Response(204)
    return json_response({"_count": len(shown), "_embedded": {"files": shown}}, content_type=JSON)


@routes("GET", "/download/{account_uuid}/{file_uuid}/{file_name}")
def download(ctx: Context) -> Response:
    """Return the bytes of the active version."""
    return _bytes(ctx, _find(ctx, with_deleted=False)[3])


@routes("GET", "/download/{account_uuid}/{file_uuid}/{version_uuid}/{file_name}")
def download_version(ctx: Context) -> Response:
    """Return the bytes of one version."""
    _find(ctx, with_deleted=False)
    return _bytes(ctx, ctx.params["version_uuid"])


def _bytes(ctx: Context, version_uuid: str) -> Response:
    sql = "SELECT mime_type, content FROM file_versions WHERE uuid=? AND file_uuid=?"
    row = ctx.store.row(sql, (version_uuid, ctx.params["file_uuid"]))
    if row is None or ctx.params["account_uuid"] != ctx.account.settings["uuid"]:
        raise refuse(404, "File not found")
    return Response(200, (("Content-Type", row[0]),), row[1])
