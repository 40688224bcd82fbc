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

from .._payload import v2_to_v4
from .._payload.typed_payload import integer
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
    """Trigger of a lead with the action "send webhook" of the digital pipeline.

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
        """The lead as a model of API v4: id, stage and pipeline."""
        data = self.payload
        return v2_to_v4.lead(
            HookLead(id=data.id, status_id=data.status_id, pipeline_id=data.pipeline_id), full=False
        )


class CustomerTriggered(EntityEvent[HookPipelineCustomer]):
    """Trigger of a customer with the action "send webhook" of the digital pipeline.

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
        """The customer as a model of API v4: the id."""
        return v2_to_v4.customer(HookCustomer(id=self.payload.id), full=False)


class WidgetTriggered(Event[HookWidgetTrigger]):
    """Action of a widget in the digital pipeline (``dp/webhook_url`` of its manifest)."""

    code = "digital_pipeline_widget"
    model = HookWidgetTrigger
    _moments = ("event.time",)

    @property
    def type_code(self) -> str | None:
        """Name of the event, such as ``lead_status_changed``. An open set."""
        event = self.payload.event
        return None if event is UNSET else given(event.type_code)

    @property
    def data(self) -> Mapping[str, Any]:
        """Data of the event; ``id``, ``status_id`` and ``pipeline_id`` for a changed stage."""
        event = self.payload.event
        return {} if event is UNSET or event.data is UNSET else event.data

    @property
    def settings(self) -> Mapping[str, Any]:
        """Values of the fields that the manifest declares in ``dp.settings``."""
        action = self.payload.action
        if action is UNSET or action.settings is UNSET or action.settings.widget is UNSET:
            return {}
        return given(action.settings.widget.settings) or {}

    @property
    def entity_type(self) -> str | None:
        """``leads`` or ``customers``, ``None`` if the delivery lacks it."""
        return v2_to_v4.ENTITY_TYPES.get(integer(self.data.get("element_type")) or 0)

    @property
    def entity_id(self) -> int | None:
        """Id of the entity."""
        return integer(self.data.get("id"))


# ---- bots ---------------------------------------------------------------------------------------------
class BotRequest(Event[HookWidgetRequest]):
    """Request of a bot that waits until the integration continues it (handler ``widget_request``).

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
        """Content of ``params.data``, as the bot's author wrote it; it may contain unfilled markers."""
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
    """Grant of access, or installation of a widget, with a code to exchange within 20 minutes.

    It comes from the user's browser and proves nothing before the exchange; check ``state`` first.
    """

    code, needs = "oauth_redirect", ("code",)
    model = HookRedirect
    _moments = ("code",)

    @property
    def authorization_code(self) -> str:
        """The code; valid for one exchange."""
        return self.payload.code  # type: ignore[return-value]  # only redirects with a code become this

    @property
    def host(self) -> str | None:
        """Host of the account; the exchange goes there."""
        return given(self.payload.referer)

    @property
    def state(self) -> str | None:
        """Value that the authorization page received as ``state``."""
        return given(self.payload.state)

    @property
    def installed(self) -> bool:
        """Whether the installation of a widget sent it."""
        return given(self.payload.from_widget) is True


class AccessRefused(Event[HookRedirect]):
    """Refusal of access."""

    code, needs = "oauth_redirect", ("error",)
    model = HookRedirect

    @property
    def error(self) -> str:
        """Reason; ``access_denied`` is the only documented one."""
        return self.payload.error  # type: ignore[return-value]  # only redirects with an error become this


class IntegrationUninstalled(Event[HookUninstall]):
    """Removal of the integration from an account. Check it with `verify_uninstall`."""

    code = "uninstall"
    model = HookUninstall

    @property
    def account_id(self) -> int:
        """Account that removed it."""
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
    """Keys of an external integration that was just created. Answer with status 200."""

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
        """Value that the button received as ``state``."""
        return given(self.payload.state)
