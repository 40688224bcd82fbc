"""Which authorities a client trusts, with each HTTP library, tried over TLS on real sockets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amocrm_sandbox import SandboxServer
from amocrm_sandbox.http.certificate import Certificate, local_certificate

from .scripts import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the store of the system is read as on Linux")

HEAD = """
import ssl, sys
from importlib import import_module
from amocrm import AmoCRM, AmoCRMError, RetryPolicy

def answer(**options):
    crm = AmoCRM("demo", token=sys.argv[2], base_url=sys.argv[1], retry=RetryPolicy(attempts=1), **options)
    try:
        return crm.account().subdomain
    except AmoCRMError as error:
        return type(error).__name__
"""
#: What stands for the store of the system and for certifi, whose files no test may change.
STORE = """
paths = ssl.get_default_verify_paths()._replace(openssl_cafile=sys.argv[3], openssl_capath="/nowhere")
ssl.get_default_verify_paths = lambda: paths
"""
BUNDLE = """
import certifi
certifi.where = lambda: sys.argv[3]
"""


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The library that makes the connections."""
    name: str = request.param
    try:
        __import__(name)
    except ImportError:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("AMOCRM_HTTP_LIBRARY", name)
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    return name


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of an authority that nobody knows."""
    return local_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def server(certificate: Certificate) -> Iterator[SandboxServer]:
    """An account that answers over TLS as localhost."""
    with SandboxServer(limits=False, certificate=certificate) as running:
        yield running


def asked(server: SandboxServer, certificate: Certificate, text: str) -> str:
    """What a program says that asks the server."""
    address = f"https://localhost:{server.tls_port}"
    return run(text, address, server.sandbox.token, str(certificate.ca_file), head=HEAD).strip()


def test_an_unknown_authority_is_refused(
    library: str, server: SandboxServer, certificate: Certificate
) -> None:
    """Nothing is sent, and trying again is safe."""
    before = server.sandbox.journal.total
    assert asked(server, certificate, "print(answer())") == "NotSentError"
    assert server.sandbox.journal.total == before


def test_a_file_of_authorities_in_the_environment(
    library: str, server: SandboxServer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE replaces the authorities of both libraries."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    assert asked(server, certificate, "print(answer())") == "demo"


def test_a_folder_of_authorities_in_the_environment(
    library: str,
    server: SandboxServer,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """SSL_CERT_DIR, whose files are named by the hash of their subject, does so as well."""
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(certificate.ca_file)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    os.symlink(certificate.ca_file, tmp_path / f"{name}.0")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert asked(server, certificate, "print(answer())") == "demo"


def test_a_context_of_the_programs_own(library: str, server: SandboxServer, certificate: Certificate) -> None:
    """``verify=`` takes an authority of one's own."""
    text = "print(answer(verify=ssl.create_default_context(cafile=sys.argv[3])))"
    assert asked(server, certificate, text) == "demo"


def test_a_context_that_verifies_nothing_has_to_be_named(
    library: str, server: SandboxServer, certificate: Certificate
) -> None:
    """Only together with ``unverified_tls=True``."""
    text = """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    print(answer(verify=context, unverified_tls=True))
    """
    assert asked(server, certificate, text) == "demo"


@pytest.mark.parametrize(("where", "trusting"), [(STORE, "httpx2"), (BUNDLE, "httpx")])
def test_without_a_word_httpx_trusts_certifi_and_httpx2_the_system(
    library: str, server: SandboxServer, certificate: Certificate, where: str, trusting: str
) -> None:
    """An authority that the administrator added to the system is known to httpx2 only."""
    expected = "demo" if library == trusting else "NotSentError"
    if library == "httpx2" and where is BUNDLE:
        where = ""  # it does not even need the package
    assert asked(server, certificate, where + "print(answer())") == expected
