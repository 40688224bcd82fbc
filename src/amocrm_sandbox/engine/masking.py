"""Secrets out of what is shown: tokens, keys and codes in headers, bodies and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["mask", "mask_headers"]

_NAMES = r"(?:access|refresh|bot|api|long_lived)_token|client_secret|secret|secret_key|password|api_key|X-Auth-Token"
# "name": "value" in JSON; name=value in a form or a query string.
_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*")((?:[^"\\]|\\.)*)', re.IGNORECASE)
_FORM = re.compile(rf"((?:^|[?&])(?:{_NAMES})=)([^&\s]+)", re.IGNORECASE | re.MULTILINE)
# A word that many bodies use for harmless things (codes of errors and fields): a secret beside the token endpoint only.
_CODE_JSON = re.compile(r'("code"\s*:\s*")((?:[^"\\]|\\.)*)')
_CODE_FORM = re.compile(r"((?:^|[?&])code=)([^&\s]+)")
# Wherever they stand: a JWT, and the opaque tokens that begin like this.
_LOOKS = re.compile(r"(eyJ|def50200)[\w-]{12,}(?:\.[\w-]+)*")
_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-auth-token", "x-refresh-token"}
)


def _dots(text: str) -> str:
    return f"{text[:4]}…" if len(text) > 12 else "…"


def mask(text: str, *, codes: bool = False) -> str:
    """Return a text with dots in place of its secrets.

    Args:
        text: Body, query string or address.
        codes: Whether a value named `code` is one, as in the requests of the token endpoint.

    Example:
        >>> mask('{"refresh_token": "def502000123456789abcdef", "name": "Order 17"}')
        '{"refresh_token": "def5…", "name": "Order 17"}'
        >>> mask("/oauth?code=0123456789abcdef", codes=True)
        '/oauth?code=0123…'
    """
    patterns = (_JSON, _FORM, _CODE_JSON, _CODE_FORM) if codes else (_JSON, _FORM)
    for pattern in patterns:
        text = pattern.sub(lambda match: match[1] + _dots(match[2]), text)
    return _LOOKS.sub(lambda match: _dots(match[0]), text)


def mask_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers with dots in place of what proves who is calling; the scheme of it stays.

    Example:
        >>> mask_headers([("Authorization", "Bearer eyJ0eXAiOiJKV1Qi"), ("Accept", "*/*")])
        [('Authorization', 'Bearer eyJ0…'), ('Accept', '*/*')]
    """
    shown = []
    for name, value in headers:
        if name.lower() in _HEADERS:
            scheme, blank, token = value.rpartition(" ")
            value = scheme + blank + _dots(token)
        shown.append((name, mask(value)))
    return shown
