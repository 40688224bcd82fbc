"""Users: list, one, add."""

from __future__ import annotations

import re
from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.rights import DENIED, check_rights
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse
from ..storage.ids import new_uuid
from ..storage.seed import full_rights

__all__ = ["routes"]

routes = Routes()

MOST_USERS = 100
_OPTIONAL = ("uuid", "amojo_id", "user_rank", "phone_number")
_NAME = re.compile(r"[\w\s.@-]*", re.UNICODE)


def _show(ctx: Context, user: dict[str, Any], slash: str = "") -> dict[str, Any]:
    shown = {key: user[key] for key in ("id", "name", "email", "lang", "rights")}
    for key in _OPTIONAL:
        if key in ctx.with_:
            shown[key] = user.get(key)
    shown["_links"] = ctx.links(f"users/{user['id']}{slash}")
    embedded: dict[str, Any] = {}
    if "role" in ctx.with_:
        role = ctx.store.document("roles", user["rights"]["role_id"] or 0)
        embedded["roles"] = (
            [{"id": role["id"], "name": role["name"], **_role_link(ctx, role)}] if role else []
        )
    if "group" in ctx.with_:
        group = ctx.store.document("groups", user["rights"]["group_id"] or 0)
        embedded["groups"] = [{"id": group["id"], "name": group["name"]}] if group else []
    if embedded:
        shown["_embedded"] = embedded
    return shown


def _role_link(ctx: Context, role: dict[str, Any]) -> dict[str, Any]:
    return {"_links": ctx.links(f"roles/{role['id']}")}


@routes("GET", "/api/v4/users")
def list_users(ctx: Context) -> Response:
    """List users, with totals; administrators only."""
    ctx.require_admin()
    every = list(ctx.store.documents("users").values())
    return ctx.counted_page("users", every, lambda user: _show(ctx, user, "/"))


@routes("GET", "/api/v4/users/{id}")
def get_user(ctx: Context) -> Response:
    """Return one user; administrators only."""
    ctx.require_admin()
    user = ctx.store.document("users", ctx.id())
    if user is None:
        raise refuse(404, "User not found")
    return json_response(_show(ctx, user))


@routes("POST", "/api/v4/users")
def create_users(ctx: Context) -> Response:
    """Add up to ten users; the answer is 201 and has no link at the top."""
    ctx.require_admin()
    if len(ctx.store.documents("users")) > MOST_USERS:
        raise refuse(400, f"The account has more than {MOST_USERS} users")
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        _check(ctx, item)
        if item.errors:
            continue
        user = _user(ctx, item.data)
        ctx.store.put("users", user)
        answer = _show(ctx, user)
        links = answer.pop("_links")
        shown.append({**answer, "request_id": item.request_id, "_links": links})
    ctx.refuse_bad_items()
    return json_response({"_total_items": len(shown), "_embedded": {"users": shown}}, 201)


def _check(ctx: Context, item: Item) -> None:
    data = item.data
    name, password = data.get("name") or "", data.get("password") or ""
    if not name.strip():
        item.error("NotBlank", "name")
    elif len(name) > 50:
        item.error("TooLong", "name", 50)
    elif not _NAME.fullmatch(name) or "://" in name:
        item.error("InvalidFormat", "name")
    if "@" not in (data.get("email") or ""):
        item.error("InvalidFormat", "email")
    elif any(user["email"] == data["email"] for user in ctx.store.documents("users").values()):
        item.error("NotUnique", "email", detail="This value is already used.")
    kinds = (str.isdigit, str.islower, str.isupper)
    if len(password) < 6:
        item.error("TooShort" if password else "FieldMissing", "password", 6)
    elif not all(any(kind(letter) for letter in password) for kind in kinds):
        item.error("InvalidFormat", "password")
    rights = data.get("rights") or {}
    if rights.get("role_id") is None and not rights.get("is_free"):
        check_rights(item, rights)
    for key, kind in (("role_id", "roles"), ("group_id", "groups")):
        if rights.get(key) is not None and ctx.store.document(kind, rights[key]) is None:
            item.error("NotSupportedChoice", f"rights.{key}")


def _user(ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    sent = data.get("rights") or {}
    rights = full_rights(is_admin=False, mail_access=False, catalog_access=False, files_access=False)
    rights["is_free"] = bool(sent.get("is_free"))
    keep = not rights["is_free"] and sent.get("role_id") is None
    for key in ("leads", "contacts", "companies"):
        rights[key] = {**DENIED, **((sent.get(key) or {}) if keep else {})}
    rights["tasks"] = {"edit": "D", "delete": "D", **((sent.get("tasks") or {}) if keep else {})}
    for key in ("mail_access", "catalog_access", "status_rights", "catalog_rights"):
        if keep and sent.get(key) is not None:
            rights[key] = sent[key]
    if not rights["is_free"]:
        rights["role_id"], rights["group_id"] = sent.get("role_id"), sent.get("group_id")

    return {
        "id": ctx.store.next_id("users"),
        "name": data["name"],
        "email": data["email"],
        "lang": data.get("lang") or "ru",
        "rights": rights,
        "uuid": new_uuid(ctx.account.random),
        "amojo_id": new_uuid(ctx.account.random),
    }
