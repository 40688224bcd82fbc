"""One module per area of the API; each holds its routes."""

from __future__ import annotations

from . import (
    account,
    catalog_elements,
    catalogs,
    companies,
    complex_leads,
    contacts,
    customer_segments,
    customer_statuses,
    customers,
    events,
    field_groups,
    fields,
    leads,
    links,
    loss_reasons,
    notes,
    oauth,
    pipelines,
    products,
    statuses,
    tags,
    tasks,
    transactions,
    unsorted,
    users,
    webhooks,
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
        events,
        customers,
        customer_segments,
        customer_statuses,
        transactions,
        catalogs,
        catalog_elements,
        products,
        field_groups,
        unsorted,
        webhooks,
    )
)
