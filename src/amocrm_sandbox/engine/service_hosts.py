"""Hosts beside the account's own: the file service and the chat service."""

from __future__ import annotations

from .messages import Request

__all__ = ["PUBLIC", "SERVICES", "drive_url", "service_of"]

SERVICES = ("drive", "amojo")
# Paths that ask for no bearer token: authorization, chats (which are signed), and downloads.
PUBLIC = ("/oauth", "/v2/origin/", "/download/")
_FAMILIES = ("amocrm.ru", "kommo.com", "amocrm.com")


def service_of(path: str) -> str | None:
    """Return the service that a path belongs to: `drive`, `amojo`, or None for the account.

    Example:
        >>> service_of("/v1.0/files"), service_of("/api/v4/leads")
        ('drive', None)
    """
    if path.startswith(("/v1.0/", "/download/")):
        return "drive"
    return "amojo" if path.startswith("/v2/origin/") else None


def drive_url(request: Request) -> str:
    """Return the address of the file service for the client that made this request.

    Under the vendor's names it has a host of its own; a server that is reached by any other name serves both under
    one address, because no path occurs in both.
    """
    host, colon, port = request.host.partition(":")
    family = next((name for name in _FAMILIES if host.lower().endswith("." + name)), None)
    own = f"drive-a.{family}{colon}{port}" if family else request.host
    return f"{request.scheme}://{own}"
