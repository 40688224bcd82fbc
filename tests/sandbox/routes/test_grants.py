"""Grants over time: a file that is opened again, a moved account, the end of an integration, one-time tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from amocrm_sandbox import ManualClock, Request, Response, SandboxServer

from ..conftest import NOW, Checked
from .test_oauth import account, code_grant, form, refresh

PATH = "/oauth2/access_token"


def control(sandbox: Checked, name: str, **body: Any) -> Response:
    """POST to the control endpoint."""
    return sandbox.handle(Request("POST", f"/_sandbox/{name}", "localhost", {}, msgspec.json.encode(body)))


def opened(path: Path, clock: ManualClock) -> Checked:
    """Open a file."""
    return Checked(db=path, clock=clock, limits=False)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str, str]:
    """Return header, claims, what is signed, and the signature of a JWT."""
    head, body, signature = token.split(".")
    decoded = [msgspec.json.decode(base64.urlsafe_b64decode(part + "==")) for part in (head, body)]
    return decoded[0], decoded[1], f"{head}.{body}", signature


def test_grants_live_on_in_a_file(tmp_path: Path, clock: ManualClock) -> None:
    """Live tokens stay live, spent and revoked ones stay dead, and age goes on, after a file is opened again."""
    path = tmp_path / "account.db"
    first = opened(path, clock)
    pair, other = code_grant(first), code_grant(first)
    revoked, code = first.long_lived_token(), first.authorization_code()
    refresh(first, other["refresh_token"])
    first.tokens.revoke(revoked)
    first.close()
    clock.advance(3600)
    second = opened(path, clock)
    assert account(second, pair["access_token"]) == 200
    assert account(second, revoked) == 401
    assert refresh(second, pair["refresh_token"]).status == 200
    assert refresh(second, other["refresh_token"]).json()["hint"] == "Token has been revoked"
    sent = msgspec.json.encode(form(second, grant_type="authorization_code", code=code))
    expired = second.handle(Request("POST", PATH, "demo.amocrm.ru", {}, sent))
    assert expired.json()["hint"] == "Authorization code has expired"
    clock.advance(86400 - 3600)
    assert account(second, pair["access_token"]) == 401
    second.close()


@pytest.mark.slow
def test_a_file_survives_a_kill(tmp_path: Path) -> None:
    """What was answered is in the file, even when the process had no time to close it."""
    path = tmp_path / "account.db"
    command = [sys.executable, "-m", "amocrm_sandbox", "--json", "--limits", "off", "--db", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        keys = msgspec.json.decode(process.stdout.readline())
        headers = {"Authorization": f"Bearer {keys['token']}"}
        made = httpx.post(f"{keys['url']}/api/v4/leads", json=[{"name": "Заказ 17"}], headers=headers)
        assert made.status_code == 200
        process.send_signal(signal.SIGKILL)
    sandbox = Checked(db=path, limits=False)
    (lead,) = sandbox.read("/api/v4/leads")["_embedded"]["leads"]
    assert lead["name"] == "Заказ 17"
    assert (
        sandbox.call("GET", "/api/v4/leads", headers={"authorization": headers["Authorization"]}).status
        == 200
    )
    sandbox.close()


def test_a_moved_account_is_followed(tmp_path: Path, clock: ManualClock) -> None:
    """After a move the old host knows nothing, not even to refresh; the shared host tells the new one, which does."""
    path = tmp_path / "account.db"
    first = opened(path, clock)
    pair = code_grant(first)
    assert control(first, "options", subdomain="renamed").json()["subdomain"] == "renamed"
    first.close()
    sandbox = opened(path, clock)
    body = msgspec.json.encode(form(sandbox, grant_type="refresh_token", refresh_token=pair["refresh_token"]))
    assert sandbox.handle(Request("POST", PATH, "demo.amocrm.ru", {}, body)).status == 404
    headers = {"x-refresh-token": pair["refresh_token"]}
    target = "/oauth2/account/current/subdomain"
    found = sandbox.handle(Request("GET", target, "api-a.amocrm.ru", headers)).json()
    assert found == {
        "id": sandbox.account["id"],
        "subdomain": "renamed",
        "domain": "renamed.amocrm.ru",
        "top_level_domain": "ru",
    }
    renewed = sandbox.handle(Request("POST", PATH, found["domain"], {}, body))
    assert account(sandbox, renewed.json()["access_token"], found["domain"]) == 200
    sandbox.close()


def test_uninstalling_tells_the_integration(sandbox: Checked) -> None:
    """Tokens and codes die, and a signed GET goes to the "access revoked" address; consent gives new tokens."""
    keys, code, pair = sandbox.integration, sandbox.authorization_code(), code_grant(sandbox)
    address = "https://app.example.com/revoked?from=form"
    assert control(sandbox, "tokens", action="revoked_uri", address=address).status == 200
    assert control(sandbox, "tokens", action="uninstall").status == 200
    assert account(sandbox, pair["access_token"]) == 401
    assert refresh(sandbox, pair["refresh_token"]).status == 401
    sent = msgspec.json.encode(form(sandbox, grant_type="authorization_code", code=code))
    assert sandbox.handle(Request("POST", PATH, "demo.amocrm.ru", {}, sent)).status == 400
    (hook,) = sandbox.webhooks.deliveries
    query = {name: values[0] for name, values in parse_qs(urlsplit(hook.destination).query).items()}
    message = f"{keys.client_id}|{sandbox.account['id']}".encode()
    assert (hook.method, hook.body, hook.is_delivered) == ("GET", b"", True)
    assert query == {
        "from": "form",
        "account_id": str(sandbox.account["id"]),
        "client_uuid": keys.client_id,
        "signature": hmac.new(keys.client_secret.encode(), message, hashlib.sha256).hexdigest(),
    }
    assert account(sandbox, code_grant(sandbox)["access_token"]) == 200


def test_uninstalling_without_an_address_tells_nobody(sandbox: Checked) -> None:
    """The address is optional."""
    pair = code_grant(sandbox)
    sandbox.uninstall()
    assert account(sandbox, pair["access_token"]) == 401
    assert len(sandbox.webhooks.deliveries) == 0


def test_a_disposable_token_has_the_documented_claims(sandbox: Checked) -> None:
    """It is signed with the integration's secret, lives half an hour and names account, user and integration."""
    keys = sandbox.integration
    head, claims, signed, signature = parts(sandbox.disposable_token())
    wanted = hmac.new(keys.client_secret.encode(), signed.encode(), hashlib.sha256).digest()
    assert head == {"typ": "JWT", "alg": "HS256"}
    assert base64.urlsafe_b64decode(signature + "==") == wanted
    assert len(claims.pop("jti")) == 36
    assert claims == {
        "iss": "https://demo.amocrm.ru",
        "aud": "https://example.com",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 1800,
        "account_id": sandbox.account["id"],
        "user_id": sandbox.admin_id,
        "subdomain": "demo",
        "client_uuid": keys.client_id,
        "is_admin": True,
    }


