"""Sources of bearer tokens: a fixed token, or a provider function that refreshes it."""
# GENERATED from src/amocrm/_async/auth/token_source.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Protocol

from amocrm._core.auth.token import claims_of
from amocrm.errors import ConfigurationError, TokenExpired, TokenExpiryWarning

from .._primitives import Lock, Result

__all__ = ["FixedTokens", "ProvidedTokens", "Tokens"]

_log = logging.getLogger("amocrm")
_WARN_BEFORE = 14 * 86400.0


class Tokens(Protocol):
    """Source of the bearer token of a client."""

    def current(self) -> str:
        """Return the token to send with now."""
        ...

    def renew(self, refused: str) -> bool:
        """Replace a token that the server refused; return whether there is another one now."""
        ...

    def relocate(self) -> bool:
        """Look for the account under another name; return whether it was found."""
        ...


class FixedTokens:
    """One long-lived token. Nothing can renew it; its end is warned about two weeks ahead.

    The warning comes when the client is made, or later, at the first request within those two weeks.
    """

    def __init__(self, token: str, account: str, now: Callable[[], float]) -> None:
        self._token, self._account, self._now = token, account, now
        self._expires_at = claims_of(token).exp
        #: nothing is looked at before
        self._look_at = float("inf") if self._expires_at is None else self._expires_at - _WARN_BEFORE
        if self._look_at <= now():
            self._warn(stacklevel=5)

    def current(self) -> str:
        """Return the token.

        Raises:
            TokenExpired: its end has passed.
        """
        if self._now() >= self._look_at:
            self._warn(stacklevel=2)
            if self._expires_at is not None and self._now() >= self._expires_at:
                raise _expired(
                    self._account, self._expires_at, "create a new one on the Keys tab of the integration"
                )
        return self._token

    def _warn(self, stacklevel: int) -> None:
        assert self._expires_at is not None
        left, self._look_at = self._expires_at - self._now(), self._expires_at
        if left > 0:
            text = (
                f"the long-lived token for {self._account} expires in {left / 86400:.1f} days; "
                "create a new one on the Keys tab of the integration"
            )
            _log.warning("%s", text)
            warnings.warn(text, TokenExpiryWarning, stacklevel=stacklevel)

    def renew(self, refused: str) -> bool:
        """Return False: there is no other token."""
        return False

    def relocate(self) -> bool:
        """Return False: only the holder of a refresh token can ask for the new name."""
        return False


class ProvidedTokens:
    """Tokens from a provider function, which refreshes them.

    It is asked again when the token that it gave has ended (as the token itself says) or was refused.
    """

    def __init__(self, provider: Callable[[], Result[str]], account: str, now: Callable[[], float]) -> None:
        self._provider, self._account, self._now = provider, account, now
        self._token: str | None = None
        self._expires_at: float | None = None
        self._lock = Lock()

    def current(self) -> str:
        """Return the provider's last token, or a new one.

        Raises:
            TokenExpired: what the provider gave has ended already.
            ConfigurationError: it gave no text.
        """
        token = self._token
        if token is None or self._is_expired():
            with self._lock:
                if self._token is token:
                    self._ask()
                token = self._token
        if token is None or self._is_expired():
            raise _expired(self._account, self._expires_at, "let the provider return one that is valid")
        return token

    def renew(self, refused: str) -> bool:
        """Ask the provider again; return whether it gave another token."""
        with self._lock:
            if self._token == refused:
                self._ask()
            return self._token != refused

    def relocate(self) -> bool:
        """Return False: the provider has to know the new name."""
        return False

    def _ask(self) -> None:
        token: object = self._provider()
        if not isinstance(token, str) or not token:
            raise ConfigurationError(
                f"the token provider must return a text, got {type(token).__name__}; let it return the access token"
            )
        self._token = token
        self._expires_at = claims_of(self._token).exp

    def _is_expired(self) -> bool:
        return self._expires_at is not None and self._now() >= self._expires_at


def _expired(account: str, expired_at: float | None, advice: str) -> TokenExpired:
    return TokenExpired(
        f"the token for {account} has expired; {advice}", account=account, expired_at=expired_at
    )
