"""Uploads: a session, then its parts one after the other, each to the address that the answer before has named."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.context import Context, Routes
from ..domain.files import COLUMNS, SELECT, show_file, split_name
from ..engine.messages import JSON, Response, json_response
from ..engine.refusals import refuse
from ..storage.ids import new_uuid
from ..storage.jwt import jwt

__all__ = ["routes"]

routes = Routes()

MAX_FILE = 300 * 2**20
MAX_PART = 512 * 2**10
LIFE = 24 * 3600


def _token(ctx: Context, session_id: int, part: int) -> str:
    claims = {
        "exp": ctx.now + LIFE,
        "iat": ctx.now,
        "nbf": ctx.now,
        "account_id": ctx.account.settings["id"],
        "session_id": session_id,
        "user_id": ctx.user["id"],
        "user_type": "internal",
        "part_num": part,
    }
    return jwt(claims, ctx.account.random.randbytes(32))


def _url(ctx: Context, token: str) -> str:
    return f"{ctx.request.scheme}://{ctx.request.host}/v1.0/sessions/upload/{token}"


@routes("POST", "/v1.0/sessions")
def create_session(ctx: Context) -> Response:
    """Open a session for a new file, or for a new version of one that exists."""
    ctx.require_scope("files")
    ctx.refuse_bad_items()
    item, data = ctx.item, ctx.item.data
    if data["file_size"] > MAX_FILE:
        item.error("TooHigh", "file_size", MAX_FILE)
    file = ctx.store.row("SELECT 1 FROM files WHERE uuid=? AND deleted_at IS NULL", (data.get("file_uuid"),))
    if data.get("file_uuid") is not None and file is None:
        item.error("NotSupportedChoice", "file_uuid")
    ctx.refuse_bad_items()
    id = ctx.store.next_id("sessions")
    token = _token(ctx, id, 1)
    row = {"id": id, "token": token, "expires_at": ctx.now + LIFE, "body": msgspec.json.encode(data)}
    ctx.store.insert("uploads", {**row, "content": b""})
    sizes = {"max_file_size": MAX_FILE, "max_part_size": MAX_PART}
    return json_response({"session_id": id, "upload_url": _url(ctx, token), **sizes}, content_type=JSON)


@routes("POST", "/v1.0/sessions/upload/{session_token}")
def upload_part(ctx: Context) -> Response:
    """Take one part; the answer has the address for the next one, or the file when this was the last.

    A part whose answer got lost may be sent again to its own address and is not taken twice.
    """
    ctx.require_scope("files")
    token, part = ctx.params["session_token"], ctx.request.body
    columns = "id, token, former_token, former_size, expires_at, body, content"
    upload = ctx.store.row(f"SELECT {columns} FROM uploads WHERE token=? OR former_token=?", (token, token))
    if upload is None or upload[4] <= ctx.now:
        raise refuse(404, "Session not found")
    id, current, _, former_size, _, body, content = upload
    data = msgspec.json.decode(body)
    if token != current:
        if content[-len(part) :] == part and len(part) == former_size:
            return _next(ctx, id, current)
        raise refuse(400, "This part was uploaded with other content")
    if len(part) > MAX_PART:
        raise refuse(400, f"A part may have {MAX_PART} bytes at most")
    whole = content + part
    if len(whole) > data["file_size"] or (not part and data["file_size"]):
        raise refuse(400, "The parts do not have the announced size")
    if len(whole) < data["file_size"]:
        following = _token(ctx, id, len(whole) // MAX_PART + 1)
        row = {"token": following, "former_token": token, "former_size": len(part), "content": whole}
        ctx.store.update("uploads", id, row)
        return _next(ctx, id, following)
    ctx.store.execute("DELETE FROM uploads WHERE id=?", (id,))
    shown = show_file(ctx, _keep(ctx, data, whole), bool(data.get("with_preview")))
    return json_response({**shown, "session_id": id}, content_type=JSON)


def _next(ctx: Context, id: int, token: str) -> Response:
    return json_response({"session_id": id, "next_url": _url(ctx, token)}, content_type=JSON)


def _keep(ctx: Context, data: dict[str, Any], content: bytes) -> tuple[Any, ...]:
    """Store a file, or a new version that becomes the active one."""
    user_id = (data.get("created_by") or {}).get("id", ctx.user["id"])
    version = {
        "uuid": new_uuid(ctx.account.random),
        "file_uuid": data.get("file_uuid") or new_uuid(ctx.account.random),
        "name": data["file_name"],
        "mime_type": data.get("content_type") or "application/octet-stream",
        "size": len(content),
        "created_by": user_id,
        "created_at": ctx.now,
        "content": content,
    }
    ctx.store.insert("file_versions", version)
    changed = {"version_uuid": version["uuid"], "updated_by": user_id, "updated_at": ctx.now}
    file_id = ctx.store.value("SELECT id FROM files WHERE uuid=?", (version["file_uuid"],))
    if file_id is not None:
        ctx.store.update("files", file_id, changed)
    else:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row.update(
            id=ctx.store.next_id("files"), uuid=version["file_uuid"], name=split_name(data["file_name"])[0]
        )
        ctx.store.insert("files", {**row, **changed, "created_by": user_id, "created_at": ctx.now})
    result: Any = ctx.store.row(f"SELECT {SELECT} FROM files WHERE uuid=?", (version["file_uuid"],))
    return result  # type: ignore[no-any-return]
