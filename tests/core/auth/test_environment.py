"""Account and token of a client that was made without naming them."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm import AmoCRM, AsyncAmoCRM, ConfigurationError
from amocrm._core.auth.environment import credentials

ENVIRONMENT = {"AMOCRM_ACCOUNT": "demo", "AMOCRM_TOKEN": " t\n"}


@pytest.mark.parametrize(
    ("account", "token", "has_oauth", "expected"),
    [
        (None, None, False, ("demo", "t")),
        (None, "own", False, ("demo", "own")),
        (None, None, True, ("demo", None)),
        ("other", "own", False, ("other", "own")),
        ("other", None, False, ("other", None)),
    ],
)
def test_the_environment_completes_what_was_not_given(
    account: str | None, token: str | None, has_oauth: bool, expected: tuple[str, str | None]
) -> None:
    """What was given is taken, and the token of the environment goes to the account of the environment only."""
    assert credentials(account, token, has_oauth=has_oauth, environment=ENVIRONMENT) == expected


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "AMOCRM_ACCOUNT"),
        ({"AMOCRM_ACCOUNT": " "}, "AMOCRM_ACCOUNT"),
        ({"AMOCRM_ACCOUNT": "demo"}, "AMOCRM_TOKEN"),
    ],
)
def test_what_is_missing_is_named(environment: dict[str, str], named: str) -> None:
    """The error names the variable to set."""
    with pytest.raises(ConfigurationError, match=f"{named} is not set"):
        credentials(None, None, has_oauth=False, environment=environment)


@pytest.mark.parametrize("client", [AmoCRM, AsyncAmoCRM])
def test_a_client_without_arguments_reads_the_environment(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``AmoCRM()`` is the client of the account that the environment names."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert client().account_host == "demo.amocrm.ru"

    monkeypatch.delenv("AMOCRM_ACCOUNT")
    with pytest.raises(ConfigurationError, match="AMOCRM_ACCOUNT"):
        client()
