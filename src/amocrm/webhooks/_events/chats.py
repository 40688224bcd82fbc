"""Events of the chats API (amojo): messages, reactions and typing in a channel."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET

from amocrm_gen.models.hooks import (
    HookChatAction,
    HookChatContent,
    HookChatMessage,
    HookChatMessageV1,
)

from .base import Event, given

__all__ = [
    "ChatCommentReply",
    "ChatEvent",
    "ChatMessage",
    "ChatMessageV1",
    "ChatReaction",
    "ChatTyping",
]


# ---- chats --------------------------------------------------------------------------------------------
class ChatEvent(Event[Any]):
    """Hook of the chats API. Check the signature of the body with `verify_chat`."""

    @property
    def amojo_id(self) -> str | None:
        """Account in the chats API."""
        return given(getattr(self.payload, "account_id", UNSET))


class ChatMessage(ChatEvent):
    """Message of a user or a robot through the channel (version 2)."""

    code = "chat_message"
    model = HookChatMessage
    _moments = ("time",)
    payload: HookChatMessage

    @property
    def message(self) -> HookChatContent:
        """The message itself; empty if the delivery lacks it."""
        content = self.payload.message.message
        return HookChatContent() if content is UNSET else content

    @property
    def message_id(self) -> str | None:
        """Id on the CRM side, to be named in delivery statuses."""
        return given(self.message.id)

    @property
    def text(self) -> str | None:
        """Text, may be empty."""
        return given(self.message.text)

    @property
    def conversation_id(self) -> str | None:
        """The integration's id of the chat; ``None`` when a user writes first."""
        chat = self.payload.message.conversation
        return None if chat is UNSET else given(chat.client_id)

    @property
    def conversation_ref_id(self) -> str | None:
        """Id of the chat on the CRM side."""
        chat = self.payload.message.conversation
        return None if chat is UNSET else given(chat.id)


class ChatCommentReply(ChatMessage):
    """Answer of a user to a comment under a post; text only."""

    code = "chat_comment_reply"

    @property
    def post_id(self) -> str | None:
        """The integration's id of the post."""
        post = self.message.post
        return None if post is UNSET else given(post.id)


class _ChatAction(ChatEvent):
    model = HookChatAction
    _moments = ("time",)
    payload: HookChatAction
    _place: ClassVar[str] = ""

    @property
    def _action(self) -> Any:
        return getattr(self.payload.action, self._place)

    @property
    def user_id(self) -> str | None:
        """Chat id of the user; the reference and its sample place it differently, both are read."""
        for place in (self._action, self.payload.action):
            user = UNSET if place is UNSET else place.user
            if user is not UNSET and user.id is not UNSET:
                return user.id
        return None

    @property
    def conversation_id(self) -> str | None:
        """The integration's id of the chat."""
        chat = UNSET if self._action is UNSET else self._action.conversation
        return None if chat is UNSET else given(chat.client_id)


class ChatTyping(_ChatAction):
    """Typing of a user."""

    code, _place = "chat_typing", "typing"


class ChatReaction(_ChatAction):
    """Reaction of a user, added or removed."""

    code, _place = "chat_reaction", "reaction"

    @property
    def emoji(self) -> str | None:
        """The reaction; ``None`` if it was removed."""
        return given(self._action.emoji)

    @property
    def removed(self) -> bool:
        """Whether it was removed."""
        return given(self._action.type) == "unreact"

    @property
    def message_id(self) -> str | None:
        """Id of the message on the CRM side; the reference and its sample name it differently."""
        message = self._action.message
        id = UNSET if message is UNSET else message.id
        return given(self._action.msgid if id is UNSET else id)


class ChatMessageV1(ChatEvent):
    """Message through a channel that is connected with version 1 (deprecated)."""

    code = "chat_message_v1"
    model = HookChatMessageV1
    _moments = ("msec_timestamp",)
    payload: HookChatMessageV1

    @property
    def text(self) -> str | None:
        """Text."""
        return given(self.payload.text)

    @property
    def conversation_id(self) -> str | None:
        """The integration's id of the chat."""
        return given(self.payload.conversation_id)
