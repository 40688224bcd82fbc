"""Notes of leads, contacts, companies and customers."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain import access
from ..domain.context import Context, Item, Routes
from ..domain.files import file_reference, sanitized
from ..domain.note_params import check_params, show_params
from ..domain.selection import Selection
from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_COLUMNS = (
    "id",
    "entity_id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "responsible_user_id",
    "note_type",
    "params",
    "is_pinned",
)
_SELECT = ",".join(_COLUMNS)
_ALL = "/api/v4/{entity_type}/notes"
_OWN = "/api/v4/{entity_type}/{entity_id}/notes"


def _kind(ctx: Context) -> str:
    return ctx.params["entity_type"]


def _own(ctx: Context) -> int | None:
    """Return the entity of the path, if the path names one."""
    return ctx.id("entity_id") if "entity_id" in ctx.params else None


def _show(ctx: Context, kind: str, values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(_COLUMNS, values, strict=True))
    user = ctx.store.document("users", row["responsible_user_id"])
    shown = {key: row[key] for key in _COLUMNS[:7]}
    shown["group_id"] = (user and user["rights"]["group_id"]) or 0
    shown["note_type"] = row["note_type"]
    shown["params"] = show_params(row["note_type"], msgspec.json.decode(row["params"]))
    shown["account_id"] = ctx.account.settings["id"]
    if "is_pinned" in ctx.with_:
        shown["is_pinned"] = bool(row["is_pinned"])
    shown["_links"] = ctx.links(f"{kind}/{row['entity_id']}/notes/{row['id']}")
    return shown


def _find(ctx: Context, id: int) -> tuple[Any, ...] | None:
    own = _own(ctx)
    row = ctx.store.row(f"SELECT {_SELECT} FROM notes WHERE id=? AND entity_type=?", (id, _kind(ctx)))
    if row is None or own not in (None, row[1]) or not access.allows(ctx, _kind(ctx), row[1], "view"):
        return None
    return row


@routes("GET", _ALL, _OWN)
def list_notes(ctx: Context) -> Response:
    """List notes of a type or of one entity; the filters of this list need no option."""
    kind, own = _kind(ctx), _own(ctx)
    selection = Selection("notes")
    selection.where("entity_type=?", kind)
    access.narrow(ctx, selection, kind, "entity_id")
    if own is not None:
        selection.where("entity_id=?", own)
    else:
        selection.ids("entity_id", ctx.filter.get("entity_id"))
    selection.ids("id", ctx.filter.get("id"))
    selection.among("note_type", as_list(ctx.filter.get("note_type")))
    selection.between("updated_at", ctx.filter.get("updated_at"))
    selection.order_by(ctx, ("updated_at", "id"))
    rows, has_next = selection.page(ctx, _SELECT)
    return ctx.page_answer("notes", [_show(ctx, kind, row) for row in rows], has_next)


@routes("GET", f"{_ALL}/{{id}}", f"{_OWN}/{{id}}")
def get_note(ctx: Context) -> Response:
    """Return one note."""
    row = _find(ctx, ctx.id())
    if row is None:
        raise refuse(404, "Note not found")
    return json_response(_show(ctx, _kind(ctx), row))


@routes("POST", _ALL, _OWN)
def create_notes(ctx: Context) -> Response:
    """Add notes; the answer holds ids and links only."""
    kind, own, shown = _kind(ctx), _own(ctx), []
    if own is not None:
        access.require_entity(ctx, kind, own, "edit")
    for item in ctx.items:
        if item.errors:
            continue
        data = item.data
        entity_id = data.get("entity_id") if own is None else own
        if entity_id is None:
            item.error("FieldMissing", "entity_id")
        elif own is None and not ctx.exists(kind, entity_id):
            item.error("NotSupportedChoice", "entity_id")
        elif own is None:
            access.require_entity(ctx, kind, entity_id, "edit")
        params = _params(ctx, item, data.get("note_type"), data.get("params"))
        ctx.check_users(item, item.data, "created_by", "updated_by", "responsible_user_id")
        if item.errors:
            continue
        me = ctx.user["id"]
        id = ctx.store.next_id("notes")
        row = {
            "id": id,
            "entity_type": kind,
            "entity_id": entity_id,
            "note_type": data["note_type"],
            "created_by": data.get("created_by", me),
            "updated_by": data.get("updated_by", me),
            "created_at": data.get("created_at") or ctx.now,
            "updated_at": data.get("updated_at") or ctx.now,
            "responsible_user_id": data.get("responsible_user_id") or me,
            "params": msgspec.json.encode(params),
        }
        ctx.store.insert("notes", row)
        ctx.changes.noted(kind, row["entity_id"], row["note_type"], id, row["created_at"])
        links = ctx.links(f"{kind}/{entity_id}/notes/{id}")
        shown.append({"id": id, "entity_id": entity_id, "request_id": item.request_id, "_links": links})
    ctx.refuse_bad_items()
    path = f"{kind}/notes" if own is None else f"{kind}/{own}/notes"
    return json_response({"_links": ctx.links(path), "_embedded": {"notes": shown}})


def _params(ctx: Context, item: Item, note_type: Any, sent: Any) -> dict[str, Any]:
    """Return the params to keep; those of an attachment name a file of the drive, whose names reading adds."""
    params = check_params(item, note_type, sent, ctx.account.behaviour.strict)
    if note_type != "attachment" or item.errors:
        return params
    reference = file_reference(ctx, params["file_uuid"], params.get("version_uuid"))
    if reference is None:
        item.error("NotSupportedChoice", "params.file_uuid")
        return params
    uploaded = reference["file_name"]
    kept = {"file_uuid": reference["file_uuid"], "version_uuid": reference["version_uuid"]}
    shown = sanitized(params.get("file_name") or uploaded)
    return {**kept, "file_name": shown, "original_name": uploaded}


def _change(ctx: Context, item: Item, row: tuple[Any, ...]) -> dict[str, Any] | None:
    data = item.data
    changes: dict[str, Any] = {
        "updated_at": data.get("updated_at") or ctx.now,
        "updated_by": data.get("updated_by", ctx.user["id"]),
    }
    note_type = data.get("note_type") or row[7]
    if "params" in data:
        changes["params"] = msgspec.json.encode(_params(ctx, item, note_type, data["params"]))
        changes["note_type"] = note_type
    elif note_type != row[7]:
        item.error("FieldMissing", "params")
    for key in ("created_by", "created_at", "responsible_user_id"):
        if data.get(key) is not None:
            changes[key] = data[key]
    ctx.check_users(item, item.data, "created_by", "updated_by", "responsible_user_id")
    if not access.allows(ctx, _kind(ctx), row[1], "edit"):
        raise refuse(403, "Access denied")
    if item.errors:
        return None
    ctx.store.update("notes", row[0], changes)
    links = ctx.links(f"{_kind(ctx)}/{row[1]}/notes/{row[0]}")
    return {"id": row[0], "entity_id": row[1], "updated_at": changes["updated_at"], "_links": links}


@routes("PATCH", _ALL, _OWN)
def update_notes(ctx: Context) -> Response:
    """Change notes."""
    kind, own, shown = _kind(ctx), _own(ctx), []
    for item in ctx.items:
        if item.errors:
            continue
        id = item.data.get("id")
        row = _find(ctx, id) if id is not None else None
        if row is None:
            item.error("FieldMissing" if id is None else "NotSupportedChoice", "id")
            continue
        answer = _change(ctx, item, row)
        if answer is not None:
            shown.append(answer)
    ctx.refuse_bad_items()
    path = f"{kind}/notes" if own is None else f"{kind}/{own}/notes"
    return json_response({"_links": ctx.links(path), "_embedded": {"notes": shown}})


@routes("PATCH", f"{_ALL}/{{id}}", f"{_OWN}/{{id}}")
def update_note(ctx: Context) -> Response:
    """Change one note."""
    ctx.refuse_bad_items()
    row = _find(ctx, ctx.id())
    if row is None:
        raise refuse(404, "Note not found")
    answer = _change(ctx, ctx.item, row)
    ctx.refuse_bad_items()
    return json_response(answer)


def _pin(ctx: Context, pinned: bool) -> Response:
    row = _find(ctx, ctx.id())
    if row is None:
        raise refuse(404, "Note not found")
    if not access.allows(ctx, _kind(ctx), row[1], "edit"):
        raise refuse(403, "Access denied")
    ctx.store.update("notes", row[0], {"is_pinned": int(pinned)})
    return Response(204)


@routes("POST", f"{_ALL}/{{id}}/pin")
def pin_note(ctx: Context) -> Response:
    """Pin a note."""
    return _pin(ctx, True)


@routes("POST", f"{_ALL}/{{id}}/unpin")
def unpin_note(ctx: Context) -> Response:
    """Unpin a note."""
    return _pin(ctx, False)
