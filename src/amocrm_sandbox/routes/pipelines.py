"""Pipelines."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.stages import CLOSED, renumber, stages
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse
from ..storage.seed import add_status, add_system_statuses
from .statuses import COLORS, MOST_STATUSES, show_status

__all__ = ["routes"]

routes = Routes()

MOST_PIPELINES = 50


def _show(ctx: Context, pipeline: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    id = pipeline["id"]
    shown = {**pipeline, "account_id": ctx.account.settings["id"]}
    if request_id is not None:
        shown["request_id"] = request_id
    shown["_links"] = ctx.links(f"leads/pipelines/{id}")
    visible = [s for s in stages(ctx.store, id) if s["type"] == 0 or pipeline["is_unsorted_on"]]
    shown["_embedded"] = {"statuses": [show_status(ctx, status) for status in visible]}
    return shown


def _find(ctx: Context) -> dict[str, Any]:
    pipeline = ctx.store.document("pipelines", ctx.id())
    if pipeline is None:
        raise refuse(404, "Pipeline not found")
    return pipeline


def _answer(ctx: Context, shown: list[dict[str, Any]]) -> Response:
    body = {"_total_items": len(shown), "_links": ctx.links("leads/pipelines")}
    return json_response({**body, "_embedded": {"pipelines": shown}})


def _set_main(ctx: Context, id: int) -> None:
    """Make one pipeline the main one; there is always exactly one."""
    for pipeline in list(ctx.store.documents("pipelines").values()):
        is_main = pipeline["id"] == id
        if pipeline["is_main"] != is_main:
            ctx.store.put("pipelines", {**pipeline, "is_main": is_main})


@routes("GET", "/api/v4/leads/pipelines")
def list_pipelines(ctx: Context) -> Response:
    """List all pipelines with their stages; not paged."""
    every = sorted(
        ctx.store.documents("pipelines").values(), key=lambda pipeline: (pipeline["sort"], pipeline["id"])
    )
    return _answer(ctx, [_show(ctx, pipeline) for pipeline in every])


@routes("GET", "/api/v4/leads/pipelines/{id}")
def get_pipeline(ctx: Context) -> Response:
    """Return one pipeline."""
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", "/api/v4/leads/pipelines")
def create_pipelines(ctx: Context) -> Response:
    """Add pipelines. The three system stages come by themselves; 142 and 143 can be given names."""
    ctx.require_admin()
    ctx_pipelines = ctx.store.documents("pipelines")
    if len(ctx_pipelines) + len(ctx.items) > MOST_PIPELINES:
        raise refuse(422, f"Limit {MOST_PIPELINES} pipelines per account")
    new_ids = []
    for item in ctx.items:
        if not item.errors:
            new_ids.append((_create(ctx, item), item.request_id))
    ctx.refuse_bad_items()
    return _answer(ctx, [_show(ctx, ctx_pipelines[id], request_id) for id, request_id in new_ids])


def _create(ctx: Context, item: Item) -> int:
    data, store = item.data, ctx.store
    statuses = (data.get("_embedded") or {}).get("statuses") or []
    if not statuses:
        # Not marked as required, but pipelines without stages were seen refused.
        item.error("FieldMissing", "_embedded.statuses")
    id = store.next_id("pipelines")
    pipeline = {
        "id": id,
        "name": data["name"],
        "sort": data.get("sort", 100),
        "is_main": False,
        "is_unsorted_on": data.get("is_unsorted_on", True),
        "is_archive": False,
    }
    store.put("pipelines", pipeline)
    add_system_statuses(store, id)
    for index, sent in enumerate(statuses):
        if sent.get("id") in CLOSED:
            closed = store.documents(f"statuses:{id}")[sent["id"]]
            store.put(f"statuses:{id}", {**closed, "name": sent.get("name") or closed["name"]})
            continue
        color = sent.get("color") or COLORS[0]
        if color not in COLORS:
            item.error("NotSupportedChoice", f"_embedded.statuses.{index}.color")
        if not sent.get("name"):
            item.error("FieldMissing", f"_embedded.statuses.{index}.name")
        else:
            add_status(store, id, sent["name"], sent.get("sort", 100 + index), color)
    if len(store.documents(f"statuses:{id}")) > MOST_STATUSES:
        raise refuse(422, f"Limit {MOST_STATUSES} statuses per pipeline")
    renumber(store, id)
    if data.get("is_main"):
        _set_main(ctx, id)
    return id


@routes("PATCH", "/api/v4/leads/pipelines/{id}")
def update_pipeline(ctx: Context) -> Response:
    """Change a pipeline; its stages are not touched here."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    pipeline = _find(ctx)
    data = ctx.item.data
    ctx.item.needs_one("name", "sort", "is_main", "is_unsorted_on")
    ctx.refuse_bad_items()
    keys = ("name", "sort", "is_unsorted_on")
    changes = {key: data[key] for key in keys if data.get(key) is not None}
    if pipeline["is_main"]:
        changes.pop("sort", None)
    ctx.store.put("pipelines", {**pipeline, **changes})
    if data.get("is_main"):
        _set_main(ctx, pipeline["id"])
    return json_response(_show(ctx, _find(ctx), ctx.item.request_id))


@routes("DELETE", "/api/v4/leads/pipelines/{id}")
def delete_pipeline(ctx: Context) -> Response:
    """Remove a pipeline: not the last one, and not one with leads."""
    ctx.require_admin()
    pipeline = _find(ctx)
    id = pipeline["id"]
    if len(ctx.store.documents("pipelines")) == 1:
        raise refuse(400, "The last pipeline cannot be deleted")
    if ctx.store.row("SELECT 1 FROM leads WHERE pipeline_id=? AND is_deleted=0", (id,)):
        raise refuse(400, "The pipeline has leads")
    for status_id in list(ctx.store.documents(f"statuses:{id}")):
        ctx.store.remove(f"statuses:{id}", status_id)
    ctx.store.remove("pipelines", id)
    if pipeline["is_main"]:
        _set_main(ctx, min(ctx.store.documents("pipelines")))
    return Response(204)
