"""Local server that waits for one OAuth redirect, for the first login on a developer's machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from amocrm._core.auth.login_redirect import Redirect, new_state, read_redirect
from amocrm._core.auth.token import OAuth
from amocrm._core.http.hosts import host_of, is_loopback
from amocrm.errors import ConfigurationError, LoginRefused

from .local_server import LocalRequest, LocalResponse, LocalServer

__all__ = ["wait_for_redirect"]

_PAGE: Final = (
    "<!doctype html><meta charset=utf-8><title>amoCRM</title>"
    "<body style='font:16px sans-serif;margin:4em'>{}</body>"
)
_PRIVATE: Final = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def wait_for_redirect(
    oauth: OAuth, platform: str, timeout: float, show: Callable[[str], object] | None = None
) -> Redirect:
    """Show the consent page and wait for the redirect. Blocks its thread.

    Requests to other paths and those with a wrong ``state`` are answered with an error and do not end the
    wait, so a foreign page cannot stop a login.

    Args:
        oauth: keys of the integration; ``redirect_uri`` names this machine.
        platform: domain of the platform, such as ``amocrm.ru``.
        timeout: seconds to wait.
        show: called with the address of the consent page; without it the browser is opened.

    Raises:
        LoginRefused: access was denied, or no redirect came in time.
        ConfigurationError: the server cannot listen at ``redirect_uri``.
    """
    parts = urlsplit(oauth.redirect_uri)
    if parts.scheme != "http" or not is_loopback(oauth.redirect_uri):
        raise ConfigurationError(
            "redirect_uri must be an http address of this machine, got "
            f"{host_of(oauth.redirect_uri) or 'no host'}; write 'http://127.0.0.1:8765/cb', or use authorize_url() "
            "and authorize() for a login elsewhere"
        )
    receiver = _RedirectReceiver(parts.path or "/")
    port = parts.port or 80
    try:
        server = LocalServer(receiver.handle, host=parts.hostname or "127.0.0.1", port=port)
    except OSError as error:
        raise ConfigurationError(
            f"redirect_uri must name a free port, got {port} ({error.strerror or 'it is taken'}); register another "
            "port for the integration, or stop the program that uses it"
        ) from None
    with server:
        _show(oauth.authorize_url(receiver.state, platform=platform), show)
        receiver.arrived.wait(timeout)
    if receiver.result is None:
        raise LoginRefused(
            f"no login was completed within {timeout:g} s; try again, with a larger timeout= if you need more time",
            account="",
            reason="timeout",
        )
    if isinstance(receiver.result, LoginRefused):
        raise receiver.result
    return receiver.result


class _RedirectReceiver:
    """Handler of the redirect; keeps the first one that carries its state."""

    def __init__(self, path: str) -> None:
        self._path, self.state = path, new_state()
        self.result: Redirect | LoginRefused | None = None
        self.arrived = threading.Event()

    def handle(self, request: LocalRequest) -> LocalResponse:
        """Answer one request of a browser."""
        if request.path != self._path:
            return _page(404, "Not found.")
        try:
            result: Redirect | LoginRefused = read_redirect(request.target, self.state)
        except LoginRefused as error:
            if error.reason == "state":
                return _page(400, "This redirect belongs to another login.")
            result = error
        if self.result is None:
            self.result = result
        self.arrived.set()
        if isinstance(result, LoginRefused):
            return _page(400, "Access was not granted. You can close this page.")
        return _page(200, "Access is granted. You can close this page.")


def _page(status: int, text: str) -> LocalResponse:
    return LocalResponse(status, _PAGE.format(text).encode(), "text/html; charset=utf-8", _PRIVATE)


def _show(address: str, show: Callable[[str], object] | None) -> None:
    if show is not None:
        show(address)
        return
    import webbrowser

    if not webbrowser.open(address):
        # The address contains state and client id, no secret; without a browser you copy it.
        print(f"Open this page and grant access:\n{address}")
