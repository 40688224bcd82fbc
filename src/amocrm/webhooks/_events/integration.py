"""Events of the other deliveries to an integration: digital pipeline, bots, installation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET

from amocrm_gen.models import customers, leads
from amocrm_gen.models.hooks import (
    HookCustomer,
    HookLead,
    HookPipelineCustomer,
    HookPipelineLead,
    HookRedirect,
    HookSecrets,
    HookUninstall,
    HookWidgetRequest,
    HookWidgetTrigger,
)

from .._parsing import v2_to_v4 as bridge
from .._parsing.typed_payload import integer
from .base import EntityEvent, Event, given

__all__ = [
    "AccessGranted",
    "AccessRefused",
    "BotRequest",
    "CustomerTriggered",
    "IntegrationUninstalled",
    "LeadTriggered",
    "SecretsIssued",
    "WidgetTriggered",
]


# ---- digital pipeline ---------------------------------------------------------------------------------
class LeadTriggered(EntityEvent[HookPipelineLead]):
    """A lead set off a trigger with the action "send webhook" of the digital pipeline.

    Attributes:
        trigger: ``status``, ``call_in``, ``chat``, ``site_visit`` or ``mail_in``.
    """

    code, entity_type, full = "digital_pipeline", "leads", False
    _moments = ()
    model = HookPipelineLead
    trigger: str = ""

    @property
    def lead_id(self) -> int:
        """Id of the lead."""
        return self.payload.id

    @property
    def status_id(self) -> int | None:
        """Stage."""
        return given(self.payload.status_id)

    @property
    def pipeline_id(self) -> int | None:
        """Pipeline."""
        return given(self.payload.pipeline_id)

    @property
    def old_status_id(self) -> int | None:
        """Stage before the change; with the trigger ``status`` only."""
        return given(self.payload.old_status_id)

    @property
    def old_pipeline_id(self) -> int | None:
        """Pipeline before the change; with the trigger ``status`` only."""
        return given(self.payload.old_pipeline_id)

    @cached_property
    def record(self) -> leads.Lead:
        """The lead as API v4 has it: id, stage and pipeline."""
        data = self.payload
        return bridge.lead(
            HookLead(id=data.id, status_id=data.status_id, pipeline_id=data.pipeline_id), full=False
        )


class CustomerTriggered(EntityEvent[HookPipelineCustomer]):
    """A customer set off a trigger with the action "send webhook" of the digital pipeline.

    Attributes:
        trigger: ``period``, ``call_in``, ``chat``, ``site_visit`` or ``mail_in``.
    """

    code, entity_type, full = "digital_pipeline", "customers", False
    _moments = ()
    model = HookPipelineCustomer
    trigger: str = ""

    @property
    def customer_id(self) -> int:
        """Id of the customer."""
        return self.payload.id

    @cached_property
    def record(self) -> customers.Customer:
        """The customer as API v4 has it: the id."""
        return bridge.customer(HookCustomer(id=self.payload.id), full=False)


class WidgetTriggered(Event[HookWidgetTrigger]):
    """A widget's action of the digital pipeline was set off (``dp/webhook_url`` of its manifest)."""

    code = "digital_pipeline_widget"
    model = HookWidgetTrigger
    _moments = ("event.time",)

    @property
    def type_code(self) -> str | None:
        """What happened: ``lead_status_changed`` and so on. An open set."""
        event = self.payload.event
        return None if event is UNSET else given(event.type_code)

    @property
    def data(self) -> Mapping[str, Any]:
        """Free data of what happened; ``id``, ``status_id`` and ``pipeline_id`` for a changed stage."""
        event = self.payload.event
        return {} if event is UNSET or event.data is UNSET else event.data

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the user filled into the fields that the manifest declares in ``dp.settings``."""
        action = self.payload.action
        if action is UNSET or action.settings is UNSET or action.settings.widget is UNSET:
            return {}
        return given(action.settings.widget.settings) or {}

    @property
    def entity_type(self) -> str | None:
        """``leads`` or ``customers``, ``None`` when the delivery does not say."""
        return bridge.ENTITY_TYPES.get(integer(self.data.get("element_type")) or 0)

    @property
    def entity_id(self) -> int | None:
        """Id of the entity."""
        return integer(self.data.get("id"))


# ---- bots ---------------------------------------------------------------------------------------------
class BotRequest(Event[HookWidgetRequest]):
    """A bot asks the integration and waits until it is continued (handler ``widget_request``).

    The token is not verified here; `amocrm.tokens` knows how, with the integration's secret. Continue the
    bot with `POST` to ``return_url``, as it is.
    """

    code = "widget_request"
    model = HookWidgetRequest
    _moments = ("return_url",)

    @property
    def token(self) -> str:
        """JWT that names account, entity and bot."""
        return self.payload.token

    @property
    def return_url(self) -> str:
        """Address that continues the bot."""
        return self.payload.return_url

    @property
    def data(self) -> Any:
        """What the bot's author put into ``params.data``; unfilled markers may stay in it."""
        return given(self.payload.data)

    @property
    def bot_type(self) -> str | None:
        """``salesbot`` or ``marketingbot``, by the address."""
        return self._address[0]

    @property
    def bot_id(self) -> int | None:
        """Id of the bot, by the address."""
        return integer(self._address[1])

    @property
    def continue_id(self) -> int | None:
        """Id of the waiting step, by the address."""
        return integer(self._address[2])

    @cached_property
    def _address(self) -> tuple[str | None, str | None, str | None]:
        try:
            parts = urlsplit(self.payload.return_url).path.split("/")
        except ValueError:
            return None, None, None
        if len(parts) >= 4 and parts[-2] == "continue":
            return parts[-4], parts[-3], parts[-1]
        return None, None, None


