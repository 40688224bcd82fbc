"""One module per area of the API; each holds its routes."""

from __future__ import annotations

from . import (
    account,
    companies,
    complex_leads,
    contacts,
    fields,
    leads,
    links,
    loss_reasons,
    notes,
    oauth,
    pipelines,
    statuses,
    tags,
    tasks,
    users,
)

__all__ = ["ALL"]

ALL = tuple(
    module.routes
    for module in (
        oauth,
        account,
        users,
        pipelines,
        statuses,
        loss_reasons,
        leads,
        complex_leads,
        contacts,
        companies,
        tags,
        fields,
        links,
        notes,
        tasks,
    )
)
