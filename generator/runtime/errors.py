"""The error tree, as far as an answer or its absence decides. ``amocrm.errors`` extends it.

    AmoCRMError
    ├── TransportError               no usable answer
    │   ├── NotSentError             the request never left: sending it again is safe
    │   └── UnansweredError          it was sent and no answer came: whether it took effect is unknown
    ├── EncodingError                a value that cannot be sent; nothing was; also TypeError and ValueError
    ├── DecodeError                  an answer that cannot be understood (HTML with 200, cut JSON)
    └── APIError                     the server answered with an error status
        ├── ValidationError          400, with the refused items and fields
        ├── UnauthorizedError        401
        ├── PaymentRequiredError     402
        ├── ForbiddenError           403, also PermissionError
        │   └── BlockedError         403 from the gateway: the API is blocked for this account or address
        ├── NotFoundError            404, and 204 where one object was asked for; also LookupError
        ├── UnprocessableError       422
        ├── RateLimitedError         429
        └── ServerError              5xx
            └── GatewayError         502, 503, 504: the request may have taken effect

All are picklable, hold no secrets, no query values and no bodies, and carry the server's request id.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "APIError",
    "AmoCRMError",
    "BlockedError",
    "DecodeError",
    "EncodingError",
    "FieldIssue",
    "ForbiddenError",
    "GatewayError",
    "ItemIssue",
    "NotFoundError",
    "NotSentError",
    "PaymentRequiredError",
    "RateLimitedError",
    "ServerError",
    "TransportError",
    "UnansweredError",
    "UnauthorizedError",
    "UnprocessableError",
    "ValidationError",
]


class FieldIssue(msgspec.Struct, frozen=True):
    """One refused value: the validator's code, the dotted path inside the item, the server's sentence."""

    code: str
    path: str
    detail: str


class ItemIssue(msgspec.Struct, frozen=True):
    """The refused values of one item of a batch.

    ``key`` names the item as the server did: a ``request_id``, its index as a string, or an entity id;
    ``by`` says which (``request_id`` covers the index form).
    """

    key: str | None
    issues: tuple[FieldIssue, ...]
    by: str = "request_id"


class AmoCRMError(Exception):
    """Root of all errors of this library. Keyword attributes survive pickling."""

    def __init__(self, message: str, **attributes: Any) -> None:
        super().__init__(message)
        self.__dict__.update(attributes)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[AmoCRMError], args: tuple[Any, ...], state: dict[str, Any]) -> AmoCRMError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class TransportError(AmoCRMError):
    """No usable answer.

    Attributes:
        op: operation id.
    """

    op: str


class NotSentError(TransportError):
    """The request never left this machine (no connection, no address): sending it again is safe."""


class UnansweredError(TransportError):
    """The request was sent and no whole answer came: whether it took effect is unknown."""


class EncodingError(AmoCRMError, TypeError, ValueError):
    """A value cannot be encoded (no number, text with lone surrogates, a foreign type); nothing was sent.

    Attributes:
        path: where the value is, its steps joined by points, such as ``3.name``.
        detail: what it must be and what it is.
    """

    path: str = ""
    detail: str = ""

    @property
    def item(self) -> ItemIssue:
        """The refused value in the form in which the server names one; for an error about one item."""
        return ItemIssue(None, (FieldIssue("", self.path, self.detail),))


class DecodeError(AmoCRMError):
    """The answer cannot be understood.

    Attributes:
        op, status, request_id: of the answer.
    """

    op: str
    status: int
    request_id: str | None


class APIError(AmoCRMError):
    """The server answered with an error status.

    Attributes:
        op: operation id.
        status: HTTP status.
        title, detail: the server's words, empty when the body was no JSON; query values are taken out.
        code: the vendor's code as text (``244``, ``ORIGIN_INVALID_SIGNATURE``), empty without one.
        hint: what the code or the words mean and what to do, empty when nothing is known.
        request_id: the server's id of the request (or of its trace), for the vendor's support.
        items: refused items and fields, where the server named them.
        html: whether the body was a page of the gateway instead of JSON.
    """

    op: str
    status: int
    title: str
    detail: str
    code: str = ""
    hint: str = ""
    request_id: str | None
    items: tuple[ItemIssue, ...]
    html: bool


class ValidationError(APIError, ValueError):
    """400: the data were refused; ``items`` names what and why, where the server did."""


class UnauthorizedError(APIError):
    """401: the token is missing, expired or revoked, or the integration is switched off."""


class PaymentRequiredError(APIError):
    """402: the account or the module is not paid."""


class ForbiddenError(APIError, PermissionError):
    """403: no right for this, or an address that the account does not allow."""


class BlockedError(ForbiddenError):
    """403 with a gateway page: the API is blocked after too many requests. Do not go on sending."""


class NotFoundError(APIError, LookupError):
    """404, or an empty answer where one object was asked for."""


class UnprocessableError(APIError):
    """422: understood, but limits or the account's settings forbid it."""


class RateLimitedError(APIError):
    """429: too many requests.

    Attributes:
        retry_after: seconds to wait, by the header or the JSON; ``None`` when the server did not say.
    """

    retry_after: float | None


class ServerError(APIError):
    """5xx: the server failed."""


class GatewayError(ServerError):
    """502, 503 or 504: a gateway answered for the server; the request may have taken effect."""
