"""Leads created together with a contact and a company."""

from __future__ import annotations

from typing import Any

from ..domain import access
from ..domain.context import Context, Item, Routes
from ..domain.duplicates import duplicates_of, merge
from ..domain.entities import Kind, create
from ..domain.kinds import COMPANIES, CONTACTS, LEADS
from ..domain.relations import link
from ..domain.stages import main_pipeline, unsorted_stage
from ..domain.unsorted import add_unsorted
from ..engine.messages import Response, json_response

__all__ = ["routes"]

routes = Routes()

MOST_VALUES = 40


@routes("POST", "/api/v4/leads/complex")
def create_complex_leads(ctx: Context) -> Response:
    """Add leads with one contact and one company each; the answer is a bare array."""
    answer: dict[int, dict[str, Any]] = {}
    new_ids: set[int] = set()
    for item in ctx.items:
        if item.errors:
            continue
        merged = _merge(ctx, item, new_ids)
        if merged is None and not item.errors:
            created = _create(ctx, item)
            if created is not None:
                new_ids.add(created["id"])
                answer[created["id"]] = created
        elif merged is not None and merged["id"] in answer:
            # Items that were merged into one lead are one element of the answer.
            answer[merged["id"]]["request_id"] += merged["request_id"]
        elif merged is not None:
            answer[merged["id"]] = merged
    ctx.refuse_bad_items()
    return json_response(list(answer.values()))


def _merge(ctx: Context, item: Item, new_ids: set[int]) -> dict[str, Any] | None:
    """Merge an item into the leads that it repeats and return the answer about the newest, or None for a new lead."""
    pipeline_id = item.data.get("pipeline_id") or main_pipeline(ctx.store)
    targets = duplicates_of(ctx, item.data, pipeline_id, new_ids)
    answers = [merge(ctx, item, id, pipeline_id) for id in targets]
    return answers[0] if answers else None


def _create(ctx: Context, item: Item) -> dict[str, Any] | None:
    data = item.data
    embedded = data.get("_embedded") or {}
    _count_values(item, data, "")
    contact_id = _partner(ctx, item, CONTACTS, embedded, "contacts")
    company_id = _partner(ctx, item, COMPANIES, embedded, "companies")
    metadata = embedded.get("metadata")
    lead = {**data, "_embedded": {key: embedded[key] for key in ("tags", "source") if key in embedded}}
    if metadata is not None:
        lead.pop("status_id", None)
    lead_id = create(ctx, LEADS, item, lead)
    if lead_id is None or item.errors:
        return None
    if metadata is not None:
        _make_unsorted(ctx, item, lead_id, data, metadata)
    if contact_id is not None:
        link(ctx, ("leads", lead_id), ("contacts", contact_id), True)
    if company_id is not None:
        link(ctx, ("leads", lead_id), ("companies", company_id))
    is_new = not any(
        partner.get("id") for name in ("contacts", "companies") for partner in embedded.get(name) or ()
    )
    if contact_id is not None and company_id is not None and is_new:
        link(ctx, ("companies", company_id), ("contacts", contact_id))
    ids = {"id": lead_id, "contact_id": contact_id, "company_id": company_id}
    return {**ids, "request_id": [item.request_id], "merged": False}


def _partner(ctx: Context, item: Item, kind: Kind, embedded: dict[str, Any], name: str) -> int | None:
    """Return the id of the contact or company: the existing one that is named, or a new one."""
    partners = embedded.get(name) or []
    if not partners:
        return None
    path, partner = f"_embedded.{name}.0.", partners[0]
    if len(partners) > 1:
        item.error("TooMany", f"_embedded.{name}", 1)
        return None
    id = partner.get("id")
    if id is not None:
        if not access.may_see(ctx, name, id):
            item.error("NotSupportedChoice", f"{path}id")
        return int(id)
    _count_values(item, partner, path)
    return create(ctx, kind, item, partner, path)


def _count_values(item: Item, data: dict[str, Any], path: str) -> None:
    if len(data.get("custom_fields_values") or ()) > MOST_VALUES:
        item.error("TooMany", f"{path}custom_fields_values", MOST_VALUES)


def _make_unsorted(
    ctx: Context, item: Item, lead_id: int, data: dict[str, Any], metadata: dict[str, Any]
) -> None:
    """Put a lead into the stage of incoming leads, instead of the stage that was asked for."""
    category = metadata.get("category")
    if category not in ("sip", "forms"):
        item.error("NotSupportedChoice" if category else "FieldMissing", "_embedded.metadata.category")
        return
    pipeline_id = data.get("pipeline_id") or main_pipeline(ctx.store)
    status_id = unsorted_stage(ctx.store, pipeline_id)
    ctx.store.update("leads", lead_id, {"status_id": status_id, "pipeline_id": pipeline_id, "is_unsorted": 1})
    own = {key: value for key, value in metadata.items() if key != "category"}
    add_unsorted(ctx, category, lead_id, pipeline_id, {"metadata": own})
