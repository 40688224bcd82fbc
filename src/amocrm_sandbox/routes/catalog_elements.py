"""Elements of lists, and what they are attached to."""

from __future__ import annotations

from typing import Any

from ..domain import relations
from ..domain.catalogs import find_catalog
from ..domain.context import Context, Item, Routes
from ..domain.elements import SELECT, change_element, make_element, show_element
from ..domain.relations import links_of
from ..domain.selection import Selection
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/catalogs/{catalog_id}/elements"
Row = tuple[Any, ...]


def _find(ctx: Context, id: int | None) -> Row | None:
    return ctx.store.row(
        f"SELECT {SELECT} FROM catalog_elements WHERE id=? AND catalog_id=? AND is_deleted=0",
        (id, ctx.id("catalog_id")),
    )


@routes("GET", _PATH)
def list_elements(ctx: Context) -> Response:
    """List the elements of a list; ids are taken from `filter[id]` and from a top-level `id`."""
    catalog = find_catalog(ctx)
    selection = Selection("catalog_elements")
    selection.where("catalog_id=? AND is_deleted=0", catalog["id"])
    selection.ids("id", ctx.filter.get("id"))
    selection.ids("id", ctx.query.get("id"))
    text = ctx.query.get("query")
    if isinstance(text, str) and text.strip():
        selection.where("instr(search, ?) > 0", text.strip().casefold())
    rows, has_next = selection.page(ctx, SELECT)
    return ctx.page_answer("elements", [show_element(ctx, catalog, row) for row in rows], has_next)


@routes("GET", _PATH + "/{id}")
def get_element(ctx: Context) -> Response:
    """Return one element; 204 when there is none."""
    catalog = find_catalog(ctx)
    row = _find(ctx, ctx.id())
    return json_response(show_element(ctx, catalog, row)) if row else Response(204)


@routes("POST", _PATH)
def create_elements(ctx: Context) -> Response:
    """Add elements; the answer has the whole elements, their `request_id` as a number where it is one."""
    catalog, shown = find_catalog(ctx), []
    for item in ctx.items:
        id = None if item.errors else make_element(ctx, item, catalog, item.data)
        if id is not None:
            # As it was sent; the vendor's SDK compares it with ===. The example of the documentation has the bare index.
            sent = item.request_id if "request_id" in item.data else (item.index or 0)
            shown.append(show_element(ctx, catalog, _find(ctx, id) or (), sent))
    ctx.refuse_bad_items()
    return _written(ctx, shown)


def _written(ctx: Context, shown: list[dict[str, Any]]) -> Response:
    links = ctx.links(f"catalogs/{ctx.params['catalog_id']}/elements")
    return json_response({"_links": links, "_embedded": {"elements": shown}})


def _change(ctx: Context, item: Item, catalog: dict[str, Any], id: int) -> dict[str, Any] | None:
    row = _find(ctx, id)
    if row is None:
        item.error("NotSupportedChoice", "id")
        return None
    change_element(ctx, item, catalog, row, item.data)
    # The answer has the id of the element as a number here, not the request_id that was sent.
    return None if item.errors else show_element(ctx, catalog, _find(ctx, id) or (), id)


@routes("PATCH", _PATH)
def update_elements(ctx: Context) -> Response:
    """Change elements; they cannot be deleted here, `is_deleted` changes nothing."""
    catalog, shown = find_catalog(ctx), []
    for item in ctx.items:
        changed = None if item.errors else _change(ctx, item, catalog, item.data["id"])
        if changed is not None:
            shown.append(changed)
    ctx.refuse_bad_items()
    return _written(ctx, shown)


@routes("PATCH", _PATH + "/{id}")
def update_element(ctx: Context) -> Response:
    """Change one element."""
    catalog = find_catalog(ctx)
    ctx.refuse_bad_items()
    if _find(ctx, ctx.id()) is None:
        raise refuse(404, "Element not found")
    changed = _change(ctx, ctx.item, catalog, ctx.id())
    ctx.refuse_bad_items()
    return json_response(changed)


# ---- links from the element's side


def _element_id(ctx: Context) -> int:
    find_catalog(ctx)
    if _find(ctx, ctx.id()) is None:
        raise refuse(404, "Element not found")
    return ctx.id()


def _links(ctx: Context, id: int, wanted: set[tuple[str, int]] | None = None) -> list[dict[str, Any]]:
    head = {"entity_id": id, "entity_type": "catalog_elements"}
    return [
        {**head, "to_entity_id": other, "to_entity_type": kind, "metadata": metadata}
        for kind, other, _, metadata in links_of(ctx.store, "catalog_elements", [id])[id]
        if kind in ("leads", "customers") and (wanted is None or (kind, other) in wanted)
    ]


def _answer(ctx: Context, shown: list[dict[str, Any]]) -> Response:
    path = f"catalogs/{ctx.params['catalog_id']}/elements/{ctx.params['id']}/links"
    body = {"_total_items": len(shown), "_links": ctx.links(path)}
    return json_response({**body, "_embedded": {"links": shown}})


@routes("GET", _PATH + "/{id}/links")
def list_element_links(ctx: Context) -> Response:
    """Return the leads and customers that an element is attached to."""
    id, asked = _element_id(ctx), ctx.filter
    if ("to_entity_id" in asked) != ("to_entity_type" in asked):
        raise refuse(400, "Filters to_entity_id and to_entity_type work only together")
    wanted = None
    if "to_entity_id" in asked:
        ids = [as_int(value, 0) or 0 for value in as_list(asked["to_entity_id"])]
        wanted = {(str(asked["to_entity_type"]), number) for number in ids}
    return _answer(ctx, _links(ctx, id, wanted))


def _targets(ctx: Context) -> list[tuple[Item, tuple[str, int]]]:
    pairs = []
    for item in ctx.items:
        if item.errors:
            continue
        kind, id = item.data["to_entity_type"], item.data["to_entity_id"]
        if not ctx.exists(kind, id):
            item.error("NotSupportedChoice", "to_entity_id")
        pairs.append((item, (kind, id)))
    ctx.refuse_bad_items()
    return pairs


@routes("POST", _PATH + "/{id}/link")
def link_element(ctx: Context) -> Response:
    """Attach an element to leads or customers."""
    id = _element_id(ctx)
    pairs = _targets(ctx)
    for item, target in pairs:
        sent = item.data.get("metadata") or {}
        quantity = sent["quantity"] if sent.get("quantity") is not None else 1
        metadata = {
            "quantity": quantity,
            "catalog_id": ctx.id("catalog_id"),
            "price_id": sent.get("price_id"),
        }
        relations.link(ctx, target, ("catalog_elements", id), metadata=metadata)
    return _answer(ctx, _links(ctx, id, {target for _, target in pairs}))


@routes("POST", _PATH + "/{id}/unlink")
def unlink_element(ctx: Context) -> Response:
    """Detach an element."""
    id = _element_id(ctx)
    for _, target in _targets(ctx):
        relations.unlink(ctx, target, ("catalog_elements", id))
    return Response(204)
