"""Signatures of requests to the chats service, which has no bearer token.

Based on https://www.amocrm.ru/developers/content/chats/chat-api-reference.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

__all__ = ["signed_headers"]

_JSON: Final = "application/json"


def signed_headers(secret: str, method: str, path: str, content: bytes, now: float) -> dict[str, str]:
    """Make the headers that prove who sends: date, digest of the body, content type, signature.

    The signature is HMAC-SHA1 over method, digest, content type, date and path without its query,
    joined with line feeds. The server takes it for 15 minutes, so every attempt is signed anew.

    Args:
        secret: secret key of the channel.
        method: in upper case.
        path: as it stands in the request line, without the query.
        content: the bytes of the body exactly as they are sent; empty without one.
        now: Unix seconds.
    """
    from email.utils import formatdate  # slow to import, and needed here only

    date = formatdate(now, usegmt=False).replace("-0000", "+0000")
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    message = "\n".join((method, digest, _JSON, date, path))
    signature = hmac.new(secret.encode(), message.encode(), hashlib.sha1).hexdigest()
    return {"date": date, "content-md5": digest, "content-type": _JSON, "x-signature": signature}
