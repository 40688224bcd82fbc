"""Integrations and their grants: codes of twenty minutes, tokens of a day, refresh tokens used once."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from .clock import Clock
from .ids import new_uuid
from .jwt import jwt, jwt_claims
from .store import Store

__all__ = ["Grant", "GrantRefused", "Integration", "Tokens"]

CODE_LIFE = 20 * 60
ACCESS_LIFE = 24 * 3600
REFRESH_LIFE = 90 * 24 * 3600
SCOPES = (
    "crm",
    "files",
    "files_delete",
    "notifications",
    "list_external_messages",
    "send_external_messages",
)


class GrantRefused(Exception):
    """A code or refresh token is refused; the message is the `hint` of the answer."""


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration: the keys of its form. `redirect_uri` must be repeated exactly."""

    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Grant:
    """User and integration of a token, and the end of its life."""

    client_id: str
    user_id: int
    expires_at: int
    id: str


class Tokens:
    """Store of codes and tokens: issues and checks them.

    Access and long-lived tokens are JWTs with the claims that real ones carry, signed (HS256) with a key that is kept
    with the data. Refresh tokens and codes are opaque.

    Args:
        store: Where grants are kept; a sandbox file that is opened again still knows them.
        clock: Ages the grants.
        random: Source of ids.
        account_id: Claim `account_id`.
        api_domain: Claim `api_domain`, the shared host that knows the account's present address.
    """

    def __init__(self, store: Store, clock: Clock, random: Random, account_id: int, api_domain: str) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._account_id = account_id
        self._api_domain = api_domain
        self._verified: dict[str, Grant] = {}
        # An integration keeps the scopes that it was made with.
        self._scopes: dict[str, list[str]] = {}
        key = store.setting("key")
        if key is None:
            key = f"{random.getrandbits(256):064x}"
            store.set_setting("key", key)
        self._key = key.encode()

    # ---- integrations

    def create_integration(
        self, redirect_uri: str = "https://example.com/oauth", scopes: tuple[str, ...] = SCOPES
    ) -> Integration:
        """Add an installed integration and return its keys.

        Args:
            redirect_uri: Address of its form.
            scopes: What it may do: `crm`, `files`, `files_delete`, `notifications`, and those of messages.
        """
        integration = Integration(new_uuid(self._random), self._opaque(32), redirect_uri)
        self._store.execute(
            "INSERT INTO integrations VALUES (?,?,?,?,1)",
            (integration.client_id, integration.client_secret, redirect_uri, " ".join(scopes)),
        )
        return integration

    def integrations(self) -> list[Integration]:
        """Return all integrations, in the order of their creation."""
        rows = self._store.rows(
            "SELECT client_id, client_secret, redirect_uri FROM integrations ORDER BY rowid"
        )
        return [Integration(*row) for row in rows]

    def scopes(self, client_id: str) -> list[str]:
        """Return the scopes of an integration."""
        result = self._scopes.get(client_id)
        if result is None:
            text = self._store.value("SELECT scopes FROM integrations WHERE client_id=?", (client_id,))
            result = self._scopes[client_id] = str(text or "").split()
        return result

    def uninstall(self, client_id: str) -> None:
        """Switch an integration off: its access, refresh and long-lived tokens die at once."""
        self._store.execute("UPDATE tokens SET spent=1 WHERE client_id=?", (client_id,))
        self._verified.clear()

    # ---- issuing

    def issue_code(self, client_id: str, user_id: int) -> str:
        """Return an authorization code, as the redirect delivers it."""
        return self._keep("code", client_id, user_id, CODE_LIFE, new_uuid(self._random))

    def issue_pair(self, client_id: str, user_id: int) -> dict[str, Any]:
        """Return the body of a token answer with a new access and refresh token."""
        grant_id = new_uuid(self._random)
        return {
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFE,
            "server_time": self._clock.now(),
            "access_token": self.issue_access(client_id, user_id, ACCESS_LIFE, grant_id),
            "refresh_token": self._keep("refresh", client_id, user_id, REFRESH_LIFE, grant_id),
        }

    def issue_access(self, client_id: str, user_id: int, seconds: int, grant_id: str | None = None) -> str:
        """Return an access token; with a long life it is what users make on the "Keys" tab."""
        now, token_id = self._clock.now(), new_uuid(self._random)
        claims = {
            "aud": client_id,
            "jti": token_id,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "sub": str(user_id),
            "grant_type": "",
            "account_id": self._account_id,
            "base_domain": "amocrm.ru",
            "version": 2,
            "scopes": self.scopes(client_id),
            "hash_code": new_uuid(self._random),
            "user_flags": 0,
            "api_domain": self._api_domain,
        }
        token = jwt(claims, self._key)
        self._store.execute(
            "INSERT INTO tokens VALUES (?,?,?,?,?,0,?)",
            (token_id, "access", client_id, user_id, now + seconds, grant_id or token_id),
        )
        self._verified[token] = Grant(client_id, user_id, now + seconds, token_id)
        return token

    # ---- checking

    def check(self, token: str) -> Grant | None:
        """Return the grant of an access token, or None if it is unknown, expired or revoked."""
        grant = self._verified.get(token) or self._verify(token)
        return grant if grant and grant.expires_at > self._clock.now() else None

    def revoke(self, token: str) -> None:
        """Revoke one access, long-lived or refresh token."""
        grant = self._verify(token)
        self._store.execute("UPDATE tokens SET spent=1 WHERE value=?", (grant.id if grant else token,))
        self._verified.clear()

    def take(self, kind: str, value: str, client_id: str) -> int:
        """Spend a code or refresh token and return its user.

        Raises:
            GrantRefused: It is unknown, spent, expired, or belongs to another integration.
        """
        name = "authorization code" if kind == "code" else "refresh token"
        title = "Authorization code" if kind == "code" else "Token"
        row = self._store.row(
            "SELECT client_id, user_id, expires_at, spent FROM tokens WHERE value=? AND kind=?", (value, kind)
        )
        if row is None:
            raise GrantRefused(f"Cannot decrypt the {name}")
        owner, user_id, expires_at, spent = row
        if owner != client_id:
            raise GrantRefused("Token is not linked to client")
        if spent:
            raise GrantRefused(f"{title} has been revoked")
        if expires_at <= self._clock.now():
            raise GrantRefused(f"{title} has expired")
        self._store.execute("UPDATE tokens SET spent=1 WHERE value=?", (value,))
        return int(user_id)

    def is_live_refresh(self, value: str) -> bool:
        """Return whether a refresh token could be used now; asking does not spend it."""
        row = self._store.row(
            "SELECT expires_at, spent FROM tokens WHERE value=? AND kind='refresh'", (value,)
        )
        return row is not None and not row[1] and row[0] > self._clock.now()

    # ---- inner

    def _verify(self, token: str) -> Grant | None:
        claims = jwt_claims(token, self._key)
        if claims is None:
            return None
        row = self._store.row("SELECT spent FROM tokens WHERE value=?", (claims["jti"],))
        if row is None or row[0]:
            return None
        grant = Grant(claims["aud"], int(claims["sub"]), claims["exp"], claims["jti"])
        self._verified[token] = grant
        return grant

    def _keep(self, kind: str, client_id: str, user_id: int, seconds: int, grant_id: str) -> str:
        value = "def50200" + self._opaque(120)
        self._store.execute(
            "INSERT INTO tokens VALUES (?,?,?,?,?,0,?)",
            (value, kind, client_id, user_id, self._clock.now() + seconds, grant_id),
        )
        return value

    def _opaque(self, length: int) -> str:
        return f"{self._random.getrandbits(length * 4):0{length}x}"
