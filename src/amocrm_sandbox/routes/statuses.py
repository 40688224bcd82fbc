"""Stages of a pipeline, with their descriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.stages import first_stage, renumber, stages
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse
from ..storage.seed import add_status

__all__ = ["COLORS", "MOST_STATUSES", "routes", "show_status"]

routes = Routes()

MOST_STATUSES = 100
MOST_DESCRIPTIONS = 3
_PATH = "/api/v4/leads/pipelines/{pipeline_id}/statuses"
COLORS = (
    "#fffeb2",
    "#fffd7f",
    "#fff000",
    "#ffeab2",
    "#ffdc7f",
    "#ffce5a",
    "#ffdbdb",
    "#ffc8c8",
    "#ff8f92",
    "#d6eaff",
    "#c1e0ff",
    "#98cbff",
    "#ebffb1",
    "#deff81",
    "#87f2c0",
    "#f9deff",
    "#f3beff",
    "#ccc8f9",
    "#eb93ff",
    "#f2f3f4",
    "#e6e8ea",
)


def show_status(ctx: Context, status: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    """Return a stage as it is read; descriptions only when asked for, and in answers to writes."""
    shown = {key: value for key, value in status.items() if key != "descriptions"}
    shown["account_id"] = ctx.account.settings["id"]
    if request_id is not None:
        shown["request_id"] = request_id
    shown["_links"] = ctx.links(f"leads/pipelines/{status['pipeline_id']}/statuses/{status['id']}")
    if request_id is not None or "descriptions" in ctx.with_:
        head = {
            "account_id": shown["account_id"],
            "pipeline_id": status["pipeline_id"],
            "status_id": status["id"],
        }
        shown["descriptions"] = [{**head, **description} for description in status["descriptions"]]
    return shown


def _pipeline(ctx: Context) -> dict[str, Any]:
    pipeline = ctx.store.document("pipelines", ctx.id("pipeline_id"))
    if pipeline is None:
        raise refuse(404, "Pipeline not found")
    return pipeline


def _find(ctx: Context) -> dict[str, Any]:
    status = ctx.store.document(f"statuses:{_pipeline(ctx)['id']}", ctx.id())
    if status is None:
        raise refuse(404, "Status not found")
    return status


def _answer(shown: list[dict[str, Any]]) -> Response:
    return json_response({"_total_items": len(shown), "_embedded": {"statuses": shown}})


@routes("GET", _PATH)
def list_statuses(ctx: Context) -> Response:
    """List the stages of a pipeline; no link at the top."""
    pipeline = _pipeline(ctx)
    visible = [s for s in stages(ctx.store, pipeline["id"]) if s["type"] == 0 or pipeline["is_unsorted_on"]]
    return _answer([show_status(ctx, status) for status in visible])


@routes("GET", _PATH + "/{id}")
def get_status(ctx: Context) -> Response:
    """Return one stage."""
    return json_response(show_status(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_statuses(ctx: Context) -> Response:
    """Add stages; their sorts are renumbered."""
    ctx.require_admin()
    pipeline_id = _pipeline(ctx)["id"]
    kind = f"statuses:{pipeline_id}"
    if len(ctx.store.documents(kind)) + len(ctx.items) > MOST_STATUSES:
        raise refuse(422, f"Limit {MOST_STATUSES} statuses per pipeline")
    new_ids = []
    for item in ctx.items:
        if item.errors:
            continue
        data = item.data
        color = _color(item) or COLORS[0]
        status = add_status(ctx.store, pipeline_id, data["name"], data.get("sort", 9000), color)
        described = _describe(ctx, item, [])
        ctx.store.put(kind, {**status, "descriptions": described})
        new_ids.append((status["id"], item.request_id))
    ctx.refuse_bad_items()
    renumber(ctx.store, pipeline_id)
    statuses = ctx.store.documents(kind)
    return _answer([show_status(ctx, statuses[id], request_id) for id, request_id in new_ids])


@routes("PATCH", _PATH + "/{id}")
def update_status(ctx: Context) -> Response:
    """Change a stage; system stages are not editable."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    status, item = _find(ctx), ctx.item
    item.needs_one("name", "sort", "color", "descriptions")
    if not status["is_editable"]:
        raise refuse(400, "The status is not editable")
    color = _color(item)
    changes = {key: item.data[key] for key in ("name", "sort") if item.data.get(key) is not None}
    if color:
        changes["color"] = color
    changes["descriptions"] = _describe(ctx, item, status["descriptions"])
    ctx.refuse_bad_items()
    kind = f"statuses:{status['pipeline_id']}"
    ctx.store.put(kind, {**status, **changes})
    renumber(ctx.store, status["pipeline_id"])
    return json_response(show_status(ctx, ctx.store.documents(kind)[status["id"]], item.request_id))


@routes("DELETE", _PATH + "/{id}")
def delete_status(ctx: Context) -> Response:
    """Remove a stage; its leads move to the first stage of the pipeline."""
    ctx.require_admin()
    status = _find(ctx)
    if not status["is_editable"]:
        raise refuse(400, "The status cannot be deleted")
    pipeline_id = status["pipeline_id"]
    ctx.store.remove(f"statuses:{pipeline_id}", status["id"])
    renumber(ctx.store, pipeline_id)
    place = {"pipeline_id": pipeline_id, "status_id": status["id"]}
    moved = {**place, "status_id": first_stage(ctx.store, pipeline_id), "updated_at": ctx.now}
    for (id,) in ctx.store.rows(
        "SELECT id FROM leads WHERE pipeline_id=? AND status_id=?", tuple(place.values())
    ):
        ctx.store.update("leads", id, moved)
        ctx.changes.moved("leads", {"id": id, **place}, moved)
    return Response(204)


def _color(item: Item) -> str | None:
    color: str | None = item.data.get("color")
    if color is not None and color not in COLORS:
        item.error("NotSupportedChoice", "color")
    return color


def _describe(ctx: Context, item: Item, descriptions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the descriptions after a write: one per level; a level without a text is removed when it has an id."""
    by_level = {description["level"]: description for description in descriptions}
    for sent in item.data.get("descriptions") or ():
        level, text = sent.get("level"), sent.get("description")
        old = by_level.get(level)
        if text is None:
            if sent.get("id") is not None:
                by_level.pop(level, None)
            continue
        moment = datetime.fromtimestamp(ctx.now, UTC).strftime("%Y-%m-%d %H:%M:%S")
        stamps = {"created_at": moment, "created_by": 0, "updated_by": None}
        base = old or {"id": ctx.store.next_id("descriptions"), "level": level, **stamps}
        changed = {"updated_at": moment, "updated_by": 0 if old else None}
        by_level[level] = {**base, "description": text, **changed}
    if len(by_level) > MOST_DESCRIPTIONS:
        item.error("TooMany", "descriptions", MOST_DESCRIPTIONS)
    return list(by_level.values())
