"""Errors of the token endpoint: of the grant, of the integration's keys, or of neither."""

from __future__ import annotations

from collections.abc import Iterable

from amocrm.errors import APIError, ConfigurationError, GrantInDoubt, GrantRevoked
from amocrm_gen._runtime.error_hints import hint_of
from amocrm_gen._runtime.problems import problem_of
from amocrm_gen._runtime.response_status import problem_body
from amocrm_gen._runtime.wire import Response

from ..http.failures import FailureKind, failure_of_status
from .token import TOKEN_OP, is_grant_refused

__all__ = ["grant_in_doubt_error", "token_error_for"]


def token_error_for(
    response: Response, account: str, what: str, secrets: Iterable[str]
) -> APIError | GrantRevoked | ConfigurationError:
    """Return the error for an answer of the token endpoint without a pair.

    Args:
        response: the answer.
        account: host of the account.
        what: what was shown, in words.
        secrets: what was sent; a server that repeats it is not quoted.
    """
    for secret in filter(None, secrets):
        response.content = response.content.replace(secret.encode(), "…".encode())
    if response.status == 403 or failure_of_status(response.status) is not FailureKind.ANSWERED:
        return problem_of(TOKEN_OP, response)
    hint = str(problem_body(response).get("hint") or "")
    advice = hint_of(hint)
    said = f"{hint}: {advice}" if advice else hint
    if is_grant_refused(response.status, hint):
        return GrantRevoked(
            f"{account} refused {what} ({hint or 'no reason given'}): it was used, has expired or was "
            "revoked; log in again: run `amocrm login`, or pass the new code to authorize()",
            account=account,
            hint=hint,
        )
    return ConfigurationError(
        f"{account} does not accept the keys of the integration ({said or response.status}); check the account, "
        "client_id and client_secret, and that redirect_uri equals the saved one"
    )


def grant_in_doubt_error(account: str) -> GrantInDoubt:
    """Return the error of a refresh token that was spent on an answer that was never stored."""
    return GrantInDoubt(
        f"a refresh of the token for {account} was interrupted (a crash, or a lost connection), so the new token is lost "
        "and the old one is invalid; log in again: run `amocrm login`, or pass the new code to authorize()",
        account=account,
    )
