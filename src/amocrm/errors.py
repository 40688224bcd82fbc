"""Every error of this library, in one tree.

    AmoCRMError
    ├── ConfigurationError           a client was set up with something that cannot work; also ValueError
    ├── TransportError               no usable answer
    │   ├── NotSentError             the request never left: sending it again is safe
    │   │   └── CircuitOpen          held back here, because the API is blocked; says when to try again
    │   ├── UnansweredError          it was sent and no whole answer came: whether it took effect is unknown
    │   │   └── ResponseTooLarge     the answer was cut off at the bound of the client
    │   └── RedirectRefused          the server points to another address; credentials are not sent there
    ├── TokenError                   there is no token to send with
    │   ├── LoginNeeded              nobody has logged in yet: no token is stored
    │   ├── TokenExpired             a long-lived token is over, or a token that somebody else refreshes
    │   ├── GrantRevoked             the server refused the refresh token: log in again
    │   ├── GrantInDoubt             a refresh was cut short and the old refresh token is dead: log in again
    │   ├── LoginRefused             the redirect of a login is no grant for us: refused, forged or foreign
    │   └── TokenStoreError          the store of tokens failed or was changed behind our back
    ├── TokenRejected                a token that somebody showed us is not genuine, over or used before
    ├── EncodingError                a value that cannot be sent; nothing was; also TypeError and ValueError
    ├── DecodeError                  an answer that cannot be understood (HTML with 200, cut JSON)
    ├── NotLoaded                    an entity does not hold this; the message names the call to make
    ├── UnreadableError              the server sent a value that does not fit its description
    ├── FilterError                  this list cannot be filtered or sorted like that; also ValueError
    ├── FilterIgnored                the server ignored a filter: the account has no filter option
    ├── FlushError                   a commit was not applied in full; carries the report
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

All are picklable. None holds a token, a secret, a query value or a body.

What works on but needs somebody's attention is warned about, once each:

    AmoCRMWarning
    ├── TokenExpiryWarning           a long-lived token ends soon
    ├── TokenStoreWarning            a refreshed token could not be stored yet
    ├── RedisAwayWarning             the shared limiter is out of reach; this process keeps to its share
    ├── SplitLimitWarning            a forked process counts its own requests only
    └── TimeZoneWarning              this machine does not know the account's time zone
"""

from __future__ import annotations

from typing import Any

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

__all__ = [
    "APIError",
    "AmoCRMError",
    "AmoCRMWarning",
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
    "NotFoundError",
    "NotLoaded",
    "NotSentError",
    "PaymentRequiredError",
    "RateLimitedError",
    "RedirectRefused",
    "RedisAwayWarning",
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
    """A client was set up with something that cannot work; the message says what and what to write."""


class CircuitOpen(NotSentError):
    """The request was held back, because the gateway has blocked the API for this account or address.

    Going on would turn a pause into a ban, so nothing is sent until the time is up; then one request
    probes whether the block is over.

    Attributes:
        op: operation id.
        retry_in: seconds until a request is let through.
    """

    retry_in: float


class ResponseTooLarge(UnansweredError):
    """The answer grew beyond the client's bound and was cut off; it is not asked for again by itself.

    Attributes:
        limit: the bound in bytes, after decompression.
    """

    limit: int


class RedirectRefused(TransportError):
    """The server answered with a redirect. Redirects are never followed with credentials.

    The usual cause is a renamed account or a wrong subdomain.

    Attributes:
        status: HTTP status.
        location: host that the server pointed to, empty when it named none.
    """

    status: int
    location: str


class TokenError(AmoCRMError):
    """There is no token to send with.

    Attributes:
        account: host of the account.
    """

    account: str


class LoginNeeded(TokenError):
    """No token is stored for this account: somebody must log in once (see ``authorize``)."""


class TokenExpired(TokenError):
    """The token is over and this client cannot get a new one.

    Attributes:
        expired_at: Unix seconds, ``None`` when it is not known.
    """

    expired_at: float | None


class GrantRevoked(TokenError):
    """The server refused the refresh token (integration switched off, token revoked or too old): log in again.

    Attributes:
        hint: the server's word for it, may be empty.
    """

    hint: str


class GrantInDoubt(TokenError):
    """A refresh was cut short after it may have reached the server, and the old refresh token is dead.

    A refresh token works once. Somebody (this process or one that died) spent it and the answer was
    lost, so that nobody holds the new pair: log in again.
    """


class LoginRefused(TokenError):
    """The redirect at the end of a login is no grant for us.

    Attributes:
        reason: ``access_denied`` (the user said no), ``state`` (it does not belong to this login),
            ``code`` (it carries none), ``timeout`` (nobody came).
    """

    reason: str


class TokenRejected(AmoCRMError):
    """A token that somebody showed us is not genuine, not for us, over, or used before.

    Attributes:
        reason: ``malformed``, ``algorithm``, ``signature``, ``audience``, ``issuer``, ``integration``,
            ``time`` or ``replay``.
    """

    reason: str


class TokenStoreError(TokenError):
    """The store of tokens could not be read, written or locked, or was changed behind our back."""


class NotLoaded(AmoCRMError):
    """An entity does not hold this, and reading an attribute never asks the server. The message names the call.

    Attributes:
        attribute: what was asked for.
    """

    attribute: str


class UnreadableError(AmoCRMError):
    """The server sent a value that does not fit its description, so that it could not be read.

    Attributes:
        attribute: what was asked for.
    """

    attribute: str


class FilterError(AmoCRMError, ValueError):
    """This list cannot be filtered or sorted like that; the message names the nearest thing that works."""


class FilterIgnored(AmoCRMError):
    """The server answered with something that the filter excludes, so it did not apply the filter.

    Filters of leads, contacts, companies and customers are a paid option of the account and are ignored
    without a word where it is missing.

    Attributes:
        entity_type: the list.
        keys: filter keys that were ignored.
    """

    entity_type: str
    keys: tuple[str, ...]


class FlushError(AmoCRMError):
    """A commit was not applied in full. What was applied stays applied; the report says what became of each object.

    Attributes:
        report: the ``amocrm.Report`` of the commit.
    """

    report: Any


class AmoCRMWarning(UserWarning):
    """Root of the warnings: something works on and needs somebody's attention."""


class TokenExpiryWarning(AmoCRMWarning):
    """A long-lived token ends soon and must be replaced by hand."""


class TokenStoreWarning(AmoCRMWarning):
    """A refreshed token could not be stored; it is in use and storing it is tried again."""


class SplitLimitWarning(AmoCRMWarning):
    """A forked process limits its own requests only; together the processes can exceed the limit."""


class TimeZoneWarning(AmoCRMWarning):
    """The machine has no database of time zones, or not the account's: times are shown at a fixed offset."""


class RedisAwayWarning(AmoCRMWarning):
    """Redis cannot be reached; this process keeps to its share of the request limit by itself."""


for _error in __all__:
    # A traceback and a pickle name the public module.
    globals()[_error].__module__ = __name__
