"""Leads: stages, closing, loss reasons, embedded contacts and companies."""

from __future__ import annotations

from ..domain import access
from ..domain.context import Context, Item, Routes
from ..domain.embedding import embed_links
from ..domain.entities import Kind, Row, create_many, get_one, list_all, update_many, update_one
from ..domain.relations import link
from ..domain.selection import Selection
from ..domain.stages import CLOSED, LOST, first_stage, main_pipeline, pipeline_of, stage
from ..engine.messages import Response
from ..engine.refusals import refuse

__all__ = ["LEADS", "routes"]

routes = Routes()


def _prepare(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    if old is None or "price" in data:
        row["price"] = int(data.get("price") or 0)
    _place(ctx, item, row, old, data, prefix)
    closed = row.get("status_id", old["status_id"] if old else None) in CLOSED
    was_closed = old is not None and old["status_id"] in CLOSED
    if not closed:
        row["closed_at"] = None
    elif data.get("closed_at") is not None:
        row["closed_at"] = data["closed_at"]
    elif not was_closed:
        row["closed_at"] = ctx.now
    _loss_reason(ctx, item, row, old, data, prefix)
    if data.get("visitor_uid") is not None:
        row["visitor_uid"] = data["visitor_uid"]


def _place(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    """Find the pipeline and stage that `pipeline_id` and `status_id` mean together."""
    pipeline_id, status_id = data.get("pipeline_id"), data.get("status_id")
    if pipeline_id is None and status_id is None:
        if old is None:
            source = _source(ctx, data)
            pipeline_id = source["pipeline_id"] if source else main_pipeline(ctx.store)
            row["pipeline_id"], row["status_id"] = pipeline_id, first_stage(ctx.store, pipeline_id)
        return
    if pipeline_id is not None and ctx.store.document("pipelines", pipeline_id) is None:
        item.error("NotSupportedChoice", f"{prefix}pipeline_id")
        return
    if status_id is None:
        if pipeline_id is not None and (old is None or old["pipeline_id"] != pipeline_id):
            row["pipeline_id"], row["status_id"] = pipeline_id, first_stage(ctx.store, pipeline_id)
        return
    if pipeline_id is None:
        here = old["pipeline_id"] if old else main_pipeline(ctx.store)
        # 142 and 143 exist in every pipeline; any other stage identifies its own.
        pipeline_id = here if status_id in CLOSED else pipeline_of(ctx.store, status_id)
    found = stage(ctx.store, pipeline_id, status_id) if pipeline_id is not None else None
    may_be_unsorted = old is not None and old["status_id"] == status_id
    if found is None or (found["type"] == 1 and not may_be_unsorted):
        item.error("NotSupportedChoice", f"{prefix}status_id")
        return
    row["pipeline_id"], row["status_id"] = pipeline_id, status_id


def _source(ctx: Context, data: Row) -> Row | None:
    """Return the source that a creation embeds: one of the same integration."""
    wanted = ((data.get("_embedded") or {}).get("source") or {}).get("external_id")
    own = (one for one in ctx.store.documents("sources").values() if one["client_id"] == ctx.client_id)
    return next((one for one in own if one["external_id"] == wanted), None)


def _loss_reason(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    status_id = row.get("status_id", old["status_id"] if old else None)
    reason = data.get("loss_reason_id")
    if status_id != LOST:
        if reason is not None:
            key = str(old["id"]) if old else item.request_id
            errors = {key: "Loss reason can be specified only for lost lead"}
            raise refuse(400, "Invalid request body", errors=errors)
        row["loss_reason_id"] = None
    elif "loss_reason_id" in data:
        if reason is not None and ctx.store.document("loss_reasons", reason) is None:
            item.error("NotSupportedChoice", f"{prefix}loss_reason_id")
        row["loss_reason_id"] = reason


def _attach(ctx: Context, item: Item, id: int, data: Row, prefix: str) -> None:
    """Link the existing contacts and the company that a creation embeds."""
    embedded = data.get("_embedded") or {}
    if embedded.get("source"):
        source = _source(ctx, data)
        if source is None:
            item.error("NotSupportedChoice", f"{prefix}_embedded.source.external_id")
        else:
            ctx.store.update("leads", id, {"source_id": source["id"]})
    for other in ("contacts", "companies"):
        for index, reference in enumerate(embedded.get(other) or ()):
            other_id = reference.get("id")
            if other_id is None:
                continue
            if not access.may_see(ctx, other, other_id):
                item.error("NotSupportedChoice", f"{prefix}_embedded.{other}.{index}.id")
                continue
            is_main = bool(reference.get("is_main")) if other == "contacts" else None
            link(ctx, ("leads", id), (other, other_id), is_main)


def _show(ctx: Context, row: Row, shown: Row) -> None:
    for key in ("price", "status_id", "pipeline_id", "loss_reason_id"):
        shown[key] = row[key]
    shown["source_id"] = row["source_id"] if "source_id" in ctx.with_ else None
    shown["closed_at"] = row["closed_at"]
    shown["score"] = None
    shown["labor_cost"] = None
    shown["is_price_computed"] = False
    if "is_price_modified_by_robot" in ctx.with_:
        shown["is_price_modified_by_robot"] = False


def _embed(ctx: Context, ids: list[int], shown: list[Row]) -> None:
    embed_links(ctx, "leads", ids, shown, always=("companies",), asked=("contacts",))
    if "source" in ctx.with_:
        sources = ctx.store.documents("sources")
        for id, lead in zip(ids, shown, strict=True):
            source = sources.get(ctx.store.value("SELECT source_id FROM leads WHERE id=?", (id,)) or 0)
            if source:
                lead["_embedded"]["source"] = {"id": source["id"], "name": source["name"]}
    if "loss_reason" in ctx.with_:
        reasons = ctx.store.documents("loss_reasons")
        for lead in shown:
            reason = reasons.get(lead["loss_reason_id"] or 0)
            links = {"_links": ctx.links(f"leads/loss_reasons/{reason['id']}")} if reason else {}
            lead["_embedded"]["loss_reason"] = [{**reason, **links}] if reason else []


def _narrow(ctx: Context, selection: Selection) -> None:
    asked = ctx.filter
    selection.between("price", asked.get("price"))
    selection.between("closed_at", asked.get("closed_at"))
    selection.ids("pipeline_id", asked.get("pipeline_id"))
    selection.stages(asked.get("statuses"))


LEADS = Kind(
    "leads",
    ("price", "status_id", "pipeline_id", "loss_reason_id", "source_id", "closed_at"),
    frozenset({"created_at", "updated_at", "id"}),
    prepare=_prepare,
    attach=_attach,
    show=_show,
    embed=_embed,
    narrow=_narrow,
)


@routes("GET", "/api/v4/leads")
def list_leads(ctx: Context) -> Response:
    """List leads."""
    return list_all(ctx, LEADS)


@routes("GET", "/api/v4/leads/{id}")
def get_lead(ctx: Context) -> Response:
    """Return one lead; 204 when there is none."""
    return get_one(ctx, LEADS)


@routes("POST", "/api/v4/leads")
def create_leads(ctx: Context) -> Response:
    """Add leads."""
    return create_many(ctx, LEADS)


@routes("PATCH", "/api/v4/leads")
def update_leads(ctx: Context) -> Response:
    """Change leads."""
    return update_many(ctx, LEADS)


@routes("PATCH", "/api/v4/leads/{id}")
def update_lead(ctx: Context) -> Response:
    """Change one lead; the answer is the bare object."""
    return update_one(ctx, LEADS)
