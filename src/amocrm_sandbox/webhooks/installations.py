"""What an integration's front end and its server learn from the account: one-time tokens, and the end of the access."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ..storage.ids import jwt, new_uuid
from ..storage.tokens import Integration
from .delivery import HookDelivery

if TYPE_CHECKING:
    from ..app import Sandbox

__all__ = ["DISPOSABLE_LIFE", "disposable_token", "integration_of", "set_revoked_uri", "uninstall"]

DISPOSABLE_LIFE = 30 * 60
_ADDRESSES = "revoked_uris"


def integration_of(sandbox: Sandbox, client_id: str) -> Integration:
    """Return the integration with this id.

    Raises:
        ValueError: There is none.
    """
    for integration in sandbox.tokens.integrations():
        if integration.client_id == client_id:
            return integration
    raise ValueError(f"no integration {client_id!r}")


def disposable_token(sandbox: Sandbox, integration: Integration, user_id: int) -> str:
    """Return the token that a widget sends to the integration's own server in `X-Auth-Token`.

    A JWT of half an hour, signed (HS256) with the integration's secret. It opens nothing in the API.

    Args:
        sandbox: The account.
        integration: Whose widget asks.
        user_id: The user who sits before the widget.

    Raises:
        ValueError: There is no such user.
    """
    user = sandbox.store.document("users", user_id)
    if user is None:
        raise ValueError(f"no user {user_id}")
    address, now = urlsplit(integration.redirect_uri), sandbox.clock.now()
    claims = {
        "iss": sandbox.url,
        # Without port and path.
        "aud": f"{address.scheme}://{address.hostname}",
        "jti": new_uuid(sandbox.random),
        "iat": now,
        "nbf": now,
        "exp": now + DISPOSABLE_LIFE,
        "account_id": sandbox.account["id"],
        "user_id": user_id,
        "subdomain": sandbox.subdomain,
        "client_uuid": integration.client_id,
        "is_admin": bool(user["rights"]["is_admin"]),
    }
    return jwt(claims, integration.client_secret.encode())


def set_revoked_uri(sandbox: Sandbox, client_id: str, address: str) -> None:
    """Set the address that is told when the access of an integration ends."""
    known = sandbox.store.setting(_ADDRESSES) or {}
    sandbox.store.set_setting(_ADDRESSES, {**known, client_id: address})


def uninstall(sandbox: Sandbox, integration: Integration) -> None:
    """Switch an integration off: its tokens and codes die at once, and its "access revoked" address is told (GET)."""
    sandbox.tokens.uninstall(integration.client_id)
    # A channel has to be connected anew after every installation.
    for channel in list(sandbox.store.documents("channels").values()):
        sandbox.store.put("channels", {**channel, "connection": None})
    address = (sandbox.store.setting(_ADDRESSES) or {}).get(integration.client_id)
    if address is None:
        return
    account_id = sandbox.account["id"]
    message = f"{integration.client_id}|{account_id}".encode()
    signature = hmac.new(integration.client_secret.encode(), message, hashlib.sha256).hexdigest()
    data = {"account_id": account_id, "client_uuid": integration.client_id, "signature": signature}
    destination = f"{address}{'&' if '?' in address else '?'}{urlencode(data)}"
    told = HookDelivery(None, "uninstall", destination, {}, b"", data, is_repeated=False, method="GET")
    sandbox.webhooks.keep([told])
    sandbox.webhooks.send_all([told])
