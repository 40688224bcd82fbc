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
    from .engine.behaviour import Behaviour
    from .engine.description import Description
    from .engine.faults import (
        Drop,
        ErrorPage,
        Faults,
        Latency,
        MalformedJson,
        Mutate,
        PartialBatch,
        SlowBody,
        Truncate,
    )
    from .engine.hook_delivery import WebhookDelivery
    from .engine.journal import Journal, JournalEntry
    from .engine.messages import Request, Response, Transmission
    from .engine.rate_limits import ServerLimits
    from .exchange import HttpExchange
    from .http.httpx_transport import AsyncSandboxTransport, SandboxTransport
    from .http.server import SandboxServer
    from .sample_data.builder import Builder, SampleCounts
    from .sample_data.recorded_account import fill_from
    from .storage.clock import Clock, ManualClock
    from .storage.tokens import Integration
    from .webhooks.delivery import Webhooks

__all__ = [
    "AsyncSandboxTransport",
    "Behaviour",
    "Builder",
    "Clock",
    "Transmission",
    "Description",
    "Drop",
    "JournalEntry",
    "HttpExchange",
    "Faults",
    "SampleCounts",
    "WebhookDelivery",
    "Integration",
    "Journal",
    "Latency",
    "ServerLimits",
    "MalformedJson",
    "ManualClock",
    "Mutate",
    "ErrorPage",
    "PartialBatch",
    "Request",
    "Response",
    "Sandbox",
    "SandboxServer",
    "SandboxTransport",
    "SlowBody",
    "Truncate",
    "Webhooks",
    "fill_from",
]

_MODULES = {
    "app": ("Sandbox",),
    "sample_data.builder": ("Builder", "SampleCounts"),
    "sample_data.recorded_account": ("fill_from",),
    "storage.clock": ("Clock", "ManualClock"),
    "engine.description": ("Description",),
    "exchange": ("HttpExchange",),
    "engine.faults": (
        "Drop",
        "Faults",
        "Latency",
        "MalformedJson",
        "Mutate",
        "ErrorPage",
        "PartialBatch",
        "SlowBody",
        "Truncate",
    ),
    "engine.journal": ("JournalEntry", "Journal"),
    "engine.rate_limits": ("ServerLimits",),
    "engine.messages": ("Transmission", "Request", "Response"),
    "http.server": ("SandboxServer",),
    "storage.tokens": ("Integration",),
    "http.httpx_transport": ("AsyncSandboxTransport", "SandboxTransport"),
    "webhooks.delivery": ("Webhooks",),
    "engine.hook_delivery": ("WebhookDelivery",),
    "engine.behaviour": ("Behaviour",),
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
