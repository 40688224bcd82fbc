"""The account's log: the list with its filters, one event, and the vocabulary."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from ..domain import access
from ..domain.context import Context, Routes
from ..domain.event_types import EVENT_TYPES, PLURALS, SINGULARS
from ..domain.selection import Selection
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int, as_list, as_range, as_tuples
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

MOST_IDS = 10
_SELECT = "id,type,kind,entity_id,created_by,created_at,before,after,shown"
_COLUMNS: tuple[str, ...] = tuple(_SELECT.split(","))
_decode = msgspec.json.decode
_encode = msgspec.json.encode
# `with` values by entity kind.
_NAMES = {
    "leads": "lead_name",
    "contacts": "contact_name",
    "companies": "company_name",
    "customers": "customer_name",
}
# Where a `value` filter looks, by event type.
_VALUES = {
    "nps_rate_added": "$[0].nps.rate",
    "sale_field_changed": "$[0].sale_field_value.sale",
    "name_field_changed": "$[0].name_field_value.name",
    "ltv_field_changed": "$[0].ltv_field_value.ltv",
    "custom_field_value_changed": "$[0].custom_field_value.text",
}


def _several(node: Any) -> list[str]:
    """Return the values of a filter that may be an array or one comma-joined text."""
    return [part.strip() for value in as_list(node) for part in value.split(",") if part.strip()]


def _singular(kind: str) -> str:
    return SINGULARS.get(kind) or ("task" if kind == "tasks" else kind)


def _path(kind: str, id: int) -> str:
    if kind.startswith("catalog_"):
        return f"catalogs/{kind.removeprefix('catalog_')}/elements/{id}"
    return f"{kind}/{id}"


def _render(ctx: Context, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    for record in records:
        shown = _decode(record["shown"]) if record["shown"] else {}
        record["talk_contact"] = shown.get("linked_talk_contact_id")
        # A message of a talk stands at its lead or customer, and at the contact once that is deleted.
        if "kind" in shown and ctx.exists(shown["kind"], shown["id"]):
            record["kind"], record["entity_id"] = shown["kind"], shown["id"]
    names = _names(ctx, records)
    return [_show(ctx, record, names) for record in records]


def _names(ctx: Context, records: list[dict[str, Any]]) -> dict[tuple[str, int], str]:
    """Return the names of entities of those kinds that `with` asks for."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for record in records:
        kind = record["kind"]
        if _NAMES.get(kind) in ctx.with_ or (
            kind.startswith("catalog_") and "catalog_element_name" in ctx.with_
        ):
            wanted[kind].add(record["entity_id"])
    result = {}
    for kind, ids in wanted.items():
        table = kind if kind in _NAMES else "catalog_elements"
        sql = f"SELECT id, name FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
        for id, name in ctx.store.rows(sql, (_encode(list(ids)).decode(),)):
            result[kind, id] = name
    return result


def _show(ctx: Context, record: dict[str, Any], names: dict[tuple[str, int], str]) -> dict[str, Any]:
    kind, id = record["kind"], record["entity_id"]
    entity: dict[str, Any] = {"id": id}
    if (kind, id) in names:
        entity["name"] = names[kind, id]
    if record["talk_contact"] is not None:
        entity["linked_talk_contact_id"] = record["talk_contact"]
    if kind.startswith("catalog_"):
        entity["catalog_id"] = int(kind.removeprefix("catalog_"))
        catalog = ctx.store.document("catalogs", entity["catalog_id"])
        if "catalog_name" in ctx.with_ and catalog:
            entity["catalog_name"] = catalog["name"]
    entity["_links"] = ctx.links(_path(kind, id))
    return {
        "id": record["id"],
        "type": record["type"],
        "entity_id": id,
        "entity_type": _singular(kind),
        "created_by": record["created_by"],
        "created_at": record["created_at"],
        "value_after": _decode(record["after"]),
        "value_before": _decode(record["before"]),
        "account_id": ctx.account.settings["id"],
        "_links": ctx.links(f"events/{record['id']}"),
        "_embedded": {"entity": entity},
    }


def _narrow_by_rights(ctx: Context, selection: Selection) -> None:
    """Keep the events of entities that the acting user may see; every user sees those of tasks and lists."""
    if access.rights_of(ctx) is None:
        return
    reaches = {kind: access.reach(ctx, kind) for kind in SINGULARS}
    bounds = {kind: bound for kind, bound in reaches.items() if bound is not None}
    for kind, (condition, args) in bounds.items():
        selection.where(f"(kind<>? OR entity_id IN (SELECT id FROM {kind} WHERE {condition}))", kind, *args)


