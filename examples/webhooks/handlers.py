"""What all recipes share: the handlers."""

from amocrm import AsyncHooks, Hooks
from amocrm.webhooks import LeadStatusChanged


def register(hooks: Hooks | AsyncHooks, seen: list[int]) -> None:
    """One handler: remembers won deals."""

    @hooks.on(LeadStatusChanged, status=142)
    def won(event: LeadStatusChanged) -> None:
        seen.append(event.lead_id)
