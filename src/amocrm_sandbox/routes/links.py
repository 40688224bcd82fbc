"""Links between entities: of one entity and of several."""

from __future__ import annotations

from typing import Any

from ..domain import access, relations
from ..domain.context import Context, Item, Routes
from ..domain.relations import PAIRS, Link, links_of
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()


def _kind(ctx: Context) -> str:
    return ctx.params["entity_type"]


def _metadata(kind: str, link: Link) -> Any:
    type_, _, is_main, metadata = link
    if type_ == "contacts" and kind in ("leads", "customers"):
        return {"main_contact": is_main}
    return metadata


def _wanted(ctx: Context, link: Link) -> bool:
    type_, id, _, metadata = link
    asked = ctx.filter
    if "to_entity_id" in asked:
        ids = [as_int(value) for value in as_list(asked["to_entity_id"])]
        if type_ != asked["to_entity_type"] or id not in ids:
            return False
    catalog_id = as_int(asked.get("to_catalog_id"))
    return catalog_id is None or (metadata or {}).get("catalog_id") == catalog_id


def _check_filter(ctx: Context) -> None:
    if ("to_entity_id" in ctx.filter) != ("to_entity_type" in ctx.filter):
        raise refuse(400, "Filters to_entity_id and to_entity_type work only together")


@routes("GET", "/api/v4/{entity_type}/{entity_id}/links")
def list_entity_links(ctx: Context) -> Response:
    """Return all links of one entity; without paging, and with an empty list when there are none."""
    kind, id = _kind(ctx), ctx.id("entity_id")
    _check_filter(ctx)
    access.require_entity(ctx, kind, id, "view")
    entity_links = [link for link in links_of(ctx.store, kind, [id])[id] if _wanted(ctx, link)]
    shown = [
        {"to_entity_id": link[1], "to_entity_type": link[0], "metadata": _metadata(kind, link)}
        for link in entity_links
    ]
    links = ctx.links(f"{kind}/{id}/links?page=1&limit=50")
    return json_response({"_total_items": len(shown), "_links": links, "_embedded": {"links": shown}})


@routes("GET", "/api/v4/{entity_type}/links")
def list_links(ctx: Context) -> Response:
    """Return the links of several entities."""
    kind = _kind(ctx)
    _check_filter(ctx)
    ids = [number for number in map(as_int, as_list(ctx.filter.get("entity_id"))) if number is not None]
    if not ids:
        raise refuse(400, "Filter entity_id is required")
    links_by_entity = links_of(ctx.store, kind, [id for id in ids if access.may_see(ctx, kind, id)])
    shown = [
        _shown(kind, id, link) for id in ids for link in links_by_entity.get(id, ()) if _wanted(ctx, link)
    ]
    links = ctx.links(f"{kind}/links?{ctx.query_text}")
    return json_response({"_total_items": len(shown), "_links": links, "_embedded": {"links": shown}})


def _shown(kind: str, id: int, link: Link) -> dict[str, Any]:
    head = {"entity_id": id, "entity_type": kind, "to_entity_id": link[1], "to_entity_type": link[0]}
    return {**head, "metadata": _metadata(kind, link)}


def _targets(ctx: Context) -> list[tuple[Item, tuple[str, int], tuple[str, int]]]:
    """Return the pairs that the body names; errors go to the items."""
    kind = _kind(ctx)
    own = ctx.id("entity_id") if "entity_id" in ctx.params else None
    if own is not None:
        access.require_entity(ctx, kind, own, "edit")
    result = []
    for item in ctx.items:
        if item.errors:
            continue
        data = item.data
        id = own if own is not None else data.get("entity_id")
        to_type, to_id = data["to_entity_type"], data["to_entity_id"]
        if id is None:
            item.error("FieldMissing", "entity_id")
        elif own is None and not ctx.exists(kind, id):
            item.error("NotSupportedChoice", "entity_id")
        elif own is None:
            access.require_entity(ctx, kind, id, "edit")
        if to_type not in PAIRS[kind]:
            item.error("NotSupportedChoice", "to_entity_type")
        metadata = data.get("metadata") or {}
        if to_type == "catalog_elements" and metadata.get("catalog_id") is None:
            item.error("FieldMissing", "metadata.catalog_id")
        updated_by = metadata.get("updated_by")
        if updated_by is not None and updated_by not in ctx.store.documents("users"):
            item.error("NotSupportedChoice", "metadata.updated_by")
        if not item.errors:
            result.append((item, (kind, id), (to_type, to_id)))
    return result


def _link(ctx: Context) -> Response:
    pairs = _targets(ctx)
    for item, mine, theirs in pairs:
        kind, id = theirs
        if not (ctx.exists(kind, id) if kind == "catalog_elements" else access.may_see(ctx, kind, id)):
            item.error("NotSupportedChoice", "to_entity_id")
            continue
        sent = item.data.get("metadata") or {}
        metadata = None
        if theirs[0] == "catalog_elements":
            quantity = sent["quantity"] if sent.get("quantity") is not None else 1
            metadata = {
                "quantity": quantity,
                "catalog_id": sent["catalog_id"],
                "price_id": sent.get("price_id"),
            }
        relations.link(ctx, mine, theirs, sent.get("is_main"), metadata)
    ctx.refuse_bad_items()
    shown = []
    for _, (kind, id), (to_type, to_id) in pairs:
        link = next(link for link in links_of(ctx.store, kind, [id], to_type)[id] if link[1] == to_id)
        shown.append(_shown(kind, id, link))
    path = "/".join([_kind(ctx), *([ctx.params["entity_id"]] if "entity_id" in ctx.params else []), "links"])
    return json_response(
        {"_total_items": len(shown), "_links": ctx.links(path), "_embedded": {"links": shown}}
    )


def _unlink(ctx: Context) -> Response:
    pairs = _targets(ctx)
    ctx.refuse_bad_items()
    for _, mine, theirs in pairs:
        relations.unlink(ctx, mine, theirs)
    return Response(204)


@routes("POST", "/api/v4/{entity_type}/{entity_id}/link", "/api/v4/{entity_type}/link")
def link(ctx: Context) -> Response:
    """Link entities; what is sent as `is_main` is answered as `main_contact`."""
    return _link(ctx)


@routes("POST", "/api/v4/{entity_type}/{entity_id}/unlink", "/api/v4/{entity_type}/unlink")
def unlink(ctx: Context) -> Response:
    """Remove links; 204 whether or not there were any."""
    return _unlink(ctx)
