"""Which address a request goes to, and that no other ever gets a token.

An account lives at ``{subdomain}.amocrm.ru`` or ``{subdomain}.kommo.com`` (older global accounts:
``.amocrm.com``); files, chats and the shared API host have addresses of their own in the same family.
Links in answers may name a shard, so only their path and query are used, on our own host.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from amocrm.errors import ConfigurationError
from amocrm_gen._runtime.op import Host

from ..arguments import shown

__all__ = [
    "FAMILIES",
    "Family",
    "Hosts",
    "LimitKey",
    "host_of",
    "is_loopback",
    "limit_key",
    "parse_account",
    "target_of",
]


class Family(msgspec.Struct, frozen=True):
    """One platform: its domain and whether it counts requests per machine instead of per integration."""

    domain: str
    counts_machine: bool

    @property
    def siblings(self) -> frozenset[str]:
        """Domains of the same platform: accounts of ``amocrm.com`` are served by hosts of ``kommo.com``."""
        return frozenset(each.domain for each in FAMILIES if each.counts_machine == self.counts_machine)

    @property
    def portal(self) -> str:
        """Address of the site with the login page."""
        return f"https://www.{self.domain}"


FAMILIES: Final = (
    Family("amocrm.ru", counts_machine=False),
    Family("kommo.com", counts_machine=True),
    Family("amocrm.com", counts_machine=True),
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SERVICE = re.compile(r"(?:api|drive|amojo|www)(?:-[a-z0-9]{1,2})?")
_LOOPBACK = re.compile(r"localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|::1")
_HOW = "write the subdomain ('mycompany') or the whole host ('mycompany.amocrm.ru', 'mycompany.kommo.com')"


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of one account, without a trailing slash.

    Attributes:
        name: host of the account, such as ``mycompany.amocrm.ru``; it names the account everywhere.
        family: the platform.
        account, drive, amojo, portal: base addresses.
        shared: base address of the host that the token's ``api_domain`` names; the account's without one.
    """

    name: str
    family: Family
    account: str
    drive: str
    amojo: str
    portal: str
    shared: str

    def url(self, host: Host) -> str:
        """Return the base address for an operation's host."""
        base: str = getattr(self, host)
        return base

    @property
    def is_local(self) -> bool:
        """Whether a local server stands in for the account."""
        return is_loopback(self.account)

    def with_service(self, host: Host, address: str) -> Hosts:
        """Return a copy with the address of a service as the API named it (``drive_url``, ``api_domain``).

        With a local server in the account's place only another address of this machine is taken, and a
        vendor's one is ignored, so no test ever reaches the vendor.

        Raises:
            ConfigurationError: the address belongs to none of the vendor's platforms.
        """
        if self.is_local:
            changes: dict[str, Any] = {host: _loopback(address)} if is_loopback(address) else {}
            return msgspec.structs.replace(self, **changes)
        try:
            parts = urlsplit(address if "//" in address else f"https://{address}")
            label, _, domain = (parts.hostname or "").partition(".")
            trusted = parts.scheme == "https" and parts.port in (None, 443) and parts.username is None
        except ValueError:
            parts, label, domain, trusted = urlsplit(""), "", "", False
        if not (trusted and domain in self.family.siblings and _SERVICE.fullmatch(label)):
            raise ConfigurationError(
                f"the {host} host must be one of {self.family.domain}, got {parts.hostname or address!r}; no token was sent there"
            )
        return msgspec.structs.replace(self, **{host: f"https://{parts.hostname}"})

    def moved(self, name: str) -> Hosts:
        """Return the addresses after the account was renamed to ``name``; a local server stays in its place.

        Raises:
            ConfigurationError: ``name`` is no host of an account.
        """
        new = parse_account(name)
        if self.is_local:
            return msgspec.structs.replace(self, name=new.name, family=new.family)
        return msgspec.structs.replace(new, drive=self.drive, shared=self.shared)