def test_a_disposable_token_is_minted_for_any_integration_and_user(sandbox: Checked) -> None:
    """Over the control endpoint; its audience has neither port nor path, and it opens nothing in the API."""
    uri = "https://app.example.com:8443/oauth/callback"
    made = control(sandbox, "tokens", action="integration", redirect_uri=uri).json()
    asked = {"action": "disposable", "client_id": made["client_id"]}
    token = control(sandbox, "tokens", **asked).json()["token"]
    assert parts(token)[1]["aud"] == "https://app.example.com"
    assert account(sandbox, token) == 401
    assert parts(control(sandbox, "tokens", **asked).json()["token"])[1]["jti"] != parts(token)[1]["jti"]


@pytest.mark.parametrize("wrong", [{"user_id": 1}, {"client_id": "nobody"}])
def test_a_disposable_token_needs_a_user_and_an_integration(sandbox: Checked, wrong: dict[str, Any]) -> None:
    """Unknown ones are refused."""
    assert control(sandbox, "tokens", action="disposable", **wrong).status == 400


@pytest.mark.slow
def test_the_uninstall_hook_is_a_real_get(sandbox: Checked) -> None:
    """A server sends it over HTTP, without a body."""
    with SandboxServer(limits=False) as listener:
        with SandboxServer(sandbox) as server:
            body = {"action": "revoked_uri", "address": f"{listener.url}/revoked"}
            httpx.post(f"{server.url}/_sandbox/tokens", json=body).raise_for_status()
            httpx.post(f"{server.url}/_sandbox/tokens", json={"action": "uninstall"}).raise_for_status()
        # What the server's threads had not taken when it stopped.
        sandbox.webhooks.run_due()
        (hook,), (entry,) = sandbox.webhooks.deliveries, listener.sandbox.journal
    assert (entry.method, entry.path, entry.request_body) == ("GET", "/revoked", b"")
    assert [status for _, status in hook.attempts] == [entry.status]


def test_a_token_opens_what_its_scopes_say(sandbox: Checked) -> None:
    """Without the scope of the account's data only files are within reach, and the other way round."""
    for scopes, leads, files in ((("files",), 403, 204), (("crm",), 204, 403)):
        keys = sandbox.tokens.create_integration(scopes=scopes)
        token = sandbox.tokens.issue_access(keys.client_id, sandbox.admin_id, 3600)
        headers = {"authorization": f"Bearer {token}"}
        answer = sandbox.call("GET", "/api/v4/leads", headers=headers)
        assert answer.status == leads
        assert sandbox.call("GET", "/v1.0/files", headers=headers).status == files
        if leads == 403:
            assert answer.json()["detail"] == "Client doesn't have the required scope"


def test_uninstalling_disconnects_the_chat_channel(sandbox: Checked) -> None:
    """A channel has to be connected again after every installation."""
    sandbox.ui.write_as_client("Hello")
    assert sandbox.channel["connection"] is not None
    sandbox.uninstall()
    assert sandbox.channel["connection"] is None
