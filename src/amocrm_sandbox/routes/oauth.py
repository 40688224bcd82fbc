"""Authorization: the consent page, codes, refresh, and where the account lives now."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from ..domain.context import Context, Routes
from ..engine.messages import JSON, Response, decode_json, json_response
from ..engine.refusals import Refused, refuse
from ..storage.tokens import GrantRefused

__all__ = ["routes"]

routes = Routes()

_REQUIRED = ("client_id", "client_secret", "grant_type", "redirect_uri")


def _refused(hint: str, status: int = 400) -> Refused:
    body = {
        "hint": hint,
        "title": "Некорректный запрос",
        "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
        "status": status,
        "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
    }
    return Refused(json_response(body, status, JSON))


def _form(ctx: Context) -> dict[str, str]:
    body = ctx.request.body
    if "x-www-form-urlencoded" in ctx.request.headers.get("content-type", ""):
        return dict(parse_qsl(body.decode(errors="replace")))
    try:
        sent = decode_json(body) if body else {}
    except ValueError:
        sent = {}
    return sent if isinstance(sent, dict) else {}


@routes("POST", "/oauth2/access_token")
def create_token(ctx: Context) -> Response:
    """Exchange a code, or a refresh token, for a new pair; either can be spent once."""
    form, tokens = _form(ctx), ctx.account.tokens
    for key in _REQUIRED:
        if not isinstance(form.get(key), str) or not form[key]:
            raise _refused(f"Check the `{key}` parameter")
    integration = next((item for item in tokens.integrations() if item.client_id == form["client_id"]), None)
    if integration is None:
        raise _refused("Check the `client_id` parameter")
    if integration.client_secret != form["client_secret"]:
        raise _refused("Check the `client_secret` parameter")
    if integration.redirect_uri != form["redirect_uri"]:
        raise _refused("Redirect URI is not associated with client")
    kinds = {"authorization_code": ("code", "code"), "refresh_token": ("refresh", "refresh_token")}
    if form["grant_type"] not in kinds:
        raise _refused("Check the `grant_type` parameter")
    kind, key = kinds[form["grant_type"]]
    value = form.get(key)
    if not isinstance(value, str) or not value:
        raise _refused(f"Check the `{key}` parameter")
    try:
        user_id = tokens.take(kind, value, integration.client_id)
    except GrantRefused as refused:
        # Spent and unknown refresh tokens were seen with 401, bad data with 400.
        raise _refused(str(refused), 401 if kind == "refresh" else 400) from None
    return json_response(tokens.issue_pair(integration.client_id, user_id), content_type=JSON)


@routes("GET", "/oauth", "/oauth/")
def authorize(ctx: Context) -> Response:
    """Stand in for the consent page: agree at once and redirect with a code."""
    client_id = ctx.query.get("client_id")
    integration = next(
        (item for item in ctx.account.tokens.integrations() if item.client_id == client_id), None
    )
    if integration is None:
        raise refuse(404, "Integration not found")
    code = ctx.account.tokens.issue_code(integration.client_id, ctx.account.admin_id)
    answer = {"code": code, "referer": f"{ctx.account.subdomain}.amocrm.ru", "platform": "1"}
    answer["client_id"] = integration.client_id
    if "state" in ctx.query:
        answer["state"] = ctx.query["state"]
    return Response(302, (("Location", f"{integration.redirect_uri}?{urlencode(answer)}"),))


def _domain(ctx: Context) -> Response:
    account = ctx.account.settings
    name = f"{account['subdomain']}.amocrm.ru"
    body = {"id": account["id"], "subdomain": account["subdomain"], "domain": name, "top_level_domain": "ru"}
    return json_response(body, content_type=JSON)


@routes("GET", "/oauth2/account/current/subdomain")
def get_current_account_domain(ctx: Context) -> Response:
    """Return the account's present host to the holder of a live refresh token, which is not spent by this."""
    if not ctx.account.tokens.is_live_refresh(ctx.request.headers.get("x-refresh-token", "")):
        raise refuse(401, "Invalid refresh token")
    return _domain(ctx)


@routes("GET", "/oauth2/account/subdomain")
def get_account_domain(ctx: Context) -> Response:
    """Return the account's present host to the holder of a live access token."""
    token = ctx.request.headers.get("authorization", "").partition(" ")[2]
    if ctx.account.tokens.check(token) is None:
        raise refuse(401, "Invalid user name or password")
    return _domain(ctx)
