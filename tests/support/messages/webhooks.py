"""Messages about the reception of webhooks, limiters and the folders of their files."""

from __future__ import annotations

from typing import Any, Final

from amocrm import (
    AsyncSQLiteInbox,
    AsyncWebhookReceiver,
    Contact,
    FileLimiter,
    FileTokenStore,
    HandlerContext,
    Lead,
    LimitKey,
    RateLimits,
    RedisLimiter,
    SQLiteInbox,
    WebhookReceiver,
)
from amocrm.webhooks import BodyLimits, Delivery, LeadAdded, check_secret, parse, verify_chat
from amocrm.webhooks.asgi import asgi_app
from amocrm.webhooks.wsgi import wsgi_app

from . import Message
from ._clients import client

TITLE: Final = "Webhooks, limits and stores"


def _receiver(**options: Any) -> WebhookReceiver:
    return WebhookReceiver(**{"secret": "secret", "inbox": ":memory:", **options})


def _twice() -> None:
    receiver = _receiver()
    for _ in range(2):
        receiver.on(LeadAdded, name="crm")(lambda event: None)


def _handled(handler: Any, **options: Any) -> None:
    receiver = _receiver(**options)
    receiver.on(LeadAdded)(handler)
    for failure in receiver.dispatch(Delivery(body=b"leads[add][0][id]=1")):
        raise failure.error


def _forgets_event() -> None:
    return None


def _forgets(event: LeadAdded, context: HandlerContext) -> None:
    context.entity(Lead).price = 5


def _without_redis() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1")
    limiter.acquire(LimitKey("key", "account"))
    limiter.close()


