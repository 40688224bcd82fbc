"""The signature of the chat service: HMAC-SHA1 over five lines, with the channel's secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

__all__ = ["LIFE", "hook_signature", "is_signed", "signature", "signature_headers"]

LIFE = 15 * 60


def signature(secret: str, method: str, content_md5: str, content_type: str, date: str, path: str) -> str:
    """Return the signature of a request; the path has neither host nor query.

    Example:
        >>> signature("0123456789abcdef0123456789abcdef01234567", "GET", "d41d8cd98f00b204e9800998ecf8427e",
        ...           "application/json", "Mon, 03 Mar 2025 10:00:00 +0000", "/v2/origin/custom/x/chats/y/history")[:8]
        'dae10626'
    """
    lines = (method.upper(), content_md5, content_type, date, path)
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha1).hexdigest()


def signature_headers(
    channel: Mapping[str, Any], method: str, target: str, body: bytes, now: int
) -> dict[str, str]:
    """Return the headers of a signed request, their names in lower case."""
    date = format_datetime(datetime.fromtimestamp(now, UTC))
    digest = hashlib.md5(body).hexdigest()
    path = target.partition("?")[0]
    return {
        "date": date,
        "content-type": "application/json",
        "content-md5": digest,
        "x-signature": signature(channel["secret"], method, digest, "application/json", date, path),
    }


def is_signed(secret: str, method: str, path: str, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Return whether a request is signed with a secret, over these bytes, within the last 15 minutes.

    # uncertain: an older form of the signature has the body alone, without Date and Content-MD5; a client in use signs
    the connection of a channel so.
    """
    if "date" not in headers and "content-md5" not in headers:
        return _is_same(hook_signature(secret, body), headers)
    date, digest = headers.get("date", ""), headers.get("content-md5", "").lower()
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return False
    if abs((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now) > LIFE:
        return False
    wanted = signature(secret, method, digest, headers.get("content-type", ""), date, path)
    return digest == hashlib.md5(body).hexdigest() and _is_same(wanted, headers)


def _is_same(wanted: str, headers: Mapping[str, str]) -> bool:
    return hmac.compare_digest(wanted.encode(), headers.get("x-signature", "").lower().encode())


def hook_signature(secret: str, body: bytes) -> str:
    """Return the signature of what the service sends to a channel: over the raw body alone."""
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
