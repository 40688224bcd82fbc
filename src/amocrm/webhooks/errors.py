"""What can be wrong with a delivery: all are `WebhookError`, so one `except` is enough. And with the inbox.

    AmoCRMError
    ├── InboxError               the place where deliveries wait failed; what it had taken is still there
    └── WebhookError             a delivery was refused; also ValueError
        ├── BodyTooLarge         a bound of `Limits` was exceeded
        ├── BodyMalformed        not a form and not JSON
        ├── SignatureInvalid     the signature is missing or does not belong to the body
        └── SenderRefused        wrong secret in the address, or an account that is not expected

None of them holds a secret, a signature or a part of the body.
"""

from __future__ import annotations

from ..errors import AmoCRMError

__all__ = ["BodyMalformed", "BodyTooLarge", "InboxError", "SenderRefused", "SignatureInvalid", "WebhookError"]


class WebhookError(AmoCRMError, ValueError):
    """A delivery was refused.

    Attributes:
        status: the HTTP status that fits as an answer.
    """

    status: int = 400


class BodyTooLarge(WebhookError):
    """A bound was exceeded. Nothing was kept of the body; the bounds are set by `Limits`.

    Attributes:
        limit: name of the bound, an attribute of `Limits`.
        allowed: its value.
    """

    status = 413
    limit: str
    allowed: int


class BodyMalformed(WebhookError):
    """The body is neither a form nor JSON, or JSON that is no object."""


class SignatureInvalid(WebhookError):
    """The signature is missing or was made with another secret or of another body."""

    status = 403


class SenderRefused(WebhookError):
    """The address carries no or a wrong secret, or the account is not on the list.

    Attributes:
        account: what the delivery says of its account, ``None`` when it says nothing.
    """

    status = 403
    account: str | int | None = None


class InboxError(AmoCRMError):
    """The inbox could not be read or written; the message says why and what to do.

    What it had taken before is still there. A delivery that it could not take is answered with 503, and the
    platform repeats it.
    """
