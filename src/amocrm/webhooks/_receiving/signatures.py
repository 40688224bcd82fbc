"""Signatures and secrets of deliveries, compared in constant time.

Account webhooks and the digital pipeline are **not signed**; a secret in the address protects them. The hooks of
the chats API and the uninstall hook are signed, a bot's request contains a token.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import unquote

from ..._core.arguments import checked
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


@checked()
def chat_signature(body: bytes, secret: str) -> str:
    """Return the ``X-Signature`` of a chat hook: lower-case hexadecimal HMAC-SHA1 of the raw body.

    Args:
        body: the bytes as they arrived, not decoded and encoded again.
        secret: secret of the channel.

    Example:
        >>> body = b'{"account_id":"11111111-2222-4333-8444-555555555555","time":1740996000}'
        >>> chat_signature(body, "0123456789abcdef0123456789abcdef01234567")
        'f38e3e87377ce14b44b4406e3cbdebee80433c8b'
    """
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


@checked()
def verify_chat(body: bytes, signature: str | None, secrets: str | Iterable[str]) -> None:
    """Check the signature of a chat hook.

    Args:
        body: the bytes as they arrived.
        signature: value of the header ``X-Signature``.
        secrets: secret of the channel; several while one is being replaced.

    Raises:
        SignatureInvalid: the signature is missing or invalid.
    """
    signatures = [chat_signature(body, secret) for secret in _listed(secrets)]
    if not _matches_any((signature or "").strip().lower(), signatures):
        state = "made with another secret" if signature else "missing"
        raise SignatureInvalid(
            f"the signature of the chat hook is {state}; set WebhookReceiver(chat_secret=...) to the secret of the "
            "channel and pass the bytes of the body unchanged, else refuse the request"
        )


@checked()
def uninstall_signature(client_id: str, account_id: int, secret: str) -> str:
    """Return the ``signature`` of an uninstall hook: hexadecimal HMAC-SHA256 of ``client_id|account_id``.

    Example:
        >>> uninstall_signature("00000000-1111-4222-8333-444444444444", 12345678, "demo-client-secret")[:16]
        '277d1eb9c3d9a83c'
    """
    return hmac.new(secret.encode(), f"{client_id}|{account_id}".encode(), hashlib.sha256).hexdigest()


@checked()
def verify_uninstall(event: IntegrationUninstalled, client_id: str, secret: str) -> None:
    """Check that the platform sent an uninstall hook, and for this integration.

    Raises:
        SignatureInvalid: the signature is invalid, or belongs to another integration.
    """
    signature = uninstall_signature(client_id, event.account_id, secret)
    sent_client_id = event.client_id or ""
    # Both comparisons always run: the time must not depend on the first.
    is_signed = _matches_any(event.signature.strip().lower(), [signature])
    if not (_matches_any(sent_client_id.lower(), [client_id.lower()]) and is_signed):
        raise SignatureInvalid(
            "the signature of the uninstall hook is invalid for this integration; check client_id= and "
            "client_secret=",
            account=event.account_id,
        )


@checked()
def check_secret(path: str, query: str, secrets: str | Iterable[str]) -> None:
    """Check the secret in the address: the last segment of the path, or ``secret=`` in the query.

    Args:
        path: path of the request, with or without its leading part.
        query: query string.
        secrets: accepted secrets; several while one is being replaced.

    Raises:
        SenderRefused: the address contains none of them.
    """
    candidates = [unquote(path.rstrip("/").rpartition("/")[2])]
    candidates += [unquote(pair[7:]) for pair in query.split("&", 16)[:16] if pair.startswith("secret=")]
    listed = list(_listed(secrets))
    # Every pair is compared: the time must not show which one matches.
    if not any([_matches_any(text, listed) for text in candidates]):  # noqa: C419
        raise SenderRefused(
            "the URL that was called does not end with the secret of this receiver; if amoCRM called it, subscribe "
            "the URL again with the secret as its last segment, else another sender called it and was refused",
            status=404,
        )


@checked()
def new_secret_path(prefix: str = "/amocrm/") -> str:
    """Return a path with a new secret of 256 bits, for the address of a subscription."""
    import secrets

    return f"{prefix.rstrip('/')}/{secrets.token_urlsafe(32)}"


def _listed(secrets: str | Iterable[str]) -> list[str]:
    listed = [secrets] if isinstance(secrets, str) else list(secrets)
    if not all(listed):
        raise ValueError("secrets must be non-empty texts, got an empty one; new_secret_path() makes one")
    return listed


def _matches_any(text: str, accepted: Iterable[str]) -> bool:
    """Return whether a text is accepted; the time depends on numbers and lengths only."""
    is_equal = False
    for candidate in accepted:
        is_equal |= hmac.compare_digest(text.encode("utf-8", "replace"), candidate.encode("utf-8", "replace"))
    return is_equal
