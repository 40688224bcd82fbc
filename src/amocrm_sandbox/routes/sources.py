"""Sources of leads; an integration sees only its own."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.stages import main_pipeline
from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

MOST_SOURCES = 100
KIND = "sources"
_PATH = "/api/v4/sources"
_CHANGEABLE = ("name", "pipeline_id", "default", "origin_code", "services")


def _own(ctx: Context) -> list[dict[str, Any]]:
    return [source for source in ctx.store.documents(KIND).values() if source["client_id"] == ctx.client_id]


def _find(ctx: Context, id: int) -> dict[str, Any] | None:
    return next((source for source in _own(ctx) if source["id"] == id), None)


def _show(ctx: Context, source: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    shown = {key: value for key, value in source.items() if key != "client_id"}
    if request_id is not None:
        shown["request_id"] = request_id
    return {**shown, "_links": ctx.links(f"sources/{source['id']}")}


def _answer(ctx: Context, shown: list[dict[str, Any]]) -> Response:
    body = {"_total_items": len(shown), "_links": ctx.links("sources")}
    return json_response({**body, "_embedded": {"sources": shown}})


@routes("GET", _PATH)
def list_sources(ctx: Context) -> Response:
    """List the sources of the integration; not paged, 204 when there are none."""
    ctx.require_admin()
    wanted = as_list(ctx.filter.get("external_id"))
    sources = [source for source in _own(ctx) if not wanted or source["external_id"] in wanted]
    return _answer(ctx, [_show(ctx, source) for source in sources]) if sources else Response(204)


@routes("GET", _PATH + "/{id}")
def get_source(ctx: Context) -> Response:
    """Return one source; 204 for an unknown or deleted one."""
    ctx.require_admin()
    source = _find(ctx, ctx.id())
    return json_response(_show(ctx, source)) if source else Response(204)


def _fill(ctx: Context, item: Item, source: dict[str, Any]) -> dict[str, Any]:
    data = item.data
    changed = {**source, **{key: data[key] for key in _CHANGEABLE if key in data}}
    if ctx.store.document("pipelines", changed["pipeline_id"]) is None:
        item.error("NotSupportedChoice", "pipeline_id")
    code = data.get("origin_code")
    if code is not None and (code.isdigit() or not code.strip("'\"")):
        item.error("InvalidFormat", "origin_code")
    for service in changed["services"]:
        # PHP's empty array is accepted for an empty object.
        service.setdefault("pages", [])
    return changed


def _keep(ctx: Context, source: dict[str, Any]) -> None:
    """Store a source; there is one default at most."""
    if source["default"]:
        for other in _own(ctx):
            if other["default"] and other["id"] != source["id"]:
                ctx.store.put(KIND, {**other, "default": False})
    ctx.store.put(KIND, source)


@routes("POST", _PATH)
def create_sources(ctx: Context) -> Response:
    """Add sources; `external_id` is unique within the integration."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        external_id = item.data["external_id"]
        if any(source["external_id"] == external_id for source in _own(ctx)):
            item.error("NotUnique", "external_id", detail="This value is already used.")
        if len(_own(ctx)) >= MOST_SOURCES:
            item.error("TooMany", "", MOST_SOURCES)
        fresh = {"id": 0, "name": item.data["name"], "pipeline_id": main_pipeline(ctx.store)}
        plain = {"external_id": external_id, "default": False, "origin_code": None, "services": []}
        source = _fill(ctx, item, {**fresh, **plain, "client_id": ctx.client_id})
        if not item.errors:
            source["id"] = ctx.store.next_id(KIND)
            _keep(ctx, source)
            shown.append(_show(ctx, source, item.request_id))
    ctx.refuse_bad_items()
    return _answer(ctx, shown)


@routes("PATCH", _PATH)
def update_sources(ctx: Context) -> Response:
    """Change sources; an `external_id` that is sent changes nothing."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        source = _find(ctx, item.data["id"])
        if source is None:
            item.error("EntityNotFound", "id", detail=f"source with id = {item.data['id']} not found")
            continue
        changed = _fill(ctx, item, source)
        if not item.errors:
            _keep(ctx, changed)
            shown.append(_show(ctx, changed, item.request_id))
    ctx.refuse_bad_items()
    return _answer(ctx, shown)


@routes("PATCH", _PATH + "/{id}")
def update_source(ctx: Context) -> Response:
    """Change one source."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    source = _find(ctx, ctx.id())
    if source is None:
        raise refuse(404, "Source not found")
    changed = _fill(ctx, ctx.item, source)
    ctx.refuse_bad_items()
    _keep(ctx, changed)
    return json_response(_show(ctx, changed))


@routes("DELETE", _PATH)
def delete_sources(ctx: Context) -> Response:
    """Remove sources; unknown ones are told in a form of their own, with an object where lists usually are."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    if not _own(ctx):
        raise refuse(404, "Sources not found")
    errors = []
    for item in ctx.items:
        id = item.data["id"]
        if _find(ctx, id) is None:
            error = {"code": "EntityNotFound", "path": "id", "detail": f"source with id = {id} not found"}
            errors.append({"request_id": item.request_id, "errors": error})
        else:
            ctx.store.remove(KIND, id)
    if errors:
        raise refuse(400, "Invalid request items", errors=errors)
    return Response(204)


@routes("DELETE", _PATH + "/{id}")
def delete_source(ctx: Context) -> Response:
    """Remove one source."""
    ctx.require_admin()
    source = _find(ctx, ctx.id())
    if source is None:
        raise refuse(404, "Source not found")
    ctx.store.remove(KIND, source["id"])
    return Response(204)
