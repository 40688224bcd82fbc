"""``amocrm login``: from the terminal to tokens in a folder, against the sandbox over real sockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from amocrm import AmoCRM, FileTokenStore, OAuth
from amocrm_sandbox import SandboxServer

pytestmark = pytest.mark.slow


def run(server: SandboxServer, store: Path, redirect_uri: str) -> tuple[subprocess.Popen[str], OAuth]:
    """The command in a process of its own, for an integration with this redirect address."""
    made = server.sandbox.tokens.create_integration(redirect_uri)
    command = [sys.executable, "-m", "amocrm", "login", "demo", "--no-browser", "--base-url", server.url]
    command += ["--store", str(store), "--redirect-uri", redirect_uri, "--timeout", "30"]
    environment = os.environ | {
        "AMOCRM_CLIENT_ID": made.client_id,
        "AMOCRM_CLIENT_SECRET": made.client_secret,
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, env=environment, **pipes)  # type: ignore[call-overload]
    return process, OAuth(made.client_id, made.client_secret, redirect_uri)


def granted(server: SandboxServer, page: str) -> str:
    """The user opens the page and grants access: the address to which the browser is led."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    connection.request("GET", f"/oauth?{urlsplit(page).query}", headers={"Host": "www.amocrm.ru"})
    location = connection.getresponse().getheader("location") or ""
    connection.close()
    return location


def page_of(process: subprocess.Popen[str]) -> str:
    """The address that the command shows."""
    assert process.stdout is not None
    assert "grant access" in process.stdout.readline()
    return process.stdout.readline().strip()


def works(server: SandboxServer, store: Path, oauth: OAuth) -> bool:
    """Whether a client finds tokens in the folder and gets an answer with them."""
    with AmoCRM("demo", oauth=oauth, store=FileTokenStore(store), base_url=server.url) as crm:
        return crm.api.account.get() is not None


def test_with_a_redirect_to_this_machine(amocrm_sandbox_server: SandboxServer, tmp_path: Path) -> None:
    """The small server takes the redirect, and the tokens are where the next client looks for them."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    process, oauth = run(amocrm_sandbox_server, tmp_path, f"http://127.0.0.1:{port}/cb")
    location = urlsplit(granted(amocrm_sandbox_server, page_of(process)))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"{location.path}?{location.query}")
    assert connection.getresponse().status == 200
    connection.close()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Logged in to demo.amocrm.ru" in out
    assert works(amocrm_sandbox_server, tmp_path, oauth)


def test_with_a_redirect_to_elsewhere(amocrm_sandbox_server: SandboxServer, tmp_path: Path) -> None:
    """The address is pasted; a foreign one is refused, and neither code nor secret is shown."""
    process, oauth = run(amocrm_sandbox_server, tmp_path, "https://shop.example/cb")
    out, err = process.communicate(granted(amocrm_sandbox_server, page_of(process)) + "\n", timeout=30)
    assert process.returncode == 0, err
    assert works(amocrm_sandbox_server, tmp_path, oauth)

    process, oauth = run(amocrm_sandbox_server, tmp_path, "https://shop.example/cb")
    page_of(process)
    foreign = "https://shop.example/cb?code=planted&state=foreign&referer=demo.amocrm.ru\n"
    out, err = process.communicate(foreign, timeout=30)
    assert process.returncode == 1
    assert "Not logged in: " in err
    assert "planted" not in out + err
    assert oauth.client_secret not in out + err
