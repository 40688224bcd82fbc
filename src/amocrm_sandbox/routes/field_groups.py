"""Groups of custom fields; their ids are texts."""

from __future__ import annotations

from typing import Any

from ..domain.catalogs import catalog_of_type
from ..domain.context import Context, Item, Routes
from ..domain.field_owners import owner_of, owner_path
from ..domain.field_values import definitions
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_PATHS = ("/api/v4/{entity_type}/custom_fields/groups", "/api/v4/catalogs/{catalog_id}/custom_fields/groups")
_ONE = tuple(f"{path}/{{id}}" for path in _PATHS)
DEFAULT = "default"


def _groups(ctx: Context, owner: str) -> list[dict[str, Any]]:
    """Return the groups of an owner: the predefined ones and those that were made."""
    groups = [
        {"id": DEFAULT, "name": "Основное", "sort": 0, "is_predefined": True, "type": "custom_field_group"}
    ]
    if owner == "leads":
        group = {"id": "statistic", "name": "Статистика", "sort": 1, "is_predefined": True}
        groups.append({**group, "type": "linked_group"})
    catalog = catalog_of_type(ctx.store, "products")
    if catalog is not None and owner in ("leads", "customers") and ctx.store.setting("products"):
        group = {"id": str(catalog["id"]), "name": catalog["name"], "sort": 2, "is_predefined": True}
        groups.append({**group, "type": "linked_group"})
    own_groups = [group for group in ctx.store.documents("field_groups").values() if group["owner"] == owner]
    groups += [{**group, "id": group["key"]} for group in own_groups]
    return sorted(groups, key=lambda group: group["sort"])


def _show(ctx: Context, owner: str, group: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    keys = ("id", "name", "sort", "is_predefined", "type")
    own = [
        definition["id"]
        for definition in definitions(ctx, owner)
        if (definition.get("group_id") or DEFAULT) == group["id"]
    ]
    extra = {} if request_id is None else {"request_id": request_id}
    links = ctx.links(f"{owner_path(owner)}/custom_fields/groups/{group['id']}")
    shown = {key: group[key] for key in keys}
    return {**shown, "entity_type": owner.partition(":")[0], "fields": own, **extra, "_links": links}


def _find(ctx: Context, owner: str) -> dict[str, Any]:
    result = next((group for group in _groups(ctx, owner) if group["id"] == ctx.params["id"]), None)
    if result is None:
        raise refuse(404, "Group not found")
    return result


def _answer(shown: list[dict[str, Any]], status: int = 200) -> Response:
    return json_response({"_total_items": len(shown), "_embedded": {"custom_field_groups": shown}}, status)


@routes("GET", *_PATHS)
def list_field_groups(ctx: Context) -> Response:
    """List all groups of an owner."""
    owner = owner_of(ctx)
    return _answer([_show(ctx, owner, group) for group in _groups(ctx, owner)])


@routes("GET", *_ONE)
def get_field_group(ctx: Context) -> Response:
    """Return one group."""
    owner = owner_of(ctx)
    return json_response(_show(ctx, owner, _find(ctx, owner)))


@routes("POST", *_PATHS)
def create_field_groups(ctx: Context) -> Response:
    """Add groups; the answer is 201."""
    ctx.require_admin()
    owner, keys = owner_of(ctx), []
    for item in ctx.items:
        if item.errors:
            continue
        number = ctx.store.next_id("field_groups")
        key = f"{owner.replace(':', '_')}_{number}"
        group = {
            "id": number,
            "key": key,
            "owner": owner,
            "name": item.data["name"],
            "sort": item.data["sort"],
        }
        ctx.store.put("field_groups", {**group, "is_predefined": False, "type": "custom_field_group"})
        _move(ctx, item, owner, key)
        keys.append((key, item.request_id))
    ctx.refuse_bad_items()
    groups = {group["id"]: group for group in _groups(ctx, owner)}
    return _answer([_show(ctx, owner, groups[key], request_id) for key, request_id in keys], 201)


def _move(ctx: Context, item: Item, owner: str, key: str) -> None:
    """Move the sent fields into a group."""
    for index, id in enumerate(item.data.get("fields") or ()):
        field = ctx.store.document("fields", id)
        if field is None or field["entity_type"] != owner:
            item.error("NotSupportedChoice", f"fields.{index}")
        else:
            ctx.store.put("fields", {**field, "group_id": key})


@routes("PATCH", *_ONE)
def update_field_group(ctx: Context) -> Response:
    """Change one group, or move fields into it."""
    ctx.require_admin()
    owner = owner_of(ctx)
    group = _find(ctx, owner)
    ctx.refuse_bad_items()
    data = ctx.item.data
    ctx.item.needs_one("name", "sort", "fields")
    if group["is_predefined"] and ("name" in data or "sort" in data):
        raise refuse(400, "A predefined group cannot be changed")
    _move(ctx, ctx.item, owner, group["id"])
    ctx.refuse_bad_items()
    if not group["is_predefined"]:
        kept = next(
            document
            for document in ctx.store.documents("field_groups").values()
            if document["key"] == group["id"]
        )
        changes = {key: data[key] for key in ("name", "sort") if key in data}
        ctx.store.put("field_groups", {**kept, **changes})
    return json_response(_show(ctx, owner, _find(ctx, owner)))


@routes("DELETE", *_ONE)
def delete_field_group(ctx: Context) -> Response:
    """Remove a group that is not predefined; its fields go back to the main one."""
    ctx.require_admin()
    owner = owner_of(ctx)
    group = _find(ctx, owner)
    if group["is_predefined"]:
        raise refuse(400, "A predefined group cannot be deleted")
    for field in definitions(ctx, owner):
        if field.get("group_id") == group["id"]:
            ctx.store.put("fields", {**field, "group_id": None})
    number = next(
        document["id"]
        for document in ctx.store.documents("field_groups").values()
        if document["key"] == group["id"]
    )
    ctx.store.remove("field_groups", number)
    return Response(204)
