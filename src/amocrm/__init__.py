"""amoCRM (Kommo) for Python: an ORM-like facade with a Unit of Work over a typed, generated API client.

Names are imported when they are first used, so that ``from amocrm import Lead, fields`` brings no HTTP.

Example:
    >>> from amocrm import AmoCRM, Lead
    >>> crm = AmoCRM("mycompany", token="…")  # doctest: +SKIP
    >>> lead = crm.leads.get(17)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import entities, errors, fields, webhooks
    from ._async.client import AsyncAmoCRM
    from ._async.collections import AsyncCollection
    from ._async.filelimits import AsyncFileLimiter
    from ._async.hooks import AsyncHooks
    from ._async.inbox import AsyncInbox
    from ._async.inbox_redis import AsyncRedisInbox
    from ._async.inbox_sqlite import AsyncSQLiteInbox
    from ._async.limits import AsyncMemoryLimiter
    from ._async.query import AsyncQuery
    from ._async.redislimits import AsyncRedisLimiter
    from ._async.redisstores import AsyncRedisTokenStore
    from ._async.session import AsyncSession
    from ._async.stores import AsyncFileTokenStore, AsyncMemoryTokenStore, AsyncTokenStore
    from ._core.chats import ChannelSecret
    from ._core.limiter import Limits
    from ._core.options import Timeout
    from ._core.outcome import Issue, Outcome, Report, Result
    from ._core.plan import Plan
    from ._core.retry import RetryPolicy
    from ._core.token import OAuth
    from ._sync.client import AmoCRM
    from ._sync.collections import Collection
    from ._sync.filelimits import FileLimiter
    from ._sync.hooks import Hooks
    from ._sync.inbox import Inbox
    from ._sync.inbox_redis import RedisInbox
    from ._sync.inbox_sqlite import SQLiteInbox
    from ._sync.limits import MemoryLimiter
    from ._sync.query import Query
    from ._sync.redislimits import RedisLimiter
    from ._sync.redisstores import RedisTokenStore
    from ._sync.session import Session
    from ._sync.stores import FileTokenStore, MemoryTokenStore, TokenStore
    from .entities import (
        CatalogElement,
        Company,
        Contact,
        Customer,
        Entity,
        Lead,
        Note,
        Pipeline,
        Status,
        Tag,
        Task,
        User,
    )
    from .errors import (
        AmoCRMError,
        APIError,
        BlockedError,
        CircuitOpen,
        ConfigurationError,
        DecodeError,
        FilterError,
        FilterIgnored,
        FlushError,
        ForbiddenError,
        GrantInDoubt,
        GrantRevoked,
        LoginNeeded,
        NotFoundError,
        NotLoaded,
        NotSentError,
        RateLimitedError,
        TokenError,
        TokenExpired,
        TransportError,
        UnansweredError,
        UnauthorizedError,
        UnreadableError,
        ValidationError,
    )

__all__ = [
    "TokenExpired",
    "LoginNeeded",
    "GrantRevoked",
    "GrantInDoubt",
    "FileLimiter",
    "MemoryLimiter",
    "AsyncFileLimiter",
    "AsyncMemoryLimiter",
    "APIError",
    "AmoCRM",
    "AmoCRMError",
    "AsyncAmoCRM",
    "AsyncCollection",
    "AsyncFileTokenStore",
    "AsyncHooks",
    "AsyncInbox",
    "AsyncMemoryTokenStore",
    "AsyncQuery",
    "AsyncRedisInbox",
    "AsyncRedisLimiter",
    "AsyncRedisTokenStore",
    "AsyncSQLiteInbox",
    "AsyncSession",
    "AsyncTokenStore",
    "BlockedError",
    "CatalogElement",
    "ChannelSecret",
    "CircuitOpen",
    "Collection",
    "Company",
    "ConfigurationError",
    "Contact",
    "Customer",
    "DecodeError",
    "Entity",
    "FileTokenStore",
    "FilterError",
    "FilterIgnored",
    "FlushError",
    "ForbiddenError",
    "Hooks",
    "Inbox",
    "Issue",
    "Lead",
    "Limits",
    "MemoryTokenStore",
    "NotFoundError",
    "NotLoaded",
    "NotSentError",
    "Note",
    "OAuth",
    "Outcome",
    "Pipeline",
    "Plan",
    "Query",
    "RateLimitedError",
    "RedisInbox",
    "RedisLimiter",
    "RedisTokenStore",
    "Report",
    "Result",
    "RetryPolicy",
    "SQLiteInbox",
    "Session",
    "Status",
    "Tag",
    "Task",
    "Timeout",
    "TokenError",
    "TokenStore",
    "TransportError",
    "UnansweredError",
    "UnauthorizedError",
    "UnreadableError",
    "User",
    "ValidationError",
    "entities",
    "errors",
    "fields",
    "webhooks",
]

_PLACES = {
    "_sync.filelimits": ("FileLimiter",),
    "_sync.limits": ("MemoryLimiter",),
    "_async.filelimits": ("AsyncFileLimiter",),
    "_async.limits": ("AsyncMemoryLimiter",),
    "_async.client": ("AsyncAmoCRM",),
    "_async.collections": ("AsyncCollection",),
    "_async.hooks": ("AsyncHooks",),
    "_async.inbox": ("AsyncInbox",),
    "_async.inbox_redis": ("AsyncRedisInbox",),
    "_async.inbox_sqlite": ("AsyncSQLiteInbox",),
    "_async.query": ("AsyncQuery",),
    "_async.redislimits": ("AsyncRedisLimiter",),
    "_async.redisstores": ("AsyncRedisTokenStore",),
    "_async.session": ("AsyncSession",),
    "_async.stores": ("AsyncFileTokenStore", "AsyncMemoryTokenStore", "AsyncTokenStore"),
    "_core.chats": ("ChannelSecret",),
    "_core.limiter": ("Limits",),
    "_core.options": ("Timeout",),
    "_core.outcome": ("Issue", "Outcome", "Report", "Result"),
    "_core.plan": ("Plan",),
    "_core.retry": ("RetryPolicy",),
    "_core.token": ("OAuth",),
    "_sync.client": ("AmoCRM",),
    "_sync.collections": ("Collection",),
    "_sync.hooks": ("Hooks",),
    "_sync.inbox": ("Inbox",),
    "_sync.inbox_redis": ("RedisInbox",),
    "_sync.inbox_sqlite": ("SQLiteInbox",),
    "_sync.query": ("Query",),
    "_sync.redislimits": ("RedisLimiter",),
    "_sync.redisstores": ("RedisTokenStore",),
    "_sync.session": ("Session",),
    "_sync.stores": ("FileTokenStore", "MemoryTokenStore", "TokenStore"),
    "entities": (
        "CatalogElement",
        "Company",
        "Contact",
        "Customer",
        "Entity",
        "Lead",
        "Note",
        "Pipeline",
        "Status",
        "Tag",
        "Task",
        "User",
    ),
}
_MODULES = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in ("entities", "errors", "fields", "webhooks"):
        return import_module(f".{name}", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES.get(name, 'errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
