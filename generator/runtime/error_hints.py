"""What the vendor's codes and short phrases mean, and what to do about them, in plain words.

The numbers come from the vendor's page of error codes; they stand inside ``detail`` or in the answers of
old methods. The phrases are those of the token endpoint and of refusals that a caller can do something
about. Both are open sets: what is not here has no hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["code_in", "hint_of", "meaning_of"]

#: number -> meaning, where the number means the same everywhere
_CODES: Final[Mapping[int, str]] = {
    101: "there is no account with this subdomain; it may have been renamed",
    110: "wrong login or password, or a general failure of authorization",
    111: "too many failed logins; log in once in the browser and solve the captcha",
    112: "the user is switched off or does not belong to the account",
    113: "the address of this machine is not on the account's white list",
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
    244: "no right to add this, or the subscription is over",
    263: "nothing was found",
    280: "list elements were created",
    281: "the list was not deleted, internal error",
    282: "not found",
    288: "no right to customers",
    330: "too many linked entities",
    400: "wrong structure or unknown ids of custom fields",
    402: "the subscription is over or the function must be paid for",
    403: "the account is blocked for going over the request rate again and again",
    405: "the HTTP method is not supported here",
    422: "the data cannot be processed",
    425: "customers are unavailable",
    426: "customers are switched off",
    429: "the request rate is exceeded",
    2002: "nothing was found",
}
#: (area, number) -> meaning, where the same number means something else
_IN_AREA: Final[Mapping[tuple[str, int], str]] = {
    ("contacts", 330): "too many leads are linked to the contact",
    ("leads", 330): "too many contacts are linked to the lead",
    ("events", 244): "no right to events",
    ("tasks", 244): "no right to add tasks",
    ("catalogs", 203): "the server failed on the fields of the list element",
    ("catalogs", 244): "no right to lists",
    ("catalogs", 282): "the list or its element was not found",
    ("leads", 244): "no right to add leads, or the subscription is over",
}
#: words of the server -> what to do; the first that fits is taken
_PHRASES: Final[tuple[tuple[str, str], ...]] = (
    ("authorization code has expired", "a code lives for 20 minutes: log in again"),
    ("authorization code has been revoked", "a code works once and this one was used: log in again"),
    ("cannot decrypt the authorization code", "the code was cut while it was copied, or is no code at all"),
    ("check the `client_id`", "the integration id is wrong or was not sent"),
    ("check the `client_secret`", "the secret key is wrong or was not sent; it changes when it is made anew"),
    ("check the `redirect_uri`", "redirect_uri was not sent or is not the saved one"),
    (
        "redirect uri is not associated",
        "redirect_uri must equal the address saved in the integration exactly",
    ),
    ("invalid account", "this code or token belongs to another account: check the account's name"),
    ("token is not linked to client", "the token was issued to another integration"),
    (
        "cannot decrypt the refresh token",
        "the refresh token was cut while it was stored, or is no such token",
    ),
    ("invalid refresh token", "the refresh token was used, revoked or is older than three months"),
    ("token has been revoked", "a refresh token works once and this one was used or revoked"),
    ("token has expired", "a refresh token lives for three months"),
    (
        "have the required scope",
        "tick the scope in the integration, then log in anew: old grants are not widened",
    ),
    (
        "invalid user name or password",
        "the access token is wrong, over, revoked or of another account: check token and subdomain",
    ),
    ("account not found", "check the subdomain; the account may have been renamed"),
    (
        "origin_invalid_signature",
        "the channel secret is wrong, or the clock of this machine is off by 15 minutes",
    ),
    ("origin_not_registered", "no such channel or scope: connect the channel in this account first"),
    ("customers disabled", "customers are switched off in the account, or are in the other mode"),
    ("ip address", "the address of this machine is not on the account's white list"),
)
_NUMBER = re.compile(r"(?:error\s*code|код\s*ошибки|код|\bcode)\W{0,4}(\d{3,4})\b", re.I)


def code_in(words: str) -> int | None:
    """The numeric code that the server put into its words, ``None`` if there is none.

    Example:
        >>> code_in("Request failed, error code: 244")
        244
    """
    found = _NUMBER.search(words)
    return int(found.group(1)) if found else None


def meaning_of(code: int, area: str = "") -> str:
    """What a numeric code means in an area of the API; empty for an unknown one."""
    return _IN_AREA.get((area, code)) or _CODES.get(code, "")


def hint_of(words: str) -> str:
    """What to do about the server's words; empty if nothing is known.

    Example:
        >>> hint_of("Authorization code has expired")
        'a code lives for 20 minutes: log in again'
    """
    low = words.lower()
    return next((hint for phrase, hint in _PHRASES if phrase in low), "")
