"""The chats service: a channel of messages between clients and the account: ``crm.chats``."""
# GENERATED from src/amocrm/_async/resources/chats.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import filled
from amocrm.errors import ConfigurationError

from ..orm.account import Area

if TYPE_CHECKING:
    from amocrm_gen.models.amojo import (
        AmojoAccepted,
        AmojoChat,
        AmojoChatUser,
        AmojoHistoryItem,
        AmojoPayload,
    )

__all__ = ["Chats"]


@checked()
class Chats(Area):
    """A chat channel; the client needs ``chats=ChannelSecret(...)``, with which each request is signed.

    Example:
        >>> scope = crm.chats.connect(amojo_id)
        >>> crm.chats.send(scope, AmojoPayload(...))
    """

    def connect(self, amojo_id: str, *, title: str | None = None) -> str:
        """Connect the channel to an account; return the scope that all other methods take.

        Args:
            amojo_id: of the account: ``(crm.account(with_=["amojo_id"])).amojo_id``.
            title: name of the channel that users see.
        """
        body = filled(account_id=amojo_id, hook_api_version="v2", title=title)
        answer = self._account.call("amojo.connect_channel", body=body, channel_id=self._channel_id)
        return str(answer.scope_id)

    def disconnect(self, amojo_id: str) -> None:
        """Disconnect the channel from an account."""
        self._account.call(
            "amojo.disconnect_channel", body={"account_id": amojo_id}, channel_id=self._channel_id
        )

    def create_chat(
        self, scope: str, conversation_id: str, user: AmojoChatUser, *, source: str | None = None
    ) -> AmojoChat:
        """Create a chat before its first message; link it with ``crm.contacts.link_chat``."""
        origin = None if source is None else {"external_id": source}
        body = filled(conversation_id=conversation_id, user=user, source=origin)
        return self._account.call("amojo.create_chat", body=body, scope_id=scope)

    def send(
        self,
        scope: str,
        payload: AmojoPayload,
        *,
        event_type: Literal["new_message", "edit_message"] = "new_message",
    ) -> AmojoAccepted:
        """Send a message of a client or of a user; return its ids."""
        body = {"event_type": event_type, "payload": payload}
        answer = self._account.call("amojo.send_chat_message", body=body, scope_id=scope)
        return answer.new_message

    def history(
        self, scope: str, conversation_id: str, *, offset: int = 0, limit: int = 50
    ) -> list[AmojoHistoryItem]:
        """Return messages of a chat, the newest first; the id is that of the CRM side."""
        place = {"scope_id": scope, "conversation_id": conversation_id}
        answer = self._account.call("amojo.list_chat_messages", **place, offset=offset, limit=limit)
        return [] if answer is None else list(answer.messages)

    def typing(self, scope: str, conversation_id: str, sender_id: str) -> None:
        """Show that a client or user is typing."""
        body = {"conversation_id": conversation_id, "sender": {"id": sender_id}}
        self._account.call("amojo.send_typing", body=body, scope_id=scope)

    def react(
        self,
        scope: str,
        conversation_id: str,
        message_id: str,
        user_id: str,
        *,
        emoji: str | None = None,
        type: Literal["react", "unreact"] = "react",
    ) -> None:
        """Put a reaction on a message of the CRM side, or take it off."""
        sender = {"id": user_id}
        body = filled(conversation_id=conversation_id, id=message_id, type=type, user=sender, emoji=emoji)
        self._account.call("amojo.react_to_message", body=body, scope_id=scope)

    def set_delivery_status(
        self,
        scope: str,
        message_id: str,
        status: int,
        *,
        error_code: int | None = None,
        error: str | None = None,
    ) -> None:
        """Say what became of a message, by its id on the CRM side.

        Args:
            scope: of the channel.
            message_id: from the webhook.
            status: 1 delivered, 2 read, -1 an error.
            error_code: 901 to 905, with an error.
            error: words that the user sees, with an error.
        """
        body = filled(status_code=status, error_code=error_code, error=error)
        self._account.call("amojo.update_delivery_status", body=body, scope_id=scope, msg_id=message_id)

    @property
    def _channel_id(self) -> str:
        channel = self._account.connection._sender.chats
        if channel is None:
            raise ConfigurationError(
                "chats must be ChannelSecret(channel_id, secret), got None; give it to the client"
            )
        return channel.channel_id
