"""Webhooks: typed events from the bytes of a delivery. Pure; loads no HTTP library.

    from amocrm.webhooks import LeadStatusChanged, parse

    for event in parse(body, headers):
        if isinstance(event, LeadStatusChanged):
            print(event.lead_id, event.old_status_id, "->", event.status_id)

Handlers are registered for classes of events. A subclass is a special case of its base class:
`ContactUpdated` includes `ContactResponsibleChanged`, because the platform sends the one as the other. `LeadEvent`
is the base class of all events of leads, `EntityEvent` that of all entities, `Event` that of all events.

``amocrm.WebhookReceiver`` and ``amocrm.AsyncWebhookReceiver`` receive deliveries over HTTP, store them durably and call handlers;
``asgi`` and ``wsgi`` in this package make web applications of them.
"""

from __future__ import annotations

from .._core.public_names import publish_all
from ._delivery import Account, Answer, Delivery
from ._events.activity import (
    CatalogElementAdded,
    CatalogElementDeleted,
    CatalogElementEvent,
    CatalogElementUpdated,
    CompanyNoteAdded,
    ContactNoteAdded,
    CustomerNoteAdded,
    LeadNoteAdded,
    NoteAdded,
    TaskAdded,
    TaskDeleted,
    TaskEvent,
    TaskResponsibleChanged,
    TaskUpdated,
)
from ._events.base import (
    EntityEvent,
    Event,
    UnknownEvent,
)
from ._events.chats import (
    ChatCommentReply,
    ChatEvent,
    ChatMessage,
    ChatMessageV1,
    ChatReaction,
    ChatTyping,
)
from ._events.entities import (
    CompanyAdded,
    CompanyDeleted,
    CompanyEvent,
    CompanyResponsibleChanged,
    CompanyRestored,
    CompanyUpdated,
    ContactAdded,
    ContactDeleted,
    ContactEvent,
    ContactResponsibleChanged,
    ContactRestored,
    ContactUpdated,
    CustomerAdded,
    CustomerDeleted,
    CustomerEvent,
    CustomerResponsibleChanged,
    CustomerUpdated,
    LeadAdded,
    LeadDeleted,
    LeadEvent,
    LeadResponsibleChanged,
    LeadRestored,
    LeadStatusChanged,
    LeadUpdated,
)
from ._events.integration import (
    AccessGranted,
    AccessRefused,
    BotRequest,
    CustomerTriggered,
    IntegrationUninstalled,
    LeadTriggered,
    SecretsIssued,
    WidgetTriggered,
)
from ._events.talks import (
    ChatTemplateSentForReview,
    MessageEvent,
    MessageReceived,
    MessageSent,
    TalkAdded,
    TalkDeleted,
    TalkEvent,
    TalkUpdated,
    UnsortedAccepted,
    UnsortedAdded,
    UnsortedDeclined,
    UnsortedEvent,
    UnsortedRemoved,
    UnsortedUpdated,
)
from ._parsing.parse import parse
from ._parsing.php_forms import BodyLimits, decode_form
from ._receiving.handler_registry import Failure, GiveUp
from ._receiving.inbox_entry import Backoff, InboxEntry
from ._receiving.signatures import (
    chat_signature,
    check_secret,
    new_secret_path,
    uninstall_signature,
    verify_chat,
    verify_uninstall,
)
from .errors import BodyMalformed, BodyTooLarge, InboxError, SenderRefused, SignatureInvalid, WebhookError

__all__ = [
    "AccessGranted",
    "AccessRefused",
    "Account",
    "Answer",
    "Backoff",
    "BodyMalformed",
    "BodyTooLarge",
    "BotRequest",
    "CatalogElementAdded",
    "CatalogElementDeleted",
    "CatalogElementEvent",
    "CatalogElementUpdated",
    "ChatCommentReply",
    "ChatEvent",
    "ChatMessage",
    "ChatMessageV1",
    "ChatReaction",
    "ChatTemplateSentForReview",
    "ChatTyping",
    "CompanyAdded",
    "CompanyDeleted",
    "CompanyEvent",
    "CompanyNoteAdded",
    "CompanyResponsibleChanged",
    "CompanyRestored",
    "CompanyUpdated",
    "ContactAdded",
    "ContactDeleted",
    "ContactEvent",
    "ContactNoteAdded",
    "ContactResponsibleChanged",
    "ContactRestored",
    "ContactUpdated",
    "CustomerAdded",
    "CustomerDeleted",
    "CustomerEvent",
    "CustomerNoteAdded",
    "CustomerResponsibleChanged",
    "CustomerTriggered",
    "CustomerUpdated",
    "Delivery",
    "EntityEvent",
    "Event",
    "Failure",
    "GiveUp",
    "InboxEntry",
    "InboxError",
    "IntegrationUninstalled",
    "LeadAdded",
    "LeadDeleted",
    "LeadEvent",
    "LeadNoteAdded",
    "LeadResponsibleChanged",
    "LeadRestored",
    "LeadStatusChanged",
    "LeadTriggered",
    "LeadUpdated",
    "BodyLimits",
    "MessageEvent",
    "MessageReceived",
    "MessageSent",
    "NoteAdded",
    "SecretsIssued",
    "SenderRefused",
    "SignatureInvalid",
    "TalkAdded",
    "TalkDeleted",
    "TalkEvent",
    "TalkUpdated",
    "TaskAdded",
    "TaskDeleted",
    "TaskEvent",
    "TaskResponsibleChanged",
    "TaskUpdated",
    "UnknownEvent",
    "UnsortedAccepted",
    "UnsortedAdded",
    "UnsortedDeclined",
    "UnsortedEvent",
    "UnsortedRemoved",
    "UnsortedUpdated",
    "WebhookError",
    "WidgetTriggered",
    "chat_signature",
    "check_secret",
    "decode_form",
    "new_secret_path",
    "parse",
    "uninstall_signature",
    "verify_chat",
    "verify_uninstall",
]

publish_all(__name__, globals(), __all__)
