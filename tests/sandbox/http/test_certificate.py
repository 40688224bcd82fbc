"""The vendor's names over TLS, with a certificate of one's own."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amocrm_sandbox import Sandbox
from amocrm_sandbox.http.certificate import Certificate, local_certificate
from amocrm_sandbox.http.server import SandboxServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate, made once."""
    return local_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def server(certificate: Certificate) -> Iterator[SandboxServer]:
    """An account that also answers with TLS."""
    with SandboxServer(limits=False, certificate=certificate) as server:
        yield server


def client(server: SandboxServer, proxy: str | None = None) -> httpx.Client:
    """A client that trusts the authority, perhaps behind the proxy."""
    assert server.certificate is not None
    trust = ssl.create_default_context(cafile=str(server.certificate.ca_file))
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    bearer = {"Authorization": f"Bearer {server.sandbox.token}"}
    return httpx.Client(verify=trust, proxy=proxy, headers=bearer, trust_env=False)


def test_the_address_answers_over_tls(server: SandboxServer) -> None:
    """The port of TLS serves the same account under its address, and links name that address."""
    with client(server) as http:
        answer = http.get(f"{server.tls_url}/api/v4/account")
    assert answer.json()["subdomain"] == "demo"
    assert answer.json()["_links"]["self"]["href"].startswith(f"{server.tls_url}/")


def test_a_client_with_a_fixed_host_comes_through_the_proxy(server: SandboxServer) -> None:
    """With the plain address as its proxy a client reaches the account under the vendor's own name."""
    with client(server, proxy=server.url) as http:
        first, second = (http.get("https://demo.amocrm.ru/api/v4/account") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json()["_links"]["self"]["href"].startswith("https://demo.amocrm.ru/api/v4/account")


def test_a_name_of_another_account_is_refused_as_the_server_refuses_it(server: SandboxServer) -> None:
    """All names of the vendor lead here, and the Host header decides which account is meant."""
    with client(server, proxy=server.url) as http:
        assert http.get("https://other.amocrm.ru/api/v4/account").status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/",
        "https://amocrm.ru.example.com/",
        "https://a.b.amocrm.ru/",
        "https://amocrm.ru/",
    ],
)
def test_the_proxy_leads_nowhere_else(server: SandboxServer, address: str) -> None:
    """Names that the certificate does not cover are refused, so that no request leaves the machine."""
    with client(server, proxy=server.url) as http, pytest.raises(httpx.ProxyError, match="403"):
        http.get(address)


def test_without_a_certificate_there_is_no_proxy() -> None:
    """CONNECT is refused by a sandbox that does not speak TLS."""
    with SandboxServer(limits=False) as server:
        assert server.tls_url is None
        with (
            httpx.Client(proxy=server.url, trust_env=False) as http,
            pytest.raises(httpx.ProxyError, match="403"),
        ):
            http.get("https://demo.amocrm.ru/api/v4/account")


def test_a_client_that_does_not_trust_the_authority_is_turned_away(server: SandboxServer) -> None:
    """The certificate convinces nobody who was not given the authority, and the server survives the refusal."""
    with (
        httpx.Client(proxy=server.url, trust_env=False) as http,
        pytest.raises(httpx.ConnectError, match=r"(?i)cert"),
    ):
        http.get("https://demo.amocrm.ru/api/v4/account")
    with client(server, proxy=server.url) as http:
        assert http.get("https://demo.amocrm.ru/api/v4/account").status_code == 200


def test_a_certificate_is_kept_and_replaced_for_other_names(tmp_path: Path) -> None:
    """The files are made once and again only for other names; the key of the authority is not kept."""
    first = local_certificate(tmp_path).cert_file.read_bytes()
    assert local_certificate(tmp_path).cert_file.read_bytes() == first
    assert local_certificate(tmp_path, ["demo.amocrm.ru"]).cert_file.read_bytes() != first
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ca.pem",
        "cert.pem",
        "certificate.json",
        "key.pem",
    ]
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_an_old_certificate_is_made_anew(tmp_path: Path) -> None:
    """In the last week of its year a certificate is replaced."""
    first = local_certificate(tmp_path).cert_file.read_bytes()
    note = tmp_path / "certificate.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "until": 0}))
    assert local_certificate(tmp_path).cert_file.read_bytes() != first


def test_the_hint_names_three_ways(certificate: Certificate) -> None:
    """A user reads how a proxy setting, curl and the hosts file lead a name here."""
    hint = certificate.hint("demo.amocrm.ru", "http://127.0.0.1:8080", "127.0.0.1", 8443)
    assert "HTTPS_PROXY=http://127.0.0.1:8080" in hint
    assert "--connect-to demo.amocrm.ru:443:127.0.0.1:8443" in hint
    assert "`127.0.0.1 demo.amocrm.ru`" in hint


def test_the_account_is_the_same_on_every_way(server: SandboxServer) -> None:
    """What is written under a name is read in process."""
    with client(server, proxy=server.url) as http:
        made = http.post("https://demo.amocrm.ru/api/v4/leads", json=[{"name": "Order 17"}]).json()
    sandbox: Sandbox = server.sandbox
    assert sandbox.get(f"/api/v4/leads/{made['_embedded']['leads'][0]['id']}").json()["name"] == "Order 17"
