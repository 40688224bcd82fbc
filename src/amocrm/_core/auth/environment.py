"""The account and the token of a client that was made without naming them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from ...errors import ConfigurationError

__all__ = ["ACCOUNT", "TOKEN", "credentials"]

#: Environment variables that name the account and hold its long-lived token.
ACCOUNT: Final = "AMOCRM_ACCOUNT"
TOKEN: Final = "AMOCRM_TOKEN"

T = TypeVar("T")


def credentials(
    account: str | None, token: T | None, *, has_oauth: bool, environment: Mapping[str, str]
) -> tuple[str, T | str | None]:
    """Complete what was given to a client by what the environment holds.

    The token is taken from the environment only together with the account, so it never goes to
    another account than its own.

    Args:
        account: as it was given.
        token: as it was given.
        has_oauth: whether the client refreshes tokens itself and needs none.
        environment: ``os.environ``.

    Returns:
        Account and token.

    Raises:
        ConfigurationError: one of them is missing; names the argument and the variable.

    Example:
        >>> credentials(None, None, has_oauth=False, environment={"AMOCRM_ACCOUNT": "demo", "AMOCRM_TOKEN": "t"})
        ('demo', 't')
    """
    if account is not None:
        return account, token
    account = environment.get(ACCOUNT, "").strip()
    if not account:
        raise ConfigurationError(
            f"account must be a name such as mycompany or mycompany.amocrm.ru, and {ACCOUNT} is not set; "
            f"write AmoCRM('mycompany', token='…') or set {ACCOUNT} and {TOKEN}"
        )
    if token is not None or has_oauth:
        return account, token
    access_token = environment.get(TOKEN, "").strip()
    if not access_token:
        raise ConfigurationError(
            f"token must be given, and {TOKEN} is not set; write token='…' or oauth=OAuth(...), or set {TOKEN}"
        )
    return account, access_token
