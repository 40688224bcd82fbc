"""Buttons for websites ("CRM Plugin"); they are made in the background."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..engine.php_query import as_int
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

MOST_DOMAINS = 10
# Seconds after which the plugin's settings are there.
PENDING = 2
KIND = "website_buttons"
_PATH = "/api/v4/website_buttons"


def _show(ctx: Context, button: dict[str, Any], with_script: bool = False) -> dict[str, Any]:
    is_made = ctx.now >= button["created_at"] + PENDING
    shown = {
        "account_id": ctx.account.settings["id"],
        "source_id": button["id"],
        "button_id": button["button_id"] if is_made else None,
        "is_duplication_control_enabled": False,
        "name": button["name"],
        "creation_status": "created" if is_made else "creation_pending",
        "pipeline_id": button["pipeline_id"],
    }
    if with_script or "scripts" in ctx.with_:
        address = f"{ctx.base}/pixel/{button['button_id']}.js"
        shown["script"] = f'<script async src="{address}"></script>' if is_made else None
    if "deleted" in ctx.with_:
        shown["is_deleted"] = False
    return shown


def _find(ctx: Context) -> dict[str, Any]:
    button = ctx.store.document(KIND, ctx.id("source_id"))
    if button is None:
        raise refuse(404, "Source not found")
    return button


@routes("GET", _PATH)
def list_website_buttons(ctx: Context) -> Response:
    """List buttons, 250 to a page unless asked otherwise."""
    ctx.require_admin()
    if as_int(ctx.query.get("limit")) is None:
        ctx.limit = 250
    every = list(ctx.store.documents(KIND).values())
    return ctx.sliced_page(KIND, every, lambda button: _show(ctx, button))


@routes("GET", _PATH + "/{source_id}")
def get_website_button(ctx: Context) -> Response:
    """Return one button."""
    ctx.require_admin()
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_website_button(ctx: Context) -> Response:
    """Order a button; 202, and its source is there at once."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    item, data = ctx.item, ctx.item.data
    domains = data.get("trusted_websites") or []
    if ctx.store.document("pipelines", data["pipeline_id"]) is None:
        item.error("NotSupportedChoice", "pipeline_id")
    if not domains and not data.get("is_used_in_app"):
        item.error("NotBlank", "trusted_websites")
    if len(domains) > MOST_DOMAINS:
        item.error("TooMany", "trusted_websites", MOST_DOMAINS)
    ctx.refuse_bad_items()
    button = {
        "id": ctx.store.next_id("sources"),
        "button_id": ctx.store.next_id("buttons"),
        "name": data.get("name") or "",
        "pipeline_id": data["pipeline_id"],
        "domains": domains,
        "created_at": ctx.now,
        "has_chat": False,
    }
    ctx.store.put(KIND, button)
    answer = {"source_id": button["id"], "trusted_websites": domains}
    return json_response({**answer, **({"name": data["name"]} if "name" in data else {})}, 202)


@routes("PATCH", _PATH + "/{source_id}")
def update_website_button(ctx: Context) -> Response:
    """Rename a button or add domains to those that it has; none can be taken away."""
    ctx.require_admin()
    button = _find(ctx)
    ctx.refuse_bad_items()
    item, data = ctx.item, ctx.item.data
    added = (data.get("trusted_websites") or {}).get("add") or []
    if added and not button["domains"]:
        item.error("NotSupportedChoice", "trusted_websites")
    if len(button["domains"]) + len(added) > MOST_DOMAINS:
        item.error("TooMany", "trusted_websites.add", MOST_DOMAINS)
    ctx.refuse_bad_items()
    domains = list(dict.fromkeys([*button["domains"], *added]))
    changed = {**button, "domains": domains, "name": data.get("name", button["name"])}
    ctx.store.put(KIND, changed)
    return json_response(_show(ctx, changed, with_script=True))


@routes("POST", _PATH + "/{source_id}/online_chat")
def connect_online_chat(ctx: Context) -> Response:
    """Connect the online chat; 202 without a body."""
    ctx.require_admin()
    ctx.store.put(KIND, {**_find(ctx), "has_chat": True})
    return Response(202)
