"""OAuth tokens and the pure decision what to do next with one; no clock, store or network.

An access token lives a day; its refresh token works **once** and lives three months. If the answer to a refresh is
lost, the grant is lost, so every refresh is announced in the store before it is made.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from amocrm.errors import ConfigurationError
from amocrm_gen._runtime.op import Op

from ..http.hosts import FAMILIES

__all__ = [
    "TOKEN_OP",
    "Adopt",
    "Claims",
    "Login",
    "OAuth",
    "Refresh",
    "Token",
    "claims_of",
    "fingerprint",
    "integration_of",
    "is_grant_refused",
    "newest",
    "next_step",
    "token_from_answer",
]

#: The token endpoint. A second request with the same code or refresh token is refused, so it is unsafe.
TOKEN_OP: Final = Op(
    id="get_access_token",
    tag="oauth",
    method="POST",
    path="/oauth2/access_token",
    safety="unsafe",
    auth=False,
    doc="https://www.amocrm.ru/developers/content/oauth/step-by-step",
)
_EARLY: Final = 300.0
#: Seconds: the life of an access token where the answer does not say, and the longest that is believed.
_DAY: Final = 86_400.0
_LONGEST: Final = 10 * 366 * _DAY


class OAuth(msgspec.Struct, frozen=True):
    """The keys of an integration, from its page in the account.

    Attributes:
        client_id: integration id.
        client_secret: secret key; never shown.
        redirect_uri: exactly as saved in the integration.

    Raises:
        ConfigurationError: one of them is empty or was cut or padded when it was copied.
    """

    client_id: str
    client_secret: str
    redirect_uri: str

    def __post_init__(self) -> None:
        for name in ("client_id", "client_secret", "redirect_uri"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value or value != value.strip() or not value.isprintable():
                raise ConfigurationError(
                    f"{name} must be a text without blanks around it, got another value; copy it again from the Keys tab of "
                    "the integration"
                )
        if "://" not in self.redirect_uri:
            raise ConfigurationError(
                "redirect_uri must be a whole address, got one without a scheme; copy it from the integration, such as "
                "'https://shop.example/amocrm'"
            )

    def __repr__(self) -> str:
        return f"OAuth(client_id={self.client_id!r}, redirect_uri={self.redirect_uri!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        # What a Struct brings along would show the secret when it is printed with rich.
        return [("client_id", self.client_id), ("redirect_uri", self.redirect_uri)]

    def authorize_url(self, state: str, *, platform: str = "amocrm.ru", mode: str | None = None) -> str:
        """Return the address of the page on which a user grants access.

        It redirects to ``redirect_uri`` with ``code`` and ``state``.

        Args:
            state: returned unchanged; compare it, or an attacker could pass you a foreign code.
            platform: ``amocrm.ru`` or ``kommo.com``.
            mode: ``popup`` or ``post_message`` for a page opened in a window of its own.
        """
        family = next((each for each in FAMILIES if each.domain == platform), None)
        if family is None:
            raise ValueError(
                f"platform must be one of {', '.join(f.domain for f in FAMILIES)}, got {platform!r}; write the one that your account's address ends with"
            )
        query = {"client_id": self.client_id, "state": state} | ({"mode": mode} if mode else {})
        return f"{family.portal}/oauth?{urlencode(query)}"

    def body(self, grant: str, value: str) -> bytes:
        """Return the body of a request to the token endpoint.

        Args:
            grant: ``authorization_code`` or ``refresh_token``.
            value: the code or the refresh token.
        """
        name = "code" if grant == "authorization_code" else grant
        return msgspec.json.encode(
            {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "grant_type": grant,
                name: value,
                "redirect_uri": self.redirect_uri,
            }
        )


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of tokens as a store keeps it. Its ``repr`` shows neither.

    Attributes:
        access: bearer token.
        refresh: refresh token, works once.
        expires_at: Unix seconds at which ``access`` ends, by our own clock.
        lifetime: seconds that it was issued for.
        account: host that it belongs to.
        intent: fingerprint of the refresh token whose refresh was begun and not finished.
    """

    access: str
    refresh: str
    expires_at: float
    lifetime: float
    account: str
    intent: str | None = None

    def __repr__(self) -> str:
        return f"Token({self.account}, expires_at={self.expires_at:.0f}, …)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("account", self.account), ("expires_at", self.expires_at)]

    @property
    def mark(self) -> str:
        """Names the refresh token without showing it: what ``replaces`` of ``TokenStore.save`` is compared with."""
        return fingerprint(self.refresh)

    @property
    def issued_at(self) -> float:
        """Unix seconds, by the server's clock where the token says so: ours may differ between machines."""
        said = claims_of(self.access).iat
        return self.expires_at - self.lifetime if said is None else said

    def dump(self) -> bytes:
        """Return the pair as bytes for a store; they are secret."""
        return msgspec.json.encode(self)

    @classmethod
    def load(cls, content: bytes | str) -> Token:
        """Return the pair in the bytes of ``dump``; keys of later versions are ignored.

        Raises:
            ValueError: it is no token. The message does not quote it.
        """
        try:
            return _token.decode(content)
        except (msgspec.DecodeError, UnicodeError, TypeError) as error:
            raise ValueError(
                f"the content must be that of a token, got other data ({type(error).__name__})"
            ) from None

    def is_expired(self, now: float) -> bool:
        """Return whether the access token has expired."""
        return now >= self.expires_at

    def is_due(self, now: float) -> bool:
        """Return whether it is time to refresh: five minutes before the end, or half of a shorter life."""
        return now >= self.expires_at - min(_EARLY, self.lifetime / 2)


