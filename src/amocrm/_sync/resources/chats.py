"""The chats service: a channel of messages between clients and the account: ``crm.chats``."""
# GENERATED from src/amocrm/_async/resources/chats.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import endpoint
from amocrm.errors import ConfigurationError

if TYPE_CHECKING:
    from amocrm_gen.models.amojo import (
        AmojoAccepted,
        AmojoChat,
        AmojoChatUser,
        AmojoHistoryItem,
        AmojoPayload,
    )

    from ..connection.connection import Connection

__all__ = ["Chats"]


@checked()
class Chats:
    """A chat channel; the client needs ``chats=ChannelSecret(...)``, with which each request is signed.

    Example:
        >>> scope = crm.chats.connect(amojo_id)
        >>> crm.chats.send(scope, AmojoPayload(...))
    """

    def __init__(self, client: Connection) -> None:
        self._client = client

    def connect(self, amojo_id: str, *, title: str | None = None) -> str:
        """Connect the channel to an account; return the scope that all other methods take.

        Args:
            amojo_id: of the account: ``(crm.account(with_=["amojo_id"])).amojo_id``.
            title: name of the channel that users see.
        """
        body = {
            "account_id": amojo_id,
            "hook_api_version": "v2",
            **({} if title is None else {"title": title}),
        }
        answer = self._act("connect_channel", body, channel_id=self._channel_id)
        return str(answer.scope_id)

    def disconnect(self, amojo_id: str) -> None:
        """Disconnect the channel from an account."""
        self._act("disconnect_channel", {"account_id": amojo_id}, channel_id=self._channel_id)

    def create_chat(
        self, scope: str, conversation_id: str, user: AmojoChatUser, *, source: str | None = None
    ) -> AmojoChat:
        """Create a chat before its first message; link it with ``crm.contacts.link_chat``."""
        body: dict[str, Any] = {"conversation_id": conversation_id, "user": user}
        if source is not None:
            body["source"] = {"external_id": source}
        answer: AmojoChat = self._act("create_chat", body, scope_id=scope)
        return answer

    def send(
        self,
        scope: str,
        payload: AmojoPayload,
        *,
        event_type: Literal["new_message", "edit_message"] = "new_message",
    ) -> AmojoAccepted:
        """Send a message of a client or of a user; return its ids."""
        body = {"event_type": event_type, "payload": payload}
        accepted: AmojoAccepted = (self._act("send_chat_message", body, scope_id=scope)).new_message
        return accepted

    def history(
        self, scope: str, conversation_id: str, *, offset: int = 0, limit: int = 50
    ) -> list[AmojoHistoryItem]:
        """Return messages of a chat, the newest first; the id is that of the CRM side."""
        place = {"scope_id": scope, "conversation_id": conversation_id}
        answer = self._act("list_chat_messages", **place, offset=offset, limit=limit)
        return [] if answer is None else list(answer.messages)

    def typing(self, scope: str, conversation_id: str, sender_id: str) -> None:
        """Show that a client or user is typing."""
        body = {"conversation_id": conversation_id, "sender": {"id": sender_id}}
        self._act("send_typing", body, scope_id=scope)

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
        body: dict[str, Any] = {"conversation_id": conversation_id, "id": message_id, "type": type}
        body |= {"user": {"id": user_id}, **({} if emoji is None else {"emoji": emoji})}
        self._act("react_to_message", body, scope_id=scope)

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
        body: dict[str, Any] = {"status_code": status}
        body |= {} if error_code is None else {"error_code": error_code}
        body |= {} if error is None else {"error": error}
        self._act("update_delivery_status", body, scope_id=scope, msg_id=message_id)

    @property
    def _channel_id(self) -> str:
        channel = self._client._sender.chats
        if channel is None:
            raise ConfigurationError(
                "chats must be ChannelSecret(channel_id, secret), got None; give it to the client"
            )
        return channel.channel_id

    def _act(self, name: str, body: Any = None, **parameters: Any) -> Any:
        operation = endpoint(f"amojo.{name}")
        given = parameters if body is None else {**parameters, "body": body}
        return operation.parse(self._client.send(operation.request(**given)))
