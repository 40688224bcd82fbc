"""Meanings of the vendor's codes and short phrases, and what to do about them.

The numbers come from the vendor's page of error codes; they occur inside ``detail`` or in the answers of old
methods. The phrases are those of the token endpoint and of other errors with a remedy. Both are open sets: an
unknown one has no hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["advice_of", "code_in", "hint_of", "meaning_of"]

#: status -> what to do, if nothing more particular is known
_ADVICE: Final[Mapping[int, str]] = {
    401: "the token is wrong, has expired or was revoked; get a new one for this account",
    402: "the account is not paid, or its plan lacks this; see its billing page",
    403: "the user of the token lacks the right; use the token of one who has it",
    404: "the object does not exist, or the user of the token may not see it; check the id",
    429: "too many requests; share one limiter between all processes of the integration",
}

#: number -> meaning, if it is the same in all areas
_CODES: Final[Mapping[int, str]] = {
    101: "there is no account with this subdomain; it may have been renamed",
    110: "wrong login or password, or a general failure of authorization",
    111: "too many failed logins; log in once in the browser and solve the captcha",
    112: "the user is disabled or does not belong to the account",
    113: "the address of this machine is not on the account's allow list",
    202: "no right to add contacts",
    203: "the server failed on custom fields",
    204: "the custom field was not found",
    205: "the contact was not created",
    212: "the contact was not updated",
    219: "the search failed; try again",
    225: "the event was not found",
    231: "the task was not found",
    233: "some of the contacts were not found",
    234: "some of the leads were not found",
    235: "the type of the element is missing",
    236: "some of the contacts were not found",
    237: "some of the leads were not found",
    244: "no right to add this, or the subscription has expired",
    263: "nothing was found",
    280: "list elements were created",
    281: "the list was not deleted, internal error",
    282: "not found",
    288: "no right to customers",
    330: "too many linked entities",
    400: "wrong structure or unknown ids of custom fields",
    402: "the subscription has expired or does not include this function",
    403: "the account is blocked because it exceeded the request rate repeatedly",
    405: "the HTTP method is not supported here",
    422: "the data cannot be processed",
    425: "customers are unavailable",
    426: "customers are disabled",
    429: "the request rate is exceeded",
    2002: "nothing was found",
}
#: (area, number) -> meaning, if it differs in this area
_IN_AREA: Final[Mapping[tuple[str, int], str]] = {
    ("contacts", 330): "too many leads are linked to the contact",
    ("leads", 330): "too many contacts are linked to the lead",
    ("events", 244): "no right to events",
    ("tasks", 244): "no right to add tasks",
    ("catalogs", 203): "the server failed on the fields of the list element",
    ("catalogs", 244): "no right to lists",
    ("catalogs", 282): "the list or its element was not found",
    ("leads", 244): "no right to add leads, or the subscription has expired",
}
#: words of the server -> what to do; the first match counts
_PHRASES: Final[tuple[tuple[str, str], ...]] = (
    ("authorization code has expired", "a code is valid for 20 minutes; log in again"),
    ("authorization code has been revoked", "a code works once and this one was used; log in again"),
    ("cannot decrypt the authorization code", "the code is incomplete or not a code; copy it again"),
    ("check the `client_id`", "client_id is wrong or missing; copy it from the integration"),
    (
        "check the `client_secret`",
        "client_secret is wrong or missing; copy it again, it may have been regenerated",
    ),
    ("check the `redirect_uri`", "redirect_uri is missing or differs from the saved one"),
    (
        "redirect uri is not associated",
        "redirect_uri must equal the address that is saved in the integration",
    ),
    ("invalid account", "this code or token belongs to another account; check the account's name"),
    ("token is not linked to client", "the token was issued to another integration; check client_id"),
    (
        "cannot decrypt the refresh token",
        "the refresh token is incomplete or not a refresh token; log in again",
    ),
    (
        "invalid refresh token",
        "the refresh token was used, revoked or is older than three months; log in again",
    ),
    ("token has been revoked", "a refresh token works once and this one was used or revoked; log in again"),
    ("token has expired", "a refresh token is valid for three months; log in again"),
    (
        "have the required scope",
        "add the scope to the integration, then log in again: existing grants keep their scopes",
    ),
    (
        "invalid user name or password",
        "the access token is wrong, expired, revoked or of another account; check token and subdomain",
    ),
    ("account not found", "check the subdomain; the account may have been renamed"),
    (
        "origin_invalid_signature",
        "the channel secret is wrong, or the clock of this machine is off by 15 minutes; correct it",
    ),
    (
        "origin_not_registered",
        "the channel or scope does not exist; connect the channel in this account first",
    ),
    (
        "customers disabled",
        "customers are disabled in the account, or in the other mode; enable them in its settings",
    ),
    ("ip address", "the address of this machine is not on the account's allow list"),
)
_NUMBER = re.compile(r"(?:error\s*code|код\s*ошибки|код|\bcode)\W{0,4}(\d{3,4})\b", re.I)


def code_in(words: str) -> int | None:
    """Return the numeric code in the server's words, ``None`` if there is none.

    Example:
        >>> code_in("Request failed, error code: 244")
        244
    """
    match = _NUMBER.search(words)
    return int(match.group(1)) if match else None


def meaning_of(code: int, area: str = "") -> str:
    """Return what a numeric code means in an area of the API; empty for an unknown one."""
    return _IN_AREA.get((area, code)) or _CODES.get(code, "")


def hint_of(words: str) -> str:
    """Return what to do about the server's words; empty if unknown.

    Example:
        >>> hint_of("Authorization code has expired")
        'a code is valid for 20 minutes; log in again'
    """
    low = words.lower()
    return next((hint for phrase, hint in _PHRASES if phrase in low), "")


def advice_of(status: int, *, is_read: bool) -> str:
    """Return what to do about an error status, empty if that depends on the answer.

    Example:
        >>> advice_of(503, is_read=True)
        'the server failed; try again later'
    """
    if status < 500:
        return _ADVICE.get(status, "")
    return "the server failed; " + (
        "try again later" if is_read else "read before you repeat, it may have taken effect"
    )
