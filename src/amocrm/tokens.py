"""Tokens for web handlers and token stores: the redirect of a login, the token pair, tokens of widgets and bots.

A login in a user's browser ends at ``redirect_uri``: ``new_state`` and ``read_redirect``. A store of your own
keeps ``Token``. A widget's page (``X-Auth-Token``) and a bot send a token signed by the platform.

Nothing here makes a request.

    from amocrm import OAuth
    from amocrm.tokens import ReplayGuard, verify_disposable

    guard = ReplayGuard()
    caller = verify_disposable(request.headers["X-Auth-Token"], oauth, guard=guard)
    print(caller.account, caller.user_id)

Rests on https://www.amocrm.ru/developers/content/oauth/disposable-tokens.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import msgspec

from ._core.arguments import checked
from ._core.auth.login_redirect import Redirect, new_state, read_redirect
from ._core.auth.token import OAuth, Token
from ._core.http.hosts import parse_account
from ._core.public_names import publish_all
from .errors import ConfigurationError, TokenRejected

__all__ = [
    "BotToken",
    "DisposableToken",
    "OAuth",
    "Redirect",
    "ReplayGuard",
    "Token",
    "new_state",
    "read_redirect",
    "verify_bot",
    "verify_disposable",
]

_LONGEST: Final = 8192
#: Lifetime of a disposable token in seconds; a longer one was not issued by the platform.
_LIFE: Final = 1800
_ALGORITHMS: Final = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


@attrs.frozen(kw_only=True)
class DisposableToken:
    """Verified caller of a widget's page.

    Attributes:
        account: host of the account, such as ``mycompany.amocrm.ru``.
        account_id, user_id: ids in that account.
        is_admin: whether the user is an administrator, ``None`` if the token does not say.
        id: the token's own id (``jti``).
        expires_at: Unix seconds.
    """

    account: str
    account_id: int
    user_id: int
    is_admin: bool | None
    id: str
    expires_at: float


@attrs.frozen(kw_only=True)
class BotToken:
    """Verified request of a bot.

    Attributes:
        account: host of the account.
        account_id: id of the account.
        entity_type: ``leads``, ``contacts`` or ``customers``; other words are kept.
        entity_id: id of the entity that the bot runs on.
        bot_type: ``salesbot`` or ``marketingbot``, ``None`` if the token does not say.
        expires_at: Unix seconds.
    """

    account: str
    account_id: int
    entity_type: str | None
    entity_id: int | None
    bot_type: str | None
    expires_at: float


@checked()
class ReplayGuard:
    """Memory of used token ids until they expire, which rejects a second use.

    For one process. For several, give ``verify_disposable`` an object of your own with the method ``first``,
    for example over ``SET key 1 NX EX seconds`` of Redis.

    Args:
        max_tokens: maximum number of ids; beyond it the ids that expire first are dropped.
    """

    def __init__(self, max_tokens: int = 100_000) -> None:
        self._max_tokens = max_tokens
        self._until: dict[str, float] = {}
        self._guard = threading.Lock()

    def first(self, token_id: str, expires_at: float, now: float) -> bool:
        """Return True for the first use of an id, and remember it until ``expires_at``."""
        with self._guard:
            if self._until.get(token_id, now) > now:
                return False
            if len(self._until) >= self._max_tokens:
                self._forget(now)
            self._until[token_id] = expires_at
            return True

    def _forget(self, now: float) -> None:
        alive = {key: until for key, until in self._until.items() if until > now}
        if len(alive) >= self._max_tokens:
            latest = sorted(alive.items(), key=lambda pair: pair[1])[self._max_tokens // 10 :]
            alive = dict(latest)
        self._until = alive


@checked()
def verify_disposable(
    token: str,
    oauth: OAuth,
    *,
    account: str | None = None,
    guard: ReplayGuard | None = None,
    leeway: float = 60.0,
    now: float | None = None,
) -> DisposableToken:
    """Verify a one-time token of a widget and return its caller.

    Checks: algorithm (HS256), signature (the integration's secret), audience (scheme and host of
    ``redirect_uri``), issuer (an account of the vendor), integration, time, and no earlier use.

    Args:
        token: value of the header ``X-Auth-Token``.
        oauth: keys of the integration.
        account: accept tokens of this account only.
        guard: memory of used tokens; without it a token can be reused within its 30 minutes.
        leeway: seconds by which clocks may differ.
        now: Unix seconds, for tests.

    Raises:
        TokenRejected: the token is forged, for another integration, expired or reused.
    """
    now = time.time() if now is None else now
    claims = _verified(token, "HS256", oauth.client_secret)
    if claims.get("aud") != _origin(oauth.redirect_uri):
        raise _rejected(
            "audience",
            "its audience must be scheme and host of redirect_uri, got another one; compare redirect_uri of your OAuth with "
            "that of the integration, and refuse the request if they are equal",
        )
    host = _common(claims, oauth, account, leeway, now)
    if _number(claims, "exp") - _number(claims, "iat") > _LIFE + leeway:
        raise _rejected("time", "its lifetime must be at most 30 minutes, got a longer one")
    caller = DisposableToken(
        account=host,
        account_id=_whole(claims, "account_id"),
        user_id=_whole(claims, "user_id"),
        is_admin=claims["is_admin"] if isinstance(claims.get("is_admin"), bool) else None,
        id=_text(claims, "jti"),
        expires_at=_number(claims, "exp"),
    )
    if guard is not None and not guard.first(caller.id, caller.expires_at + leeway, now):
        raise _rejected("replay", "it was used before; let the widget ask for a new one for each call")
    return caller


@checked()
def verify_bot(
    token: str,
    oauth: OAuth,
    *,
    account: str | None = None,
    audience: str | None = None,
    leeway: float = 60.0,
    now: float | None = None,
) -> BotToken:
    """Verify the token of a bot's request (``BotRequest.token``, algorithm HS512).

    Args:
        token: token as received.
        oauth: keys of the integration.
        account: accept tokens of this account only.
        audience: scheme and host that the token must name; not checked by default, as in the vendor's own code.
        leeway: seconds by which clocks may differ.
        now: Unix seconds, for tests.

    Raises:
        TokenRejected: the token is forged, for another integration, or expired.
    """
    now = time.time() if now is None else now
    claims = _verified(token, "HS512", oauth.client_secret)
    if audience is not None and claims.get("aud") != _origin(audience):
        raise _rejected(
            "audience",
            "its audience must be the address given as audience=, got another one; compare audience=, else refuse the request",
        )
    host = _common(claims, oauth, account, leeway, now)
    kind, entity = claims.get("entity_type"), claims.get("entity_id")
    names = {"1": "contacts", "contact": "contacts", "2": "leads", "lead": "leads"}
    names |= {"12": "customers", "customer": "customers"}
    bot = claims.get("bot_type")
    return BotToken(
        account=host,
        account_id=_whole(claims, "account_id"),
        entity_type=None if kind is None else names.get(str(kind), str(kind)),
        entity_id=int(entity) if isinstance(entity, int | str) and str(entity).isdecimal() else None,
        bot_type=bot if isinstance(bot, str) else None,
        expires_at=_number(claims, "exp"),
    )


def _verified(token: str, algorithm: str, secret: str) -> Mapping[str, Any]:
    parts = token.strip().split(".") if isinstance(token, str) and len(token) <= _LONGEST else []
    if len(parts) != 3 or not secret or not token.isascii():
        raise _rejected(
            "malformed",
            "it must be a signed token (three parts of base64), got another text; pass it unchanged, else refuse the request",
        )
    head, claims = _decoded(parts[0]), _decoded(parts[1])
    # The algorithm is fixed here: a token that chooses its own ("none") proves nothing.
    if head.get("alg") != algorithm:
        raise _rejected(
            "algorithm", f"it must be signed with {algorithm}, got another algorithm; refuse the request"
        )
    signed = ".".join(parts[:2]).encode()
    expected = hmac.new(secret.encode(), signed, _ALGORITHMS[algorithm]).digest()
    if not hmac.compare_digest(_bytes(parts[2]), expected):
        raise _rejected(
            "signature",
            "it was not signed with the client_secret of this integration; compare client_secret, else refuse the request",
        )
    return claims


def _common(claims: Mapping[str, Any], oauth: OAuth, account: str | None, leeway: float, now: float) -> str:
    """Check integration, issuer and time, and return the host of the account."""
    client = claims.get("client_uuid", claims.get("client_uid"))
    if not isinstance(client, str) or client.lower() != oauth.client_id.lower():
        raise _rejected(
            "integration",
            "it must belong to the integration of client_id, got another one; compare client_id, else refuse the request",
        )
    issuer = claims.get("iss")
    try:
        parts = urlsplit(issuer if isinstance(issuer, str) else "")
        if parts.scheme != "https" or parts.path.rstrip("/") or parts.port is not None or parts.username:
            raise ValueError("not the address of an account")
        host = parse_account(parts.hostname or "").name
    except (ConfigurationError, ValueError):
        raise _rejected(
            "issuer", "its issuer must be an account of amoCRM or Kommo, got another one; refuse the request"
        ) from None
    if account is not None and host != parse_account(account).name:
        raise _rejected(
            "issuer",
            "its issuer must be the account given as account=, got another one; compare account= with the account that uses the widget, else refuse the request",
        )
    starts = max(_number(claims, "nbf", 0.0), _number(claims, "iat", 0.0))
    if now >= _number(claims, "exp") + leeway:
        raise _rejected(
            "time", "it has expired; answer 401, and let the widget ask for a new one with $authorizedAjax()"
        )
    if now < starts - leeway:
        raise _rejected("time", "it is valid only later by the clock of this machine; set the clock")
    return host


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}"


def _decoded(part: str) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(_bytes(part))
    except (msgspec.DecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _rejected(
            "malformed",
            "it must be a signed token (three parts of base64), got another text; pass it unchanged, else refuse the request",
        )
    return value


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _rejected(
            "malformed",
            "it must be a signed token (three parts of base64), got another text; pass it unchanged, else refuse the request",
        ) from None


def _number(claims: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _rejected("malformed", f"its claim {name} is missing or has the wrong type; refuse the request")
    return value


def _whole(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _rejected("malformed", f"its claim {name} is missing or has the wrong type; refuse the request")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise _rejected("malformed", f"its claim {name} is missing or has the wrong type; refuse the request")
    return value


def _rejected(reason: str, why: str) -> TokenRejected:
    return TokenRejected(
        f"the token of the request (of a widget or a bot) was not accepted: {why}", reason=reason
    )


publish_all(__name__, globals(), (name for name in __all__ if name != "OAuth"))
