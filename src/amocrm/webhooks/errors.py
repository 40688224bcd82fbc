"""Errors of deliveries, all below `WebhookError`, and of the inbox.

    AmoCRMError
    ├── InboxError               the inbox failed; accepted deliveries are kept
    └── WebhookError             a delivery was refused; also ValueError
        ├── BodyTooLarge         a bound of `BodyLimits` was exceeded
        ├── BodyMalformed        not a form and not JSON
        ├── SignatureInvalid     the signature is missing or does not belong to the body
        └── SenderRefused        wrong secret in the address, or an account that is not expected

None of them contains a secret, a signature or a part of the body.
"""

from __future__ import annotations

from ..errors import AmoCRMError

__all__ = ["BodyMalformed", "BodyTooLarge", "InboxError", "SenderRefused", "SignatureInvalid", "WebhookError"]


class WebhookError(AmoCRMError, ValueError):
    """Refusal of a delivery.

    Attributes:
        status: HTTP status of the answer.
    """

    status: int = 400


class BodyTooLarge(WebhookError):
    """Body beyond a bound of `BodyLimits`; nothing of it was stored.

    Attributes:
        limit: name of the bound, an attribute of `BodyLimits`.
        allowed: value of the bound.
    """

    status = 413
    limit: str
    allowed: int


class BodyMalformed(WebhookError):
    """Body that is neither a form nor a JSON object."""


class SignatureInvalid(WebhookError):
    """Signature that is missing, or made with another secret or for another body."""

    status = 403


class SenderRefused(WebhookError):
    """Delivery to an address without the secret, or of an account that is not accepted.

    Attributes:
        account: account that the delivery names, ``None`` if it names none.
    """

    status = 403
    account: str | int | None = None


class InboxError(AmoCRMError):
    """Failure to read or write the inbox; the message says why and what to do.

    Earlier deliveries are kept. A delivery that could not be stored is answered with 503, and the platform
    repeats it.
    """