def parse_account(account: str, base_url: str | None = None) -> Hosts:
    """Return the addresses of an account.

    Args:
        account: ``mycompany``, ``mycompany.amocrm.ru`` or ``mycompany.kommo.com``; an address copied from
            the browser's address line is understood as well.
        base_url: address of a local server that stands in for all hosts of the account. Only loopback
            addresses are taken, because the token goes there.

    Raises:
        ConfigurationError: no such account can exist, or ``base_url`` is not a loopback address.

    Example:
        >>> parse_account("mycompany").account
        'https://mycompany.amocrm.ru'
    """
    label, family = _split(account)
    name = f"{label}.{family.domain}"
    if base_url is not None:
        base = _loopback(base_url)
        return Hosts(name=name, family=family, account=base, drive=base, amojo=base, portal=base, shared=base)
    own = f"https://{name}"
    return Hosts(
        name=name,
        family=family,
        account=own,
        drive=f"https://drive.{family.domain}",
        amojo=f"https://amojo.{family.domain}",
        portal=family.portal,
        shared=own,
    )


def target_of(link: str) -> str:
    """Return path and query of a link in an answer; its host is ignored on purpose (it may be a shard's)."""
    parts = urlsplit(link)
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return f"{path}?{parts.query}" if parts.query else path


class LimitKey(msgspec.Struct, frozen=True, cache_hash=True):
    """Names of the limits that a request counts against: ``key`` allows 7 a second, ``account`` 50."""

    key: str
    account: str

    def on(self, host: Host) -> LimitKey:
        """Return the limits on another host: files and chats are counted separately, as far as is known."""
        if host in ("account", "shared"):
            return self
        return LimitKey(f"{self.key}#{host}", f"{self.account}#{host}")


def limit_key(hosts: Hosts, integration: str, machine: str = "machine") -> LimitKey:
    """Return the limits that a request of an integration counts against.

    amocrm.ru counts per integration and account, Kommo per address of the machine.

    Args:
        hosts: addresses of the account.
        integration: client id, or another stable name of the holder of the token.
        machine: name of this machine, for back ends that several machines share.
    """
    if hosts.family.counts_machine:
        return LimitKey(f"{hosts.family.domain}/{machine}", hosts.name)
    return LimitKey(f"{hosts.name}/{integration}", hosts.name)


def _split(account: str) -> tuple[str, Family]:
    text = account.strip().lower() if isinstance(account, str) else ""
    if text.startswith("https://"):
        text = re.split(r"[/?#]", text.removeprefix("https://"), maxsplit=1)[0]
    label, _, domain = text.partition(".")
    family = next((each for each in FAMILIES if each.domain == (domain or "amocrm.ru")), None)
    if family is None or not _LABEL.fullmatch(label):
        local = ", and for a server on this machine add base_url='http://…'" if "://" in text else ""
        got = repr(account) if isinstance(account, str) else shown(account)
        raise ConfigurationError(
            f"account must be a subdomain of amocrm.ru or kommo.com, got {got}; {_HOW}{local}"
        )
    if _SERVICE.fullmatch(label):
        raise ConfigurationError(
            f"account must be the subdomain of an account, got {account!r}, a host of the platform; {_HOW}"
        )
    return label, family


def host_of(address: str) -> str:
    """Return the host of an address without port and user, empty if there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_loopback(address: str) -> bool:
    """Return whether an address names this machine."""
    return _LOOPBACK.fullmatch(host_of(address)) is not None


def _loopback(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(
            "base_url must be an http address, got a text that is none; write for example 'http://127.0.0.1:8080'"
        ) from error
    if parts.scheme not in {"http", "https"} or not is_loopback(base_url):
        raise ConfigurationError(
            f"base_url must name this machine, because the token is sent there, got {parts.hostname or base_url!r}; "
            "write 'http://127.0.0.1:8080' for a sandbox, or leave base_url out for a real account"
        )
    if parts.username is not None or parts.query or parts.fragment or parts.path not in {"", "/"}:
        raise ConfigurationError(
            "base_url must end after the port, got one with a path, a query or a user; write for example 'http://127.0.0.1:8080'"
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
