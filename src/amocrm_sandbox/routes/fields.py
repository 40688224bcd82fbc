"""Definitions of custom fields."""

from __future__ import annotations

from typing import Any

from ..domain.category_nodes import change_nodes
from ..domain.context import Context, Item, Routes
from ..domain.customers_mode import require_mode
from ..domain.field_owners import owner_of, owner_path
from ..domain.field_values import LISTS, definitions
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_EVERYWHERE = frozenset(
    {
        "text",
        "numeric",
        "checkbox",
        "select",
        "multiselect",
        "date",
        "date_time",
        "url",
        "textarea",
        "radiobutton",
        "streetaddress",
        "file",
    }
)
_COMMON = _EVERYWHERE | {"smart_address", "birthday", "legal_entity", "monetary"}
ALLOWED = {
    "leads": _COMMON | {"tracking_data", "chained_list"},
    "contacts": _COMMON | {"multitext"},
    "companies": _COMMON,
    "customers": _EVERYWHERE | {"monetary", "chained_list"},
    "catalogs": _EVERYWHERE
    | {"price", "category", "items", "linked_entity", "payer", "supplier", "monetary"},
    "segments": _EVERYWHERE - {"file"},
}
_PATHS = (
    "/api/v4/{entity_type}/custom_fields",
    "/api/v4/catalogs/{catalog_id}/custom_fields",
    "/api/v4/customers/segments/custom_fields",
)
_ONE = tuple(f"{path}/{{id}}" for path in _PATHS)
MOST_SEGMENT_FIELDS = 30
_REMINDERS = ("never", "day", "week", "month")
_DEFAULTS: dict[str, Any] = {
    "code": None,
    "is_api_only": False,
    "enums": None,
    "group_id": None,
    "required_statuses": [],
    "is_deletable": True,
    "is_predefined": False,
    "tracking_callback": None,
    "remind": None,
    "triggers": [],
    "currency": None,
    "hidden_statuses": [],
    "chained_lists": None,
}
_OF_LISTS: dict[str, Any] = {
    "code": None,
    "is_api_only": False,
    "enums": None,
    "nested": None,
    "search_in": None,
    "currency": None,
    "settings": None,
    "is_visible": True,
    "is_required": False,
    "is_deletable": True,
    "is_predefined": False,
}
_OF_SEGMENTS: dict[str, Any] = {"code": None, "enums": None, "is_deletable": True}
_PLAIN = (
    "name",
    "code",
    "sort",
    "group_id",
    "is_api_only",
    "required_statuses",
    "hidden_statuses",
    "is_visible",
    "is_required",
    "is_deletable",
    "settings",
    "search_in",
)
_TYPED = {
    "remind": ("birthday",),
    "tracking_callback": ("tracking_data",),
    "chained_lists": ("chained_list",),
    "currency": ("monetary",),
}


def _owner(ctx: Context) -> str:
    """Return the owner; customers and segments have fields only while the function is on, save for removing them."""
    owner = owner_of(ctx)
    if owner in ("customers", "segments") and ctx.request.method != "DELETE":
        require_mode(ctx)
    return owner


