"""What is done about a token, and what one says about itself."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from amocrm._core.auth.token import (
    Adopt,
    Claims,
    Login,
    OAuth,
    Refresh,
    Token,
    claims_of,
    fingerprint,
    integration_of,
    is_grant_refused,
    next_step,
    token_from_answer,
)

NOW = 1_000_000.0
OAUTH = OAuth("client", "hunter2", "https://app.example.com/cb")


def token(access: str = "a", refresh: str = "r", left: float = 80_000.0, intent: str | None = None) -> Token:
    """A stored pair whose access token ends in ``left`` seconds."""
    return Token(
        access=access, refresh=refresh, expires_at=NOW + left, lifetime=86_400.0, account="x", intent=intent
    )


def jwt(**claims: object) -> str:
    """An unsigned token that makes these claims."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJ0.{body}.sig"


def test_steps_of_a_refresh() -> None:
    """Adopt what another refreshed, announce what is refreshed, and see what was announced before."""
    assert next_step(None, None, NOW) == Login()
    assert next_step(token(), None, NOW) == Adopt(token())
    assert next_step(token("new"), "old", NOW) == Adopt(token("new"))
    announced = token(intent=fingerprint("r"))
    assert next_step(token(), "a", NOW) == Refresh(announced, in_doubt=False)
    assert next_step(token(left=10.0), None, NOW) == Refresh(
        token(left=10.0, intent=fingerprint("r")), in_doubt=False
    )
    assert next_step(announced, "a", NOW) == Refresh(announced, in_doubt=True)
    assert next_step(token(intent=fingerprint("older")), "a", NOW) == Refresh(announced, in_doubt=False)


def test_tokens_are_refreshed_before_they_end() -> None:
    """Five minutes early, or at half of a life that is shorter than that."""
    assert not token(left=301.0).is_due(NOW)
    assert token(left=300.0).is_due(NOW)
    brief = msgspec.structs.replace(token(left=30.0), lifetime=60.0)
    assert brief.is_due(NOW)
    assert not msgspec.structs.replace(brief, expires_at=NOW + 31.0).is_due(NOW)


def test_claims_are_read_defensively() -> None:
    """A JWT is a hint: what is not there or of another type is not claimed."""
    assert claims_of(jwt(exp=5, aud="c", api_domain="api-b.amocrm.ru")) == Claims(
        exp=5, aud="c", api_domain="api-b.amocrm.ru"
    )
    assert claims_of(jwt(exp="soon", aud=["c"])) == Claims()
    for rubbish in ("", "opaque", "a.b.c", "a.!!!.c", "a." + base64.b64encode(b"[1]").decode() + ".c"):
        assert claims_of(rubbish) == Claims()
    assert integration_of(jwt(aud="c")) == "c"
    assert integration_of("opaque") == fingerprint("opaque")


@pytest.mark.parametrize(
    ("answer", "life"),
    [
        ({"access_token": "a", "refresh_token": "r", "expires_in": 100}, 100.0),
        ({"access_token": "a", "refresh_token": "r", "expires_in": "100", "new": [1]}, 100.0),
        ({"access_token": "a", "refresh_token": "r"}, 86_400.0),
    ],
)
def test_a_pair_is_read_from_an_answer(answer: dict[str, object], life: float) -> None:
    """Strings for numbers and unknown keys do not lose a grant."""
    found = token_from_answer(json.dumps(answer).encode(), "x", NOW)
    assert found == Token(access="a", refresh="r", expires_at=NOW + life, lifetime=life, account="x")


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"access_token": "a"}'])
def test_no_pair_in_an_answer(content: bytes) -> None:
    """Half a pair is none."""
    assert token_from_answer(content, "x", NOW) is None


@pytest.mark.parametrize(
    ("status", "hint", "refused"),
    [
        (400, "Invalid refresh token", True),
        (400, "Token has been revoked", True),
        (401, "", True),
        (400, "Check the `client_secret` parameter", False),
        (400, "Redirect URI is not associated with client", False),
        (500, "", False),
    ],
)
def test_whether_the_grant_is_refused(status: int, hint: str, refused: bool) -> None:
    """Wrong keys of the integration do not mean that the user must log in again."""
    assert is_grant_refused(status, hint) is refused


def test_the_login_page_names_the_integration_and_carries_the_state() -> None:
    """The address of the page names the integration and carries the state."""
    parts = urlsplit(OAUTH.authorize_url("s&t", platform="kommo.com", mode="popup"))
    assert (parts.hostname, parts.path) == ("www.kommo.com", "/oauth")
    assert parse_qs(parts.query) == {"client_id": ["client"], "state": ["s&t"], "mode": ["popup"]}
    with pytest.raises(ValueError, match=r"evil\.ru"):
        OAUTH.authorize_url("s", platform="evil.ru")


def test_nothing_secret_is_shown() -> None:
    """Neither the integration's secret nor a token stands in a repr."""
    assert "hunter2" not in repr(OAUTH)
    assert repr(token("secret1", "secret2")) == "Token(x, expires_at=1080000, …)"
