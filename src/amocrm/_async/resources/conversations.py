"""Talks with their messages, and templates of messages: ``crm.talks``, ``crm.chat_templates``, ``crm.contacts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import filled
from amocrm.entities import ChatTemplate, Contact, Talk, TalkMessage

from ..orm.account import AsyncAccountState
from ..orm.collections import AsyncCollection, AsyncRecords, AsyncWritableRecords

if TYPE_CHECKING:
    from amocrm_gen.models.contacts import ContactChatLink
    from amocrm_gen.models.templates import ChatTemplateReview

__all__ = ["AsyncChatTemplates", "AsyncContacts", "AsyncTalks"]


class AsyncTalkParts:
    """What belongs to one talk."""

    def __init__(self, account: AsyncAccountState, key: int) -> None:
        self.messages: AsyncRecords[TalkMessage, str] = AsyncRecords(account, TalkMessage, {"talk_id": key})


@checked()
class AsyncTalks(AsyncRecords[Talk, int]):
    """Talks of contacts in chats.

    Example:
        >>> async for talk in crm.talks.where(Talk.contact_id.in_(501)):
        ...     print([message.text for message in await crm.talks[talk].messages.all()])
    """

    def __getitem__(self, talk: Talk | int) -> AsyncTalkParts:
        """Return what belongs to one talk, without a request."""
        return AsyncTalkParts(self._account, self._key_of(talk))

    async def send(self, talk: Talk | int, text: str) -> str:
        """Send a message to the client, as the token's user; return its id.

        Example:
            >>> await crm.talks.send(talk, "Добрый день!")
            'a1f0...'
        """
        answer = await self._act("send_message", body={"text": text}, talk_id=self._key_of(talk))
        return str(answer.id)

    async def close(self, talk: Talk | int, *, force: bool = False) -> None:
        """Close a talk.

        Args:
            talk: it, or its id.
            force: close it at once, without the bot that asks for a rate.
        """
        await self._act("close", body={"force_close": force}, id=self._key_of(talk))


@checked()
class AsyncChatTemplates(AsyncWritableRecords[ChatTemplate]):
    """Templates of chat messages."""

    async def send_to_review(self, template: ChatTemplate | int) -> list[ChatTemplateReview]:
        """Ask the sources of WhatsApp to review a template; return one review for each source."""
        answer = await self._act("send_to_review", body={}, id=self._key_of(template))
        return list(answer.embedded.reviews)

    async def set_review_status(
        self,
        template: ChatTemplate | int,
        review: ChatTemplateReview | int,
        status: Literal["approved", "paused", "rejected"],
        *,
        reason: str | None = None,
    ) -> ChatTemplateReview:
        """Say how the review of a template has ended; an integration with a source of WhatsApp does it."""
        body = filled(status=status, reject_reason=reason)
        key = review if isinstance(review, int) else review.id
        path = {"id": self._key_of(template), "review_id": key}
        return await self._act("set_review_status", body=body, **path)


@checked()
class AsyncContacts(AsyncCollection[Contact]):
    """Contacts, and the chats that belong to them."""

    async def chats(self, *contacts: Contact | int) -> list[ContactChatLink]:
        """Return the chats of contacts; one request."""
        answer = await self._act("list_chats", contact_id=[self._key_of(contact) for contact in contacts])
        return [] if answer is None else list(answer.embedded.chats)

    async def link_chat(self, contact: Contact | int, chat_id: str) -> ContactChatLink:
        """Let a chat belong to a contact."""
        item = {"contact_id": self._key_of(contact), "chat_id": chat_id}
        return (await self._act("link_chats", body=[item])).embedded.chats[0]
