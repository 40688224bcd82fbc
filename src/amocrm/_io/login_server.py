"""The first login on a developer's machine: a server for one redirect, on this machine only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from amocrm._core.auth.login_redirect import Redirect, new_state, read_redirect
from amocrm._core.auth.token import OAuth
from amocrm._core.http.hosts import host_of, is_loopback
from amocrm.errors import ConfigurationError, LoginRefused

__all__ = ["wait_for_redirect"]

_log = logging.getLogger("amocrm")
_TICK: Final = 0.2
_SLOW: Final = 10.0
_PAGE: Final = (
    "<!doctype html><meta charset=utf-8><title>amoCRM</title>"
    "<body style='font:16px sans-serif;margin:4em'>{}</body>"
)


def wait_for_redirect(
    oauth: OAuth, platform: str, patience: float, show: Callable[[str], object] | None = None
) -> Redirect:
    """Shows the consent page and waits for the redirect. Blocks its thread.

    Requests to other paths and those whose ``state`` is not ours are answered with an error and do not end
    the waiting: a page of a stranger must not be able to stop a login.

    Args:
        oauth: keys of the integration; ``redirect_uri`` names this machine.
        platform: domain of the platform, such as ``amocrm.ru``.
        patience: seconds to wait.
        show: is given the address of the consent page; opens the browser without it.

    Raises:
        LoginRefused: the user said no, or nobody came in time.
        ConfigurationError: nothing can listen at ``redirect_uri``.
    """
    parts = urlsplit(oauth.redirect_uri)
    if parts.scheme != "http" or not is_loopback(oauth.redirect_uri):
        raise ConfigurationError(
            "a local login needs a redirect_uri of this machine ('http://127.0.0.1:8765/cb'), not "
            f"{host_of(oauth.redirect_uri) or 'this one'}; elsewhere use authorize_url() and authorize()"
        )
    state = new_state()
    found: list[Redirect | LoginRefused] = []
    try:
        server = HTTPServer(
            (parts.hostname or "127.0.0.1", parts.port or 80), _handler(parts.path, state, found)
        )
    except OSError as error:
        raise ConfigurationError(
            f"nothing can listen at redirect_uri, port {parts.port or 80}: {error.strerror or 'it is taken'}"
        ) from None
    with server:
        server.timeout = _TICK
        _show(oauth.authorize_url(state, platform=platform), show)
        give_up = time.monotonic() + patience
        while not found and time.monotonic() < give_up:
            server.handle_request()
    if not found:
        raise LoginRefused(f"nobody logged in within {patience:.0f} s", account="", reason="timeout")
    if isinstance(found[0], LoginRefused):
        raise found[0]
    return found[0]


def _show(address: str, show: Callable[[str], object] | None) -> None:
    if show is not None:
        show(address)
        return
    import webbrowser

    if not webbrowser.open(address):
        # The address holds state and client id, no secret; without a browser somebody has to copy it.
        print(f"Open this page and grant access:\n{address}")


def _handler(path: str, state: str, found: list[Redirect | LoginRefused]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SLOW

        def do_GET(self) -> None:
            if urlsplit(self.path).path != (path or "/"):
                self._say(404, "Not here.")
                return
            try:
                found.append(read_redirect(self.path, state))
            except LoginRefused as error:
                if error.reason == "state":
                    self._say(400, "This redirect does not belong to the login that waits here.")
                    return
                found.append(error)
                self._say(400, "Access was not granted. You can close this page.")
            else:
                self._say(200, "Access is granted. You can close this page.")

        def _say(self, status: int, words: str) -> None:
            body = _PAGE.format(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            # The request line holds the code.
            _log.debug("the login server answered a request")

    return Handler
