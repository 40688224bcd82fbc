from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest

from amocrm_sandbox import ManualClock, Request, Response

from ..conftest import NOW, Checked

HOST = "demo.amocrm.ru"


def form(sandbox: Checked, **more: str) -> dict[str, str]:
    """Return the keys of the integration with more fields."""
    keys = sandbox.integration
    body = {
        "client_id": keys.client_id,
        "client_secret": keys.client_secret,
        "redirect_uri": keys.redirect_uri,
    }
    return {**body, **more}


def exchange(sandbox: Checked, **more: str) -> Response:
    """Ask the token endpoint."""
    body = msgspec.json.encode(form(sandbox, **more))
    return sandbox.handle(
        Request("POST", "/oauth2/access_token", HOST, {"content-type": "application/json"}, body)
    )


def code_grant(sandbox: Checked) -> Any:
    """Return a pair bought with a fresh code."""
    return exchange(sandbox, grant_type="authorization_code", code=sandbox.authorization_code()).json()


def refresh(sandbox: Checked, token: str) -> Response:
    """Refresh."""
    return exchange(sandbox, grant_type="refresh_token", refresh_token=token)


def account(sandbox: Checked, token: str, host: str = HOST) -> int:
    """Return the status of a GET of the account."""
    return sandbox.handle(
        Request("GET", "/api/v4/account", host, {"authorization": f"Bearer {token}"})
    ).status


def test_a_code_buys_a_pair_once(sandbox: Checked) -> None:
    """A code is exchanged for a pair of tokens of a day; the second exchange is refused."""
    code = sandbox.authorization_code()
    pair = exchange(sandbox, grant_type="authorization_code", code=code)
    body = pair.json()
    assert pair.header("Content-Type") == "application/json"
    assert (body["token_type"], body["expires_in"], body["server_time"]) == ("Bearer", 86400, NOW)
    assert account(sandbox, body["access_token"]) == 200
    again = exchange(sandbox, grant_type="authorization_code", code=code)
    assert (again.status, again.json()["hint"]) == (400, "Authorization code has been revoked")
    assert again.json()["type"] == "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"


def test_a_form_encoded_body_is_taken_too(sandbox: Checked) -> None:
    """The token endpoint reads form-encoded bodies as the vendor's own OAuth library sends them."""
    body = urlencode(
        form(sandbox, grant_type="authorization_code", code=sandbox.authorization_code())
    ).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert sandbox.handle(Request("POST", "/oauth2/access_token", HOST, headers, body)).status == 200


def test_a_code_lives_twenty_minutes(sandbox: Checked, clock: ManualClock) -> None:
    """A code is good for twenty minutes."""
    code = sandbox.authorization_code()
    clock.advance(20 * 60)
    assert exchange(sandbox, grant_type="authorization_code", code=code).json()["hint"] == (
        "Authorization code has expired"
    )


def test_a_refresh_token_is_used_once(sandbox: Checked) -> None:
    """A refresh gives a new pair and kills the refresh token; the old access token lives on."""
    first = code_grant(sandbox)
    second = refresh(sandbox, first["refresh_token"]).json()
    assert account(sandbox, second["access_token"]) == 200
    assert account(sandbox, first["access_token"]) == 200
    again = refresh(sandbox, first["refresh_token"])
    assert (again.status, again.json()["hint"]) == (401, "Token has been revoked")
    assert refresh(sandbox, second["refresh_token"]).status == 200


def test_tokens_live_as_long_as_documented(sandbox: Checked, clock: ManualClock) -> None:
    """An access token lives a day, a refresh token three months."""
    pair = code_grant(sandbox)
    clock.advance(86400)
    assert account(sandbox, pair["access_token"]) == 401
    clock.advance(89 * 86400)
    expired = refresh(sandbox, pair["refresh_token"])
    assert (expired.status, expired.json()["hint"]) == (401, "Token has expired")


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"client_id": "x"}, "Check the `client_id` parameter"),
        ({"client_secret": "x"}, "Check the `client_secret` parameter"),
        ({"redirect_uri": "https://example.com/oauth/"}, "Redirect URI is not associated with client"),
        ({"grant_type": "password"}, "Check the `grant_type` parameter"),
        ({"code": "x"}, "Cannot decrypt the authorization code"),
    ],
)
def test_the_hint_says_what_is_wrong(sandbox: Checked, change: dict[str, str], hint: str) -> None:
    """Bad data are refused with 400 and a hint."""
    sent = {"grant_type": "authorization_code", "code": sandbox.authorization_code(), **change}
    answer = exchange(sandbox, **sent)
    assert (answer.status, answer.json()["hint"]) == (400, hint)


