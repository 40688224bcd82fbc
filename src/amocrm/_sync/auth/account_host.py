"""The current host of a renamed account, which the platform tells to holders of a refresh token."""
# GENERATED from src/amocrm/_async/auth/account_host.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import logging
from typing import Final

from amocrm._core.auth.token import Token, claims_of
from amocrm._core.http.options import Options
from amocrm.errors import ConfigurationError
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.response_status import problem_body
from amocrm_gen._runtime.wire import Request

from ..http.sender import Sender

__all__ = ["find_current_host"]

_log = logging.getLogger("amocrm")
_TRIES: Final = 2
_DOMAIN_OP: Final = Op(
    id="get_current_account_domain",
    tag="oauth",
    method="GET",
    path="/oauth2/account/current/subdomain",
    safety="safe",
    host="shared",
    auth=False,
    doc="https://www.amocrm.ru/developers/content/oauth/account-subdomain-info",
)


def find_current_host(sender: Sender, options: Options, token: Token) -> str | None:
    """Return the host of the token's account as the platform knows it, ``None`` if it cannot be learned.

    The request goes to the shared host that the access token names, even an ended one; tokens issued
    before 21 August 2024 name none. The refresh token is shown and not spent.
    """
    domain = claims_of(token.access).api_domain
    if domain is None:
        return None
    try:
        sender.hosts = sender.hosts.with_service("shared", domain)
    except ConfigurationError:
        _log.warning("the token for %s names a shared host that is not the vendor's", sender.hosts.name)
        return None
    request = Request(op=_DOMAIN_OP, path=_DOMAIN_OP.path, headers={"X-Refresh-Token": token.refresh})
    for attempt in range(1, _TRIES + 1):
        response = (sender.send_once(request, None, options, attempt)).response
        if response is None:
            continue
        if response.status == 200:
            return _name_in(sender, problem_body(response).get("domain"))
        if response.status < 500:
            return None
    return None


def _name_in(sender: Sender, domain: object) -> str | None:
    try:
        return sender.hosts.moved(domain).name if isinstance(domain, str) else None
    except ConfigurationError:
        _log.warning("the platform says that %s lives where no account can live", sender.hosts.name)
        return None
