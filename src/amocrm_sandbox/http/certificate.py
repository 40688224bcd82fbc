"""A certificate for the vendor's names that one's own machine trusts when it is told to.

Many clients build `https://{subdomain}.amocrm.ru` themselves and take no other address. The sandbox can answer under
such names: `local_certificate` makes the certificate by calling `openssl`, and every client knows a setting for one
more authority (`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`, `curl --cacert`).

The authority is harmless: it may sign for the names below only, and its key is thrown away after the one signature.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEFAULT_FOLDER", "NAMES", "Certificate", "local_certificate"]

DEFAULT_FOLDER = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "amocrm-sandbox" / "certificate"
)
NAMES = ("*.amocrm.ru", "*.kommo.com", "*.amocrm.com", "localhost")

_DAYS = 365
_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256"
_CONFIG = """
[req]
prompt = no
distinguished_name = subject
[subject]
O = amoCRM sandbox
CN = {title}
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, {permitted}
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate.

    Attributes:
        ca_file: The authority that clients have to trust, PEM.
        cert_file: The certificate that the server shows, PEM.
        key_file: Its private key, PEM, readable by the owner only.
    """

    ca_file: Path
    cert_file: Path
    key_file: Path

    def context(self) -> ssl.SSLContext:
        """Return the settings of a server that shows this certificate, TLS 1.2 or later."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def hint(self, name: str, proxy: str, host: str, port: int) -> str:
        """Return a few lines that tell a user how clients reach the sandbox under a name.

        Args:
            name: Host of the account, for example `demo.amocrm.ru`.
            proxy: The plain address, which is a proxy as well.
            host: Address that TLS listens on.
            port: Port that TLS listens on.
        """
        return (
            f"https://{name} is answered\n"
            f"  through the proxy:  HTTPS_PROXY={proxy} SSL_CERT_FILE={self.ca_file} "
            f"REQUESTS_CA_BUNDLE={self.ca_file}\n"
            f"  by curl:            curl --connect-to {name}:443:{host}:{port} --cacert {self.ca_file}\n"
            f"  by all programs:    a line `{host} {name}` in the hosts file, with --tls-port 443"
        )


def local_certificate(folder: str | Path = DEFAULT_FOLDER, names: Sequence[str] = NAMES) -> Certificate:
    """Return the certificate that a folder holds; make it when there is none, or none for these names.

    It is valid for a year and made anew in its last week. Loopback addresses are always among its names.

    Args:
        folder: Where the files live; made when it is missing.
        names: Host names, with a wildcard for the first label where one is wanted.

    Raises:
        FileNotFoundError: There is no `openssl` on this machine.
        RuntimeError: `openssl` failed; the message is its own.
    """
    folder = Path(folder)
    certificate = Certificate(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    note = folder / "certificate.json"
    if certificate.key_file.is_file() and _is_fresh(note, names):
        return certificate
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        _make(Path(work), names)
        for path in (certificate.key_file, certificate.cert_file, certificate.ca_file):
            os.replace(Path(work) / path.name, path)
    note.write_text(json.dumps({"names": list(names), "until": time.time() + _DAYS * 86400}))
    return certificate


def _is_fresh(note: Path, names: Sequence[str]) -> bool:
    try:
        content = json.loads(note.read_text())
        return bool(content["names"] == list(names) and content["until"] - time.time() > 7 * 86400)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(work: Path, names: Sequence[str]) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        raise FileNotFoundError("a certificate is made by the program `openssl`, which is not installed")
    alternatives = ", ".join([*(f"DNS:{name}" for name in names), "IP:127.0.0.1", "IP:::1"])
    permitted = ", ".join(
        [
            *(f"permitted;DNS:{name.removeprefix('*.')}" for name in names),
            "permitted;IP:127.0.0.0/255.0.0.0",
            "permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ]
    )
    for file, title in (("ca.cnf", "local authority"), ("server.cnf", "local server")):
        text = _CONFIG.format(title=f"amoCRM sandbox, {title}", permitted=permitted, names=alternatives)
        (work / file).write_text(text)
    steps = (
        f"req -x509 {_NEW_KEY} -keyout ca.key -out ca.pem -days {_DAYS} -config ca.cnf -extensions authority",
        f"req -new {_NEW_KEY} -keyout key.pem -out server.csr -config server.cnf",
        f"x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial {secrets.randbits(63) | 1} -days {_DAYS} "
        "-sha256 -extfile server.cnf -extensions server -out cert.pem",
    )
    for step in steps:
        done = subprocess.run([openssl, *step.split()], cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {step.partition(' ')[0]}: {done.stderr.strip()}")
    (work / "key.pem").chmod(0o600)
