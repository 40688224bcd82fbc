"""Operations of API v2 that still exist: lists with their deletion, the popup of a call, leads of site visitors."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.catalogs import make_catalog, require_lists
from ..domain.context import Context, Item, Routes
from ..domain.elements import SELECT, change_element, delete_element, make_element
from ..domain.entities import create
from ..domain.kinds import LEADS
from ..domain.phone_lookup import caller
from ..domain.v2_field_values import ELEMENT_TYPES, shown_fields
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list
from ..engine.refusals import refuse
from ..storage.ids import new_uuid

__all__ = ["routes"]

routes = Routes()

PAGE = 50
_CATALOGS = "/api/v2/catalogs"
_ELEMENTS = "/api/v2/catalog_elements"
_FLAGS = ("name", "can_add_elements", "can_show_in_cards", "can_link_multiple")


def _links(href: str, method: str = "get") -> dict[str, Any]:
    return {"self": {"href": href, "method": method}}


def _written(path: str, items: list[tuple[int, Any]], errors: list[dict[str, Any]]) -> Response:
    shown = [{"id": id, "request_id": request, "_links": _links(f"{path}?id={id}")} for id, request in items]
    embedded: dict[str, Any] = {"items": shown}
    if errors:
        embedded["errors"] = errors
    return json_response({"_links": _links(path, "post"), "_embedded": embedded})


@routes("GET", _CATALOGS)
def list_catalogs(ctx: Context) -> Response:
    """List lists, all or one by id."""
    require_lists(ctx)
    ids = [as_int(value, -1) for value in as_list(ctx.query.get("id"))]
    catalogs = [
        document for document in ctx.store.documents("catalogs").values() if not ids or document["id"] in ids
    ]
    if not catalogs:
        return Response(204)
    keys = ("id", "name", "created_by", "created_at", "sort")
    items = [
        {**{key: catalog[key] for key in keys}, "_links": _links(f"{_CATALOGS}?id={catalog['id']}")}
        for catalog in catalogs
    ]
    return json_response({"_links": _links(_CATALOGS), "_embedded": {"items": items}})


@routes("POST", _CATALOGS)
def write_catalogs(ctx: Context) -> Response:
    """Add, change and delete lists; the only way to delete one."""
    require_lists(ctx)
    ctx.refuse_bad_items()
    data, results, errors = ctx.item.data, [], []
    for index, sent in enumerate(data.get("add") or ()):
        results.append((make_catalog(ctx, sent)["id"], sent.get("request_id", index)))
    for index, sent in enumerate(data.get("update") or ()):
        catalog = ctx.store.document("catalogs", as_int(sent["id"], -1) or 0)
        if catalog is None:
            errors.append({"id": sent["id"], "code": 282, "message": "Catalog not found"})
            continue
        changes = {key: sent[key] for key in _FLAGS if key in sent}
        ctx.store.put("catalogs", {**catalog, **changes, "updated_at": ctx.now, "updated_by": ctx.user["id"]})
        results.append((catalog["id"], sent.get("request_id", index)))
    for index, sent_id in enumerate(data.get("delete") or ()):
        id = as_int(sent_id, -1) or 0
        if ctx.store.document("catalogs", id) is None:
            errors.append({"id": sent_id, "code": 282, "message": "Catalog not found"})
            continue
        for (element_id,) in ctx.store.rows("SELECT id FROM catalog_elements WHERE catalog_id=?", (id,)):
            delete_element(ctx, id, element_id)
        for field in list(ctx.store.documents("fields").values()):
            if field["entity_type"] == f"catalogs:{id}":
                ctx.store.remove("fields", field["id"])
        ctx.store.remove("catalogs", id)
        results.append((id, index))
    return _written(_CATALOGS, results, errors)


@routes("GET", _ELEMENTS)
def list_elements(ctx: Context) -> Response:
    """List the elements of a list in the words of v2; a page past the end has no body."""
    require_lists(ctx)
    conditions, args = ["is_deleted=0"], []
    for name, column in (("catalog_id", "catalog_id"), ("id", "id")):
        numbers = [as_int(value, -1) for value in as_list(ctx.query.get(name))]
        if numbers:
            conditions.append(f"{column} IN ({','.join('?' * len(numbers))})")
            args += numbers
    term = ctx.query.get("term")
    if isinstance(term, str) and term:
        conditions.append("instr(search, ?) > 0")
        args.append(term.casefold())  # type: ignore[arg-type]
    page = as_int(ctx.query.get("PAGEN_1", ctx.query.get("page")), 1) or 1
    rows = ctx.store.rows(
        f"SELECT {SELECT}, catalog_id FROM catalog_elements WHERE {' AND '.join(conditions)} ORDER BY id "
        "LIMIT ? OFFSET ?",
        (*args, PAGE, (max(1, min(page, 10**9)) - 1) * PAGE),
    )
    if not rows:
        return Response(204)
    return json_response(
        {"_links": _links(_ELEMENTS), "_embedded": {"items": [_element(ctx, row) for row in rows]}}
    )


def _element(ctx: Context, row: tuple[Any, ...]) -> dict[str, Any]:
    id, name, created_by, _, created_at, updated_at, _, fields, catalog_id = row
    shown = {
        "id": id,
        "name": name,
        "created_at": created_at,
        "updated_at": updated_at,
        "created_by": created_by,
    }
    stored = msgspec.json.decode(fields) if fields else {}
    custom = shown_fields(ctx.account, stored)
    kept = {"is_deleted": False, "catalog_id": catalog_id, "custom_fields": custom}
    return {**shown, **kept, "_links": _links(f"{_ELEMENTS}?id={id}")}


def _as_v4(sent: dict[str, Any]) -> dict[str, Any]:
    values = [
        {"field_id": field["id"], "values": field["values"]} for field in sent.get("custom_fields") or ()
    ]
    keys = ("name", "created_by", "updated_by", "created_at", "updated_at")
    return {**{key: sent[key] for key in keys if key in sent}, "custom_fields_values": values}


@routes("POST", _ELEMENTS)
def write_elements(ctx: Context) -> Response:
    """Add, change and delete elements; the only way to delete one."""
    require_lists(ctx)
    ctx.refuse_bad_items()
    data, results, errors = ctx.item.data, [], []

    def refused(id: int | None, code: int, message: str) -> None:
        errors.append({"id": id, "code": code, "message": message})

    for index, sent in enumerate(data.get("add") or ()):
        catalog = ctx.store.document("catalogs", sent["catalog_id"])
        item = Item(index, _as_v4(sent), [])
        id = make_element(ctx, item, catalog, item.data) if catalog else None
        if id is None:
            refused(
                None, 204 if catalog else 282, "Custom field not found" if catalog else "Catalog not found"
            )
        else:
            results.append((id, sent.get("request_id", index)))
    for index, sent in enumerate(data.get("update") or ()):
        catalog = ctx.store.document("catalogs", sent["catalog_id"])
        sql = f"SELECT {SELECT} FROM catalog_elements WHERE id=? AND catalog_id=? AND is_deleted=0"
        row = ctx.store.row(sql, (sent["id"], sent["catalog_id"]))
        if catalog is None or row is None:
            refused(sent["id"], 282, "Element not found")
            continue
        item = Item(index, _as_v4(sent), [])
        change_element(ctx, item, catalog, row, item.data)
        if item.errors:
            refused(sent["id"], 204, "Custom field not found")
        else:
            results.append((sent["id"], sent.get("request_id", index)))
    for index, id in enumerate(data.get("delete") or ()):
        catalog_id = ctx.store.value(
            "SELECT catalog_id FROM catalog_elements WHERE id=? AND is_deleted=0", (id,)
        )
        if catalog_id is None:
            refused(id, 282, "Element not found")
        else:
            delete_element(ctx, catalog_id, id)
            results.append((id, index))
    return _written(_ELEMENTS, results, errors)


@routes("POST", "/api/v2/events")
def notify_call(ctx: Context) -> Response:
    """Find the entity of a call under way; the popup itself is not modelled."""
    ctx.refuse_bad_items()
    items = []
    for call in ctx.item.data["add"]:
        entity = caller(ctx, call["phone_number"])
        kind, id = entity or (None, None)
        shown = {
            "element_id": id,
            "element_type": ELEMENT_TYPES[kind] if kind else None,
            "uid": new_uuid(ctx.account.random),
        }
        items.append({**shown, "phone_number": call["phone_number"]})
    return json_response({"_links": _links("/api/v2/events", "post"), "_embedded": {"items": items}})


@routes("POST", "/api/v2/leads")
def create_leads(ctx: Context) -> Response:
    """Add leads that a site's visitor is tied to."""
    ctx.refuse_bad_items()
    results = []
    for index, sent in enumerate(ctx.item.data["add"]):
        keys = ("name", "status_id", "pipeline_id", "visitor_uid", "price", "responsible_user_id")
        item = Item(index, {key: sent[key] for key in keys if key in sent}, [])
        id = create(ctx, LEADS, item, item.data)
        if id is None:
            raise refuse(400, f"Error code 400: {item.errors[0]['path']}")
        results.append((id, index))
    return _written("/api/v2/leads", results, [])
