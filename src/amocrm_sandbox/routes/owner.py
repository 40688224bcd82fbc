"""Two old operations of authorization: the owner of a token, and API keys."""

from __future__ import annotations

from urllib.parse import urlencode

from ..domain.context import Context, Routes
from ..engine.hook_delivery import WebhookDelivery
from ..engine.messages import JSON, Response, decode_json, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

AGAIN_AFTER = 300


@routes("GET", "/v3/user")
def get_token_owner(ctx: Context) -> Response:
    """Return the user of the token."""
    user = ctx.user
    return json_response({key: user[key] for key in ("id", "name", "email")}, content_type=JSON)


@routes("POST", "/oauth2/exchange_api_key")
def exchange_api_key(ctx: Context) -> Response:
    """Exchange an old API key for a code, which is sent to the redirect address; once in five minutes.

    The key of a user is the `api_key` among the account's users; no user has one unless it was given.
    """
    try:
        data = decode_json(ctx.request.body)
    except ValueError:
        raise refuse(400, "Request body is not valid JSON") from None
    errors = ctx.operation.validate(data) if ctx.operation else []
    if errors:
        raise refuse(400, f"{errors[0]['path']}: {errors[0]['detail']}")
    integration = next(
        (item for item in ctx.account.tokens.integrations() if item.client_id == data["client_uuid"]), None
    )
    if integration is None or integration.client_secret != data["client_secret"]:
        raise refuse(403, "Access denied")
    users = ctx.store.documents("users").values()
    user = next((item for item in users if item["email"] == data["login"]), None)
    if user is None or user.get("api_key") != data["api_key"]:
        raise refuse(403, "Access denied")
    key = f"api_key:{integration.client_id}:{user['id']}"
    if (ctx.store.setting(key) or 0) > ctx.now - AGAIN_AFTER:
        raise refuse(429, "Too many requests")
    ctx.store.set_setting(key, ctx.now)
    query = {
        "code": ctx.account.tokens.issue_code(integration.client_id, user["id"]),
        "referer": f"{ctx.account.subdomain}.amocrm.ru",
        "from_exchange": "1",
        **({"state": data["state"]} if "state" in data else {}),
    }
    address = f"{integration.redirect_uri}?{urlencode(query)}"
    ctx.changes.deliver(
        WebhookDelivery(None, "exchange_api_key", address, {}, b"", dict(query), 3.0, False, method="GET")
    )
    return Response(202)
