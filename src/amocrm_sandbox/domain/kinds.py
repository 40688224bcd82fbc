"""The four main kinds of entities: their columns, and how each is written, read and filtered."""

from __future__ import annotations

from ..engine.messages import encode
from ..engine.refusals import refuse
from . import access
from .context import Context, Item
from .embedding import embed_links
from .entities import Kind, Row
from .relations import link
from .selection import Selection
from .stages import CLOSED, LOST, first_stage, main_pipeline, pipeline_of, stage

__all__ = ["COMPANIES", "CONTACTS", "CUSTOMERS", "LEADS"]

_CUSTOMER_COLUMNS = (
    "next_price",
    "next_date",
    "status_id",
    "periodicity",
    "ltv",
    "purchases_count",
    "average_check",
)


# ---- leads


def _prepare_lead(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
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
    status = stage(ctx.store, pipeline_id, status_id) if pipeline_id is not None else None
    may_be_unsorted = old is not None and old["status_id"] == status_id
    if status is None or (status["type"] == 1 and not may_be_unsorted):
        item.error("NotSupportedChoice", f"{prefix}status_id")
        return
    row["pipeline_id"], row["status_id"] = pipeline_id, status_id


def _source(ctx: Context, data: Row) -> Row | None:
    """Return the source that a creation embeds: one of the same integration."""
    wanted = ((data.get("_embedded") or {}).get("source") or {}).get("external_id")
    own = (
        document
        for document in ctx.store.documents("sources").values()
        if document["client_id"] == ctx.client_id
    )
    return next((item for item in own if item["external_id"] == wanted), None)


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


def _attach_lead(ctx: Context, item: Item, id: int, data: Row, prefix: str) -> None:
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


def _show_lead(ctx: Context, row: Row, shown: Row) -> None:
    for key in ("price", "status_id", "pipeline_id", "loss_reason_id"):
        shown[key] = row[key]
    shown["source_id"] = row["source_id"] if "source_id" in ctx.with_ else None
    shown["closed_at"] = row["closed_at"]
    shown["score"] = None
    shown["labor_cost"] = None
    shown["is_price_computed"] = False
    if "is_price_modified_by_robot" in ctx.with_:
        shown["is_price_modified_by_robot"] = False


def _embed_lead(ctx: Context, ids: list[int], shown: list[Row]) -> None:
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


def _narrow_lead(ctx: Context, selection: Selection) -> None:
    asked = ctx.filter
    selection.between("price", asked.get("price"))
    selection.between("closed_at", asked.get("closed_at"))
    selection.ids("pipeline_id", asked.get("pipeline_id"))
    selection.stages(asked.get("statuses"))


LEADS = Kind(
    "leads",
    ("price", "status_id", "pipeline_id", "loss_reason_id", "source_id", "closed_at"),
    frozenset({"created_at", "updated_at", "id"}),
    prepare=_prepare_lead,
    attach=_attach_lead,
    show=_show_lead,
    embed=_embed_lead,
    narrow=_narrow_lead,
)


# ---- contacts


def _prepare_contact(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    """Keep the full name and its parts together when either is sent."""
    parts = ("first_name", "last_name")
    if any(data.get(part) is not None for part in parts):
        old_row = old or {}
        for part in parts:
            row[part] = data[part] if data.get(part) is not None else old_row.get(part) or ""
        if not data.get("name"):
            row["name"] = f"{row['first_name']} {row['last_name']}".strip()
    elif old is None or data.get("name") is not None:
        row["first_name"], _, row["last_name"] = (row.get("name") or "").strip().partition(" ")


def _show_contact(ctx: Context, row: Row, shown: Row) -> None:
    shown["first_name"] = row["first_name"] or ""
    shown["last_name"] = row["last_name"] or ""
    shown["is_unsorted"] = bool(row["is_unsorted"])


def _embed_contact(ctx: Context, ids: list[int], shown: list[Row]) -> None:
    embed_links(ctx, "contacts", ids, shown, always=("companies",), asked=("leads", "customers"))
    if "social_profiles" in ctx.with_:
        # No contact has one here; their shape is not published.
        for contact in shown:
            contact["_embedded"]["social_profiles"] = []


CONTACTS = Kind(
    "contacts",
    ("first_name", "last_name"),
    frozenset({"updated_at", "id"}),
    prepare=_prepare_contact,
    show=_show_contact,
    embed=_embed_contact,
    echo=("name", "is_deleted", "is_unsorted"),
)


# ---- companies


def _embed_company(ctx: Context, ids: list[int], shown: list[Row]) -> None:
    embed_links(ctx, "companies", ids, shown, always=(), asked=("contacts", "leads", "customers"))


COMPANIES = Kind("companies", (), frozenset({"updated_at", "id"}), embed=_embed_company, echo=("name",))


# ---- customers


def _prepare_customer(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    mode = ctx.account.settings["customers_mode"]
    for key in ("next_price", "next_date", "periodicity"):
        if key in data:
            row[key] = data[key]
    if "status_id" in data:
        row["status_id"] = data["status_id"]
        if ctx.store.document("customer_statuses", data["status_id"]) is None:
            item.error("NotSupportedChoice", "status_id")
    if old is not None:
        return
    if mode == "periodicity" and data.get("next_date") is None:
        item.error("FieldMissing", "next_date")
    row.setdefault("periodicity", 0)
    statuses = ctx.store.documents("customer_statuses").values()
    row.setdefault("status_id", next(status["id"] for status in statuses if status["type"] == 1))


def _attach_customer(ctx: Context, item: Item, id: int, data: Row, prefix: str) -> None:
    """Put a new customer into the segments that it embeds; an update was seen to change nothing there."""
    for index, segment in enumerate((data.get("_embedded") or {}).get("segments") or ()):
        if ctx.store.document("segments", segment["id"]) is None:
            item.error("NotSupportedChoice", f"_embedded.segments.{index}.id")
            continue
        ctx.store.execute("INSERT OR IGNORE INTO customer_segments VALUES (?,?)", (id, segment["id"]))
        ctx.changes.event(
            "entity_segment_attached", "customers", id, after=[{"segment": {"id": segment["id"]}}]
        )


def _show_customer(ctx: Context, row: Row, shown: Row) -> None:
    for key in _CUSTOMER_COLUMNS:
        shown[key] = row[key]


def _embed_customer(ctx: Context, ids: list[int], shown: list[Row]) -> None:
    rows = ctx.store.rows(
        "SELECT customer_id, segment_id FROM customer_segments WHERE customer_id IN (SELECT value FROM json_each(?))",
        (encode(ids).decode(),),
    )
    for customer in shown:
        own = [segment for customer_id, segment in rows if customer_id == customer["id"]]
        customer["_embedded"]["segments"] = [ctx.ref("customers/segments", segment) for segment in own]
        if "group_id" not in ctx.with_:
            del customer["group_id"]
    embed_links(ctx, "customers", ids, shown, always=(), asked=("contacts", "companies"))


def _narrow_customer(ctx: Context, selection: Selection) -> None:
    selection.between("next_price", ctx.filter.get("next_price"))
    selection.between("next_date", ctx.filter.get("next_date"))
    selection.ids("status_id", ctx.filter.get("status_id"))


CUSTOMERS = Kind(
    "customers",
    _CUSTOMER_COLUMNS,
    frozenset({"updated_at", "id"}),
    prepare=_prepare_customer,
    attach=_attach_customer,
    show=_show_customer,
    embed=_embed_customer,
    narrow=_narrow_customer,
)
