"""Segments of customers, in the mode of dynamic segmentation."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..domain.customers_mode import require_mode
from ..domain.field_values import apply_values, show_values
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

MOST_SEGMENTS = 100
KIND = "segments"
_PATH = "/api/v4/customers/segments"
COLORS = frozenset(
    [
        "10599d",
        "2176ff",
        "006acc",
        "07a0c3",
        "247ba0",
        "177e89",
        "046e8f",
        "598381",
        "0c7c59",
        "495f41",
        "00a44b",
        "08605f",
        "bf2600",
        "06d6a0",
        "e14945",
        "79b473",
        "ae003f",
        "a2ad59",
        "cd0f53",
        "8e936d",
        "832161",
        "2e5339",
        "bf126f",
        "6f7c12",
        "ff5376",
        "dd1c1a",
        "bb304e",
        "631d76",
        "9d2b32",
        "4a001f",
        "b118c8",
        "6a0f49",
        "6610f2",
        "b38a58",
        "8963ba",
        "4b3666",
        "932f6d",
        "6b2d5c",
        "6461a0",
        "4f517d",
    ]
)
_DEFAULT_COLOR = "10599d"


def _show(ctx: Context, segment: dict[str, Any]) -> dict[str, Any]:
    count = ctx.store.value("SELECT count(*) FROM customer_segments WHERE segment_id=?", (segment["id"],))
    return {
        **{key: value for key, value in segment.items() if key != "fields"},
        "account_id": ctx.account.settings["id"],
        "customers_count": count,
        # Empty values are a list here, not null.
        "custom_fields_values": show_values(ctx.store.documents("fields"), segment["fields"]) or [],
        "_links": ctx.links(f"customers/segments/{segment['id']}"),
    }


def _find(ctx: Context) -> dict[str, Any]:
    segment = ctx.store.document(KIND, ctx.id())
    if segment is None:
        raise refuse(404, "Segment not found")
    return segment


def _fill(ctx: Context, item: Item, segment: dict[str, Any]) -> dict[str, Any]:
    """Return the segment with what was sent; errors go to the item."""
    data, changed = item.data, {**segment, "fields": dict(segment["fields"])}
    if item.errors:
        return changed
    for key in ("name", "color", "available_products_price_types"):
        if data.get(key) is not None:
            changed[key] = data[key]
    if changed["color"] not in COLORS:
        item.error("NotSupportedChoice", "color")
    fields = ctx.store.documents("fields")
    for index, id in enumerate(data.get("available_products_price_types") or ()):
        if id not in fields or fields[id]["type"] not in ("price", "numeric"):
            item.error("NotSupportedChoice", f"available_products_price_types.{index}")
    apply_values(ctx, item, "segments", changed["fields"])
    return changed


@routes("GET", _PATH)
def list_segments(ctx: Context) -> Response:
    """List segments, with totals; 422 in another mode."""
    require_mode(ctx, "segments")
    every = list(ctx.store.documents(KIND).values())
    return ctx.counted_page(KIND, every, lambda segment: _show(ctx, segment))


@routes("GET", _PATH + "/{id}")
def get_segment(ctx: Context) -> Response:
    """Return one segment."""
    require_mode(ctx, "segments")
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_segment(ctx: Context) -> Response:
    """Add one segment; the body is one object and the answer the whole segment."""
    ctx.require_admin()
    require_mode(ctx, "segments")
    if len(ctx.store.documents(KIND)) >= MOST_SEGMENTS:
        raise refuse(422, f"Limit {MOST_SEGMENTS} segments per account")
    plain = {"color": _DEFAULT_COLOR, "available_products_price_types": [], "fields": {}}
    segment = _fill(ctx, ctx.item, {"id": 0, "created_at": ctx.now, "updated_at": ctx.now, **plain})
    ctx.refuse_bad_items()
    segment["id"] = ctx.store.next_id(KIND)
    ctx.store.put(KIND, segment)
    return json_response(_show(ctx, segment))


@routes("PATCH", _PATH + "/{id}")
def update_segment(ctx: Context) -> Response:
    """Change one segment; at least one key is needed."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    ctx.item.needs_one("name", "color", "available_products_price_types", "custom_fields_values")
    ctx.refuse_bad_items()
    segment = _fill(ctx, ctx.item, _find(ctx))
    ctx.refuse_bad_items()
    segment["updated_at"] = ctx.now
    ctx.store.put(KIND, segment)
    return json_response(_show(ctx, segment))


@routes("DELETE", _PATH + "/{id}")
def delete_segment(ctx: Context) -> Response:
    """Remove one segment; its customers leave it."""
    ctx.require_admin()
    segment = _find(ctx)
    ctx.store.execute("DELETE FROM customer_segments WHERE segment_id=?", (segment["id"],))
    ctx.store.remove(KIND, segment["id"])
    return Response(204)
