"""Findings of ``amocrm doctor``: problems, and notes about what an account cannot do."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from unittest import mock

import httpx

from amocrm.command import doctor

from . import Message
from ._clients import client
from .command import run

_DETAILS: Final = {401: "Неверный логин или пароль", 402: "Account is not paid"}
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def token(expires: str) -> str:
    """Return a long-lived token that expires on a day."""
    seconds = int(datetime.fromisoformat(f"{expires}T12:00:00+00:00").timestamp())
    claims = urlsafe_b64encode(f'{{"exp": {seconds}}}'.encode()).decode()
    return f"header.{claims}.signature"


def account(*, filters: bool | None = True, is_admin: bool = True, status: int = 200) -> Any:
    """Return a transport of an account with one user."""
    user = {"id": 7, "name": "Anna", "rights": {"is_admin": is_admin}}
    body: dict[str, Any] = {"id": 1, "name": "Shop", "current_user_id": 7}
    if filters is not None:
        body["is_api_filter_enabled"] = filters

    def answer(request: httpx.Request) -> httpx.Response:
        if status != 200:
            problem = {"title": "Refused", "status": status, "detail": _DETAILS[status]}
            return httpx.Response(status, json=problem, headers={"content-type": "application/problem+json"})
        return httpx.Response(status, json=user if request.url.path.endswith("/users/7") else body)

    return httpx.MockTransport(answer)


def finding(word: str, expires: str = "2030-01-31", **options: Any) -> Callable[[], None]:
    """Return a call that prints the finding about an account with this word in it."""

    def call() -> None:
        for level, sentence in doctor.examine(client(account(**options)), token(expires), NOW):
            if word in sentence:
                print(f"{level:<7} {sentence}")

    return call


def installation(word: str, **functions: Any) -> Callable[[], None]:
    """Return a call that prints the finding about an installation with this word in it."""

    def call() -> None:
        with mock.patch.multiple(doctor, **functions):
            for level, sentence in doctor.examine_installation():
                if word in sentence:
                    print(f"{level:<7} {sentence}")

    return call


def without_expiry() -> None:
    """Print the finding about a token that is no JSON Web Token."""
    level, sentence = next(doctor.examine(client(account()), "opaque", NOW))
    print(f"{level:<7} {sentence}")


TITLE: Final = "Findings of amocrm doctor"
MESSAGES: Final = (
    Message(
        "doctor-other-package",
        installation("amocrm-api", other_owners=lambda: ["amocrm-api"]),
        ["overwrite each other", "pip uninstall amocrm-api amocrm-orm"],
        "Two distributions have a package `amocrm`, and the one that was installed last has replaced files of the other.",
        "`pip uninstall amocrm-api amocrm-orm`, then `pip install amocrm-orm`.",
    ),
    Message(
        "doctor-extra",
        installation("'redis'", installed_version=lambda name: None),
        ["extra 'redis' is not installed", "pip install 'amocrm-orm[redis]'"],
        "An optional package is not there; only what needs it is missing.",
        "`pip install 'amocrm-orm[redis]'`, if you want to share limits or tokens through Redis.",
    ),
    Message(
        "doctor-no-account",
        run("doctor"),
        ["--account mycompany", "AMOCRM_TOKEN"],
        "No account was named, so only the installation was checked.",
        "`amocrm doctor --account mycompany`, with `AMOCRM_TOKEN` set.",
    ),
    Message(
        "doctor-no-token",
        run("doctor", "--account", "mycompany"),
        ["token must be given", "AMOCRM_TOKEN"],
        "The account was named without a token.",
        "`export AMOCRM_TOKEN=…`",
    ),
    Message(
        "doctor-token-expired",
        finding("expired", expires="2025-12-31"),
        ["expired on 2025-12-31", "Keys tab"],
        "A long-lived token ends on a day that was chosen when it was created.",
        "Create a new one on the Keys tab of the integration.",
    ),
    Message(
        "doctor-token-expires",
        finding("expires on", expires="2026-01-15"),
        ["expires on 2026-01-15", "14 days"],
        "The token ends within thirty days.",
        "Create a new one on the Keys tab of the integration before it ends.",
    ),
    Message(
        "doctor-token-unreadable",
        without_expiry,
        ["does not say when it expires"],
        "The token is not one of the long-lived tokens of amoCRM, or it was cut.",
        "Nothing, if the account accepts it (the lines below say so); otherwise copy it again.",
    ),
    Message(
        "doctor-token-refused",
        finding("rejects", status=401),
        ["mycompany.amocrm.ru rejects the token", "401"],
        "The token was revoked, or belongs to another account.",
        "Check the name of the account; create a new token on the Keys tab of the integration.",
    ),
    Message(
        "doctor-account",
        finding("402", status=402),
        ["402", "not paid"],
        "The account cannot be used, though the token is right.",
        "Do what the sentence says: here, pay for the account.",
    ),
    Message(
        "doctor-filters-off",
        finding("filter", filters=False),
        ["has no filters", "updated_at"],
        "The plan of the account has no filters by API.",
        "Add `updated_at >= …` to queries, or buy the option for the account.",
    ),
    Message(
        "doctor-filters-unknown",
        finding("filter", filters=None),
        ["does not say whether", "is checked"],
        "The account does not report the option.",
        "Nothing: an ignored filter is an error, so no query gives wrong records.",
    ),
    Message(
        "doctor-rights",
        finding("administrator", is_admin=False),
        ["not an administrator", "users, pipelines or fields"],
        "The token acts with the rights of its user.",
        "Nothing, if the program only works with leads and contacts; otherwise create the token as an administrator.",
    ),
)