def test_an_access_token_is_a_jwt_with_the_claims_of_a_real_one(sandbox: Checked) -> None:
    """The token carries expiry, account, user, scopes and the shared API host."""
    import base64

    body = sandbox.token.split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(body + "=="))
    assert claims["exp"] == NOW + 365 * 86400
    assert claims["sub"] == str(sandbox.admin_id)
    assert claims["account_id"] == sandbox.account["id"]
    assert claims["api_domain"].startswith("api-")
    assert "crm" in claims["scopes"]


def test_a_forged_or_missing_token_is_401(sandbox: Checked) -> None:
    """No token, nonsense and a token with a changed signature are refused with the vendor's sentence."""
    for token in ("", "nonsense", sandbox.token[:-4] + "AAAA"):
        answer = sandbox.handle(Request("GET", "/api/v4/account", HOST, {"authorization": f"Bearer {token}"}))
        assert (answer.status, answer.json()["detail"]) == (401, "Invalid user name or password")
    assert sandbox.handle(Request("GET", "/api/v4/account", HOST)).status == 401


def test_uninstalling_kills_every_token_at_once(sandbox: Checked) -> None:
    """When the integration is switched off, its access, long-lived and refresh tokens stop working."""
    pair, long_lived = code_grant(sandbox), sandbox.token
    sandbox.tokens.uninstall(sandbox.integration.client_id)
    assert account(sandbox, pair["access_token"]) == 401
    assert account(sandbox, long_lived) == 401
    assert refresh(sandbox, pair["refresh_token"]).status == 401


def test_one_token_can_be_revoked(sandbox: Checked) -> None:
    """Revoking a long-lived token leaves others alone."""
    first, second = sandbox.long_lived_token(), sandbox.long_lived_token(days=1)
    sandbox.tokens.revoke(first)
    assert (account(sandbox, first), account(sandbox, second)) == (401, 200)


def test_another_accounts_host_is_unknown(sandbox: Checked) -> None:
    """A wrong subdomain answers 401 to API requests and 404 to the token endpoint."""
    assert account(sandbox, sandbox.token, "other.amocrm.ru") == 401
    body = msgspec.json.encode(form(sandbox, grant_type="refresh_token", refresh_token="x"))
    assert sandbox.handle(Request("POST", "/oauth2/access_token", "other.amocrm.ru", {}, body)).status == 404


def test_a_moved_account_is_found_by_its_refresh_token(sandbox: Checked) -> None:
    """After a rename the shared host tells the new address to the holder of a refresh token, without spending it."""
    pair = code_grant(sandbox)
    sandbox.set_option("subdomain", "renamed")
    assert account(sandbox, pair["access_token"]) == 401
    headers = {"x-refresh-token": pair["refresh_token"]}
    path = "/oauth2/account/current/subdomain"
    found = sandbox.handle(Request("GET", path, "api-a.amocrm.ru", headers))
    assert (found.status, found.json()["domain"]) == (200, "renamed.amocrm.ru")
    assert sandbox.handle(Request("GET", path, "api-a.amocrm.ru", {"x-refresh-token": "x"})).status == 401
    assert account(sandbox, pair["access_token"], "renamed.amocrm.ru") == 200
    old = {"authorization": f"Bearer {pair['access_token']}"}
    assert sandbox.handle(Request("GET", "/oauth2/account/subdomain", "www.amocrm.ru", old)).status == 200


def test_the_consent_page_agrees_at_once(sandbox: Checked) -> None:
    """Opening the authorization page redirects with a code, the account's host and the state."""
    target = f"/oauth?client_id={sandbox.integration.client_id}&state=xyz"
    redirect = super(Checked, sandbox).handle(Request("GET", target, "www.amocrm.ru"))
    query = parse_qs(urlsplit(redirect.header("Location") or "").query)
    assert redirect.status == 302
    assert (query["state"], query["referer"]) == (["xyz"], ["demo.amocrm.ru"])
    assert exchange(sandbox, grant_type="authorization_code", code=query["code"][0]).status == 200
