"""The redirect at the end of a login: whose it is, and what it brings."""

from __future__ import annotations

import pytest

from amocrm._core.auth.login_redirect import new_state, read_redirect
from amocrm.errors import LoginRefused


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/cb?code=def502&referer=demo.amocrm.ru&platform=1&state=s1",
        "/cb?state=s1&referer=demo.amocrm.ru&code=def502&client_id=x",
        "code=def502&referer=demo.amocrm.ru&state=s1",
        "?code=def502&referer=DEMO.amocrm.ru&state=s1",
    ],
)
def test_a_grant_is_found_in_any_form_of_the_address(address: str) -> None:
    """The whole address, its path or its query: code and account are found, and the code is not shown."""
    redirect = read_redirect(address, "s1")
    assert (redirect.code, redirect.account) == ("def502", "demo.amocrm.ru")
    assert "def502" not in repr(redirect)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("code=c&referer=demo.amocrm.ru", "state"),
        ("code=c&referer=demo.amocrm.ru&state=other", "state"),
        ("code=c&referer=demo.amocrm.ru&state=s1&state=other", "state"),
        ("error=access_denied&state=s1", "access_denied"),
        ("error=access_denied", "state"),
        ("referer=demo.amocrm.ru&state=s1", "code"),
        ("code=c%0Ax&referer=demo.amocrm.ru&state=s1", "code"),
        ("code=c&referer=demo.evil.ru&state=s1", "code"),
        ("code=c&referer=demo.amocrm.ru%2F@evil.ru&state=s1", "code"),
        ("code=c&state=s1", "code"),
    ],
)
def test_what_is_no_grant_for_us(query: str, reason: str) -> None:
    """Foreign, refused, empty and pointing elsewhere: each is refused, and the code is not repeated."""
    with pytest.raises(LoginRefused) as caught:
        read_redirect(query, "s1")
    assert caught.value.reason == reason
    assert "code=c" not in str(caught.value)


def test_an_empty_state_protects_nothing() -> None:
    """A login that was begun without a state is never accepted."""
    with pytest.raises(LoginRefused):
        read_redirect("code=c&referer=demo.amocrm.ru&state=", "")


def test_states_are_long_and_new() -> None:
    """Two states differ and have at least 128 bits."""
    assert new_state() != new_state()
    assert len(new_state()) >= 22