def _show(ctx: Context, field: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    owner = field["entity_type"]
    kind, _, catalog_id = owner.partition(":")
    defaults = {"catalogs": _OF_LISTS, "segments": _OF_SEGMENTS}.get(kind, _DEFAULTS)
    shown = {**defaults, **field, "account_id": ctx.account.settings["id"]}
    if catalog_id:
        shown.update(entity_type=kind, catalog_id=int(catalog_id))
    if owner == "leads":
        shown["is_computed"] = False
    if request_id is not None:
        shown["request_id"] = request_id
    shown["_links"] = ctx.links(f"{owner_path(owner)}/custom_fields/{field['id']}")
    return shown


def _find(ctx: Context) -> dict[str, Any] | None:
    field = ctx.store.document("fields", ctx.id())
    return field if field and field["entity_type"] == _owner(ctx) else None


@routes("GET", *_PATHS)
def list_fields(ctx: Context) -> Response:
    """List the fields of an owner, with totals and a `last` link."""
    every = definitions(ctx, _owner(ctx))
    types = as_list(ctx.filter.get("type"))
    ids = [as_int(value) for value in as_list(ctx.filter.get("id"))]
    if types:
        every = [field for field in every if field["type"] in types]
    if ids:
        every = [field for field in every if field["id"] in ids]
    order = ctx.query.get("order")
    for name, direction in order.items() if isinstance(order, dict) else ():
        if name in ("sort", "id"):
            every = sorted(
                every, key=lambda field: (field[name], field["id"]), reverse=str(direction).lower() == "desc"
            )
    return ctx.counted_page("custom_fields", every, lambda field: _show(ctx, field), last=True)


@routes("GET", *_ONE)
def get_field(ctx: Context) -> Response:
    """Return one field; 204 when there is none."""
    field = _find(ctx)
    return json_response(_show(ctx, field)) if field else Response(204)


@routes("POST", *_PATHS)
def create_fields(ctx: Context) -> Response:
    """Add fields; the answer is 201 with the whole definitions."""
    ctx.require_admin()
    owner, shown = _owner(ctx), []
    if owner == "segments" and len(definitions(ctx, owner)) + len(ctx.items) > MOST_SEGMENT_FIELDS:
        raise refuse(422, f"Limit {MOST_SEGMENT_FIELDS} fields of segments")
    for item in ctx.items:
        if item.errors:
            continue
        data = item.data
        sort = data.get("sort") or 500 + len(definitions(ctx, owner)) + 1
        field = {
            "id": 0,
            "name": data["name"],
            "type": data["type"],
            "code": None,
            "entity_type": owner,
            "sort": sort,
        }
        field["is_predefined"], field["is_deletable"], field["enums"] = False, True, None
        if data["type"] not in ALLOWED[owner.partition(":")[0]]:
            item.error("NotSupportedChoice", "type")
            continue
        if data["type"] == "monetary" and not data.get("currency"):
            item.error("FieldMissing", "currency")
        if data["type"] == "chained_list" and not data.get("chained_lists"):
            item.error("FieldMissing", "chained_lists")
        if data["type"] in LISTS - {"category"} and not data.get("enums"):
            item.error("FieldMissing", "enums")
        if data["type"] == "linked_entity" and not data.get("search_in"):
            item.error("FieldMissing", "search_in")
        changed = _change(ctx, item, field)
        if not item.errors:
            changed["id"] = ctx.store.next_id("fields")
            ctx.store.put("fields", changed)
            shown.append(_show(ctx, changed, item.request_id))
    ctx.refuse_bad_items()
    return json_response({"_total_items": len(shown), "_embedded": {"custom_fields": shown}}, 201)


@routes("PATCH", *_PATHS)
def update_fields(ctx: Context) -> Response:
    """Change fields."""
    ctx.require_admin()
    owner, shown = _owner(ctx), []
    for item in ctx.items:
        if item.errors:
            continue
        field = ctx.store.document("fields", item.data["id"])
        if field is None or field["entity_type"] != owner:
            item.error("NotSupportedChoice", "id")
            continue
        changed = _change(ctx, item, field)
        if not item.errors:
            ctx.store.put("fields", changed)
            shown.append(_show(ctx, changed, item.request_id))
    ctx.refuse_bad_items()
    return json_response({"_total_items": len(shown), "_embedded": {"custom_fields": shown}}, _patched(ctx))


@routes("PATCH", *_ONE)
def update_field(ctx: Context) -> Response:
    """Change one field; the answer is the bare definition."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    field = _find(ctx)
    if field is None:
        raise refuse(404, "Custom field not found")
    changed = _change(ctx, ctx.item, field)
    ctx.refuse_bad_items()
    ctx.store.put("fields", changed)
    return json_response(_show(ctx, changed), _patched(ctx))


def _patched(ctx: Context) -> int:
    # The Russian page says 201, the English one 200; the description says which of them is meant.
    responses = ctx.operation.raw["responses"] if ctx.operation else {}
    return 200 if "200" in responses or "201" not in responses else 201


@routes("DELETE", *_ONE)
def delete_field(ctx: Context) -> Response:
    """Remove a field together with all its values."""
    ctx.require_admin()
    field = _find(ctx)
    if field is None:
        raise refuse(404, "Custom field not found")
    if not field["is_deletable"]:
        raise refuse(400, "The field cannot be deleted")
    ctx.store.remove("fields", field["id"])
    ctx.store.execute("DELETE FROM field_values WHERE field_id=?", (field["id"],))
    return Response(204)


def _change(ctx: Context, item: Item, field: dict[str, Any]) -> dict[str, Any]:
    """Return the definition after the sent changes; errors go to the item."""
    data, changed = item.data, dict(field)
    if data.get("type", field["type"]) != field["type"]:
        item.error("NotSupportedChoice", "type")
    for key in _PLAIN:
        if key in data and (data[key] is not None or key not in ("name", "sort")):
            changed[key] = data[key]
    for key, types in _TYPED.items():
        if data.get(key) is not None:
            if field["type"] in types:
                changed[key] = data[key]
            else:
                item.error("FieldNotExpected", key)
    if changed.get("remind") not in (None, *_REMINDERS):
        item.error("NotSupportedChoice", "remind")
    code = changed["code"]
    twins = [
        other
        for other in definitions(ctx, field["entity_type"])
        if code is not None and other["code"] == code and other["id"] != field["id"]
    ]
    if twins:
        item.error("NotUnique", "code", detail="This value is already used.")
    if data.get("enums") is not None:
        changed["enums"] = _options(ctx, item, field)
    if data.get("nested") is not None:
        changed["nested"] = change_nodes(ctx, item, field)
    return changed


def _options(ctx: Context, item: Item, field: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the options after a write: kept by id, made without one, and gone when they are not sent."""
    if field["type"] not in LISTS - {"category"} and field["type"] != "multitext":
        item.error("FieldNotExpected", "enums")
        return None
    old_options = {option["id"]: option for option in field["enums"] or ()}
    options = []
    for index, sent in enumerate(item.data["enums"], start=1):
        id = sent.get("id")
        if id is not None and id not in old_options:
            item.error("NotSupportedChoice", f"enums.{index - 1}.id")
            continue
        old = old_options.get(id, {})
        option = {
            "id": id if id is not None else ctx.store.next_id("enums"),
            "value": sent.get("value", old.get("value")),
        }
        option["sort"] = sent["sort"] if sent.get("sort") is not None else old.get("sort", index)
        option["code"] = sent["code"] if "code" in sent else old.get("code")
        options.append(option)
    kept = {option["id"] for option in options}
    for gone in old_options.keys() - kept:
        ctx.store.execute("DELETE FROM field_values WHERE field_id=? AND value=?", (field["id"], gone))
    return sorted(options, key=lambda option: (option["sort"], option["id"]))
