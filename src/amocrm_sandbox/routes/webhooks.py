"""Webhook subscriptions: the address is the key."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

MOST_HOOKS = 100
_PATH = "/api/v4/webhooks"


def _show(ctx: Context, hook: dict[str, Any]) -> dict[str, Any]:
    return {**hook, "account_id": ctx.account.settings["id"]}


def _find(ctx: Context, destination: str) -> dict[str, Any] | None:
    hooks = ctx.store.documents("webhooks").values()
    return next((hook for hook in hooks if hook["destination"] == destination), None)


@routes("GET", _PATH)
def list_webhooks(ctx: Context) -> Response:
    """List the subscriptions: a total, no links, no pages; 204 when there are none."""
    ctx.require_admin()
    hooks = list(ctx.store.documents("webhooks").values())
    wanted = ctx.filter.get("destination")
    if wanted is not None:
        hooks = [hook for hook in hooks if hook["destination"] == wanted]
    if not hooks:
        return Response(204)
    shown = [_show(ctx, hook) for hook in hooks]
    return json_response({"_total_items": len(shown), "_embedded": {"webhooks": shown}})


@routes("POST", _PATH)
def subscribe_webhook(ctx: Context) -> Response:
    """Add a subscription, or give an existing address new settings, which also switches it on again."""
    ctx.require_admin()
    item = ctx.item
    if not item.errors:
        _check(ctx)
    ctx.refuse_bad_items()
    data = item.data
    subscription = _find(ctx, data["destination"])
    if subscription is None:
        if len(ctx.store.documents("webhooks")) >= MOST_HOOKS:
            raise refuse(422, f"Limit {MOST_HOOKS} webhooks per account")
        # `sort` is a wish that was seen ignored.
        stamps = {"created_at": ctx.now, "created_by": ctx.user["id"], "sort": 1}
        subscription = {"id": ctx.store.next_id("webhooks"), "destination": data["destination"], **stamps}
    settings = list(dict.fromkeys(data["settings"]))
    hook = {**subscription, "updated_at": ctx.now, "disabled": False, "settings": settings}
    ctx.store.put("webhooks", hook)
    ctx.account.hook_queue.forget(hook["id"])
    return json_response(_show(ctx, hook), 201)


def _check(ctx: Context) -> None:
    data = ctx.item.data
    try:
        address = urlsplit(data["destination"])
        host = address.hostname or ""
    except ValueError:
        address, host = urlsplit(""), ""
    # Cyrillic domains are not supported.
    if address.scheme not in ("http", "https") or not host or not host.isascii():
        ctx.item.error("InvalidFormat", "destination", detail="This value is not a valid URL.")
    if not data["settings"]:
        ctx.item.error("TooFew", "settings", 1)


@routes("DELETE", _PATH)
def unsubscribe_webhook(ctx: Context) -> Response:
    """Remove the subscription of an address; 404 when there is none."""
    ctx.require_admin()
    ctx.refuse_bad_items()
    hook = _find(ctx, ctx.item.data["destination"])
    if hook is None:
        raise refuse(404, "Webhook not found")
    ctx.store.remove("webhooks", hook["id"])
    return Response(204)
