"""Tell how long deals stayed in each stage, from the history of the account; works without the filter option.

1 request for 10 deals, one more for each 100 of their changes.
"""
# GENERATED from examples/jobs/_async/stage_times.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from amocrm import AmoCRM, Event, Lead, Stage

__all__ = ["stage_times"]


def stage_times(crm: AmoCRM, leads: Sequence[Lead], now: datetime) -> dict[Stage, timedelta]:
    """Return the time that these deals spent in each stage, up to now for the stage that they are in."""
    changes = defaultdict[int, list[Event]](list)
    for event in crm.events.of(leads, Event.type.is_("lead_status_changed")):
        changes[event.entity_id or 0].append(event)
    spent = defaultdict[Stage, timedelta](timedelta)
    for lead in leads:
        since = lead.created_at
        for event in reversed(changes[lead.id]):  # the newest came first
            if (left := event.status_before) is not None:
                spent[left] += event.created_at - since
                since = event.created_at
        spent[Stage(lead.pipeline_id or 0, lead.status_id or 0)] += now - since
    return dict(spent)
