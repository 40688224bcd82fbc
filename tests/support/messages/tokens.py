"""Messages about tokens of widgets and bots."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final

from amocrm import OAuth
from amocrm.tokens import DisposableToken, ReplayGuard, verify_disposable

from . import Message

_OAUTH: Final = OAuth("client-1", "secret", "https://example.com/cb")
_NOW: Final = 1_700_000_000.0
_CLAIMS: Final = {
    "iss": "https://demo.amocrm.ru",
    "aud": "https://example.com",
    "jti": "id-1",
    "iat": _NOW,
    "nbf": _NOW,
    "exp": _NOW + 1800,
    "account_id": 1,
    "user_id": 2,
    "client_uuid": "client-1",
}


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(secret: str = "secret", algorithm: str = "HS256", **claims: Any) -> str:
    """Return a token with these claims in place of the good ones."""
    text = f"{_part({'alg': algorithm})}.{_part({**_CLAIMS, **claims})}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def verify(token: str, **options: Any) -> Callable[[], DisposableToken]:
    """Return a call that verifies a token."""
    return lambda: verify_disposable(token, _OAUTH, now=_NOW, **options)


def twice() -> None:
    """Use a token twice."""
    guard = ReplayGuard()
    verify(signed(), guard=guard)()
    verify(signed(), guard=guard)()


TITLE: Final = "Tokens of widgets and bots"
MESSAGES: Final = (
    Message(
        "token-malformed",
        verify("abc"),
        ["signed token"],
        "The header holds a text that is no token.",
        "Pass the value of the header `X-Auth-Token` unchanged.",
    ),
    Message(
        "token-algorithm",
        verify(signed(algorithm="none")),
        ["HS256"],
        "The token names another algorithm; it may be forged.",
        "Reject the request.",
    ),
    Message(
        "token-signature",
        verify(signed(secret="other")),
        ["secret"],
        "The token was signed with another secret; it may be forged.",
        "Check the client secret of your integration; otherwise reject the request.",
    ),
    Message(
        "token-audience",
        verify(signed(aud="https://other.example")),
        ["audience", "redirect_uri"],
        "The token was issued for another address.",
        "Check `redirect_uri` of your `OAuth`.",
    ),
    Message(
        "token-integration",
        verify(signed(client_uuid="other")),
        ["client_id"],
        "The token belongs to another integration.",
        "Check `client_id` of your `OAuth`.",
    ),
    Message(
        "token-issuer",
        verify(signed(iss="https://evil.example")),
        ["issuer", "amoCRM or Kommo"],
        "The token names an issuer outside amoCRM and Kommo.",
        "Reject the request.",
    ),
    Message(
        "token-account",
        verify(signed(), account="other"),
        ["account="],
        "The token comes from another account than the one you expect.",
        "Reject the request, or leave `account=` out.",
    ),
    Message(
        "token-expired",
        verify(signed(iat=1, nbf=1, exp=2)),
        ["expired"],
        "The token is older than 30 minutes, or the clock of this machine is wrong.",
        "Reload the widget's page; check the clock.",
    ),
    Message(
        "token-claim",
        verify(signed(account_id=None)),
        ["account_id", "missing"],
        "The token lacks a claim.",
        "Reject the request.",
    ),
    Message(
        "token-replay",
        twice,
        ["used before"],
        "The same token was verified before.",
        "Let the widget request a new token for each call.",
    ),
)
