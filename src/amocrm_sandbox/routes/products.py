"""The function "products": its switch in v4 and in v2, and the currencies of prices."""

from __future__ import annotations

from typing import Any

from ..domain.catalogs import catalog_of_type, enable_products
from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..storage.seed_reference_data import CURRENCIES

__all__ = ["routes"]

routes = Routes()

_V4 = "/api/v4/catalogs/products/settings"
_V2 = "/api/v2/products_settings"


def _settings(ctx: Context) -> dict[str, Any]:
    catalog = catalog_of_type(ctx.store, "products")
    is_enabled = bool(ctx.store.setting("products")) and catalog is not None
    return {"is_enabled": is_enabled, "catalog_id": catalog["id"] if catalog else None}


def _legacy(settings: dict[str, Any], method: str) -> Response:
    return json_response({**settings, "_links": {"self": {"href": _V2, "method": method}}})


@routes("GET", _V4)
def get_products_settings(ctx: Context) -> Response:
    """Say whether products are on."""
    return json_response({**_settings(ctx), "_links": ctx.links("catalogs/products/settings")})


@routes("PATCH", _V4)
def update_products_settings(ctx: Context) -> Response:
    """Switch products on or off; the list is made when they are first switched on."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    settings = enable_products(ctx, ctx.item.data["is_enabled"])
    return json_response({**settings, "_links": ctx.links("catalogs/products/settings")})


@routes("GET", _V2)
def get_legacy_products_settings(ctx: Context) -> Response:
    """Say whether products are on, in the words of v2."""
    return _legacy(_settings(ctx), "get")


@routes("POST", _V2)
def enable_legacy_products(ctx: Context) -> Response:
    """Switch products on; the documentation calls the key `enable` in one place and `enabled` in another."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    data = ctx.item.data
    return _legacy(enable_products(ctx, bool(data.get("enabled", data.get("enable", True)))), "post")


@routes("GET", "/api/v4/currencies")
def list_currencies(ctx: Context) -> Response:
    """List the currencies that fields of money can have."""
    return ctx.sliced_page("currencies", CURRENCIES, lambda code: {"code": code})