# ---- installation -------------------------------------------------------------------------------------
class AccessGranted(Event[HookRedirect]):
    """Somebody granted access, or a widget was installed: a code to be exchanged within 20 minutes.

    It comes by the user's browser and proves nothing before the exchange; check ``state`` first.
    """

    code, needs = "oauth_redirect", ("code",)
    model = HookRedirect
    _moments = ("code",)

    @property
    def authorization_code(self) -> str:
        """The code; good for one exchange."""
        return self.payload.code  # type: ignore[return-value]  # only redirects with a code become this

    @property
    def host(self) -> str | None:
        """Host of the account; the exchange goes there."""
        return given(self.payload.referer)

    @property
    def state(self) -> str | None:
        """What the authorization page was given."""
        return given(self.payload.state)

    @property
    def installed(self) -> bool:
        """Whether the installation of a widget sent it."""
        return given(self.payload.from_widget) is True


class AccessRefused(Event[HookRedirect]):
    """Somebody refused access."""

    code, needs = "oauth_redirect", ("error",)
    model = HookRedirect

    @property
    def error(self) -> str:
        """Why; ``access_denied`` is the only documented word."""
        return self.payload.error  # type: ignore[return-value]  # only redirects with an error become this


class IntegrationUninstalled(Event[HookUninstall]):
    """The integration was switched off in an account. Check it: `verify_uninstall`."""

    code = "uninstall"
    model = HookUninstall

    @property
    def account_id(self) -> int:
        """Account that switched it off."""
        return self.payload.account_id

    @property
    def client_id(self) -> str | None:
        """Id of the integration, by either of its names."""
        return given(self.payload.client_uuid) or given(self.payload.client_id)

    @property
    def signature(self) -> str:
        """Hexadecimal HMAC-SHA256."""
        return self.payload.signature


class SecretsIssued(Event[HookSecrets]):
    """The keys of an external integration that was just created. Answer with 200 exactly."""

    code = "secrets"
    model = HookSecrets

    @property
    def client_id(self) -> str:
        """Id of the integration."""
        return self.payload.client_id

    @property
    def client_secret(self) -> str:
        """Its secret."""
        return self.payload.client_secret

    @property
    def state(self) -> str | None:
        """What the button was given."""
        return given(self.payload.state)
