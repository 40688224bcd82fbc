"""Answer what clients write: what the bot knows it says itself, everything else stays with a manager.

1 request for an answer, none otherwise. The platform repeats a delivery that was not taken: the inbox of the
receiver keeps each one until its handler has ended, so an answer is sent once unless the program is killed in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from amocrm import AsyncAmoCRM, AsyncWebhookReceiver
from amocrm.webhooks import MessageReceived

__all__ = ["answer_clients"]


def answer_clients(receiver: AsyncWebhookReceiver, crm: AsyncAmoCRM, answers: Mapping[str, str]) -> None:
    """Register a handler that answers messages with a known word in them.

    Args:
        receiver: takes the deliveries of the account.
        crm: its client.
        answers: words in small letters, each with the answer.
    """

    @receiver.on(MessageReceived, name="answer clients")
    async def answer(event: MessageReceived) -> None:
        written = (event.text or "").casefold()
        reply = next((text for word, text in answers.items() if word in written), None)
        if reply is not None and event.talk_id is not None:
            await crm.talks.send(event.talk_id, reply)
