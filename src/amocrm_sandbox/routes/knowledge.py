"""Knowledge of the AI agent; only Kommo has it."""

from __future__ import annotations

from typing import Any

from ..domain.catalogs import catalog_of_type
from ..domain.context import Context, Routes
from ..engine.messages import JSON, Response, json_response

__all__ = ["routes"]

routes = Routes()

_LONGEST = {"agent": 5000, "suggested_reply": 2000}


def _add(ctx: Context, name: str, kind: str) -> Response:
    document: dict[str, Any] = {"id": ctx.store.next_id("knowledge"), "name": name, "updated_at": ctx.now}
    ctx.store.put("knowledge", {**document, "kind": kind, "sent": ctx.item.data})
    return json_response(document, 201, JSON)


def _check(ctx: Context) -> None:
    functions = ctx.item.data.get("available_functions")
    if functions is not None and len(functions) != 1:
        ctx.item.error("TooMany" if functions else "TooFew", "available_functions", 1)


@routes("POST", "/api/v2/sources/text")
def create_text(ctx: Context) -> Response:
    """Add a text; how long it may be depends on the function."""
    ctx.refuse_bad_items()
    _check(ctx)
    data = ctx.item.data
    longest = min((_LONGEST[name] for name in data["available_functions"]), default=5000)
    if len(data["text"]) > longest:
        ctx.item.error("TooLong", "text", longest)
    ctx.refuse_bad_items()
    return _add(ctx, data["name"], "text")


@routes("POST", "/api/v2/sources/url")
def create_url(ctx: Context) -> Response:
    """Add a page, with the pages that it links to where that is asked for."""
    ctx.refuse_bad_items()
    _check(ctx)
    ctx.refuse_bad_items()
    return _add(ctx, ctx.item.data["url"], "url")


@routes("POST", "/api/v2/sources/file")
def create_file(ctx: Context) -> Response:
    """Add a file of the file service."""
    ctx.refuse_bad_items()
    _check(ctx)
    uuid = ctx.item.data.get("file_uuid")
    name = ctx.store.value("SELECT name FROM files WHERE uuid=? AND deleted_at IS NULL", (uuid,))
    if uuid is not None and name is None:
        ctx.item.error("NotSupportedChoice", "file_uuid")
    ctx.refuse_bad_items()
    return _add(ctx, name or ctx.item.data.get("url") or "", "file")


@routes("POST", "/api/v2/agent/knowledges/products/import")
def import_products(ctx: Context) -> Response:
    """Import the list of products."""
    catalog = catalog_of_type(ctx.store, "products")
    document = {
        "id": ctx.store.next_id("knowledge"),
        "name": "products",
        "updated_at": ctx.now,
        "kind": "products",
    }
    ctx.store.put("knowledge", {**document, "sent": {"catalog_id": catalog["id"] if catalog else None}})
    return json_response({"code": 201, "status": "success"}, 201, JSON)
