"""Who sent it: signatures and secrets, compared in constant time.

Account webhooks and the digital pipeline are **not signed**; what protects them is a secret in the
address. The hooks of the chats API and the uninstall hook are signed, a bot's request carries a token.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import unquote

from .._events.integration import IntegrationUninstalled
from ..errors import SenderRefused, SignatureInvalid

__all__ = [
    "chat_signature",
    "check_secret",
    "new_secret_path",
    "uninstall_signature",
    "verify_chat",
    "verify_uninstall",
]


def chat_signature(body: bytes, secret: str) -> str:
    """The ``X-Signature`` of a chat hook: lower-case hexadecimal HMAC-SHA1 of the raw body.

    Args:
        body: the bytes as they arrived, not decoded and encoded again.
        secret: of the channel.

    Example:
        >>> body = b'{"account_id":"11111111-2222-4333-8444-555555555555","time":1740996000}'
        >>> chat_signature(body, "0123456789abcdef0123456789abcdef01234567")
        'f38e3e87377ce14b44b4406e3cbdebee80433c8b'
    """
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def verify_chat(body: bytes, signature: str | None, secrets: str | Iterable[str]) -> None:
    """Checks the signature of a chat hook.

    Args:
        body: the bytes as they arrived.
        signature: the header ``X-Signature``.
        secrets: of the channel; several while one is being replaced.

    Raises:
        SignatureInvalid: it is missing or does not fit.
    """
    wanted = [chat_signature(body, secret) for secret in _listed(secrets)]
    if not _among((signature or "").strip().lower(), wanted):
        raise SignatureInvalid("the signature of the chat hook is missing or was made with another secret")


def uninstall_signature(client_id: str, account_id: int, secret: str) -> str:
    """The ``signature`` of an uninstall hook: hexadecimal HMAC-SHA256 of ``client_id|account_id``.

    Example:
        >>> uninstall_signature("00000000-1111-4222-8333-444444444444", 12345678, "demo-client-secret")[:16]
        '277d1eb9c3d9a83c'
    """
    return hmac.new(secret.encode(), f"{client_id}|{account_id}".encode(), hashlib.sha256).hexdigest()


def verify_uninstall(event: IntegrationUninstalled, client_id: str, secret: str) -> None:
    """Checks that the platform sent an uninstall hook, and for this integration.

    Raises:
        SignatureInvalid: it did not.
    """
    wanted = uninstall_signature(client_id, event.account_id, secret)
    named = event.client_id or ""
    # Both comparisons are made whatever the first one says.
    fits = _among(event.signature.strip().lower(), [wanted])
    if not (_among(named.lower(), [client_id.lower()]) and fits):
        raise SignatureInvalid(
            "the signature of the uninstall hook does not fit this integration", account=event.account_id
        )


def check_secret(path: str, query: str, secrets: str | Iterable[str]) -> None:
    """Checks the secret in the address: the last segment of the path, or ``secret=`` in the query.

    Args:
        path: path of the request, with or without its leading part.
        query: query string.
        secrets: the accepted ones; several while one is being replaced.

    Raises:
        SenderRefused: none of them is there.
    """
    found = [unquote(path.rstrip("/").rpartition("/")[2])]
    found += [unquote(pair[7:]) for pair in query.split("&", 16)[:16] if pair.startswith("secret=")]
    listed = list(_listed(secrets))
    # Every pair is compared, so that the time says nothing about which one fits.
    if not any([_among(one, listed) for one in found]):  # noqa: C419
        raise SenderRefused("the address of the delivery carries no or a wrong secret", status=404)


def new_secret_path(prefix: str = "/amocrm/") -> str:
    """A path with a fresh secret of 256 bits, for the address that is subscribed."""
    import secrets

    return f"{prefix.rstrip('/')}/{secrets.token_urlsafe(32)}"


def _listed(secrets: str | Iterable[str]) -> list[str]:
    listed = [secrets] if isinstance(secrets, str) else list(secrets)
    if not all(listed):
        raise ValueError("an empty secret protects nothing")
    return listed


def _among(given: str, wanted: Iterable[str]) -> bool:
    """Whether ``given`` is one of ``wanted``; the time depends on their number and length only."""
    found = False
    for one in wanted:
        found |= hmac.compare_digest(given.encode("utf-8", "replace"), one.encode("utf-8", "replace"))
    return found
