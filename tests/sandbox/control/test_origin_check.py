"""The control addresses answer programs and their own page, and no page of another site."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator

import httpx
import pytest

from amocrm_sandbox import Sandbox, SandboxServer
from amocrm_sandbox.http.server import ExposedWarning


@pytest.fixture
def served() -> Iterator[SandboxServer]:
    """A sandbox over real sockets, with one name that is allowed."""
    with SandboxServer(limits=False, allowed_hosts=["CRM.test"]) as server:
        yield server


def status(served: SandboxServer, method: str, path: str, **headers: str) -> int:
    content = b"{}" if method == "POST" else None
    answer = httpx.request(
        method,
        f"{served.url}/_sandbox/{path}",
        content=content,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    return answer.status_code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8020", 200),
        ("localhost", 200),
        ("a.localhost:8020", 200),
        ("[::1]:8020", 200),
        ("192.168.1.5", 200),
        ("crm.test:8020", 200),
        ("demo.amocrm.ru", 200),
        ("evil.example:8020", 403),
        ("evillocalhost.example", 403),
        ("127.0.0.1.evil.example", 403),
    ],
)
def test_a_name_of_somebody_else_is_refused(served: SandboxServer, host: str, expected: int) -> None:
    """A page that gives this machine a name of its own reads and changes nothing, the API stays open to any name."""
    assert status(served, "GET", "state", host=host) == expected
    assert status(served, "POST", "clock", host=host) == expected
    assert status(served, "GET", "", host=host) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=x"},
    ],
)
def test_a_simple_post_of_another_site_changes_nothing(
    served: SandboxServer, headers: dict[str, str]
) -> None:
    """What a form or a script of another page can send without asking first is refused before it is carried out."""
    before = served.sandbox.behaviour.events_enabled
    answer = httpx.post(
        f"{served.url}/_sandbox/behaviour",
        content=b'{"events_enabled": false}',
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    assert answer.status_code in (403, 415)
    assert served.sandbox.behaviour.events_enabled == before


@pytest.mark.slow
def test_the_own_page_and_programs_are_answered(served: SandboxServer) -> None:
    """The page's own requests, programs without an origin, and links from elsewhere to the page pass."""
    own = served.url.removesuffix("/")
    for headers in (
        {},
        {"origin": own, "sec_fetch_site": "same-origin"},
        {"content_type": "application/json"},
    ):
        assert status(served, "POST", "clock", **headers) == 200
    opened = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert status(served, "GET", "", **opened) == 200
    assert status(served, "POST", "clock", **opened) == 403


def test_reading_changes_nothing(served: SandboxServer) -> None:
    """A GET with arguments, which an image of another page can cause, moves no clock and turns no switch."""
    now = served.sandbox.clock.now()
    assert httpx.get(f"{served.url}/_sandbox/clock?advance=86400").json()["now"] - now < 60
    assert httpx.get(f"{served.url}/_sandbox/behaviour?events_enabled=0").json()["events_enabled"]


def test_the_page_is_framed_by_nobody(served: SandboxServer) -> None:
    """The policy of the page forbids to show it in a frame."""
    policy = httpx.get(f"{served.url}/_sandbox/").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


def test_an_address_beyond_this_machine_is_warned_about() -> None:
    """Listening for other machines is said loudly, listening for this one not at all."""
    with pytest.warns(ExposedWarning, match=r"0\.0\.0\.0"):
        SandboxServer(Sandbox(), host="0.0.0.0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for host in ("127.0.0.1", "localhost", "::1"):
            SandboxServer(Sandbox(), host=host)


@pytest.mark.slow
@pytest.mark.parametrize(("host", "is_warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_the_command_warns_too(host: str, is_warned: bool) -> None:
    """`--host 0.0.0.0` warns on the error output and serves all the same; `--allow-host` lets a name in."""
    command = [sys.executable, "-m", "amocrm_sandbox", "--host", host, "--allow-host", "crm.test"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = process.stdout.readline().split()[3].rpartition(":")[2]
        state = f"http://127.0.0.1:{port}/_sandbox/state"
        assert httpx.get(state, headers={"host": "crm.test"}).status_code == 200
        assert httpx.get(state, headers={"host": "evil.example"}).status_code == 403
        process.terminate()
        assert ("warning" in process.stderr.read()) == is_warned
