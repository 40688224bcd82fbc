"""Addresses: which are an account's, and that no other is ever used."""

from __future__ import annotations

import pytest

from amocrm._core.http.hosts import limit_key, parse_account, target_of
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


def test_an_address_in_place_of_an_account_is_told_where_it_belongs() -> None:
    """A local server is named by another argument."""
    with pytest.raises(ConfigurationError, match="base_url"):
        parse_account("http://127.0.0.1:8020")


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
        "https://drive-b.amocrm.ru:8443",
        "https://user@drive-b.amocrm.ru",
        "https://drive-b.amocrm.ru:port",
        "https://mycompany.amocrm.ru",
        "http://127.0.0.1:8080",
        "evil.ru",
    ):
        with pytest.raises(ConfigurationError, match="no token"):
            hosts.with_service("drive", address)


def test_old_global_accounts_have_services_of_the_new_name() -> None:
    """``amocrm.com`` and ``kommo.com`` are one platform, ``amocrm.ru`` is another one."""
    hosts = parse_account("mycompany.amocrm.com")
    assert hosts.with_service("drive", "https://drive-c.kommo.com").drive == "https://drive-c.kommo.com"
    with pytest.raises(ConfigurationError):
        hosts.with_service("drive", "https://drive-b.amocrm.ru")


def test_a_local_server_may_name_local_services_only() -> None:
    """A stand-in is believed about addresses of this machine; the vendor is never reached from a test."""
    hosts = parse_account("mycompany", "http://127.0.0.1:8080")
    assert hosts.with_service("drive", "http://127.0.0.1:9090").drive == "http://127.0.0.1:9090"
    assert hosts.with_service("drive", "http://evil.ru") == hosts


def test_a_renamed_account_moves_its_own_host_only() -> None:
    """A move changes the account's own host and its name; services stay, and a local server stays in place."""
    hosts = parse_account("old").with_service("drive", "https://drive-b.amocrm.ru")
    moved = hosts.moved("new.amocrm.ru")
    assert (moved.name, moved.account) == ("new.amocrm.ru", "https://new.amocrm.ru")
    assert moved.drive == "https://drive-b.amocrm.ru"
    assert parse_account("old", "http://localhost:1").moved("new.amocrm.ru").account == "http://localhost:1"
    for name in ("new.evil.ru", "drive.amocrm.ru", ""):
        with pytest.raises(ConfigurationError):
            hosts.moved(name)


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
