"""amoCRM (Kommo) for Python: an ORM-like facade with a Unit of Work over a typed, generated API client.

Names are imported when they are first used: ``from amocrm import Lead, fields`` loads no HTTP library.

Example:
    >>> from amocrm import AmoCRM, Lead
    >>> crm = AmoCRM("mycompany", token="…")  # doctest: +SKIP
    >>> lead = crm.leads.get(17)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from ._core.public_names import publish

if TYPE_CHECKING:
    __version__: str

    from . import entities, errors, fields, webhooks
    from ._async.auth.redis_token_store import AsyncRedisTokenStore
    from ._async.auth.token_stores import AsyncFileTokenStore, AsyncMemoryTokenStore, AsyncTokenStore
    from ._async.client import AsyncAmoCRM
    from ._async.limits.file import AsyncFileLimiter
    from ._async.limits.memory import AsyncLimiter, AsyncMemoryLimiter
    from ._async.limits.redis import AsyncRedisLimiter
    from ._async.orm.collections import AsyncCollection
    from ._async.orm.query import AsyncQuery
    from ._async.orm.session import AsyncSession
    from ._async.resources.files import AsyncFiles
    from ._async.webhooks.handler_context import AsyncHandlerContext
    from ._async.webhooks.inbox import AsyncInbox
    from ._async.webhooks.receiver import AsyncWebhookReceiver
    from ._async.webhooks.redis_inbox import AsyncRedisInbox
    from ._async.webhooks.sqlite_inbox import AsyncSQLiteInbox
    from ._core.auth.token import OAuth
    from ._core.http.chat_signing import ChannelSecret
    from ._core.http.hosts import LimitKey
    from ._core.http.options import Stats, Timeout
    from ._core.http.retry import RetryPolicy
    from ._core.limits.limiter import RateLimits
    from ._core.orm.filters import Condition
    from ._core.orm.outcome import Issue, Outcome
    from ._core.orm.outcome import Report as _Report
    from ._core.orm.outcome import Result as _Result
    from ._core.orm.plan import Plan
    from ._sync.auth.redis_token_store import RedisTokenStore
    from ._sync.auth.token_stores import FileTokenStore, MemoryTokenStore, TokenStore
    from ._sync.client import AmoCRM
    from ._sync.limits.file import FileLimiter
    from ._sync.limits.memory import Limiter, MemoryLimiter
    from ._sync.limits.redis import RedisLimiter
    from ._sync.orm.collections import Collection
    from ._sync.orm.query import Query
    from ._sync.orm.session import Session
    from ._sync.resources.files import Files
    from ._sync.webhooks.handler_context import HandlerContext
    from ._sync.webhooks.inbox import Inbox
    from ._sync.webhooks.receiver import WebhookReceiver
    from ._sync.webhooks.redis_inbox import RedisInbox
    from ._sync.webhooks.sqlite_inbox import SQLiteInbox
    from .entities import (
        Bot,
        Call,
        Catalog,
        CatalogElement,
        ChatTemplate,
        Company,
        Contact,
        Currency,
        Customer,
        CustomerStatus,
        Entity,
        Event,
        Invoice,
        Lead,
        LinkedElement,
        LossReason,
        Note,
        Pipeline,
        Product,
        Purchase,
        Role,
        Segment,
        Source,
        Stage,
        Status,
        Tag,
        Talk,
        TalkMessage,
        Task,
        Unsorted,
        User,
        WebsiteButton,
        Widget,
    )
    from .entities._keys import Key, any_of
    from .entities._many_links import LinkSet
    from .entities._tags import TagSet
    from .entities._upserts import Duplicates, UpsertEntry, UpsertReport, Upserts
    from .errors import (
        AmbiguousKey,
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
        MultipleFound,
        NotFoundError,
        NotLoaded,
        NotSentError,
        RateLimitedError,
        RepeatedKey,
        TokenError,
        TokenExpired,
        TransportError,
        UnansweredError,
        UnauthorizedError,
        UnreadableError,
        ValidationError,
    )

    # What a commit reports is about entities; the core that makes reports does not know them.
    Report: TypeAlias = _Report[Entity]
    Result: TypeAlias = _Result[Entity]

__all__ = [
    "APIError",
    "AmbiguousKey",
    "AmoCRM",
    "AmoCRMError",
    "AsyncAmoCRM",
    "AsyncCollection",
    "AsyncFileLimiter",
    "AsyncFileTokenStore",
    "AsyncFiles",
    "AsyncHandlerContext",
    "AsyncInbox",
    "AsyncLimiter",
    "AsyncMemoryLimiter",
    "AsyncMemoryTokenStore",
    "AsyncQuery",
    "AsyncRedisInbox",
    "AsyncRedisLimiter",
    "AsyncRedisTokenStore",
    "AsyncSQLiteInbox",
    "AsyncSession",
    "AsyncTokenStore",
    "AsyncWebhookReceiver",
    "BlockedError",
    "Bot",
    "Call",
    "Catalog",
    "CatalogElement",
    "ChannelSecret",
    "ChatTemplate",
    "CircuitOpen",
    "Collection",
    "Company",
    "Condition",
    "ConfigurationError",
    "Contact",
    "Currency",
    "Customer",
    "CustomerStatus",
    "DecodeError",
    "Duplicates",
    "Entity",
    "Event",
    "FileLimiter",
    "FileTokenStore",
    "Files",
    "FilterError",
    "FilterIgnored",
    "FlushError",
    "ForbiddenError",
    "GrantInDoubt",
    "GrantRevoked",
    "HandlerContext",
    "Inbox",
    "Invoice",
    "Issue",
    "Key",
    "Lead",
    "LinkedElement",
    "LimitKey",
    "Limiter",
    "LinkSet",
    "LoginNeeded",
    "LossReason",
    "MemoryLimiter",
    "MemoryTokenStore",
    "MultipleFound",
    "NotFoundError",
    "NotLoaded",
    "NotSentError",
    "Note",
    "OAuth",
    "Outcome",
    "Pipeline",
    "Plan",
    "Product",
    "Purchase",
    "Query",
    "RateLimitedError",
    "RateLimits",
    "RedisInbox",
    "RedisLimiter",
    "RedisTokenStore",
    "RepeatedKey",
    "Report",
    "Result",
    "RetryPolicy",
    "Role",
    "SQLiteInbox",
    "Segment",
    "Session",
    "Source",
    "Stage",
    "Stats",
    "Status",
    "Tag",
    "TagSet",
    "Talk",
    "TalkMessage",
    "Task",
    "Timeout",
    "TokenError",
    "TokenExpired",
    "TokenStore",
    "TransportError",
    "UnansweredError",
    "UnauthorizedError",
    "UnreadableError",
    "Unsorted",
    "UpsertEntry",
    "UpsertReport",
    "Upserts",
    "User",
    "ValidationError",
    "WebhookReceiver",
    "WebsiteButton",
    "Widget",
    "any_of",
    "entities",
    "errors",
    "fields",
    "webhooks",
]

_PLACES = {
    "_sync.limits.file": ("FileLimiter",),
    "_sync.limits.memory": ("Limiter", "MemoryLimiter"),
    "_sync.resources.files": ("Files",),
    "_async.resources.files": ("AsyncFiles",),
    "_sync.webhooks.handler_context": ("HandlerContext",),
    "_async.webhooks.handler_context": ("AsyncHandlerContext",),
    "_core.http.hosts": ("LimitKey",),
    "_core.orm.filters": ("Condition",),
    "entities._keys": ("Key", "any_of"),
    "entities._many_links": ("LinkSet",),
    "entities._tags": ("TagSet",),
    "entities._upserts": ("Duplicates", "UpsertEntry", "UpsertReport", "Upserts"),
    "_async.limits.file": ("AsyncFileLimiter",),
    "_async.limits.memory": ("AsyncLimiter", "AsyncMemoryLimiter"),
    "_async.client": ("AsyncAmoCRM",),
    "_async.orm.collections": ("AsyncCollection",),
    "_async.webhooks.receiver": ("AsyncWebhookReceiver",),
    "_async.webhooks.inbox": ("AsyncInbox",),
    "_async.webhooks.redis_inbox": ("AsyncRedisInbox",),
    "_async.webhooks.sqlite_inbox": ("AsyncSQLiteInbox",),
    "_async.orm.query": ("AsyncQuery",),
    "_async.limits.redis": ("AsyncRedisLimiter",),
    "_async.auth.redis_token_store": ("AsyncRedisTokenStore",),
    "_async.orm.session": ("AsyncSession",),
    "_async.auth.token_stores": ("AsyncFileTokenStore", "AsyncMemoryTokenStore", "AsyncTokenStore"),
    "_core.http.chat_signing": ("ChannelSecret",),
    "_core.limits.limiter": ("RateLimits",),
    "_core.http.options": ("Stats", "Timeout"),
    "_core.orm.outcome": ("Issue", "Outcome", "Report", "Result"),
    "_core.orm.plan": ("Plan",),
    "_core.http.retry": ("RetryPolicy",),
    "_core.auth.token": ("OAuth",),
    "_sync.client": ("AmoCRM",),
    "_sync.orm.collections": ("Collection",),
    "_sync.webhooks.receiver": ("WebhookReceiver",),
    "_sync.webhooks.inbox": ("Inbox",),
    "_sync.webhooks.redis_inbox": ("RedisInbox",),
    "_sync.webhooks.sqlite_inbox": ("SQLiteInbox",),
    "_sync.orm.query": ("Query",),
    "_sync.limits.redis": ("RedisLimiter",),
    "_sync.auth.redis_token_store": ("RedisTokenStore",),
    "_sync.orm.session": ("Session",),
    "_sync.auth.token_stores": ("FileTokenStore", "MemoryTokenStore", "TokenStore"),
}
_MODULES = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in ("entities", "errors", "fields", "webhooks"):
        return import_module(f".{name}", __name__)
    if name not in __all__ and name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from importlib.metadata import version

        return version("amocrm-orm")
    entities = import_module(".entities", __name__)
    place = "entities" if name in entities.__all__ else _MODULES.get(name)
    if place is None:
        value = getattr(import_module(".errors", __name__), name)
    else:
        value = publish(__name__, getattr(import_module(f".{place}", __name__), name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
