"""Roles, and switching users on and off."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.rights import check_rights, role_rights
from ..domain.stages import stage
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/roles"


def _show(ctx: Context, role: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    shown = {"id": role["id"], "name": role["name"], "rights": role["rights"]}
    if request_id is not None:
        shown["request_id"] = request_id
    shown["_links"] = ctx.links(f"roles/{role['id']}")
    if "users" in ctx.with_:
        users = ctx.store.documents("users").values()
        own = [{"id": user["id"]} for user in users if user["rights"]["role_id"] == role["id"]]
        shown["_embedded"] = {"users": own}
    return shown


def _find(ctx: Context) -> dict[str, Any]:
    role = ctx.store.document("roles", ctx.id())
    if role is None:
        raise refuse(404, "Role not found")
    return role


def _answer(shown: list[dict[str, Any]], status: int) -> Response:
    return json_response({"_total_items": len(shown), "_embedded": {"roles": shown}}, status)


def _check(ctx: Context, item: Item) -> None:
    rights = item.data.get("rights") or {}
    check_rights(item, rights)
    for index, right in enumerate(rights.get("status_rights") or ()):
        if stage(ctx.store, right["pipeline_id"], right["status_id"]) is None:
            item.error("NotSupportedChoice", f"rights.status_rights.{index}.status_id")
    for index, right in enumerate(rights.get("catalog_rights") or ()):
        if ctx.store.document("catalogs", right["catalog_id"]) is None:
            item.error("NotSupportedChoice", f"rights.catalog_rights.{index}.catalog_id")


@routes("GET", _PATH)
def list_roles(ctx: Context) -> Response:
    """List roles, with totals; administrators only."""
    ctx.require_admin()
    return ctx.counted_page(
        "roles", list(ctx.store.documents("roles").values()), lambda role: _show(ctx, role)
    )


@routes("GET", _PATH + "/{id}")
def get_role(ctx: Context) -> Response:
    """Return one role; administrators only."""
    ctx.require_admin()
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_roles(ctx: Context) -> Response:
    """Add roles; the answer is 201."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        _check(ctx, item)
        if not item.errors:
            rights = role_rights({}, item.data.get("rights") or {})
            role = {"id": ctx.store.next_id("roles"), "name": item.data["name"], "rights": rights}
            ctx.store.put("roles", role)
            shown.append(_show(ctx, role, item.request_id))
    ctx.refuse_bad_items()
    return _answer(shown, 201)


def _change(ctx: Context, item: Item, role: dict[str, Any]) -> dict[str, Any]:
    _check(ctx, item)
    rights = role_rights(role["rights"], item.data.get("rights") or {})
    changed = {**role, "name": item.data.get("name", role["name"]), "rights": rights}
    if not item.errors:
        ctx.store.put("roles", changed)
    return changed


@routes("PATCH", _PATH)
def update_roles(ctx: Context) -> Response:
    """Change roles."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        role = None if item.errors else ctx.store.document("roles", item.data["id"])
        if role is not None:
            shown.append(_show(ctx, _change(ctx, item, role), item.request_id))
        elif not item.errors:
            item.error("NotSupportedChoice", "id")
    ctx.refuse_bad_items()
    return _answer(shown, 200)


@routes("PATCH", _PATH + "/{id}")
def update_role(ctx: Context) -> Response:
    """Change one role; the answer is 202, and an empty object is refused."""
    ctx.require_admin()
    role = _find(ctx)
    ctx.refuse_bad_items()
    changed = _change(ctx, ctx.item, role)
    ctx.refuse_bad_items()
    return json_response(_show(ctx, changed), 202)


@routes("DELETE", _PATH + "/{id}")
def delete_role(ctx: Context) -> Response:
    """Remove a role; its users are left without one."""
    ctx.require_admin()
    role = _find(ctx)
    for user in list(ctx.store.documents("users").values()):
        if user["rights"]["role_id"] == role["id"]:
            ctx.store.put("users", {**user, "rights": {**user["rights"], "role_id": None}})
    ctx.store.remove("roles", role["id"])
    return Response(204)


def _switch(ctx: Context, is_active: bool) -> None:
    ctx.require_admin()
    for item in ctx.items:
        if item.errors:
            continue
        user = ctx.store.document("users", item.data["id"])
        if user is None or user["rights"]["is_admin"]:
            # Administrators cannot be switched on or off this way.
            item.error("NotSupportedChoice", "id")
        else:
            ctx.store.put("users", {**user, "rights": {**user["rights"], "is_active": is_active}})
    ctx.refuse_bad_items()


@routes("POST", "/api/v4/users/activate")
def activate_users(ctx: Context) -> Response:
    """Switch users on; 202 without a body."""
    _switch(ctx, True)
    return Response(202)


@routes("POST", "/api/v4/users/deactivate")
def deactivate_users(ctx: Context) -> Response:
    """Switch users off, their tokens with them; 204."""
    _switch(ctx, False)
    return Response(204)
