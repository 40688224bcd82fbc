"""Settings of a worker, which ``AsyncWebhookReceiver`` passes down to the dispatcher as one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from amocrm.webhooks._parsing.php_forms import BodyLimits
from amocrm.webhooks._receiving.handler_registry import Failure
from amocrm.webhooks._receiving.inbox_entry import Backoff

from .._primitives import Clock

if TYPE_CHECKING:
    from ..client import AsyncAmoCRM

__all__ = ["AsyncWorkerOptions", "ClientSource"]

_HOUR: Final = 3600.0

#: A client, a function from an account to its client, or none.
ClientSource: TypeAlias = "AsyncAmoCRM | Callable[[Any], AsyncAmoCRM] | None"


@attrs.frozen(kw_only=True)
class AsyncWorkerOptions:
    """Settings of a worker; see ``AsyncWebhookReceiver`` for their meaning and units."""

    client: ClientSource = None
    concurrency: int = 1
    lease: float = 60.0
    timeout: float | None = None
    backoff: Backoff = attrs.field(factory=Backoff)
    retention: float = 3 * 24 * _HOUR
    poll_interval: float = 1.0
    limits: BodyLimits = attrs.field(factory=BodyLimits)
    on_failure: Callable[[Failure], object] | None = None
    clock: Clock = attrs.field(factory=Clock)
