"""One-time tokens of widgets, and the notice that an integration is switched off."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode, urlsplit

from ..account import Account
from ..engine.hook_delivery import WebhookDelivery
from ..storage.ids import new_uuid
from ..storage.jwt import jwt
from ..storage.tokens import Integration

__all__ = ["DISPOSABLE_LIFE", "disposable_token", "integration_of", "set_revoked_uri", "uninstall"]

DISPOSABLE_LIFE = 30 * 60
_ADDRESSES = "revoked_uris"


def integration_of(account: Account, client_id: str) -> Integration:
    """Return the integration with this id.

    Raises:
        ValueError: There is none.
    """
    for integration in account.tokens.integrations():
        if integration.client_id == client_id:
            return integration
    raise ValueError(f"no integration {client_id!r}")


def disposable_token(account: Account, integration: Integration, user_id: int) -> str:
    """Return the token that a widget sends to the integration's own server in `X-Auth-Token`.

    A JWT of half an hour, signed (HS256) with the integration's secret. It opens nothing in the API.

    Args:
        account: The account.
        integration: Whose widget asks.
        user_id: User of the widget.

    Raises:
        ValueError: There is no such user.
    """
    user = account.store.document("users", user_id)
    if user is None:
        raise ValueError(f"no user {user_id}")
    address, now = urlsplit(integration.redirect_uri), account.clock.now()
    claims = {
        "iss": account.url,
        # Without port and path.
        "aud": f"{address.scheme}://{address.hostname}",
        "jti": new_uuid(account.random),
        "iat": now,
        "nbf": now,
        "exp": now + DISPOSABLE_LIFE,
        "account_id": account.settings["id"],
        "user_id": user_id,
        "subdomain": account.subdomain,
        "client_uuid": integration.client_id,
        "is_admin": bool(user["rights"]["is_admin"]),
    }
    return jwt(claims, integration.client_secret.encode())


def set_revoked_uri(account: Account, client_id: str, address: str) -> None:
    """Set the address that gets a GET when the access of an integration ends."""
    addresses = account.store.setting(_ADDRESSES) or {}
    account.store.set_setting(_ADDRESSES, {**addresses, client_id: address})


def uninstall(account: Account, integration: Integration) -> None:
    """Switch an integration off: its tokens and codes die at once, and its "access revoked" address gets a GET."""
    account.tokens.uninstall(integration.client_id)
    # A channel has to be connected anew after every installation.
    for channel in list(account.store.documents("channels").values()):
        account.store.put("channels", {**channel, "connection": None})
    address = (account.store.setting(_ADDRESSES) or {}).get(integration.client_id)
    if address is None:
        return
    account_id = account.settings["id"]
    message = f"{integration.client_id}|{account_id}".encode()
    signature = hmac.new(integration.client_secret.encode(), message, hashlib.sha256).hexdigest()
    data = {"account_id": account_id, "client_uuid": integration.client_id, "signature": signature}
    destination = f"{address}{'&' if '?' in address else '?'}{urlencode(data)}"
    told = WebhookDelivery(None, "uninstall", destination, {}, b"", data, is_repeated=False, method="GET")
    account.hook_queue.keep([told])
    account.hook_queue.send_all([told])
