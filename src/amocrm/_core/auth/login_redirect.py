"""Redirect of a login: its ``state`` and the check of the address that the browser brings."""

from __future__ import annotations

import hmac
import secrets
from typing import Final
from urllib.parse import parse_qs, urlsplit

import attrs

from amocrm.errors import ConfigurationError, LoginRefused

from ..arguments import checked
from ..http.hosts import parse_account

__all__ = ["Redirect", "new_state", "read_redirect"]

#: What the page of a code may be at most; a longer address is not one.
_LONGEST: Final = 16_384


@attrs.frozen(kw_only=True)
class Redirect:
    """A granted login. The code is good for 20 minutes, once.

    Attributes:
        code: to be exchanged with ``authorize``; not shown.
        account: host of the account that granted it, such as ``mycompany.amocrm.ru``.
    """

    code: str = attrs.field(repr=False)
    account: str


def new_state() -> str:
    """Return a random value for ``state``; keep it in the user's session until the redirect."""
    return secrets.token_urlsafe(24)


@checked()
def read_redirect(address: str, state: str) -> Redirect:
    """Return the grant in the address to which the browser was redirected.

    Args:
        address: the whole address, or its query.
        state: what the login page was given. It is compared in constant time: without the comparison
            an attacker could make your user finish a login that the attacker began.

    Raises:
        LoginRefused: the user refused, or the redirect does not belong to this login.

    Example:
        >>> read_redirect("https://shop.example/cb?code=def502&referer=demo.amocrm.ru&state=s1", "s1").account
        'demo.amocrm.ru'
    """
    query = urlsplit(address).query if "://" in address or address.startswith("/") else address.lstrip("?")
    parameters = parse_qs(query[:_LONGEST], keep_blank_values=True)

    def one(name: str) -> str:
        values = parameters.get(name, [])
        return values[0] if len(values) == 1 else ""

    if not state or not hmac.compare_digest(one("state").encode(), state.encode()):
        raise _refused(
            "state",
            "its state= must be the one that this login made, got another one (an old page, or a forged redirect); begin "
            "the login again and open its new address",
        )
    if one("error"):
        raise _refused("access_denied", "the user did not grant access; begin the login again")
    code, referer = one("code"), one("referer")
    if not code or not code.isascii() or not code.isprintable():
        raise _refused("code", "it must carry a code, got none; pass the whole address of the redirect")
    try:
        hosts = parse_account(referer)
    except ConfigurationError:
        raise _refused(
            "code", "it must name an account (referer), got none; pass the whole address of the redirect"
        ) from None
    return Redirect(code=code, account=hosts.name)


def _refused(reason: str, why: str) -> LoginRefused:
    return LoginRefused(f"the redirect of the login was not accepted: {why}", account="", reason=reason)