# Made here and once: two threads that meet a type for the first time at the same moment crash msgspec.
_token = msgspec.json.Decoder(Token)


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says about itself. It is **not** verified (we have no key): a hint, never a proof."""

    aud: str | None = None
    exp: float | None = None
    iat: float | None = None
    account_id: int | None = None
    api_domain: str | None = None
    base_domain: str | None = None


def claims_of(token: str) -> Claims:
    """Return the claims of a JWT; all ``None`` for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return Claims()
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        body = msgspec.json.decode(raw)
    except (binascii.Error, ValueError):
        return Claims()
    if not isinstance(body, dict):
        return Claims()
    kinds: dict[str, Any] = {
        "aud": str,
        "exp": (int, float),
        "iat": (int, float),
        "account_id": int,
        "api_domain": str,
        "base_domain": str,
    }
    return Claims(**{name: body[name] for name, kind in kinds.items() if isinstance(body.get(name), kind)})


def fingerprint(secret: str) -> str:
    """Return a short hash that names a secret without showing it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def integration_of(token: str) -> str:
    """Return a stable name of the integration that holds a token: its client id, else the token's fingerprint."""
    return claims_of(token).aud or fingerprint(token)


class Adopt(msgspec.Struct, frozen=True):
    """Use this token: another task or process has refreshed it already."""

    token: Token


class Refresh(msgspec.Struct, frozen=True):
    """Store ``token`` (it carries the intent), then refresh it.

    ``in_doubt``: an earlier refresh of the same token was begun and its end is not known; a
    refusal now means that the grant is lost.
    """

    token: Token
    in_doubt: bool


class Login(msgspec.Struct, frozen=True):
    """Nothing is stored."""


Step: TypeAlias = Adopt | Refresh | Login


def next_step(stored: Token | None, stale: str | None, now: float) -> Step:
    """Decide what to do about a token, with the store's lock held and the store just read.

    Args:
        stored: what the store holds.
        stale: the access token that is over or was refused; ``None`` if the caller has none.
        now: Unix seconds.
    """
    if stored is None:
        return Login()
    if stored.access != stale and not stored.is_due(now):
        return Adopt(stored)
    mark = stored.mark
    return Refresh(msgspec.structs.replace(stored, intent=mark), in_doubt=stored.intent == mark)


def newest(stored: Token | None, mine: Token | None) -> Token | None:
    """Return the pair that was issued last: of the store, or of this process.

    A store can go back (Redis that lost its last second, a restored backup) or be emptied, and would then
    give out a refresh token that is spent while a process still holds the good one.
    """
    if stored is None or mine is None:
        return stored or mine
    return mine if mine.issued_at > stored.issued_at and mine.refresh != stored.refresh else stored


class _Answer(msgspec.Struct):
    access_token: str
    refresh_token: str
    # The pair in an answer is the grant and must not be lost, also if the rest is odd.
    expires_in: Any = None


_answer = msgspec.json.Decoder(_Answer)


def token_from_answer(content: bytes, account: str, now: float) -> Token | None:
    """Return the pair in an answer of the token endpoint, ``None`` if it has none."""
    try:
        answer = _answer.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not answer.access_token or not answer.refresh_token:
        return None
    lifetime = _lifetime(answer.expires_in)
    return Token(
        access=answer.access_token,
        refresh=answer.refresh_token,
        expires_at=now + lifetime,
        lifetime=lifetime,
        account=account,
    )


def _lifetime(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return _DAY
    return seconds if 0.0 < seconds <= _LONGEST else _DAY


def is_grant_refused(status: int, hint: str) -> bool:
    """Return whether a refusal is about the refresh token itself and not about the integration's keys."""
    return status in (400, 401) and not any(
        name in hint.lower() for name in ("client_id", "client_secret", "redirect", "not associated")
    )
