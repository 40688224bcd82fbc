"""Tags: a directory per entity type."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.selection import Selection
from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from ..engine.refusals import refuse

__all__ = ["COLORS", "routes"]

routes = Routes()

COLORS = (
    "EBEBEB",
    "D0D0D0",
    "F2DDF7",
    "D1A4DC",
    "FF8F92",
    "FFC8C8",
    "C7DB8C",
    "DDEBB5",
    "8699DA",
    "AABDFF",
    "FFCE5A",
    "FFE193",
    "90CDB0",
    "C6F4DE",
    "A9A5D7",
    "D8D5FF",
    "86C0FC",
    "832161",
    "6A0F49",
    "0C7C59",
    "10599D",
    "9D2B32",
    "247BA0",
)


def _kind(ctx: Context) -> str:
    return ctx.params.get("entity_type", "leads")


def _color(item: Item, kind: str) -> str | None:
    color = item.data.get("color")
    if kind != "leads" or color is None:
        return None
    if color not in COLORS:
        item.error("NotSupportedChoice", "color")
    return str(color)


def _answer(shown: list[dict[str, Any]]) -> Response:
    return json_response({"_total_items": len(shown), "_embedded": {"tags": shown}})


@routes("GET", "/api/v4/{entity_type}/tags")
def list_tags(ctx: Context) -> Response:
    """List the tags of an entity type."""
    selection = Selection("tags")
    selection.where("entity_type=?", _kind(ctx))
    selection.ids("id", ctx.filter.get("id"))
    selection.among("name", as_list(ctx.filter.get("name"))[:1])
    text = ctx.query.get("query")
    if isinstance(text, str) and text:
        selection.where("instr(casefold(name), ?) > 0", text.casefold())
    rows, has_next = selection.page(ctx, "id, name, color")
    shown = [dict(zip(("id", "name", "color"), row, strict=True)) for row in rows]
    return ctx.page_answer("tags", shown, has_next)


@routes("POST", "/api/v4/{entity_type}/tags")
def create_tags(ctx: Context) -> Response:
    """Add tags; a name that exists is no error, its id comes back."""
    kind, shown = _kind(ctx), []
    for item in ctx.items:
        if item.errors:
            continue
        name, color = item.data["name"], _color(item, kind)
        row = ctx.store.row("SELECT id, color FROM tags WHERE entity_type=? AND name=?", (kind, name))
        if row is None:
            row = (ctx.store.next_id("tags"), color)
            ctx.store.insert("tags", {"id": row[0], "entity_type": kind, "name": name, "color": color})
        shown.append({"id": row[0], "name": name, "color": row[1], "request_id": item.request_id})
    ctx.refuse_bad_items()
    return _answer(shown)


def _change(ctx: Context, item: Item, id: int) -> dict[str, Any] | None:
    row = ctx.store.row("SELECT name, color FROM tags WHERE id=? AND entity_type='leads'", (id,))
    if row is None:
        return None
    name = item.data.get("name") or row[0]
    color = _color(item, "leads") if "color" in item.data else row[1]
    if ctx.store.row("SELECT 1 FROM tags WHERE entity_type='leads' AND name=? AND id<>?", (name, id)):
        item.error("NotUnique", "name", detail="This value is already used.")
    else:
        ctx.store.update("tags", id, {"name": name, "color": color})
    return {"id": id, "name": name, "color": color}


@routes("PATCH", "/api/v4/leads/tags")
def update_lead_tags(ctx: Context) -> Response:
    """Rename or colour tags of leads."""
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        tag = _change(ctx, item, item.data["id"])
        if tag is None:
            item.error("NotSupportedChoice", "id")
        else:
            shown.append({**tag, "request_id": item.request_id})
    ctx.refuse_bad_items()
    return _answer(shown)


@routes("PATCH", "/api/v4/leads/tags/{id}")
def update_lead_tag(ctx: Context) -> Response:
    """Rename or colour one tag of leads."""
    ctx.refuse_bad_items()
    tag = _change(ctx, ctx.item, ctx.id())
    if tag is None:
        raise refuse(404, "Tag not found")
    ctx.refuse_bad_items()
    return json_response(tag)
