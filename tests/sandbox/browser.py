"""A real browser for tests: headless Chromium, spoken to in the W3C WebDriver protocol, which is JSON over HTTP."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

__all__ = ["Browser", "browser", "missing"]

# As root there is no sandbox of processes; the rest keeps the browser from calling its maker.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,900",
)
PATIENCE = 20.0


def missing() -> str | None:
    """Return why there can be no browser here, or None when there can."""
    lacking = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if not lacking:
        return None
    return f"{' and '.join(lacking)} not found: install Debian's packages chromium and chromium-driver"


class Browser:
    """One window.

    Args:
        http: A client of the driver, at the session's address.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def command(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Carry out one command of the protocol and return its value."""
        answer = self._http.request(method, path, json=body if method == "POST" else None)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def open(self, url: str) -> None:
        """Go to an address."""
        self.command("POST", "url", {"url": url})

    def run(self, script: str, *args: Any) -> Any:
        """Run the body of a function in the page and return what it returns."""
        return self.command("POST", "execute/sync", {"script": script, "args": list(args)})

    def click(self, selector: str) -> None:
        """Click on the middle of the first element that a CSS selector finds, as a pointer does."""
        found = self.command("POST", "element", {"using": "css selector", "value": selector})
        (element,) = found.values()
        self.command("POST", f"element/{element}/click", {})

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements that a CSS selector finds, as they are seen."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())"
        found: list[str] = self.run(script, selector)
        return found

    def text(self, selector: str) -> str:
        """Return the text of the one element that a CSS selector finds, once it is there."""
        return self.wait(lambda: self.texts(selector))[0]

    def wait(self, look: Callable[[], Any]) -> Any:
        """Look until there is something to see, and return it.

        The page is another process with a clock of its own: here, and only here, real time passes.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found:
                return found
            assert time.monotonic() < deadline, f"nothing came up within {PATIENCE} s"
            time.sleep(0.05)

    def see(self, selector: str, words: str) -> str:
        """Wait until an element that a CSS selector finds shows these words, and return its text."""
        seen = self.wait(lambda: [text for text in self.texts(selector) if words in text])
        return str(seen[0])

    def screenshot(self, path: Path) -> None:
        """Write a picture (PNG) of the window."""
        path.write_bytes(base64.b64decode(self.command("GET", "screenshot")))

    def log(self) -> list[str]:
        """Return what the page has written to its console since the last call: errors and refused requests."""
        return [entry["message"] for entry in self.command("POST", "se/log", {"type": "browser"})]


@contextmanager
def browser(scheme: str = "light") -> Iterator[Browser]:
    """Start driver and browser; both end with the block.

    Args:
        scheme: Colour scheme that the user prefers, ``light`` or ``dark``.
    """
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "HOME": profile},
        )
        assert driver.stdout is not None
        try:
            port = _port(driver.stdout)
            flags = [*FLAGS, f"--user-data-dir={profile}"]
            if scheme == "dark":
                flags.append("--force-dark-mode")
            options = {"binary": shutil.which("chromium"), "args": flags}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            body = {"capabilities": {"alwaysMatch": wanted}}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
                made = http.post("/session", json=body)
                assert made.status_code == 200, made.text
                session = f"http://127.0.0.1:{port}/session/{made.json()['value']['sessionId']}"
                http.base_url = httpx.URL(f"{session}/")
                try:
                    yield Browser(http)
                finally:
                    ended = http.delete(session)  # the browser would outlive its driver
                assert ended.status_code == 200, ended.text
        finally:
            driver.terminate()
            driver.wait(10)
            driver.stdout.close()


def _port(lines: Any) -> int:
    for line in lines:
        if "started successfully on port" in line:
            return int(line.rstrip(".\n ").rpartition(" ")[2])
    raise AssertionError("chromedriver did not start")
