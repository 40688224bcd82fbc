"""A local amoCRM: stateful, backed by SQLite, speaking the real wire format in process and over HTTP.

Example:
    >>> from amocrm_sandbox import Sandbox
    >>> sandbox = Sandbox()
    >>> made = sandbox.call("POST", "/api/v4/leads", [{"name": "Order 17"}]).json()
    >>> made["_embedded"]["leads"][0]["request_id"]
    '0'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import Sandbox
    from .builders import Builder, Filled
    from .clock import Clock, ManualClock
    from .description import Description
    from .exchange import Exchange
    from .faults import Drop, Faults, Latency, MalformedJson, Mutate, Page, SlowBody, Truncate
    from .journal import Entry, Journal
    from .limits import Limits
    from .messages import Delivery, Request, Response
    from .server import SandboxServer
    from .tokens import Integration
    from .transport import AsyncSandboxTransport, SandboxTransport
    from .webhooks import HookDelivery, Webhooks

__all__ = [
    "AsyncSandboxTransport",
    "Builder",
    "Clock",
    "Delivery",
    "Description",
    "Drop",
    "Entry",
    "Exchange",
    "Faults",
    "Filled",
    "HookDelivery",
    "Integration",
    "Journal",
    "Latency",
    "Limits",
    "MalformedJson",
    "ManualClock",
    "Mutate",
    "Page",
    "Request",
    "Response",
    "Sandbox",
    "SandboxServer",
    "SandboxTransport",
    "SlowBody",
    "Truncate",
    "Webhooks",
]

_MODULES = {
    "app": ("Sandbox",),
    "builders": ("Builder", "Filled"),
    "clock": ("Clock", "ManualClock"),
    "description": ("Description",),
    "exchange": ("Exchange",),
    "faults": ("Drop", "Faults", "Latency", "MalformedJson", "Mutate", "Page", "SlowBody", "Truncate"),
    "journal": ("Entry", "Journal"),
    "limits": ("Limits",),
    "messages": ("Delivery", "Request", "Response"),
    "server": ("SandboxServer",),
    "tokens": ("Integration",),
    "transport": ("AsyncSandboxTransport", "SandboxTransport"),
    "webhooks": ("HookDelivery", "Webhooks"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
