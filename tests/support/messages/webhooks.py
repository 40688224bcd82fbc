"""Messages about the reception of webhooks, limiters and the folders of their files."""

from __future__ import annotations

from typing import Any, Final

from amocrm import FileLimiter, FileTokenStore, RateLimits, WebhookReceiver
from amocrm.webhooks import LeadAdded, parse

from . import Message

TITLE: Final = "Webhooks, limits and stores"


def _receiver(**options: Any) -> WebhookReceiver:
    return WebhookReceiver(**{"secret": "secret", "inbox": ":memory:", **options})


def _twice() -> None:
    receiver = _receiver()
    for _ in range(2):
        receiver.on(LeadAdded, name="crm")(lambda event: None)


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
        ("secret", "slash", "new_secret_path"),
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
)
