"""Addresses: which are an account's, and that no other is ever used."""

from __future__ import annotations

import pytest

from amocrm._core.hosts import limit_key, parse_account, target_of
from amocrm.errors import ConfigurationError


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("mycompany", "https://mycompany.amocrm.ru"),
        ("mycompany.amocrm.ru", "https://mycompany.amocrm.ru"),
        ("MyCompany.Kommo.com", "https://mycompany.kommo.com"),
        ("old-one.amocrm.com", "https://old-one.amocrm.com"),
        ("https://mycompany.amocrm.ru/", "https://mycompany.amocrm.ru"),
    ],
)
def test_forms_of_an_account(given: str, address: str) -> None:
    """A subdomain, a host, or what stands in the browser's address line."""
    assert parse_account(given).account == address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "a b",
        "www.amocrm.ru",
        "drive-b.amocrm.ru",
        "api-a.amocrm.ru",
        "amojo",
        "mycompany.evil.ru",
        "mycompany.amocrm.ru.evil.ru",
        "evil.ru/mycompany.amocrm.ru",
        "mycompany.amocrm.ru:8080",
        "user@mycompany.amocrm.ru",
        "http://mycompany.amocrm.ru",
        "-mycompany",
        "a.b.amocrm.ru",
        "компания",
        "my\ncompany",
    ],
)
def test_what_is_no_account(given: str) -> None:
    """Anything that could lead a token astray is refused, and the message says what to write."""
    with pytest.raises(ConfigurationError, match=r"mycompany\.amocrm\.ru"):
        parse_account(given)


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8080", "https://localhost", "http://[::1]:80", "http://demo.localhost:1/"]
)
def test_base_urls_of_this_machine(base: str) -> None:
    """A local server stands in for every host of the account."""
    hosts = parse_account("mycompany", base)
    assert {hosts.account, hosts.drive, hosts.amojo, hosts.portal, hosts.shared} == {base.rstrip("/")}
    assert hosts.with_service("drive", "https://drive-b.amocrm.ru") == hosts


@pytest.mark.parametrize(
    "base",
    [
        "https://mycompany.amocrm.ru",
        "http://127.0.0.1.evil.ru",
        "http://evil.ru#localhost",
        "http://localhost@evil.ru",
        "http://user@localhost",
        "http://localhost/api",
        "ftp://localhost",
        "http://localhost:port",
        "http://10.0.0.1",
        "localhost",
    ],
)
def test_base_urls_of_other_machines(base: str) -> None:
    """The token goes to ``base_url``, so nothing but this machine will do."""
    with pytest.raises(ConfigurationError):
        parse_account("mycompany", base)


def test_services_belong_to_the_platform() -> None:
    """``drive_url`` and ``api_domain`` come over the wire and are believed only within the family."""
    hosts = parse_account("mycompany")
    assert hosts.with_service("drive", "https://drive-b.amocrm.ru").drive == "https://drive-b.amocrm.ru"
    assert hosts.with_service("shared", "api-b.amocrm.ru").url("shared") == "https://api-b.amocrm.ru"
    for address in (
        "https://drive-b.kommo.com",
        "http://drive-b.amocrm.ru",
        "https://drive-b.amocrm.ru.evil.ru",
        "evil.ru",
    ):
        with pytest.raises(ConfigurationError, match="no token is sent there"):
            hosts.with_service("drive", address)


def test_links_are_cut_to_path_and_query() -> None:
    """The host of a link may be a shard's, or anybody's: it is ignored."""
    assert target_of("https://shard7.amocrm.ru/api/v4/leads?page=2") == "/api/v4/leads?page=2"
    assert target_of("//evil.ru/api") == "/api"


def test_who_shares_a_limit() -> None:
    """amoCRM counts per integration and account, Kommo per machine; files are counted for themselves."""
    ru = limit_key(parse_account("one"), "client")
    assert ru != limit_key(parse_account("two"), "client")
    assert (
        limit_key(parse_account("a.kommo.com"), "x").key == limit_key(parse_account("b.kommo.com"), "y").key
    )
    assert ru.on("account") == ru.on("shared") == ru
    assert ru.on("drive").key != ru.key
