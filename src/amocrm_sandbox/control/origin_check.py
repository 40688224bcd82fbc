"""Check of control requests: programs and the own page of the sandbox pass, pages of other sites do not."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from ..engine.messages import Request, Response, problem

__all__ = ["is_loopback", "refusal_of"]

_LOCAL = ("localhost", ".localhost")
# What an HTML form can send to another site without asking first.
_SIMPLE_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def is_loopback(host: str) -> bool:
    """Return whether an address or name means this machine only.

    Example:
        >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "crm.example")]
        [True, True, True, False, False]
    """
    address = _address(host)
    return address.is_loopback if address is not None else host.lower().endswith(_LOCAL)


def refusal_of(request: Request, hosts: Collection[str]) -> Response | None:
    """Return the refusal of a control request that a page of another site may have caused, or None.

    A name in `Host` that is neither local nor allowed is how a page reaches this machine by a name of its own (DNS
    rebinding). IP addresses cannot be abused in this way.

    Args:
        request: The request.
        hosts: Names that are allowed beside those of this machine.
    """
    host = _name(request.host)
    if _address(host) is None and not is_loopback(host) and host not in hosts:
        return problem(403, f"{host!r} is no name of this sandbox; allow it with --allow-host {host}")
    headers = request.headers
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (
        f"{s}://{request.host.lower()}" for s in ("http", "https")
    ):
        return problem(403, "The request comes from a page of another site")
    is_opened = request.method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not is_opened:
        return problem(403, "The request comes from a page of another site")
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "GET" and content_type in _SIMPLE_TYPES:
        return problem(415, "The body must be sent with Content-Type: application/json")
    return None


def _name(host: str) -> str:
    """Return the name or address of a Host header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
