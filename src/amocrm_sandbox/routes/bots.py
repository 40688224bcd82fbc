"""Bots: the list, starting, stopping and continuing."""

from __future__ import annotations

from typing import Any

from ..domain import access
from ..domain.context import Context, Item, Routes
from ..engine.messages import HTML, Response, json_response
from ..engine.php_query import as_int, as_list
from ..engine.refusals import refuse
from ..messaging.bots import run_bot, stop_runs

__all__ = ["routes"]

routes = Routes()

MOST_HANDLERS = 10
MOST_BUTTONS = 25
_TYPES = {"show": ("text", "buttons", "buttons_url"), "goto": ("question", "answer", "finish")}
_V2_KINDS = {1: "contacts", 2: "leads", 3: "companies"}


def _accepted() -> Response:
    return Response(202, (("Content-Type", HTML),))


def _show(ctx: Context, bot: dict[str, Any]) -> dict[str, Any]:
    shown = {key: bot[key] for key in ("id", "name", "type_functionality", "is_visual_editor", "settings")}
    if "favorite" in ctx.with_:
        shown["is_favorite"] = ctx.user["id"] in bot["favorite_of"]
    return {**shown, "_links": ctx.links(f"bots/{bot['id']}")}


@routes("GET", "/api/v4/bots")
def list_bots(ctx: Context) -> Response:
    """List bots, with totals; the collection is called `items`."""
    every = list(ctx.store.documents("bots").values())
    ids = [as_int(value, -1) for value in as_list(ctx.filter.get("id"))]
    types = as_list(ctx.filter.get("type_functionality"))
    bots = [
        bot
        for bot in every
        if (not ids or bot["id"] in ids) and (not types or bot["type_functionality"] in types)
    ]
    return ctx.counted_page("items", bots, lambda bot: _show(ctx, bot))


@routes("GET", "/api/v4/bots/{id}")
def get_bot(ctx: Context) -> Response:
    """Return one bot; 204 when there is none."""
    bot = ctx.store.document("bots", ctx.id())
    return json_response(_show(ctx, bot)) if bot else Response(204)


def _check(ctx: Context, item: Item, kind: str) -> bool:
    if not access.may_see(ctx, kind, item.data["entity_id"]):
        item.error("NotSupportedChoice", "entity_id")
    return not item.errors


@routes("POST", "/api/v4/bots/run")
def run_bots(ctx: Context) -> Response:
    """Start bots; 202 with an empty HTML body."""
    _run_all(ctx, {})
    return _accepted()


def _run_all(ctx: Context, kinds: dict[Any, str]) -> None:
    for item in ctx.items:
        if item.errors:
            continue
        kind: str = kinds.get(item.data["entity_type"]) or item.data["entity_type"]
        bot = ctx.store.document("bots", item.data["bot_id"])
        if bot is None:
            item.error("NotSupportedChoice", "bot_id")
        elif _check(ctx, item, kind):
            run_bot(ctx, bot, kind, item.data["entity_id"])
    ctx.refuse_bad_items()


def _one(ctx: Context) -> dict[str, Any]:
    bot = ctx.store.document("bots", ctx.id())
    if bot is None:
        raise refuse(404, "Bot not found")
    ctx.refuse_bad_items()
    _check(ctx, ctx.item, ctx.item.data["entity_type"])
    ctx.refuse_bad_items()
    return bot


@routes("POST", "/api/v4/bots/{id}/run")
def start_bot(ctx: Context) -> Response:
    """Start one bot."""
    run_bot(ctx, _one(ctx), ctx.item.data["entity_type"], ctx.item.data["entity_id"])
    return _accepted()


@routes("POST", "/api/v4/bots/{id}/stop")
def stop_bot(ctx: Context) -> Response:
    """Stop one bot on a lead."""
    bot = _one(ctx)
    stop_runs(ctx, ctx.item.data["entity_type"], ctx.item.data["entity_id"], bot["id"])
    return _accepted()


@routes(
    "POST",
    "/api/v4/salesbot/{bot_id}/continue/{continue_id}",
    "/api/v4/marketingbot/{bot_id}/continue/{continue_id}",
)
def continue_bot(ctx: Context) -> Response:
    """Let a bot that waits go on; 404 when nothing waits under these ids."""
    ctx.require_admin()
    run = ctx.store.document("bot_runs", ctx.id("continue_id"))
    if run is None or run["bot_id"] != ctx.id("bot_id") or run["state"] != "waiting":
        raise refuse(404, "Nothing waits under these ids")
    item = ctx.item
    handlers = [] if item.errors else item.data.get("execute_handlers") or []
    if len(handlers) > MOST_HANDLERS:
        item.error("TooMany", "execute_handlers", MOST_HANDLERS)
    for index, handler in enumerate(handlers):
        path, params = f"execute_handlers.{index}.params", handler["params"]
        if params["type"] not in _TYPES[handler["handler"]]:
            item.error("NotSupportedChoice", f"{path}.type")
        if len(params.get("buttons") or ()) > MOST_BUTTONS:
            item.error("TooMany", f"{path}.buttons", MOST_BUTTONS)
    ctx.refuse_bad_items()
    ctx.store.put("bot_runs", {**run, "state": "finished", "answer": item.data})
    return Response(202)


@routes("POST", "/api/v2/salesbot/run")
def run_legacy_bots(ctx: Context) -> Response:
    """Start bots in the words of v2, where kinds of entities are numbers."""
    _run_all(ctx, _V2_KINDS)
    links = {"self": {"href": "/api/v2/salesbot/run", "method": "post"}}
    return json_response({"_links": links, "success": True}, 202)
