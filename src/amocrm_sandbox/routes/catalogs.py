"""Lists."""

from __future__ import annotations

from typing import Any

from ..domain.catalogs import MOST_CATALOGS, catalog_of_type, find_catalog, make_catalog, require_lists
from ..domain.context import Context, Item, Routes
from ..engine.messages import Response, json_response

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/catalogs"
_CHANGEABLE = (
    "name",
    "sort",
    "can_add_elements",
    "can_link_multiple",
    "can_show_in_cards",
    "created_by",
    "updated_by",
    "created_at",
)


def _show(ctx: Context, catalog: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    shown = {**catalog, "account_id": ctx.account.settings["id"]}
    if request_id is not None:
        shown["request_id"] = request_id
        del shown["sdk_widget_code"]
    shown["_links"] = ctx.links(f"catalogs/{catalog['id']}")
    return shown


@routes("GET", _PATH)
def list_catalogs(ctx: Context) -> Response:
    """List lists; `type` stands at the top level of the query, not in `filter`."""
    require_lists(ctx)
    every = sorted(
        ctx.store.documents("catalogs").values(), key=lambda catalog: (catalog["sort"], catalog["id"])
    )
    if "type" in ctx.query:
        every = [item for item in every if item["type"] == ctx.query["type"]]
    return ctx.sliced_page("catalogs", every, lambda catalog: _show(ctx, catalog))


@routes("GET", _PATH + "/{id}")
def get_catalog(ctx: Context) -> Response:
    """Return one list."""
    return json_response(_show(ctx, find_catalog(ctx, "id")))


@routes("POST", _PATH)
def create_catalogs(ctx: Context) -> Response:
    """Add lists: ten at most, and one of invoices and of products each."""
    require_lists(ctx)
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        type = item.data.get("type") or "regular"
        if type != "regular" and catalog_of_type(ctx.store, type) is not None:
            item.error("NotUnique", "type", detail="This value is already used.")
        elif len(ctx.store.documents("catalogs")) >= MOST_CATALOGS:
            item.error("TooMany", "", MOST_CATALOGS)
        else:
            ctx.check_users(item, item.data, "created_by", "updated_by")
            shown.append(_show(ctx, make_catalog(ctx, item.data), item.request_id))
    ctx.refuse_bad_items()
    return ctx.written("catalogs", shown)


def _change(ctx: Context, item: Item, catalog: dict[str, Any]) -> dict[str, Any]:
    ctx.check_users(item, item.data, "created_by", "updated_by")
    changes = {key: item.data[key] for key in _CHANGEABLE if key in item.data}
    changed = {**catalog, "updated_by": ctx.user["id"], **changes, "updated_at": ctx.now}
    if not item.errors:
        ctx.store.put("catalogs", changed)
    return changed


@routes("PATCH", _PATH)
def update_catalogs(ctx: Context) -> Response:
    """Change lists."""
    require_lists(ctx)
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        catalog = ctx.store.document("catalogs", item.data["id"])
        if catalog is None:
            item.error("NotSupportedChoice", "id")
        else:
            shown.append(_show(ctx, _change(ctx, item, catalog), item.request_id))
    ctx.refuse_bad_items()
    return ctx.written("catalogs", shown)


@routes("PATCH", _PATH + "/{id}")
def update_catalog(ctx: Context) -> Response:
    """Change one list; without a `request_id` of its own the answer has the id in its place, as a text."""
    catalog = find_catalog(ctx, "id")
    ctx.refuse_bad_items()
    changed = _change(ctx, ctx.item, catalog)
    ctx.refuse_bad_items()
    request_id = ctx.item.request_id if "request_id" in ctx.item.data else str(catalog["id"])
    return json_response(_show(ctx, changed, request_id))
