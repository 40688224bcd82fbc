"""Tokens that somebody shows us: genuine, for us, in time, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm._core.auth.token import OAuth
from amocrm.errors import TokenRejected
from amocrm.tokens import ReplayGuard, verify_bot, verify_disposable

NOW = 1_700_000_100.0
OURS = OAuth("0f0e0d0c-1111-4222-8333-444444444444", "demo-secret", "https://app.example.com:8443/oauth/cb")
CLAIMS: dict[str, Any] = {
    "iss": "https://demo.amocrm.ru",
    "aud": "https://app.example.com",
    "jti": "d6000000-0000-4000-8000-000000000000",
    "iat": 1_700_000_000,
    "nbf": 1_700_000_000,
    "exp": 1_700_001_800,
    "account_id": 12345678,
    "user_id": 87654321,
    "subdomain": "demo",
    "client_uuid": OURS.client_id,
}


def b64(data: bytes) -> str:
    """Base64 as tokens use it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(alg: str = "HS256", secret: str = "demo-secret", signed: str | None = None, **changes: Any) -> str:
    """A token with changed claims; ``None`` removes one."""
    claims = {key: value for key, value in {**CLAIMS, **changes}.items() if value is not None}
    text = b64(json.dumps({"alg": alg, "typ": "JWT"}).encode()) + "." + b64(json.dumps(claims).encode())
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[signed or "HS256"]
    return text + "." + b64(hmac.new(secret.encode(), text.encode(), digest).digest())


def test_a_genuine_token_says_what_the_platform_wrote() -> None:
    """Account, user and the rest are what the platform wrote."""
    caller = verify_disposable(token(is_admin=True), OURS, now=NOW)
    assert (caller.account, caller.account_id, caller.user_id) == ("demo.amocrm.ru", 12345678, 87654321)
    assert (caller.is_admin, caller.id, caller.expires_at) == (True, CLAIMS["jti"], CLAIMS["exp"])
    assert verify_disposable(token(), OURS, account="demo", now=NOW).is_admin is None


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (token(secret="other"), "signature"),
        (token()[:-4] + "AAAA", "signature"),
        (token(alg="none"), "algorithm"),
        (token(alg="RS256"), "algorithm"),
        (token(alg="HS512", signed="HS512"), "algorithm"),
        (token(aud="https://app.example.com:8443"), "audience"),
        (token(aud=["https://app.example.com"]), "audience"),
        (token(aud="http://app.example.com"), "audience"),
        (token(aud=None), "audience"),
        (token(iss="http://demo.amocrm.ru"), "issuer"),
        (token(iss="https://demo.amocrm.ru.evil.example"), "issuer"),
        (token(iss="https://www.amocrm.ru"), "issuer"),
        (token(iss="https://demo.amocrm.ru:444"), "issuer"),
        (token(iss="https://demo.amocrm.ru/x"), "issuer"),
        (token(iss=7), "issuer"),
        (token(iss="https://[demo"), "issuer"),
        (token(client_uuid="another"), "integration"),
        (token(client_uuid=None), "integration"),
        (token(exp=1_700_000_000, iat=1_699_999_000), "time"),
        (token(nbf=1_700_009_000, exp=1_700_009_900, iat=1_700_009_000), "time"),
        (token(exp=1_700_100_000), "time"),
        (token(exp="1700001800"), "malformed"),
        (token(exp=True), "malformed"),
        (token(jti=None), "malformed"),
        (token(user_id="x"), "malformed"),
        ("", "malformed"),
        ("a.b", "malformed"),
        ("a.b.c", "malformed"),
        ("é.b.c", "malformed"),
        ("." * 9000, "malformed"),
        (b64(b"[]") + "." + b64(b"[]") + "." + b64(b"x"), "malformed"),
    ],
)
def test_each_refused_token_has_its_reason(shown: str, reason: str) -> None:
    """Forged, foreign, old, early, long-lived and broken tokens each have their reason; none is repeated."""
    with pytest.raises(TokenRejected) as caught:
        verify_disposable(shown, OURS, now=NOW)
    assert caught.value.reason == reason
    assert not shown or shown not in str(caught.value)


def test_another_account_than_asked_for() -> None:
    """A genuine token of one account opens nothing in another."""
    with pytest.raises(TokenRejected, match="issuer"):
        verify_disposable(token(), OURS, account="other", now=NOW)


def test_clocks_may_differ_a_little() -> None:
    """A minute before its beginning and after its end a token is still taken, no longer."""
    verify_disposable(token(), OURS, now=CLAIMS["nbf"] - 59.0)
    verify_disposable(token(), OURS, now=CLAIMS["exp"] + 59.0)
    for now, why in ((CLAIMS["nbf"] - 61.0, "clock"), (CLAIMS["exp"] + 61.0, "expired")):
        with pytest.raises(TokenRejected, match=why):
            verify_disposable(token(), OURS, now=now)


def test_a_token_is_taken_once() -> None:
    """Whoever shows a used token again is refused as long as it would be good."""
    guard = ReplayGuard()
    verify_disposable(token(), OURS, guard=guard, now=NOW)
    verify_disposable(token(jti="another"), OURS, guard=guard, now=NOW)
    with pytest.raises(TokenRejected) as caught:
        verify_disposable(token(), OURS, guard=guard, now=CLAIMS["exp"] + 30.0)
    assert caught.value.reason == "replay"


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(1, 100)), max_size=80))
def test_the_guard_forgets_what_is_over_only(shown: list[tuple[int, float]]) -> None:
    """With room enough an id is taken again exactly when its time is over."""
    guard, until, now = ReplayGuard(max_tokens=1000), {}, 0.0
    for number, life in shown:
        now += 10.0
        fresh = until.get(number, 0.0) <= now
        assert guard.first(str(number), now + life, now) is fresh
        if fresh:
            until[number] = now + life


def test_the_guard_is_bounded() -> None:
    """However many tokens come, memory is; those that end last are kept."""
    guard = ReplayGuard(max_tokens=100)
    for number in range(1000):
        assert guard.first(str(number), 1000.0 + number, now=0.0)
    assert not guard.first("999", 5000.0, now=0.0)


@pytest.mark.parametrize(
    ("kind", "name"), [("2", "leads"), (2, "leads"), ("contact", "contacts"), ("12", "customers"), ("x", "x")]
)
def test_the_token_of_a_bot(kind: Any, name: str) -> None:
    """Its algorithm is HS512, its entity a word or an old number; either spelling of the integration fits."""
    claims = {"entity_type": kind, "entity_id": "7", "bot_type": "salesbot", "client_uuid": None}
    shown = token(alg="HS512", signed="HS512", client_uid=OURS.client_id, aud="https://elsewhere", **claims)
    asked = verify_bot(shown, OURS, now=NOW)
    assert (asked.account, asked.entity_type, asked.entity_id) == ("demo.amocrm.ru", name, 7)
    assert asked.bot_type == "salesbot"
    with pytest.raises(TokenRejected, match="audience"):
        verify_bot(shown, OURS, audience="https://app.example.com/x", now=NOW)
    with pytest.raises(TokenRejected, match="HS512"):
        verify_bot(token(), OURS, now=NOW)