def _narrow_by_type(selection: Selection, types: list[str]) -> None:
    if not types:
        return
    of_one_field = [
        type for type in types if type.startswith("custom_field_") and type.endswith("_value_changed")
    ]
    of_one_field = [type for type in of_one_field if type != "custom_field_value_changed"]
    if of_one_field and len(types) > 1:
        raise refuse(400, "A type of one custom field must be the only type of the filter")
    marks = ",".join("?" * len(types))
    selection.where(f"(type IN ({marks}) OR alias IN ({marks}))", *types, *types)


def _narrow_by_value(selection: Selection, side: str, asked: Any, types: list[str]) -> None:
    if not isinstance(asked, dict):
        return
    for key, shape in (("leads_statuses", "lead_status"), ("customers_statuses", "customer_status")):
        names = ("status_id", "pipeline_id") if shape == "lead_status" else ("status_id",)
        ids = as_tuples(asked.get(key), *names)
        values = [dict(zip(("id", "pipeline_id"), numbers, strict=False)) for numbers in ids]
        selection.among(side, [_encode([{shape: value}]) for value in values])
    users = [as_int(value, -1) for value in _several(asked.get("responsible_user_id"))]
    selection.among(side, [_encode([{"responsible_user": {"id": user}}]) for user in users])
    enums = [as_int(value, -1) for value in _several(asked.get("custom_field_values"))]
    if enums:
        condition = " OR ".join([f"instr({side}, ?) > 0"] * len(enums))
        selection.where(f"({condition})", *(f'"enum_id":{enum},' for enum in enums))
    wanted = asked.get("value")
    if isinstance(wanted, str):
        paths = [_VALUES[type] for type in types if type in _VALUES] or list(_VALUES.values())
        condition = " OR ".join([f"CAST(json_extract({side}, ?) AS TEXT) = ?"] * len(paths))
        selection.where(f"({condition})", *(arg for path in paths for arg in (path, wanted)))


@routes("GET", "/api/v4/events")
def list_events(ctx: Context) -> Response:
    """List events, the newest first; the filters of this list need no option."""
    asked, selection = ctx.filter, Selection("events")
    selection.order = "n DESC"
    _narrow_by_rights(ctx, selection)
    selection.among("id", _several(asked.get("id")))
    authors = [as_int(value, -1) for value in _several(asked.get("created_by"))]
    kinds = [
        PLURALS.get(value, "tasks" if value == "task" else value) for value in _several(asked.get("entity"))
    ]
    ids = [as_int(value, -1) for value in _several(asked.get("entity_id"))]
    if max(len(authors), len(ids)) > MOST_IDS:
        raise refuse(400, f"Filters take at most {MOST_IDS} ids")
    if ids and len(kinds) != 1:
        raise refuse(400, "Filter entity_id works only together with one entity")
    selection.among("created_by", authors)
    selection.among("kind", kinds)
    selection.among("entity_id", ids)
    moments = asked.get("created_at")
    if isinstance(moments, str) and "," in moments:
        low, _, high = moments.partition(",")
        moments = {"from": low, "to": high}
    if any(end is not None for end in as_range(moments)):
        selection.between("created_at", moments)
    types = _several(asked.get("type"))
    _narrow_by_type(selection, types)
    for side in ("before", "after"):
        _narrow_by_value(selection, side, asked.get(f"value_{side}"), types)
    rows, has_next = selection.page(ctx, _SELECT)
    return ctx.page_answer("events", _render(ctx, rows), has_next)


@routes("GET", "/api/v4/events/types")
def list_event_types(ctx: Context) -> Response:
    """List the types that occur in the account, one for each custom field among them."""
    language = ctx.query.get("language_code") or ctx.user["lang"]
    at = 3 if language == "ru" else 2
    shown = [{"key": entry[0], "type": entry[1], "lang": entry[at]} for entry in EVENT_TYPES]
    for field in ctx.store.documents("fields").values():
        word = "Изменение поля" if at == 3 else "Field changed"
        key = f"custom_field_{field['id']}_value_changed"
        shown.append({"key": key, "type": 24, "lang": f"{word} «{field['name']}»"})
    limit = as_int(ctx.query.get("limit"))
    shown = shown[: limit or None]
    body = {"_total_items": len(shown), "_links": ctx.links("events/types")}
    return json_response({**body, "_embedded": {"events_types": shown}})


@routes("GET", "/api/v4/events/{id}")
def get_event(ctx: Context) -> Response:
    """Return one event; 204 when there is none."""
    row = ctx.store.row(f"SELECT {_SELECT} FROM events WHERE id=?", (ctx.params["id"],))
    return json_response(_render(ctx, [row])[0]) if row else Response(204)
