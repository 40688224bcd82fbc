"""What all recipes share: the handlers."""

from amocrm import AsyncWebhookReceiver, WebhookReceiver
from amocrm.webhooks import LeadStatusChanged


def register(receiver: WebhookReceiver | AsyncWebhookReceiver, seen: list[int]) -> None:
    """One handler: remembers won deals."""

    @receiver.on(LeadStatusChanged, status=142)
    def won(event: LeadStatusChanged) -> None:
        seen.append(event.lead_id)
