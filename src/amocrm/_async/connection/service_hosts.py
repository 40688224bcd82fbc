"""Addresses of the services beside the account: files, and the host that all accounts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from amocrm._core.auth.token import claims_of
from amocrm._core.http.hosts import Hosts, host_of
from amocrm._core.http.options import Options
from amocrm.errors import ConfigurationError, RedirectRefused
from amocrm_gen._runtime.op import Host, Op
from amocrm_gen._runtime.response_status import problem_body
from amocrm_gen._runtime.wire import Request, Response

from .._primitives import Lock, Result
from ..http.sender import AsyncSender

__all__ = ["AsyncServiceHosts"]

_ACCOUNT_OP: Final = Op(
    id="get_account",
    tag="account",
    method="GET",
    path="/api/v4/account",
    safety="safe",
    doc="https://www.amocrm.ru/developers/content/crm_platform/account-info",
)
_WHERE_ARE_FILES: Final = Request(op=_ACCOUNT_OP, path=_ACCOUNT_OP.path, query="with=drive_url")


class AsyncServiceHosts:
    """Resolver of the addresses of services, once each.

    The account says where its files are (``drive_url``), the token names the shared host (``api_domain``).
    Both come over the wire and are believed only if they name a host of the vendor; with a local server in
    the account's place, only if they name this machine.

    Args:
        sender: holds the addresses.
        send: makes a request of the account with everything that belongs to it.
    """

    def __init__(self, sender: AsyncSender, send: Callable[[Request, Options], Result[Response]]) -> None:
        self._sender, self._send = sender, send
        self._lock = Lock()
        self._drive: str | None = None
        self._shared: str | None = None

    async def resolve(self, host: Host, token: Callable[[], Result[str]], options: Options) -> None:
        """Learn the address of ``host``, unless it is known.

        Raises:
            RedirectRefused: the account names a files service that is not the vendor's.
        """
        if host == "drive" and self._drive != self._sender.hosts.name:
            async with self._lock:
                if self._drive != self._sender.hosts.name:
                    await self._find_files(options)
        elif host == "shared":
            self._use_claim(await token())

    async def _find_files(self, options: Options) -> None:
        answer = await self._send(_WHERE_ARE_FILES, options)
        if answer.status != 200:
            return  # the general address works as well; the account is asked again next time
        address: Any = problem_body(answer).get("drive_url")
        if isinstance(address, str) and address:
            self._sender.hosts = _with_files(self._sender.hosts, address)
        self._drive = self._sender.hosts.name

    def _use_claim(self, token: str) -> None:
        if token == self._shared:
            return
        domain = claims_of(token).api_domain
        if domain is not None:
            # A token is no proof of anything: a foreign name in it is refused like any other.
            self._sender.hosts = self._sender.hosts.with_service("shared", domain)
        self._shared = token


def _with_files(hosts: Hosts, address: str) -> Hosts:
    try:
        return hosts.with_service("drive", address)
    except ConfigurationError as error:
        raise RedirectRefused(
            f"{hosts.name} says that its files are elsewhere: {error}",
            op=_ACCOUNT_OP.id,
            status=200,
            location=host_of(address),
        ) from None
