"""Detection of tokens and secrets, which errors and records must not contain."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["HIDDEN", "SECRET_KEYS", "hide_tokens"]

#: What stands in the place of a secret.
HIDDEN: Final = "(hidden)"
#: Names of JSON values that are secrets, independent of their form.
SECRET_KEYS: Final = frozenset(
    {"access_token", "api_key", "authorization", "client_secret", "code_verifier", "password"}
    | {"refresh_token", "secret", "secret_key", "token"}
)
#: Bearer tokens are JSON Web Tokens; refresh tokens and codes are long hexadecimal texts.
_TOKEN = re.compile(r"eyJ[\w-]{5,}\.[\w.-]+|\b[0-9a-f]{100,}|(?i:\bbearer\s+)[\w.~+/=-]{8,}")


def hide_tokens(text: str) -> str:
    """Return the text with a mark in the place of each token.

    Example:
        >>> hide_tokens("Bearer 0123456789abcdef is not valid")
        '(hidden) is not valid'
    """
    return _TOKEN.sub(HIDDEN, text)
