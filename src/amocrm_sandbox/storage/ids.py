"""Marks that the account gives out: random ids and signed tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from random import Random
from typing import Any

import msgspec

__all__ = ["jwt", "jwt_claims", "new_uuid"]

_DIGESTS = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


def new_uuid(random: Random) -> str:
    """Return a random UUID; the same source gives the same ones."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def jwt(claims: Mapping[str, Any], key: bytes, algorithm: str = "HS256") -> str:
    """Return a signed JSON Web Token.

    Args:
        claims: What it says.
        key: Key of the signature.
        algorithm: `HS256` or `HS512`.
    """
    head = _text(b'{"typ":"JWT","alg":"%b"}' % algorithm.encode()) + "." + _text(msgspec.json.encode(claims))
    return f"{head}.{_text(hmac.digest(key, head.encode(), _DIGESTS[algorithm]))}"


def jwt_claims(token: str, key: bytes) -> dict[str, Any] | None:
    """Return what a token signed with HS256 says, or None when the signature is another's.

    Example:
        >>> jwt_claims(jwt({"sub": "7"}, b"key"), b"key"), jwt_claims(jwt({"sub": "7"}, b"key"), b"other")
        ({'sub': '7'}, None)
    """
    head, dot, signature = token.rpartition(".")
    wanted = _text(hmac.digest(key, head.encode(), hashlib.sha256))
    if not dot or not hmac.compare_digest(signature.encode(), wanted.encode()):
        return None
    try:
        body = head.partition(".")[2]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, msgspec.DecodeError):
        return None
    return claims if isinstance(claims, dict) else None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