MESSAGES: Final = (
    Message(
        "webhooks-secret",
        lambda: _receiver(secret=""),
        ("secret", "non-empty", "secret=None"),
        "An environment variable with the secret is empty.",
        "Set the secret, or write `secret=None` to accept every delivery.",
    ),
    Message(
        "webhooks-secret-slash",
        lambda: _receiver(secret="a/b"),
        ("secret", "last slash"),
        "The secret is the last segment of a path and cannot contain a slash.",
        "Use the last segment of `new_secret_path()`.",
    ),
    Message(
        "webhooks-accounts",
        lambda: _receiver(accounts="demo"),
        ("accounts", "set", "demo"),
        "One subdomain was passed instead of a set.",
        "Write `accounts={'demo'}`.",
    ),
    Message(
        "webhooks-kind",
        lambda: _receiver().on("add_lead")(lambda event: None),  # type: ignore[arg-type]
        ("a class of events", "@receiver.on(LeadAdded)"),
        "Handlers are registered for classes, not for codes of subscriptions.",
        "Write `@receiver.on(LeadAdded)`.",
    ),
    Message(
        "webhooks-filter",
        lambda: _receiver().on(LeadAdded, stage=142)(lambda event: None),
        ("filter", "LeadAdded", "stage"),
        "The filter names an attribute that the event does not have.",
        "Use an attribute of the event, such as `status`, or `where=`.",
    ),
    Message(
        "webhooks-name",
        _twice,
        ("name", "unique", "crm"),
        "Two handlers have the same name, and the inbox marks handlers by name.",
        "Give each handler a `name=` of its own.",
    ),
    Message(
        "webhooks-multipart",
        lambda: parse(b"x", {"content-type": "multipart/form-data"}),
        ("body", "form or JSON", "multipart"),
        "The body is not one of the platform.",
        "Pass the body and headers of a webhook unchanged.",
    ),
    Message(
        "limits-per-key",
        lambda: RateLimits(per_key=0),
        ("per_key", "integer >= 1", "0"),
        "A limit of zero would stop all requests.",
        "Write a positive number, such as `RateLimits(per_key=7)`.",
    ),
    Message(
        "limits-folder",
        lambda: FileLimiter(""),
        ("folder", "path"),
        "The folder is empty, which would mean the current folder.",
        "Write a path such as '/run/myapp/amocrm'.",
    ),
    Message(
        "stores-folder",
        lambda: FileTokenStore(""),
        ("folder", "path"),
        "The folder is empty, which would mean the current folder.",
        "Write a path such as '/var/lib/myapp/amocrm'.",
    ),
    Message(
        "webhooks-inbox-variant",
        lambda: _receiver(inbox=AsyncSQLiteInbox(":memory:")),
        ("inbox must be", "same variant", "AsyncSQLiteInbox"),
        "An inbox of the async receiver was given to the sync one.",
        '`inbox="webhooks.sqlite3"`',
    ),
    Message(
        "webhooks-handler-arguments",
        lambda: _receiver().on(LeadAdded)(_forgets_event),
        ("a handler must take one or two arguments", "def handler(event"),
        "The function takes no event.",
        "`def handler(event): …`, or `def handler(event, context): …`",
    ),
    Message(
        "webhooks-handler-client",
        lambda: _handled(lambda event, context: context.session()),
        ("client must be", "WebhookReceiver(client=crm)"),
        "The handler asked for a session, and the receiver has no client.",
        '`WebhookReceiver(secret="…", client=crm)`',
    ),
    Message(
        "webhooks-handler-commit",
        lambda: _handled(_forgets, client=client()),
        ("changes must be committed", "with context.session()"),
        "The handler changed an entity outside of a session.",
        "`with context.session(): context.entity(Lead).price = 5`",
    ),
    Message(
        "webhooks-handler-entity",
        lambda: _handled(lambda event, context: context.entity(Contact), client=client()),
        ("must be called for an event of contacts", "register the handler"),
        "The handler asked for an entity of another kind than that of the event.",
        "Register the handler for the events of this kind: `@receiver.on(ContactEvent)`.",
    ),
    Message(
        "webhooks-asgi",
        lambda: asgi_app(_receiver()),
        ("receiver must be an AsyncWebhookReceiver", "wsgi_app"),
        "The ASGI application waits, and this receiver does not.",
        "`wsgi_app(receiver)`, or an `AsyncWebhookReceiver`.",
    ),
    Message(
        "webhooks-wsgi",
        lambda: wsgi_app(AsyncWebhookReceiver(secret=None, inbox=":memory:")),
        ("receiver must be a WebhookReceiver", "asgi_app"),
        "The WSGI application does not wait, and this receiver does.",
        "`asgi_app(receiver)`, or a `WebhookReceiver`.",
    ),
    Message(
        "webhooks-events",
        lambda: client().webhooks.ensure("https://example.com/hook", []),
        ("events must contain",),
        "There is nothing to subscribe to.",
        "`crm.webhooks.ensure(url, [LeadAdded])`, or `receiver.event_codes` after the handlers are registered.",
    ),
    Message(
        "webhooks-develop",
        lambda: client().webhooks.develop(_receiver()).__enter__(),
        ("public_url must be", "amocrm sandbox"),
        "A real account cannot reach this machine.",
        'Open a tunnel and pass its address: `crm.webhooks.develop(receiver, public_url="https://…")`.',
    ),
    Message(
        "webhooks-body-bytes",
        lambda: parse(b"a=1&b=2", limits=BodyLimits(bytes=3)),
        ("bytes", "BodyLimits(bytes="),
        "The body is larger than allowed; genuine ones are a hundred times smaller than the bound.",
        "Reject the request. If the delivery is genuine, raise the bound.",
    ),
    Message(
        "webhooks-body-json",
        lambda: parse(b"{", {"content-type": "application/json"}),
        ("complete JSON",),
        "The body was cut or changed on its way.",
        "Pass the body unchanged.",
    ),
    Message(
        "webhooks-chat-signature",
        lambda: verify_chat(b"{}", "0" * 40, "secret"),
        ("signature", "chat_secret="),
        "The request was not signed with the secret of the channel, or its body was changed.",
        "Check the secret, and pass the bytes of the body unchanged; otherwise reject the request.",
    ),
    Message(
        "webhooks-address-secret",
        lambda: check_secret("/hook/wrong", "", ["right"]),
        ("secret",),
        "The request does not know the secret; it may be forged.",
        "Subscribe the address that ends with the secret: `crm.webhooks.ensure(url, …)`.",
    ),
    Message(
        "inbox-file",
        lambda: SQLiteInbox("/proc/amocrm/inbox.sqlite3").counts(),
        ("inbox", "cannot be opened"),
        "The file of the inbox cannot be created or written.",
        "Choose a folder that this user can write.",
    ),
    Message(
        "limits-folder-write",
        lambda: FileLimiter("/proc/amocrm").acquire(LimitKey("a", "b")),
        ("folder must be one that this process can write",),
        "The folder cannot be written.",
        "Choose a folder that this user can write.",
    ),
    Message(
        "limits-lease",
        lambda: RateLimits(lease=0),
        ("lease must be a number of seconds > 0",),
        "A lease of zero would free every slot at once.",
        "Leave `lease` out.",
    ),
    Message(
        "limits-redis-share",
        lambda: RedisLimiter("redis://localhost", share=2),
        ("share must be a number > 0 and <= 1", "got 2"),
        "The share is a part of the rate, for the time that Redis is unreachable.",
        "`RedisLimiter(url, share=0.5)` for two processes.",
    ),
    Message(
        "limits-redis-unreachable",
        _without_redis,
        ("Redis cannot be used", "share of the request limit"),
        "Redis does not answer; each process sends at its share of the rate until it does.",
        "Start Redis, or correct its address.",
    ),
)
