"""Every error of this library, in one tree.

    AmoCRMError
    ├── ConfigurationError           an argument of a client is invalid; also ValueError
    │   └── ArgumentError            an argument of any call has a wrong type; also TypeError
    ├── TransportError               no usable answer
    │   ├── NotSentError             the request never left: sending it again is safe
    │   │   └── CircuitOpen          not sent, because the API is blocked; says when to retry
    │   ├── UnansweredError          it was sent and no whole answer came: whether it took effect is unknown
    │   │   └── ResponseTooLarge     the answer was cut off at the bound of the client
    │   └── RedirectRefused          the server redirects to another address; credentials are not sent there
    ├── TokenError                   there is no token to send with
    │   ├── LoginNeeded              no token is stored for the account: log in once
    │   ├── TokenExpired             the token has expired and this client cannot refresh it
    │   ├── GrantRevoked             the server refused the refresh token: log in again
    │   ├── GrantInDoubt             a refresh was interrupted and the pair is lost: log in again
    │   ├── LoginRefused             the redirect of a login carries no grant for this login
    │   └── TokenStoreError          the token store failed or was changed by another program
    ├── TokenRejected                a token received from outside is forged, expired or reused
    ├── EncodingError                a value that cannot be sent; no request was made; also TypeError and ValueError
    ├── DecodeError                  an answer that cannot be decoded (HTML with 200, cut JSON)
    ├── NotLoaded                    an attribute was not loaded; the message names the call to make
    ├── UnreadableError              the server sent a value of an unexpected type
    ├── FilterError                  this list cannot be filtered or sorted in this way; also ValueError
    ├── FilterIgnored                the server ignored a filter: the account has no filter option
    ├── FlushError                   a commit was not applied in full; carries the report
    ├── AmbiguousKey                 several records have a key that names one; carries their ids
    ├── MultipleFound                a query that must find one record found several
    ├── RepeatedKey                  several rows have one key and different values; also ValueError
    └── APIError                     the server answered with an error status
        ├── ValidationError          400, with the refused items and fields; also ValueError
        ├── UnauthorizedError        401
        ├── PaymentRequiredError     402
        ├── ForbiddenError           403; also PermissionError
        │   └── BlockedError         403 from the gateway: the API is blocked for this account or address
        ├── NotFoundError            404, and 204 where one object was asked for; also LookupError
        ├── UnprocessableError       422
        ├── RateLimitedError         429
        └── ServerError              5xx
            └── GatewayError         502, 503, 504: the request may have taken effect

All are picklable. None contains a token, a secret, a query value or a body.

Warnings: the client keeps working, but something needs attention. Each is issued once:

    AmoCRMWarning
    ├── TokenExpiryWarning           a long-lived token expires soon
    ├── TokenStoreWarning            a refreshed token could not be stored yet
    ├── RedisUnavailableWarning             Redis is unreachable; this process limits itself to its share
    ├── SplitLimitWarning            a forked process counts only its own requests
    └── TimeZoneWarning              this machine has no data for the account's time zone
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amocrm_gen._runtime.errors import (
    AmoCRMError,
    APIError,
    BlockedError,
    DecodeError,
    EncodingError,
    FieldIssue,
    ForbiddenError,
    GatewayError,
    ItemIssue,
    NotFoundError,
    NotSentError,
    PaymentRequiredError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnansweredError,
    UnauthorizedError,
    UnprocessableError,
    ValidationError,
)

if TYPE_CHECKING:  # what an error carries; at run time nothing above this module is imported
    from ._core.orm.outcome import Report
    from .entities._base import Entity
    from .entities._upserts import UpsertReport

__all__ = [
    "APIError",
    "AmbiguousKey",
    "AmoCRMError",
    "AmoCRMWarning",
    "ArgumentError",
    "BlockedError",
    "CircuitOpen",
    "ConfigurationError",
    "DecodeError",
    "EncodingError",
    "FieldIssue",
    "FilterError",
    "FilterIgnored",
    "FlushError",
    "ForbiddenError",
    "GatewayError",
    "GrantInDoubt",
    "GrantRevoked",
    "ItemIssue",
    "LoginNeeded",
    "LoginRefused",
    "MultipleFound",
    "NotFoundError",
    "NotLoaded",
    "NotSentError",
    "PaymentRequiredError",
    "RateLimitedError",
    "RedirectRefused",
    "RedisUnavailableWarning",
    "RepeatedKey",
    "ResponseTooLarge",
    "ServerError",
    "SplitLimitWarning",
    "TimeZoneWarning",
    "TokenError",
    "TokenExpired",
    "TokenExpiryWarning",
    "TokenRejected",
    "TokenStoreError",
    "TokenStoreWarning",
    "TransportError",
    "UnansweredError",
    "UnauthorizedError",
    "UnprocessableError",
    "UnreadableError",
    "ValidationError",
]


class ConfigurationError(AmoCRMError, ValueError):
    """Invalid argument of a client; the message says what to write instead."""


class ArgumentError(ConfigurationError, TypeError):
    """Argument of a wrong type; nothing was sent. The message names the argument and what it must be."""


class CircuitOpen(NotSentError):
    """Request not sent, because the gateway has blocked the API for this account or address.

    More requests would prolong the block, so none is sent until ``retry_in`` has passed. Then one request
    probes whether the block has ended.

    Attributes:
        op: operation id.
        retry_in: seconds until a request is let through.
    """

    retry_in: float


class ResponseTooLarge(UnansweredError):
    """Answer larger than the client's bound: it was cut off and is not requested again.

    Attributes:
        limit: the bound in bytes, after decompression.
    """

    limit: int


class RedirectRefused(TransportError):
    """Redirect in place of an answer; redirects are never followed with credentials.

    The usual cause is a renamed account or a wrong subdomain.

    Attributes:
        status: HTTP status.
        location: host of the redirect, empty if the server named none.
    """

    status: int
    location: str


class TokenError(AmoCRMError):
    """No usable token for the request.

    Attributes:
        account: host of the account.
    """

    account: str


class LoginNeeded(TokenError):
    """No token stored for this account; log in once (``crm.login()``, ``crm.authorize()``, ``amocrm login``)."""


class TokenExpired(TokenError):
    """Expired token that this client cannot refresh.

    Attributes:
        expired_at: Unix seconds, ``None`` if unknown.
    """

    expired_at: float | None


class GrantRevoked(TokenError):
    """Refresh token rejected by the server (integration disabled, token revoked or too old): log in again.

    Attributes:
        hint: reason given by the server, may be empty.
    """

    hint: str


class GrantInDoubt(TokenError):
    """Refresh interrupted after it may have reached the server: the token pair is lost, log in again.

    A refresh token works once. This process, or one that died, used it, and the answer with the new pair
    was lost.
    """


class LoginRefused(TokenError):
    """Redirect at the end of a login without a grant for this login.

    Attributes:
        reason: ``access_denied`` (the user declined), ``state`` (it belongs to another login),
            ``code`` (it has no code), ``timeout`` (no redirect arrived in time).
    """

    reason: str


class TokenRejected(AmoCRMError):
    """Token received from outside (widget, bot) that is forged, for another integration, expired or reused.

    Attributes:
        reason: ``malformed``, ``algorithm``, ``signature``, ``audience``, ``issuer``, ``integration``,
            ``time`` or ``replay``.
    """

    reason: str


class TokenStoreError(TokenError):
    """Failure of the token store: it could not be read, written or locked, or another program changed it."""


class NotLoaded(AmoCRMError):
    """Attribute that was not loaded; reading one makes no request, so the message names the call to make.

    Attributes:
        attribute: name of the attribute that was read.
    """

    attribute: str


class UnreadableError(AmoCRMError):
    """Value of the server that does not fit its description and cannot be read.

    Attributes:
        attribute: name of the attribute that was read.
    """

    attribute: str


class FilterError(AmoCRMError, ValueError):
    """Filter or order that this list does not support; the message names the nearest one that works."""


class FilterIgnored(AmoCRMError):
    """Filter that the server ignored: its answer contains objects that the filter excludes.

    Filters of leads, contacts, companies and customers are a paid option of the account. Without it the
    server silently ignores them.

    Attributes:
        entity_type: list that was filtered, such as ``leads``.
        keys: filter keys that were ignored.
    """

    entity_type: str
    keys: tuple[str, ...]


class FlushError(AmoCRMError):
    """Commit that was not applied in full; applied changes stay, and the report lists each object.

    Attributes:
        report: the ``amocrm.Report`` of the commit.
        upserts: the ``amocrm.UpsertReport`` of ``upsert_all``, None for other commits.
    """

    report: Report[Entity]
    upserts: UpsertReport[Any] | None = None


class AmbiguousKey(AmoCRMError):
    """Several records have a key that names one.

    Attributes:
        key: the key in words.
        matches: ids of the records.
    """

    key: str
    matches: tuple[int, ...]


class MultipleFound(AmoCRMError):
    """A query that must find one record found several."""


class RepeatedKey(AmoCRMError, ValueError):
    """Several rows of one call have one key and different values; nothing was written.

    Attributes:
        key: the key in words.
        rows: the rows.
    """

    key: str
    rows: tuple[Any, ...]


class AmoCRMWarning(UserWarning):
    """Root of the warnings: the client keeps working, but something needs attention."""


class TokenExpiryWarning(AmoCRMWarning):
    """Long-lived token that expires soon and must be replaced by hand."""


class TokenStoreWarning(AmoCRMWarning):
    """Refreshed token that could not be stored; it is in use, and storing it is retried."""


class SplitLimitWarning(AmoCRMWarning):
    """Forked process that limits only its own requests; together the processes can exceed the limit."""


class TimeZoneWarning(AmoCRMWarning):
    """Missing data for the account's time zone on this machine; times have a fixed offset."""


class RedisUnavailableWarning(AmoCRMWarning):
    """Redis unreachable; this process limits itself to its share of the request limit."""


for _error in __all__:
    # A traceback and a pickle name the public module.
    globals()[_error].__module__ = __name__
