"""An address of this machine that stands in for an account, passes everything on and keeps it without personal data.

A proxy and no plugin of a test runner: it records programs of any kind and language, and the sandbox replays at the
same kind of address: a program needs one setting for both.
"""

from __future__ import annotations

import threading
from typing import Any, Final

import httpx
import msgspec

from ..._core.http.hosts import Hosts
from ..._io.local_server import LocalRequest, LocalResponse, LocalServer
from ...errors import ConfigurationError
from .replacement import Replacement

__all__ = ["METHODS", "Recorder"]

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
#: Headers of one connection, or that the HTTP library writes itself.
_OWN: Final = frozenset(
    {"host", "connection", "content-length", "accept-encoding", "transfer-encoding", "keep-alive"}
)


class Recorder:
    """Passes requests on to an account and keeps what was said.

    Args:
        hosts: addresses of the account and of the services beside it.
        http: sends the requests.
        replacement: invents values.

    Attributes:
        interactions: what was said, in the order of the answers.
    """

    def __init__(self, hosts: Hosts, http: httpx.Client, replacement: Replacement) -> None:
        self._hosts, self._http, self._replacement = hosts, http, replacement
        self._lock = threading.Lock()
        self.address = ""
        self.interactions: list[dict[str, Any]] = []

    def server(self, port: int = 0) -> LocalServer:
        """Return a server that answers for the account; ``address`` must be its own one once it listens."""
        return LocalServer(self.handle, port=port, methods=METHODS)

    def handle(self, request: LocalRequest) -> LocalResponse:
        """Pass one request on; the answer is the account's own, except that the files service is found here too."""
        headers = {name: value for name, value in request.headers if name.lower() not in _OWN}
        url = self._host(request.path) + request.target
        try:
            answer = self._http.request(request.method, url, headers=headers, content=request.body or None)
        except httpx.HTTPError as error:
            return LocalResponse(502, f"the account cannot be reached: {type(error).__name__}".encode())
        body = _json(answer.content)
        with self._lock:
            self._keep(request, answer, body)
            content = self._here(answer.content, body)
        return LocalResponse(
            answer.status_code,
            content,
            answer.headers.get("content-type", "application/octet-stream"),
            {
                name: answer.headers[name]
                for name in ("retry-after", "x-request-id", "location")
                if name in answer.headers
            },
        )

    def _host(self, path: str) -> str:
        if path.startswith(("/v1.0/", "/download/")):
            return self._hosts.drive
        return self._hosts.amojo if path.startswith("/v2/origin/") else self._hosts.account

    def _keep(self, request: LocalRequest, answer: httpx.Response, body: Any) -> None:
        invented = self._replacement
        self.interactions.append(
            {
                "method": request.method,
                "target": invented.target(request.target),
                "request": invented.value(_json(request.body)),
                "status": answer.status_code,
                "content_type": answer.headers.get("content-type", ""),
                "response": invented.value(body),
            }
        )

    def _here(self, content: bytes, body: Any) -> bytes:
        """Return the answer with this machine in the place of the files service, which is remembered."""
        if not isinstance(body, dict) or not isinstance(body.get("drive_url"), str):
            return content
        try:
            self._hosts = self._hosts.with_service("drive", body["drive_url"])
        except ConfigurationError:
            return content  # no token is sent there; a client of ours refuses it too
        return msgspec.json.encode({**body, "drive_url": self.address})


def _json(content: bytes) -> Any:
    """Return decoded JSON, or None for what is none: files and pages are passed on and not kept."""
    try:
        return msgspec.json.decode(content) if content else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
