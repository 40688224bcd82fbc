"""Bots: what a run does, as far as an integration sees it."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.context import Context
from ..domain.event_types import SINGULARS
from ..engine.hook_delivery import WebhookDelivery
from ..storage.jwt import jwt

__all__ = ["bot_token", "run_bot", "stop_runs"]


def run_bot(ctx: Context, bot: dict[str, Any], kind: str, id: int) -> None:
    """Record a run. A bot with a `request_url` asks it and waits to be continued.

    A run that waits on the same entity cannot be continued any more.
    """
    stop_runs(ctx, kind, id)
    run = {
        "id": ctx.store.next_id("bot_runs"),
        "bot_id": bot["id"],
        "kind": kind,
        "entity_id": id,
        "state": "finished",
        "started_at": ctx.now,
        "started_by": ctx.user["id"],
        "answer": None,
    }
    if bot.get("request_url"):
        run["state"] = "waiting"
        ctx.changes.deliver(_request(ctx, bot, run))
    ctx.store.put("bot_runs", run)


def stop_runs(ctx: Context, kind: str, id: int, bot_id: int | None = None) -> None:
    """Stop the runs that wait on an entity, of all bots or of one."""
    for run in list(ctx.store.documents("bot_runs").values()):
        is_meant = run["kind"] == kind and run["entity_id"] == id and bot_id in (None, run["bot_id"])
        if is_meant and run["state"] == "waiting":
            ctx.store.put("bot_runs", {**run, "state": "stopped"})


def bot_token(ctx: Context, kind: str, id: int) -> str:
    """Return the token that proves a bot's request: HS512 with the integration's secret, valid for half an hour."""
    account = ctx.account
    integration = account.integration
    claims = {
        "iss": account.url,
        "aud": "/".join(integration.redirect_uri.split("/")[:3]),
        "iat": ctx.now,
        "nbf": ctx.now,
        "exp": ctx.now + 1800,
        "account_id": account.settings["id"],
        "subdomain": account.subdomain,
        "client_uuid": integration.client_id,
        "entity_type": SINGULARS[kind],
        "entity_id": id,
        "bot_type": "salesbot",
    }
    return jwt(claims, integration.client_secret.encode(), "HS512")


def _request(ctx: Context, bot: dict[str, Any], run: dict[str, Any]) -> WebhookDelivery:
    kind = "marketingbot" if bot["type_functionality"] == "marketing" else "salesbot"
    data = {
        "token": bot_token(ctx, run["kind"], run["entity_id"]),
        "data": bot.get("request_data") or {},
        "return_url": ctx.href(f"{kind}/{bot['id']}/continue/{run['id']}"),
    }
    body = msgspec.json.encode(data)
    headers = {"Content-Type": "application/json"}
    return WebhookDelivery(None, "widget_request", bot["request_url"], headers, body, data, 2.0, False)
