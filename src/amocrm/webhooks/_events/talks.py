"""Events of incoming leads, talks, messages and chat templates."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

import msgspec

from amocrm_gen.models.hooks import (
    HookMessage,
    HookTalk,
    HookTemplate,
    HookUnsorted,
    HookUnsortedRemoval,
    HookUnsortedResult,
    HookUnsortedSource,
)

from .._delivery import Account, Delivery
from .base import Event, given

__all__ = [
    "ChatTemplateSentForReview",
    "MessageEvent",
    "MessageReceived",
    "MessageSent",
    "TalkAdded",
    "TalkDeleted",
    "TalkEvent",
    "TalkUpdated",
    "UnsortedAccepted",
    "UnsortedAdded",
    "UnsortedDeclined",
    "UnsortedEvent",
    "UnsortedRemoved",
    "UnsortedUpdated",
]

_SOURCE_KEYS: Final = frozenset(field.encode_name for field in msgspec.structs.fields(HookUnsortedSource))


# ---- incoming leads -----------------------------------------------------------------------------------
class UnsortedEvent(Event[Any]):
    """Event of an incoming lead."""

    @property
    def uid(self) -> str:
        """Id of the incoming lead."""
        return self.payload.uid  # type: ignore[no-any-return]

    @property
    def category(self) -> str | None:
        """``forms``, ``chats``, ``mail`` or ``sip``."""
        return given(self.payload.category)

    def _summary(self) -> str:
        return f"uid={self.uid!r}"


class _UnsortedRecord(UnsortedEvent):
    model = HookUnsorted
    payload: HookUnsorted

    @classmethod
    def read(cls, raw: Any, account: Account, delivery: Delivery, position: int) -> Self | None:
        """Return the event of an item. Old deliveries have the fields of a form beside the keys of their source."""
        event = super().read(_with_form_fields(raw), account, delivery, position)
        return None if event is None else event._with(raw=raw)

    @property
    def lead_id(self) -> int | None:
        """Lead of the incoming lead; only newer deliveries name it."""
        return given(self.payload.lead_id)

    @property
    def pipeline_id(self) -> int | None:
        """Pipeline where it waits."""
        return given(self.payload.pipeline_id)


def _with_form_fields(raw: Any) -> Any:
    source = raw.get("source_data") if isinstance(raw, dict) else None
    if not isinstance(source, dict) or "data" in source:
        return raw
    fields = {
        key: value
        for key, value in source.items()
        if key not in _SOURCE_KEYS and isinstance(value, dict) and "value" in value
    }
    return {**raw, "source_data": {**source, "data": fields}} if fields else raw


class UnsortedAdded(_UnsortedRecord):
    """Arrival of an incoming lead."""

    code = "add_unsorted"
    _moments = ("created_at", "date_create")


class UnsortedUpdated(_UnsortedRecord):
    """Change of an incoming lead."""

    code = "update_unsorted"


class UnsortedRemoved(UnsortedEvent):
    """Acceptance or refusal of an incoming lead."""

    code = "delete_unsorted"
    model = HookUnsortedRemoval
    payload: HookUnsortedRemoval

    @property
    def lead_ids(self) -> list[int]:
        """Leads that were created from it, or deleted with it."""
        return self._ids("leads")

    @property
    def contact_ids(self) -> list[int]:
        """Contacts that were created from it."""
        return self._ids("contacts")

    @property
    def company_ids(self) -> list[int]:
        """Companies that were created from it."""
        return self._ids("companies")

    def _ids(self, name: Literal["leads", "contacts", "companies"]) -> list[int]:
        ids: list[int] = []
        for result in (self.payload.accept_result, self.payload.decline_result):
            if isinstance(result, HookUnsortedResult):
                ids.extend(given(getattr(result, name)) or ())
        return ids


class UnsortedAccepted(UnsortedRemoved):
    """Acceptance of an incoming lead."""


class UnsortedDeclined(UnsortedRemoved):
    """Refusal of an incoming lead."""


# ---- talks, messages, templates -----------------------------------------------------------------------
class TalkEvent(Event[HookTalk]):
    """Event of a talk."""

    model = HookTalk
    _moments = ("updated_at",)

    @property
    def talk_id(self) -> int:
        """Id of the talk."""
        return self.payload.talk_id

    @property
    def contact_id(self) -> int | None:
        """Contact on the other side."""
        return given(self.payload.contact_id)

    def _summary(self) -> str:
        return f"talk {self.talk_id}"


class TalkAdded(TalkEvent):
    """Beginning of a talk."""

    code = "add_talk"


class TalkUpdated(TalkEvent):
    """Change of a talk: it may be closed or marked as answered."""

    code = "update_talk"

    @property
    def closed(self) -> bool:
        """Whether the talk is closed now."""
        return given(self.payload.is_in_work) is False

    @property
    def answered(self) -> bool:
        """Whether the talk is marked as answered now."""
        return given(self.payload.is_read) is True


class TalkDeleted(TalkEvent):
    """Deletion of a talk."""

    code = "delete_talk"


class MessageEvent(Event[HookMessage]):
    """Message of a chat."""

    model = HookMessage
    _moments = ("created_at",)

    @property
    def message_id(self) -> str:
        """Id of the message."""
        return self.payload.id

    @property
    def chat_id(self) -> str | None:
        """Chat on the CRM side."""
        return given(self.payload.chat_id)

    @property
    def talk_id(self) -> int | None:
        """Talk of the message."""
        return given(self.payload.talk_id)

    @property
    def contact_id(self) -> int | None:
        """Contact on the other side."""
        return given(self.payload.contact_id)

    @property
    def text(self) -> str | None:
        """Text; empty for a pure attachment."""
        return given(self.payload.text)

    @property
    def lead_id(self) -> int | None:
        """Lead of the chat, ``None`` while there is none."""
        return self._entity("lead", 2)

    @property
    def customer_id(self) -> int | None:
        """Customer of the chat, ``None`` while there is none."""
        return self._entity("customer", 12)

    def _entity(self, kind: str, number: int) -> int | None:
        data = self.payload
        if given(data.entity_type) == kind or given(data.element_type) == number:
            return given(data.entity_id) or given(data.element_id)
        return None

    def _summary(self) -> str:
        return f"message {self.message_id}"


class MessageReceived(MessageEvent):
    """Message of a client."""

    code = "add_message"


class MessageSent(MessageEvent):
    """Message of a user or a robot to a client."""

    code = "add_outgoing_message"


class ChatTemplateSentForReview(Event[HookTemplate]):
    """Request to review a WhatsApp template."""

    code = "add_chat_template_review"
    model = HookTemplate
    _moments = ("updated_at",)

    @property
    def template_id(self) -> int:
        """Id of the template."""
        return self.payload.id

    def _summary(self) -> str:
        return f"template {self.template_id}"
